"""A paper desk that reads the weather: the sandbox with its weather services and a whole session, over real sockets.

The world's clock is the session's, so that hours can be skipped without waiting for them.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu

from app import boot, wiring
from engine.core import codec
from engine.core.events import Observed, SourceReport
from engine.core.ids import FamilyId, StationId
from engine.core.reading import ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.core.when import instant
from engine.host.clock import DayClock
from engine.kernel.step import Kernel
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.sandbox import Sandbox
from engine.sandbox.servers.world import World
from engine.sources import services
from engine.store.profile import Profile
from engine.views import topics
from resources import load_stations
from tests.app.program import program

STATIONS = tuple(StationRow(**facts) for facts in load_stations())
AFTERNOON = instant("2026-07-03T21:20:00Z")
MDW = StationId("KMDW")
OPENS = instant("2026-07-03T06:00:00Z")
BOARD = FamilyId("kalshi:KXHIGHCHI-26JUL03")
ASKED = "/cgi-bin/request/asos.py"


class Skipping(DayClock):
    """Real time that can be skipped."""

    def __init__(self, start: Nanos) -> None:
        super().__init__(start, 1.0)
        self.skipped = 0

    def now(self) -> Nanos:
        return Nanos(super().now() + self.skipped)

    def wait(self, until: Nanos) -> float:
        return super().wait(Nanos(until - self.skipped))


class Stage:
    """The sandbox in this process, and paper sessions that read it."""

    def __init__(self, folder: Path, monkeypatch) -> None:
        self.folder = folder
        self.clock = Skipping(AFTERNOON)
        self.world = World(3, STATIONS, self.clock, self.clock.now, rate=1.0, coin_rate=0.01)
        self.sandbox = Sandbox(self.world, [], "token")
        quick = {name: replace(m, every_s=0.01, burst=20, first_wait_s=0.05) for name, m in services.LIVE.items()}
        monkeypatch.setattr(services, "LIVE", quick)
        monkeypatch.setattr(boot, "WallClock", lambda: self.clock)
        monkeypatch.setenv("VISUAL_CROSSING_KEY", "ABCD1234EFGH")

    async def open(self) -> None:
        (self.folder / "sandbox.json").write_text(json.dumps(await self.sandbox.open()))
        (self.folder / "settings.toml").write_text(
            '[venues]\non = ["kalshi"]\n[venues.kalshi]\nseries = ["KXHIGHCHI", "KXHIGHNY"]\n'
            '[weather]\ncontact = "desk@example.org"\nmodels = []\n[weather.visual_crossing]\ndaily_records = 100_000\n'
        )

    @asynccontextmanager
    async def session(self):
        profile = Profile(self.folder).make()
        wired = await wiring.desk(profile, live=False, addresses=self.folder / "sandbox.json", keyring=False)
        options = boot.Options(demo=False, keyring=False, wiring=wired)
        loop = asyncio.get_running_loop()
        one = boot.open_session(profile, options, loop, changed=lambda _: None, broken=_raise)
        one.play(loop)
        try:
            yield one
        finally:
            assert await one.leave()

    def fail(self, kind: str, match: str, **more) -> None:
        self.world.desk.add(Fault(kind=kind, venue="weather", match=match, count=0, **more))  # type: ignore[arg-type]  # one of them

    def truth(self, station: StationId, since: int, until: int) -> set[tuple[int, ReportKind]]:
        """What a station has reported, as the archive knows it."""
        archive = self.sandbox.weather.archive
        spot = archive.spots[station]
        kinds = frozenset({ReportKind.ROUTINE, ReportKind.SPECIAL})
        spoken = {(r.measured_at, r.kind) for r in archive.readings(spot, Nanos(since), Nanos(until), kinds)}
        often = archive.degrees(spot, Nanos(since), Nanos(until), 5)
        return spoken | {(d.at, ReportKind.FIVE_MINUTE) for d in often}

    def kept(self) -> list[tuple[str, int, str, str]]:
        with closing(sqlite3.connect(self.folder / "ledger-paper.db")) as connection:
            return connection.execute("SELECT station, measured_at, kind, source FROM readings").fetchall()


def _raise(error: Exception) -> None:
    raise error


async def until(done, patience_s: float = 20.0) -> None:
    async with asyncio.timeout(patience_s):
        while not done():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


def source(session, name: str):
    rows = session.kernel.view(topics.CONNECTIONS).rows
    return next((row for row in rows if row.venue == name), None)


def answered(session, name: str, what: str, since: int = 0) -> bool:
    links = {link.channel: link for link in getattr(source(session, name), "links", ())}
    return what in links and links[what].up and (links[what].since or 0) > since


def quiet(session) -> bool:
    """Whether all that came is stepped."""
    return session.skies.waiting == 0 and session.host.waiting == 0


def heard(session, since: int, until_: int) -> list[tuple[int, ReportKind]]:
    found = session.kernel.state.observed.readings(MDW, Nanos(since), Nanos(until_ - 6 * MINUTE))
    return [(r.measured_at, r.kind) for r in found if r.kind is not ReportKind.CLIMATE]


def test_readings_reach_the_board_whatever_fails_and_none_is_lost_or_doubled(tmp_path, monkeypatch) -> None:
    async def scenario() -> None:
        stage = Stage(tmp_path, monkeypatch)
        await stage.open()
        try:
            async with stage.session() as session:
                await _first_readings(stage, session)
                await _mesonet_down(stage, session)
                await _throttled_and_garbled(stage, session)
                await _back_again(stage, session)
                journal = session.journal
            _once_each(stage)
            _replayed(journal)
            before = stage.kept()
            async with stage.session() as session:
                board = session.kernel.state.observed.high(MDW, OPENS, Nanos(OPENS + DAY))
                assert board.bound is not None  # from the ledger, before anybody was asked
                await until(
                    lambda: (
                        answered(session, "iem", "reports") and answered(session, "visual_crossing", "five-minute rows")
                    )
                )
                await until(lambda: quiet(session))
                again = session.journal
            assert sorted(stage.kept()) == sorted(before)
            told = [e for e in _events(again) if isinstance(e, Observed)]
            assert not {_key(e.reading) for e in told} & {(s, at, kind) for s, at, kind, _ in before}
        finally:
            await stage.sandbox.close()

    asyncio.run(scenario())


async def _first_readings(stage: Stage, session) -> None:
    await until(lambda: answered(session, "iem", "reports") and answered(session, "nws", "forecasts"))
    await until(lambda: answered(session, "visual_crossing", "five-minute rows") and quiet(session))
    await until(lambda: getattr(session.kernel.view(topics.board(BOARD)), "running", ""))
    now = stage.clock.now()
    assert set(heard(session, OPENS, now)) >= {t for t in stage.truth(MDW, OPENS, now) if t[0] < now - 6 * MINUTE}
    board = session.kernel.view(topics.board(BOARD))
    assert sum(row.model for row in board.rows) == pytest.approx(1.0, abs=1e-6)
    dead = [row for row in board.rows if row.dead]
    assert dead
    assert all(row.model == 0.0 for row in dead)
    truth = max(
        d.fahrenheit
        for d in stage.sandbox.weather.archive.degrees(stage.sandbox.weather.archive.spots[MDW], OPENS, now, 1)
    )
    assert int(board.running.split()[0]) <= truth
    assert {row.title: row.state for row in session.kernel.view(topics.CONNECTIONS).rows if row.stations} == {
        "IEM": "live", "NWS": "live", "Visual Crossing": "live",
    }  # fmt: skip
    assert "KNYC reports once an hour" in source(session, "visual_crossing").told
    chips = {chip.name: chip.state for chip in session.kernel.view(topics.FEEDS).chips}
    assert (chips["IEM"], chips["NWS"]) == ("live", "live")
    assert {row[0] for row in stage.kept()} <= {"KMDW", "KNYC"}


async def _mesonet_down(stage: Stage, session) -> None:
    """An hour passes while the Mesonet is down: its reports come from the Weather Service."""
    stage.fail("error", ASKED, value=503)
    stage.clock.skipped += HOUR
    at = stage.clock.now()
    session.skies.ask_now()
    await until(lambda: answered(session, "nws", "reports", at))
    await until(lambda: quiet(session))
    assert source(session, "iem").state in {"ageing", "down"}
    assert source(session, "iem").why == f"IEM: HTTP 503 to {ASKED}"
    assert source(session, "iem").next_at > at
    assert set(heard(session, OPENS, at)) >= {t for t in stage.truth(MDW, OPENS, at) if t[0] < at - 6 * MINUTE}
    assert session.kernel.state.observed.latest(MDW).source == "NWS"


async def _throttled_and_garbled(stage: Stage, session) -> None:
    """Then one service throttles and the other talks nonsense: nothing new comes, both say why, nothing breaks."""
    stage.world.desk.clear()
    stage.fail("throttle", ASKED)
    stage.fail("garble", "/observations")
    stage.clock.skipped += HOUR
    newest = session.kernel.state.observed.latest(MDW)
    session.skies.ask_now()
    await until(lambda: "429" in source(session, "iem").why and not answered(session, "nws", "reports"))
    assert session.kernel.state.observed.latest(MDW) == newest
    assert next(link.why for link in source(session, "nws").links if link.channel == "reports")
    assert source(session, "nws").state == "ageing"  # its forecasts still come


async def _back_again(stage: Stage, session) -> None:
    """Both are back: what was missed is caught up with."""
    stage.world.desk.clear()
    stage.clock.skipped += 30 * SECOND
    at = stage.clock.now()
    session.skies.ask_now()
    await until(lambda: answered(session, "iem", "reports", at))
    await until(lambda: quiet(session))
    assert source(session, "iem").state == "live"
    assert set(heard(session, OPENS, at)) >= {t for t in stage.truth(MDW, OPENS, at) if t[0] < at - 6 * MINUTE}


def _once_each(stage: Stage) -> None:
    """Every report is in the ledger once; a relayed row may stand beside the station's own."""
    own = Counter((station, at, kind) for station, at, kind, source_ in stage.kept() if source_ != "VC")
    assert own
    assert set(own.values()) == {1}


def _replayed(journal: Path) -> None:
    """The journal tells how the services did, and replays to the same effects."""
    kernel, reports = Kernel(), 0
    with closing(sqlite3.connect(journal)) as connection:
        rows = connection.execute("SELECT body, digest FROM events ORDER BY seq").fetchall()
    for body, digest in rows:
        event = codec.decode(body)
        reports += isinstance(event, SourceReport)
        assert codec.digest(kernel.step(event)) == digest
    assert reports
    assert {row.title for row in kernel.view(topics.CONNECTIONS).rows} >= {"IEM", "NWS", "Visual Crossing"}  # type: ignore[attr-defined]  # of that view


def _events(journal: Path) -> list[object]:
    with closing(sqlite3.connect(journal)) as connection:
        return [codec.decode(body) for (body,) in connection.execute("SELECT body FROM events ORDER BY seq")]


def _key(reading) -> tuple[str, int, str]:
    return reading.station, reading.measured_at, reading.kind.value


@pytest.mark.limit(40)
async def test_the_terminal_shows_a_dead_service_and_asks_again_when_told_to(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(services, "LIVE", {name: replace(m, tries=1) for name, m in services.LIVE.items()})
    nowhere = dict.fromkeys(services.TITLES, "http://127.0.0.1:9")
    (tmp_path / "addresses.json").write_text(json.dumps({"weather": nowhere}))
    text = '[venues]\non = []\n[weather]\nstations = ["KMDW"]\nmodels = []\n'
    (tmp_path / "settings.toml").write_text(text)
    options = ("--desk", "paper", "--endpoints", str(tmp_path / "addresses.json"))
    async with program(tmp_path, *options) as desk:
        await desk.until(lambda: desk.terminal.bridge is not None)
        panel = desk.window.workspaces[0].docks["connections"]
        desk.window.reach("connections")
        await desk.until(lambda: [row.state for row in panel.table.rows.rows()] == ["down", "down", "off"])
        iem, nws, crossing = panel.table.rows.rows()
        assert (iem.why, nws.why) == ("IEM: cannot be reached", "NWS: cannot be reached")
        assert crossing.why == "no key is given, so nothing is asked"
        assert (iem.stations, iem.report.host) == (1, "127.0.0.1:9")
        asked = iem.report.frames
        menu = QMenu()
        panel.row_menu(menu, iem)
        menu.actions()[0].trigger()
        await desk.until(lambda: desk.state.sources["iem"].requests > asked)
        menu.deleteLater()
        chips = {chip.name: chip.state for chip in desk.terminal.view(topics.FEEDS).chips}
        assert (chips["IEM"], chips["NWS"], chips["Visual Crossing"]) == ("down", "down", "off")
