"""The guide says what the code says: every strategy has its page, and figures on the pages are computed anew."""

from __future__ import annotations

import statistics

import h3
import pytest

import resources
from app import key_kinds
from engine.kernel.strategies import registry
from engine.maths import makers
from engine.risk import two_tier
from engine.strategies.updown import LIMITS_OF
from engine.strategies.updown_lines import SPECS
from engine.venues import registry as venues

NUMBERS = {spec.title.split()[0]: spec.name for spec in SPECS}


def page(name: str) -> str:
    """Return the text of a page."""
    return resources.path("help", f"{name}.md").read_text(encoding="utf-8")


def rows(text: str, head: str) -> list[list[str]]:
    """Return the rows of the table whose first row begins with `head`, cells without spaces at their ends."""
    lines = iter(text[text.index(f"| {head}") :].splitlines())
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found[2:]


@pytest.mark.parametrize("spec", [spec for one in registry.build() for spec in one.specs], ids=lambda spec: spec.name)
def test_every_strategy_has_a_page_that_names_its_limits(spec) -> None:
    text = page(spec.name)
    assert text.splitlines()[0] == f"# {spec.title}"
    assert "Limits" in text


@pytest.mark.parametrize("profile", sorted(two_tier.PROFILES))
def test_the_limits_of_up_and_down_are_those_on_the_page(profile: str) -> None:
    told = {}
    for names, one, total, pause, orders in rows(page("updown"), f"limits, `{profile}`"):
        limits = two_tier.StrategyLimits(
            float(one.split()[0]) / 100,
            float(total.split()[0]) / 100,
            round(float(pause.split()[0]) * 1000),
            int(orders),
        )
        told |= {NUMBERS[name]: limits for name in names.split(", ")}
    assert told == dict(LIMITS_OF[profile])


def test_three_makers_charge_what_the_page_says() -> None:
    table = rows(page("making-compared"), "trade | constant product | order book | LMSR")
    asked = [row[0].split() for row in table if row[0].split()[0] in {"buy", "sell"}]
    trades = [float(size) * (1 if side == "buy" else -1) for side, size in asked]
    told = list(zip(*[row[1:] for row in table], strict=True))
    for column, made in zip(told, makers.compare(trades, 100.0), strict=True):
        figures = [f"{abs(one.cost):.2f}, then {100 * one.price:.1f} ¢" for one in made.trades]
        assert list(column) == [*figures, f"{made.if_yes:+.2f}", f"{made.if_no:+.2f}", f"{made.worst:.2f}"], made.name


CENTRES = {"New York": (40.7128, -74.0060), "Chicago": (41.8781, -87.6298), "Denver": (39.7392, -104.9903),
           "Miami": (25.7617, -80.1918)}  # fmt: skip


def test_hexagons_are_as_large_as_the_page_says() -> None:
    told = {int(row[0]): (row[1].replace(",", ""), row[2]) for row in rows(page("h3"), "resolution | mean area")}
    assert set(told) == {4, 5, 6, 7, 8}
    for resolution, (area, edge) in told.items():
        assert float(area) == pytest.approx(
            h3.average_hexagon_area(resolution, "km^2"), abs=0.5 * 10.0 ** -_decimals(area)
        )
        length = h3.average_hexagon_edge_length(resolution, "km")
        assert float(edge) == pytest.approx(length, abs=0.5 * 10.0 ** -_decimals(edge))
    sizes = [h3.cell_area(h3.latlng_to_cell(*at, 7), "km^2") for at in ((25.79, -80.32), (40.779, -73.969))]
    assert [f"{size:.2f}" for size in sizes] == ["4.61", "5.19"]


def test_stations_stand_in_cells_as_the_page_says() -> None:
    places = [(float(one["lat"]), float(one["lon"])) for one in resources.load_stations()]
    by_seven = {h3.latlng_to_cell(*at, 7) for at in places}
    assert len(by_seven) == len(places) == 853
    assert len({h3.latlng_to_cell(*at, 6) for at in places}) == 852
    told = rows(page("h3"), "centre | cells with a station")
    assert {row[0] for row in told} == set(CENTRES)
    for name, count, median in told:
        lat, lon = CENTRES[name]
        near = [at for at in places if abs(at[0] - lat) < 2.0 and abs(at[1] - lon) < 2.0]
        cells = h3.grid_disk(h3.latlng_to_cell(lat, lon, 7), 11)
        assert count == f"{sum(cell in by_seven for cell in cells)} of {len(cells)}"
        far = [min(h3.great_circle_distance(h3.cell_to_latlng(cell), at) for at in near) for cell in cells]
        assert median == f"{statistics.median(far):.1f}"


def test_venues_can_what_the_page_says_and_want_the_keys_it_names() -> None:
    told = {row[0]: row[1:6] for row in rows(page("venues"), "venue | trades")}
    assert set(told) <= {row.title for row in venues.ROWS}
    for row in venues.ROWS:
        assert row.title in page("venues"), row.title
        if row.title not in told:
            continue
        can = ["yes" if one in row.can else "no" for one in ("POST_ONLY", "AMEND", "CANCEL_MANY", "GTD")]
        assert told[row.title] == (["yes", *can] if row.trades else ["no", "—", "—", "—", "—"]), row.title
        for one in key_kinds.FIELDS.get(row.id, ()):
            assert f"`{one.variable}`" in page("venues"), one.variable


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])
