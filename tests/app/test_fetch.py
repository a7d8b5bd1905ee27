"""`atmx fetch` against a Mesonet of a few lines in a thread of its own: real sockets, real files."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from app import cli
from app.commands import fetch
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, Nanos
from engine.core.when import at_minute, instant
from engine.kernel import rows as kernel_rows
from engine.sources import iem_client
from engine.store import database, ledger, migrations
from engine.store.archive import Archive

HEAD = "station,valid,tmpf,sknt,gust,p01i,peak_wind_gust,peak_wind_time,metar"
LAST = date(2026, 7, 4)


class Mesonet:
    """Answers every question about hourly reports and years of climate reports; can be told to be slow, or busy."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.slow_after = 10**9
        self.busy = False
        self.base = ""

    async def asos(self, request: web.Request) -> web.Response:
        query = request.query
        self.asked.append(query["sts"])
        if self.busy:
            return web.Response(status=400, text="Requested too much data")
        if len(self.asked) > self.slow_after:
            await asyncio.sleep(30)
        opens, closes = instant(query["sts"]), instant(query["ets"])
        lines = [
            f"{name},{datetime.fromtimestamp(at // 10**9, UTC):%Y-%m-%d %H:%M},74.00,5.00,M,0.00,M,M,M"
            for name in query.getall("station")
            for at in range(opens + 53 * 60 * 10**9, closes, 3_600 * 10**9)
        ]
        return web.Response(text="\n".join([HEAD, *lines]) + "\n")

    async def climate(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        first = date(int(request.query["year"]), 7, 1)
        rows = [
            {"station": request.query["station"], "valid": f"{first + timedelta(days=n)}", "high": 80 + n, "low": 60,
             "product": f"{first + timedelta(days=n + 1):%Y%m%d}0640-KLOT-CDUS43-CLIMDW"}
            for n in range(10)
        ]  # fmt: skip
        return web.json_response({"results": rows})


@contextmanager
def mesonet() -> Iterator[Mesonet]:
    """Serve one from a thread."""
    made, loop, up = Mesonet(), asyncio.new_event_loop(), threading.Event()
    app = web.Application()
    app.router.add_get("/cgi-bin/request/asos.py", made.asos)
    app.router.add_get("/json/cli.py", made.climate)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        up.set()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert up.wait(10)
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mesonet]:
    monkeypatch.setattr(iem_client, "MANNER", replace(iem_client.MANNER, every_s=0.001, burst=50, first_wait_s=0.01))
    with mesonet() as made:
        yield made


def addresses(folder: Path, service: Mesonet) -> Path:
    file = folder / "endpoints.json"
    file.write_text(json.dumps({"weather": {"iem": service.base, "nws": service.base}}))
    return file


def words(
    folder: Path, service: Mesonet, *more: str, days: tuple[str, str] = ("2026-07-01", "2026-07-04")
) -> list[str]:
    mode = [] if {"--daily", "--follow"} & set(more) else ["--backfill", *days]
    return [
        "fetch", "asos", *mode, "--stations", "KMDW,KNYC", "--endpoints", str(addresses(folder, service)),
        "--profile", str(folder / "profile"), *more,
    ]  # fmt: skip


def archive(folder: Path) -> Archive:
    return Archive(folder / "profile" / "weather")


def held(folder: Path, station: str = "KMDW") -> int:
    return len(archive(folder).readings(station, at_minute(date(2026, 7, 1), 0, 0), at_minute(date(2026, 7, 5), 0, 0)))


def test_days_are_fetched_once_and_a_second_run_has_nothing_to_do(tmp_path: Path, service: Mesonet, capsys) -> None:
    assert cli.run(words(tmp_path, service, "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["new"], said["from"], said["to"]) == (192, 192, "2026-07-01", "2026-07-04")
    assert (said["pieces"], said["kept"], said["failed"], said["gaps"], said["errors"]) == (4, 0, 0, 0, [])
    assert (held(tmp_path), held(tmp_path, "KNYC")) == (96, 96)
    assert {row["id"] for row in archive(tmp_path).rows("stations", Nanos(0))} == {"KMDW", "KNYC"}
    assert cli.run(words(tmp_path, service)) == 0
    assert "0 rows, 0 of them new; 4 pieces, 4 complete before" in capsys.readouterr().out
    assert len(service.asked) == 4


def test_progress_is_told_beside_the_answer(tmp_path: Path, service: Mesonet, capsys) -> None:
    assert cli.run(words(tmp_path, service)) == 0
    said = capsys.readouterr()
    assert "atmx: asos 2026-07-02: 2 of 4, 48 rows, 48 new, 0 gaps" in said.err
    assert said.out.startswith("2026-07-01 to 2026-07-04: 192 rows")


def test_who_is_refused_says_so_marks_the_gap_and_mends_it_later(tmp_path: Path, service: Mesonet, capsys) -> None:
    service.busy = True
    assert cli.run(words(tmp_path, service, "--json")) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["failed"], said["rows"], said["gaps"]) == (4, 0, 6)
    assert "IEM refuses: Requested too much data" in said["errors"][0]
    assert len(service.asked) == 3  # then it is left alone
    assert {row["why"] for row in archive(tmp_path).rows("gaps", Nanos(0))} == {"IEM refuses: Requested too much data"}
    service.busy = False
    assert cli.run(words(tmp_path, service, "--json")) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 192
    assert list(archive(tmp_path).rows("gaps", Nanos(0))) == []


def test_without_a_network_it_says_so_at_once_and_asks_nobody_else(tmp_path: Path, service: Mesonet, capsys) -> None:
    """Every piece took 128 s, and then the next source was tried as long."""
    with socket.socket() as taken:  # bound and not listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        service.base = f"http://127.0.0.1:{taken.getsockname()[1]}"
        line = words(tmp_path, service)
        line[1] = "all"
        assert cli.run(line) == 1
    said = capsys.readouterr()
    assert said.err == "atmx: IEM: cannot be reached. Is there a network? Nothing else is asked for\n"
    assert "IEM: cannot be reached" in said.out
    assert "pieces, 0 complete before, " in said.out
    assert list(archive(tmp_path).rows("gaps", Nanos(0))) == []


def test_statements_of_days(tmp_path: Path, service: Mesonet, capsys) -> None:
    line = words(tmp_path, service, "--json")
    line[1] = "cli"
    assert cli.run(line) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["pieces"]) == (8, 2)
    found = archive(tmp_path).statements("KMDW", date(2026, 7, 1), LAST)
    assert [daily.high_f for daily in found] == [80, 81, 82, 83]


def test_visual_crossing_needs_a_key(tmp_path: Path, service: Mesonet, capsys, monkeypatch) -> None:
    monkeypatch.delenv("VISUAL_CROSSING_KEY", raising=False)
    line = words(tmp_path, service)
    line[1] = "visual_crossing"
    assert cli.run(line) == 3
    assert "this profile keeps no key of it" in capsys.readouterr().err
    monkeypatch.setenv("VISUAL_CROSSING_KEY", "0123456789ABCDEF0123456789")
    line[line.index("--stations") + 1] = "KNYC"
    assert cli.run([*line, "--json"]) == 1  # refused before anything is sent: it has no five-minute rows
    said = json.loads(capsys.readouterr().out)
    assert (said["failed"], service.asked) == (4, [])
    assert "once an hour" in said["errors"][0]
    assert "0123456789ABCDEF" not in json.dumps(said)


def test_the_night_looks_back_on_the_last_days(tmp_path: Path, service: Mesonet, capsys) -> None:
    assert cli.run(words(tmp_path, service, "--daily", "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    first, last = date.fromisoformat(said["from"]), date.fromisoformat(said["to"])
    assert ((last - first).days, said["pieces"]) == (3, 4)
    assert cli.run(words(tmp_path, service, "--daily", "--json")) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["kept"] in (2, 3)  # yesterday's and today's may still grow
    assert again["new"] <= 4


def test_reports_are_followed_until_it_is_asked_to_end(
    tmp_path: Path, service: Mesonet, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "FLUSH_S", 0.05)

    def end_it() -> None:
        while not over.wait(0.02):
            if archive(tmp_path).days():
                signal.raise_signal(signal.SIGTERM)
                return

    over = threading.Event()
    watching = threading.Thread(target=end_it)
    watching.start()
    try:
        assert cli.run(words(tmp_path, service, "--follow", "--minutes", "1", "--json")) == 0
    finally:
        over.set()
        watching.join(10)
    said = json.loads(capsys.readouterr().out)
    assert said["new"] == said["rows"] > 0
    days = archive(tmp_path).days()
    report = archive(tmp_path).readings("KMDW", at_minute(days[0], 0, 0), Nanos(at_minute(days[-1], 0, 0) + DAY))[0]
    assert report.source == "IEM"


def test_following_ends_when_its_time_is_over(tmp_path: Path, service: Mesonet, capsys) -> None:
    assert cli.run(words(tmp_path, service, "--follow", "--minutes", "0")) == 0
    assert "0 pieces" in capsys.readouterr().out


def test_a_killed_fetch_goes_on_without_doubles(tmp_path: Path) -> None:
    with mesonet() as service:
        service.slow_after = 2
        line = [sys.executable, "-m", "app", *words(tmp_path, service, "--json")]
        run = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2])
        end = time.monotonic() + 30
        while len(service.asked) < 3 and time.monotonic() < end:
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        run.communicate(timeout=10)
        assert held(tmp_path) == 48
        service.slow_after = 10**9
        again = subprocess.run(line, capture_output=True, cwd=Path(__file__).parents[2], timeout=60, check=True)
        said = json.loads(again.stdout)
    assert (said["kept"], said["new"], said["failed"]) == (2, 96, 0)
    assert (held(tmp_path), held(tmp_path, "KNYC")) == (96, 96)


@pytest.mark.parametrize(
    ("change", "words_"),
    [
        ({"--stations": "KXXX"}, "--stations: no station 'KXXX' in the shipped list"),
        ({"--stations": " , "}, "--stations: name stations"),
        ({"--backfill": "2026-07-05"}, "--backfill: FROM must not be after TO"),
        ({"--backfill": "July"}, "--backfill: FROM: no day: 'July'"),
        ({"--backfill": "1990-01-01"}, "--backfill: at most 8000 days at once"),
        ({"--endpoints": "/nowhere/at/all.json"}, "cannot be read"),
    ],
)
def test_bad_usage_is_named(tmp_path: Path, capsys, change: dict[str, str], words_: str) -> None:
    line = words(tmp_path, Mesonet())
    for name, value in change.items():
        line[line.index(name) + 1] = value
    assert cli.run(line) == 2
    said = capsys.readouterr().err
    assert words_ in said
    assert said.count("\n") == 1
    assert not (tmp_path / "profile").exists()


def test_a_list_without_weather_services_is_refused(tmp_path: Path, capsys) -> None:
    line = words(tmp_path, Mesonet())
    (tmp_path / "endpoints.json").write_text('{"kalshi": {}}')
    assert cli.run(line) == 2
    assert "names no weather services" in capsys.readouterr().err


def test_minutes_are_not_followed(tmp_path: Path, service: Mesonet, capsys) -> None:
    line = words(tmp_path, service, "--follow")
    line[1] = "cf6"
    assert cli.run(line) == 2
    assert "reports come from asos, not from cf6" in capsys.readouterr().err


@pytest.mark.parametrize("table", ["archive", "gaps", "minutes", "statements"])
def test_what_was_fetched_is_exported(tmp_path: Path, service: Mesonet, capsys, table: str) -> None:
    cli.run(words(tmp_path, service))
    capsys.readouterr()
    profile = str(tmp_path / "profile")
    assert cli.run(["export", table, "--format", "json", "--since", "2026-07-04", "--profile", profile]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == (48 if table == "archive" else 0)
    if rows:
        assert list(rows[0])[:6] == ["station", "measured_at", "kind", "source", "raw", "body"]
        assert json.loads(rows[0]["body"])["station"] == rows[0]["station"]
        assert rows[0]["known_at"].endswith("Z")


def test_what_the_terminal_heard_is_copied_from_its_ledger(tmp_path: Path, capsys) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    path = profile / "ledger-paper.db"
    line = ["fetch", "session", "--backfill", "2026-07-01", "2026-07-02", "--profile", str(profile), "--json"]
    assert cli.run(line) == 2
    assert "there is no such ledger" in capsys.readouterr().err
    migrations.apply(path)
    heard = [
        Reading(
            station=StationId("KMDW"), measured_at=at_minute(date(2026, 7, day), 3, 53), kind=ReportKind.ROUTINE,
            source="IEM", raw=f"KMDW 0{day}0353Z", temp_tenths_c=222,
        )
        for day in (1, 2, 3)
    ]  # fmt: skip
    with closing(database.connect(path, full=True)) as connection:
        ledger.prepare(connection)
        for one in heard:
            ledger.write(connection, [kernel_rows.reading(one)])
    assert cli.run(line) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 2
    assert cli.run(line) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 0
    assert archive(tmp_path).readings("KMDW", Nanos(0), Nanos(2**62)) == heard[:2]
    assert [row["id"] for row in archive(tmp_path).rows("stations", Nanos(0))] == ["KMDW", "KMDW"]
