"""The doctor says what works here, in words and in JSON, and leaves nothing behind."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sqlite3
import sys

import keyring
import pytest

from app import cli
from app.commands import doctor, doctor_venues
from engine.sources import services
from engine.sources.http import Manner
from engine.venues import registry

NAMES = [
    "python",
    "libraries",
    "resources",
    "offscreen",
    "display",
    "keyring",
    "clock",
    "disk",
    "data",
    "sqlite",
    "grib",
]


@pytest.fixture
def no_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.fixture
def no_window(monkeypatch, no_display):
    monkeypatch.setattr(doctor, "_window", lambda platform: f"a window on {platform}")


def _asked(*words):
    parser = argparse.ArgumentParser()
    parser.set_defaults(profile=None, json=False)
    doctor.add(parser.add_subparsers())
    return parser.parse_args(["doctor", *words])


def _json(capsys):
    return json.loads(capsys.readouterr().out)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a machine without a display")
def test_this_machine_is_sound(tmp_path, capsys, no_display):
    code = doctor.run(_asked("--json", "--profile", str(tmp_path / "new")))
    report = _json(capsys)
    assert report["ok"], report
    assert code == 0
    assert [check["name"] for check in report["checks"]] == NAMES
    assert all(set(check) == {"name", "ok", "detail"} for check in report["checks"])
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_knows_it(tmp_path, capsys, no_window):
    assert cli.run(["--profile", str(tmp_path), "doctor", "--json"]) == 0
    assert str(tmp_path) in json.dumps(_json(capsys))


def test_people_read_a_line_a_check(tmp_path, capsys, no_window):
    assert doctor.run(_asked("--profile", str(tmp_path))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(NAMES)
    assert all(line.startswith("ok ") for line in lines)


@pytest.fixture
def nowhere(monkeypatch):
    """Venues whose every address is a closed port of this machine."""
    theirs = registry.endpoints

    def closed(venue, environment="prod"):
        made = theirs(venue, environment)
        addresses = {one.name: str(getattr(made, one.name)) for one in dataclasses.fields(made)}
        return theirs(
            venue, environment, {n: a.partition(":")[0] + "://127.0.0.1:9" for n, a in addresses.items() if "://" in a}
        )

    monkeypatch.setattr(registry, "endpoints", closed)


def test_venues_that_do_not_answer_are_honest_noes(tmp_path, capsys, no_window, nowhere):
    assert doctor.run(_asked("--json", "--venues", "--profile", str(tmp_path))) == 1
    report = _json(capsys)
    assert not report["ok"]
    venues = report["checks"][len(NAMES) :]
    assert {check["name"] for check in venues} == {"kalshi", "polymarket", "binance"}
    assert len(venues) == 9
    assert {check["ok"] for check in venues} == {False}
    assert all("127.0.0.1:9" in check["detail"] or "127.0.0.1: " in check["detail"] for check in venues)
    assert all("cannot be reached" in check["detail"] for check in venues)


def test_only_venues_that_are_switched_on_are_tried(tmp_path, capsys, no_window, nowhere):
    (tmp_path / "settings.toml").write_text('[venues]\non = ["kalshi"]\n\n[venues.kalshi]\nenvironment = "demo"\n')
    assert doctor.run(_asked("--json", "--venues", "--profile", str(tmp_path))) == 1
    assert {check["name"] for check in _json(capsys)["checks"][len(NAMES) :]} == {"kalshi"}


def test_an_exchange_by_way_of_ccxt_is_tried_as_well(tmp_path):
    pytest.importorskip("ccxt")
    file = tmp_path / "settings.toml"
    file.write_text('[venues]\non = []\n[venues.ccxt]\nexchanges = ["nosuch"]\n', encoding="utf-8")
    (found,) = doctor_venues.tried(file)
    assert not found.ok
    assert doctor_venues.words(found).startswith("by CCXT at nosuch: ")
    assert "CCXT knows no exchange 'nosuch'" in doctor_venues.words(found)


def test_an_environment_that_a_venue_has_not_is_a_no(tmp_path, capsys, no_window):
    (tmp_path / "settings.toml").write_text('[venues]\non = ["binance"]\n\n[venues.binance]\nenvironment = "demo"\n')
    assert doctor.run(_asked("--json", "--venues", "--profile", str(tmp_path))) == 1
    said = _json(capsys)["checks"][-1]["detail"]
    assert said.endswith("settings.toml: venues.binance.environment has 'demo'; allowed are prod")


def test_settings_that_cannot_be_read_are_a_no_as_well(tmp_path, capsys, no_window):
    (tmp_path / "settings.toml").write_text("[venues]\non = [3]\n")
    assert doctor.run(_asked("--json", "--venues", "--profile", str(tmp_path))) == 1
    last = _json(capsys)["checks"][-1]
    assert (last["name"], last["ok"]) == ("venues", False)
    assert "settings.toml" in last["detail"]


def test_a_failed_check_is_a_no(tmp_path, capsys, no_window, monkeypatch):
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 80)
    assert doctor.run(_asked("--json", "--profile", str(tmp_path))) == 1
    report = _json(capsys)
    assert not report["ok"]
    assert [check["name"] for check in report["checks"] if not check["ok"]] == ["disk"]


def test_a_profile_that_can_never_be_made_is_a_no(tmp_path, capsys, no_window):
    """Below a file it was called sound, by the folder that the file lies in."""
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "profile"):
        assert doctor.run(_asked("--json", "--profile", str(folder))) == 1
        (wrong,) = (check for check in _json(capsys)["checks"] if not check["ok"])
        assert wrong["name"] == "data"
        assert wrong["detail"] == f"{tmp_path / 'file'} is no folder: the profile {folder} cannot be made"


def test_a_missing_platform_plugin_is_a_line_not_a_crash(monkeypatch):
    check = doctor._checked("offscreen", lambda: doctor._window("no-such-platform"))
    assert not check.ok
    assert "no window could be opened" in check.detail


def test_an_old_sqlite_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    check = doctor._checked("sqlite", lambda: doctor._sqlite(tmp_path))
    assert not check.ok
    assert "STRICT" in check.detail


def test_missing_resources_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.resources, "path", lambda *parts: tmp_path.joinpath(*parts))
    check = doctor._checked("resources", doctor._resources)
    assert not check.ok
    assert "fonts" in check.detail


class _Store(keyring.backend.KeyringBackend):
    """A key store in memory; a deaf one forgets."""

    priority = 0

    def __init__(self, *, deaf: bool) -> None:
        self.deaf, self.kept = deaf, {}
        super().__init__()

    def set_password(self, service, username, password):
        if not self.deaf:
            self.kept[service, username] = password

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def delete_password(self, service, username):
        self.kept.pop((service, username), None)


@pytest.mark.parametrize("deaf", [False, True])
def test_a_key_store_must_give_back_what_is_put_in(monkeypatch, deaf):
    store = _Store(deaf=deaf)
    monkeypatch.setattr(keyring, "get_keyring", lambda: store)
    assert doctor._checked("keyring", doctor._keyring).ok is not deaf
    assert store.kept == {}


def test_a_clock_before_the_program_is_wrong(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_DAY", doctor.dt.date(9999, 1, 1))
    assert not doctor._checked("clock", doctor._clock).ok


def test_the_probe_paints_a_window_in_our_fonts(qapp):
    seen = doctor.probe()
    assert seen == {"platform": "offscreen", "painted": True, "families": ["Inter", "JetBrains Mono"]}


def test_weather_services_that_do_not_answer_are_honest_noes(tmp_path, capsys, no_window, monkeypatch):
    monkeypatch.setattr(services, "BASES", dict.fromkeys(services.BASES, "http://127.0.0.1:9/x"))
    monkeypatch.setattr(services, "LIVE", {name: Manner(tries=1) for name in services.TITLES})
    assert doctor.run(_asked("--json", "--weather", "--profile", str(tmp_path))) == 1
    found = {check["name"]: (check["ok"], check["detail"]) for check in _json(capsys)["checks"][len(NAMES) :]}
    assert found == {
        "iem": (False, "127.0.0.1:9: IEM: cannot be reached"),
        "nws": (False, "127.0.0.1:9: NWS: cannot be reached"),
        "visual_crossing": (True, "127.0.0.1:9: not asked without a key"),
    }
