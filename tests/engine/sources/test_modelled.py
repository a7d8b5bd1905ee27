"""All models asked together: the first that has it tells, news alone is told, failures are kept."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from msgspec import structs

from engine.core.contract import Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import Cell, StationId
from engine.core.units import HOUR, MINUTE, Nanos
from engine.sources.forecasts import NotCarried, Wanted, about, grid_event, station_events
from engine.sources.modelled import WHAT, Modelled, windows
from engine.sources.rounds import Rounds
from tests.engine.sources.bucket import CELLS, MDW, NYC, RUN

DAY = Wanted(Metric.TEMP_MAX, RUN, Nanos(RUN + 24 * HOUR), CELLS)


class Model:
    """A model whose answers are given: events, or an error."""

    def __init__(self, name: str, reaches: tuple[str, ...] = (), error: Exception | None = None) -> None:
        self.name, self.credit, self.reaches, self.error = name, "", reaches, error
        self.asked = 0
        self.run = 12
        self._made: dict[object, object] = {}

    async def stations(self, rows):
        near = [row for row in rows if row.id in self.reaches]
        made = station_events(near, np_laws(len(rows)), [RUN], RUN, self._name(), "")
        return self._once(("stations", *(row.id for row in rows)), lambda: made)

    async def grid(self, wanted):
        return self._once(
            wanted, lambda: grid_event(wanted, RUN, self._name(), np_laws(len(wanted.cells))[0], None, spread="")
        )

    def _once(self, key, make):
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self._made.setdefault((key, self.run), make())

    def _name(self) -> str:
        return f"{self.name} {self.run}Z"


def np_laws(count: int):
    import numpy as np

    return np.stack([about(np.full(count, 80.0), np.full(count, 2.0))])


def ask(model: Modelled, rows=(MDW, NYC), wanted=(DAY,)):
    return asyncio.run(model.ask(list(rows), wanted))


def test_the_first_model_that_reaches_a_station_tells_of_it() -> None:
    first, second = Model("One", ("KMDW",)), Model("Two", ("KMDW", "KNYC"))
    told = ask(Modelled((first, second), lambda: RUN, Rounds()))
    assert [(getattr(e, "station", "grid"), e.run) for e in told] == [
        ("KMDW", "One 12Z"), ("KNYC", "Two 12Z"), ("grid", "One 12Z"),
    ]  # fmt: skip


def test_only_news_is_told() -> None:
    model = Model("One", ("KMDW", "KNYC"))
    all_of_them = Modelled((model,), lambda: RUN, Rounds())
    assert len(ask(all_of_them)) == 3
    assert ask(all_of_them) == ()
    model.run = 13
    assert {e.run for e in ask(all_of_them)} == {"One 13Z"}


@pytest.mark.parametrize("error", [NoAnswer("One", "One is down"), BadReport("no GRIB", "")])
def test_a_model_that_fails_is_passed_over_told_of_and_left_alone(error: Exception) -> None:
    first, second, rounds = Model("One", error=error), Model("Two", ("KMDW", "KNYC")), Rounds()
    at = [RUN]
    all_of_them = Modelled((first, second), lambda: at[0], rounds)
    assert {e.run for e in ask(all_of_them)} == {"Two 12Z"}
    assert rounds.of("one", WHAT).why.endswith(str(error))
    assert first.asked == 1  # for the stations; the window is not asked for while it is left alone
    at[0] = Nanos(RUN + HOUR)
    first.error, first.reaches = None, ("KMDW", "KNYC")
    assert {e.run for e in ask(all_of_them)} == {"One 12Z"}
    assert rounds.of("one", WHAT).why == ""


def test_a_model_whose_file_is_not_out_yet_is_asked_again_soon() -> None:
    missing = NoAnswer("One", "One: no such file yet", status=404, lasting=True)
    model, rounds, at = Model("One", ("KMDW", "KNYC"), error=missing), Rounds(), [RUN]
    all_of_them = Modelled((model,), lambda: at[0], rounds)
    assert ask(all_of_them) == ()
    assert rounds.of("one", WHAT).why == "One: no such file yet"
    model.error, at[0] = None, Nanos(RUN + 5 * MINUTE)
    assert len(ask(all_of_them)) == 3


def test_what_a_model_does_not_carry_is_no_failure_of_it() -> None:
    first, second, rounds = Model("One", error=NotCarried("One", "not this")), Model("Two", ("KMDW",)), Rounds()
    ask(Modelled((first, second), lambda: RUN, rounds))
    assert rounds.of("one", WHAT).why == ""


def contract(place: str, metric: Metric, opens: Nanos, closes: Nanos) -> Contract:
    station = EvidenceStation(id=StationId("KMDW"), km=Decimal(1), weight=Decimal(1))
    return Contract(
        id=place, title=place, place=place, metric=metric, unit=Unit.FAHRENHEIT, cell=Cell(MDW.cell),
        stations=(station,), tier=Tier.A, opens=opens, closes=closes, threshold=Decimal(80),
    )  # fmt: skip


def test_contracts_of_one_window_share_theirs_and_what_is_over_is_not_asked_for() -> None:
    one = contract("a", Metric.TEMP_MAX, RUN, Nanos(RUN + 24 * HOUR))
    other = structs.replace(one, id="b", cell=Cell(NYC.cell))
    over = structs.replace(one, id="c", opens=Nanos(RUN - 48 * HOUR), closes=RUN)
    air = structs.replace(one, id="d", metric=Metric.AQI)
    (found,) = windows([one, other, over, air], Nanos(RUN + HOUR), rings=1)
    assert (found.metric, found.opens, len(found.cells)) == (Metric.TEMP_MAX, RUN, 14)
    assert list(found.cells) == sorted(found.cells)
