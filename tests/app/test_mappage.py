"""The map page: the same layers, nothing from outside, and foreign words that stay words."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import h3
import msgspec
import pytest
from PySide6.QtCore import Qt

import resources
from app import cli, mappage
from engine.core.errors import InputError
from engine.core.units import HOUR, Nanos
from engine.store import journal
from engine.views.alerts import AlertLine
from engine.weather import alerts
from tests.app.program import CALM, program
from tests.engine.kernel.demo import played
from tests.widgets import weather_sample as sample
from widgets import formats, theme

HOSTILE = (
    "</script><script>alert(1)</script> \"'`${alert(2)}{{ 7*7 }}{% raw %}<img src=https://evil.example/x onerror=x>"
)
LOADS = {"src", "href", "srcset", "data", "action", "poster", "background"}


class Reader(HTMLParser):
    """Everything of a page that a browser would load, run or show."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[tuple[str, str, str]] = []
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.text: list[str] = []
        self.rules = ""
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._in = tag if tag in {"script", "style", "title"} else ""
        given = dict(attrs)
        self.loaded += [(tag, name, value) for name, value in attrs if name in LOADS]
        assert not [name for name in given if name.startswith("on")], given
        if given.get("http-equiv") == "Content-Security-Policy":
            self.rules = given["content"]

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        {"script": self.scripts, "style": self.styles}.get(self._in, self.text).append(data)


def alert(**changes: object) -> AlertLine:
    given = {
        "id": "a", "event": "Heat Advisory", "severity": "Severe", "rank": alerts.rank("Severe"),
        "headline": "Heat <b>now</b>", "sent": sample.NOW, "effective": sample.NOW, "onset": None,
        "over_at": Nanos(sample.NOW + HOUR), "cells": frozenset({sample.CELL, *h3.grid_ring(sample.CELL, 1)}),
    }  # fmt: skip
    return AlertLine(**given | changes)


def view(**changes: object):
    lines = tuple(msgspec.structs.replace(line, tier="B", alert=4 * (line.cell == sample.CELL)) for line in
                  sample.cells_view().cells)  # fmt: skip
    return sample.cells_view(**{"cells": lines, "alerts": (alert(),), "now": sample.NOW} | changes)


@pytest.fixture(scope="module")
def page() -> str:
    return mappage.render(mappage.collect(view()))


def test_nothing_is_loaded_from_outside(page) -> None:
    read = Reader(page)
    assert read.loaded == []
    assert not {"iframe", "object", "embed", "img", "link", "base", "form"} & set(read.tags)
    assert read.rules.startswith("default-src 'none'; script-src 'unsafe-inline'")
    assert "http" not in read.rules
    for sheet in read.styles:
        assert re.findall(r"url\((?!#)[^)]*\)|@import", sheet) == []


def test_addresses_stand_only_in_leaflet_itself(page) -> None:
    read = Reader(page)
    (leaflet,) = [script for script in read.scripts if "Leaflet 1.9.4, a JS library" in script]
    assert len(leaflet) > 140_000
    assert set(re.findall(r"https?://[\w./]+", leaflet)) == {"http://www.w3.org/2000/svg", "https://leafletjs.com"}
    rest = [script for script in read.scripts if script is not leaflet] + read.text
    plain = [re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL) for sheet in read.styles]
    assert re.findall(r"https?://\S+", "".join([*rest, *plain])) == []


def test_every_layer_is_an_overlay_with_its_cells(page) -> None:
    for name in ("p(event)", "Edge", "Forecast p50", "Spread", "Obs", "Exposure", "Tier", "Alerts", "Stations"):
        assert json.dumps(name) in page
    content = mappage.collect(view())
    counts = {name: len(features) for name, _, features in content.layers}
    whole = len(view().cells)
    assert counts == {
        "p(event)": whole, "Edge": whole, "Forecast p50": whole, "Spread": whole, "Obs": 1, "Exposure": 1,
        "Tier": whole, "Alerts": 1,
    }  # fmt: skip
    assert [one["geometry"]["type"] for one in content.stations] == ["Point"] * 5
    assert content.borders


def test_colours_and_words_are_those_of_the_dock() -> None:
    (own,) = next(features for name, _, features in mappage.collect(view()).layers if name == "Alerts")
    assert own["properties"]["colour"] == theme.current().section("hex")["alerts"][3]
    assert own["properties"]["words"] == f"Alerts Severe · {sample.CELL}"
    assert own["geometry"]["coordinates"][0][0] == own["geometry"]["coordinates"][0][-1]


def test_an_alert_is_one_outline_with_its_headline() -> None:
    (one,) = mappage.collect(view()).alerts
    assert one["properties"]["words"] == "Severe: Heat &lt;b&gt;now&lt;/b&gt; · until Fri 20:32"
    rings = one["geometry"]["coordinates"]
    assert len(rings) == 1  # seven neighbouring cells are one area


def test_hostile_words_are_shown_and_never_run() -> None:
    pins = tuple(msgspec.structs.replace(pin, text=HOSTILE) for pin in view().stations)
    foul = view(title=HOSTILE, run=HOSTILE, window=HOSTILE, facts=((HOSTILE, HOSTILE),), stations=pins,
                alerts=(alert(headline=HOSTILE, event=HOSTILE, severity=HOSTILE),))  # fmt: skip
    made = mappage.render(mappage.collect(foul))
    read, fair = Reader(made), Reader(mappage.render(mappage.collect(view())))
    assert read.loaded == []
    assert read.tags == fair.tags
    shown = "".join(read.text)
    assert "alert(1)" in shown
    assert "{{ 7*7 }}" in shown  # no template took it at its word
    assert "49" not in read.text[0]
    for script in read.scripts:
        assert "<img" not in script
        assert "<script" not in script or "leaflet" in script.casefold()


def test_a_map_without_cells_or_with_too_many_is_refused(monkeypatch) -> None:
    with pytest.raises(InputError, match="no cells"):
        mappage.collect(view(cells=()))
    monkeypatch.setattr(mappage, "MOST", 10)
    with pytest.raises(InputError, match="a page holds 10"):
        mappage.collect(view())


def test_leaflet_has_its_licence_beside_it() -> None:
    assert "BSD 2-Clause" in resources.path("leaflet", "LICENSE.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """A profile with the journal of half an hour of a demo day."""
    folder = tmp_path_factory.mktemp("profile")
    (folder / "journal").mkdir()
    desk = played(0.2, trades=False)
    connection = journal.create(journal.new_session(folder / "journal", desk.begun))
    journal.append(connection, desk.journal)
    connection.close()
    return folder


def test_the_command_writes_the_map_of_a_session(profile, tmp_path, capsys) -> None:
    out = tmp_path / "map.html"
    assert cli.run(["export", "map", "--profile", str(profile), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{out}: high ≥ ")
    assert said.out.endswith(" MB, opens offline\n")
    size = out.stat().st_size
    assert f"{size / 1e6:.1f} MB" in said.out
    assert size < 2_000_000
    assert Reader(out.read_text(encoding="utf-8")).loaded == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "give a file with --out"),
        (["--out", "x", "--market", "NONE"], "no market 'NONE'"),
        (["--out", "x", "--session", "none"], "no journal 'none'"),
    ],
)
def test_the_command_says_what_is_missing(profile, capsys, words, why) -> None:
    assert cli.run(["export", "map", "--profile", str(profile), *words]) == cli.BAD_INPUT
    assert why in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(profile, tmp_path, capsys) -> None:
    (tmp_path / "file").write_text("")
    assert cli.run(["export", "map", "--profile", str(profile), "--out", str(tmp_path / "file" / "x")]) == cli.BAD_INPUT
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.limit(40)
@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
async def test_the_menu_writes_the_map_that_is_seen_into_the_exports(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        board = desk.dock("map")
        await desk.until(lambda: board.view() is not None and board.view().hours)
        slider = board.run.slider
        for _ in range(3):
            desk.key(Qt.Key.Key_Left, widget=slider)
        wanted = board.view().hours[-3]
        await desk.until(lambda: board.view().hour == wanted)
        assert [line.p50 for line in board.view().cells].count(None) == 0
        await desk.menu("Export map page")
        exports = desk.profile.folder / "exports"
        await desk.until(lambda: [path for path in exports.glob("map-*.html") if path.stat().st_size])
        await desk.until(lambda: "opens offline" in " ".join(one.row.text for one in desk.window.toasts.toasts))
        (page,) = exports.glob("map-*.html")
        local = formats.local(wanted, board.view().utc_offset_hours, "%Y-%m-%d %H")
        assert f"hour of {local} h" in page.read_text(encoding="utf-8")
