"""The diagnostics bundle: secrets are planted everywhere, and none of them comes out."""

from __future__ import annotations

import json
import logging
import sqlite3
import zipfile
from pathlib import Path

import pytest

from app import cli, diagnostics, settings
from app.key_kinds import NTFY, TELEGRAM, WEBHOOK
from app.keys import KeyRing
from app.logs import open_logs
from app.redact import Secrets
from engine.core import codec
from engine.core.commands import Halt
from engine.core.effects import Row
from engine.core.events import Asked
from engine.core.ids import KALSHI, POLYMARKET, VISUAL_CROSSING
from engine.core.units import Nanos
from engine.store import database, journal, ledger, migrations
from engine.store.profile import Profile
from tests.app.test_keys import Store, _pem

AT = Nanos(1_783_107_127_000_000_000)
WALLET = "0x" + "5ca1ab1e" * 8
UNKNOWN = {
    "hash": "deadbeef" * 8,
    "jwt": "eyJhbGciOiJIUzI1NiJ9.canaryJWTcanary.canarysig",
    "bearer": "Bearer canary-unknown-bearer",
    "bot": "987654321:AAcanaryUNKNOWNbot0123456789",
    "url": "https://hooks.example.org/services/T00/B00/canaryHOOK",
    "mail": "trader.canary@example.org",
    "named": "passphrase=canary-unknown-phrase",
    "pem": "-----BEGIN X-----\nY2FuYXJ5\n-----END X-----",
}
"""What no keyring knows: found by its look alone."""
CORES = ("deadbeef", "canary", "5ca1ab1e", "Y2FuYXJ5", "hooks.example", "AAcanary", "canaryHOOK")
"""Parts of them, each of which must be nowhere."""


@pytest.fixture
def planted(tmp_path):
    """A profile with secrets in every place that can hold text, and what knows those of the keyring."""
    profile = Profile(tmp_path).make()
    ring = KeyRing(tmp_path, Store(), {"ATMX_NTFY_TOPIC": "canary-topic", "PK": WALLET}, Secrets())
    pem = _pem()
    ring.keep(KALSHI, {"key_id": "canary-key-id", "private_key": pem}, "keyring")
    ring.keep(
        POLYMARKET,
        {"private_key": WALLET, "api_key": "canary-api", "secret": "Y2FuYXJ5", "passphrase": "canary pp"},
        "keyring",
    )
    ring.keep(VISUAL_CROSSING, {"key": "CANARYcanaryCANARY"}, "session")
    ring.keep(TELEGRAM, {"token": "123456:AAcanary_token-0123456789", "chat": "-1009876543210"}, "session")
    ring.keep(WEBHOOK, {"url": "https://hooks.example.org/canary-path", "token": "canary-bearer"}, "keyring")
    assert ring.keys(NTFY) is not None
    everything = [*ring.values(), *UNKNOWN.values()]
    text = " | ".join(everything)
    profile.settings.write_text(
        f'[weather]\ncontact = "trader.canary@example.org"\nprivate_file = "canary/{WALLET}.csv"\n'
        f'[look]\ntheme = "light"\n# {WALLET}\n'
    )
    (profile.folder / "alerts.json").write_text(json.dumps({"canary": everything}))
    (profile.folder / f"canary-{WALLET}.txt").write_text(text)
    profile.logs.mkdir(exist_ok=True)
    with open_logs(profile.logs):
        for value in everything:
            logging.getLogger("canary").warning("order %s refused", value, extra={"innocent": value})
    with (profile.logs / "atmx.jsonl").open("a") as file:  # as a program wrote it that knew no better
        file.writelines(json.dumps({"event": f"raw {value}"}) + "\n" for value in everything)
        file.write(f"not even json: {text}\n")
    (profile.logs / "crash-20260703T000000Z.txt").write_text(f"Traceback\n  key = {text}\n{pem}\n")
    (profile.logs / "faults.txt").write_text(text)
    path = profile.folder / "ledger-paper.db"
    migrations.apply(path)
    connection = database.connect(path, full=False)
    ledger.prepare(connection)
    ledger.write(connection, (Row("meta", {"key": "account_name", "value": text}),))
    connection.close()
    profile.journals.mkdir(exist_ok=True)
    session = journal.new_session(profile.journals, AT)
    connection = journal.create(session)
    event = Asked(at=AT, command=Halt(why=text), pressed_at=0)
    journal.append(connection, [(1, AT, "Asked", codec.encode(event), b"0123456789abcdef")])
    connection.close()
    return profile, ring, pem


def parts(path):
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return {name: file.read(name).decode() for name in file.namelist()}


def test_no_planted_secret_comes_out_and_what_is_needed_does(planted, tmp_path):
    profile, ring, pem = planted
    found = settings.load(profile.settings, environ={})
    scrub = diagnostics.Scrubber(Secrets(), ring.values())
    path = diagnostics.build(profile, tmp_path / "out", AT, scrub, found, extra={"mode": "paper"})
    assert path.name == "diagnostics-20260703T193207Z.zip"
    made = parts(path)
    whole = "".join(made.values())
    for value in [*ring.values(), *UNKNOWN.values(), *pem.splitlines()[1:-1]]:
        assert value not in whole, value[:6]
    for core in CORES:
        assert core.lower() not in whole.lower().replace('"canary"', ""), core
    assert str(Path.home()) not in whole
    assert set(made) == {
        "versions.json", "machine.json", "session.json", "settings.json", "profile.json", "ledgers.json",
        "journal.json", "log.jsonl", "crashes.txt", "MANIFEST.txt",
    }  # fmt: skip
    told = json.loads(made["settings.json"])
    assert told["look.theme"] == {"value": "light", "source": "file"}
    assert told["weather.contact"]["value"] == "set"
    assert not any("accounts." in key and "private" in key for key in told)
    tail = json.loads(made["journal.json"])
    assert (tail["kinds"], tail["end"][0]["digest"]) == ({"Asked": 1}, b"0123456789abcdef".hex())
    assert json.loads(made["ledgers.json"])["ledger-paper.db"]["rows"]["meta"] >= 1
    assert json.loads(made["versions.json"])["libraries"]["httpx"] == "0.28.1"
    assert json.loads(made["machine.json"])["durable_commit_ms"]["median"] > 0
    assert made["log.jsonl"].count("\n") >= 20
    assert "Traceback" in made["crashes.txt"]


def test_an_empty_profile_has_a_bundle_that_says_what_is_missing(tmp_path):
    profile = Profile(tmp_path / "p").make()
    (profile.folder / "ledger-paper.db").write_bytes(b"no database at all" * 100)
    path = diagnostics.build(profile, tmp_path, AT, diagnostics.Scrubber(Secrets()), None)
    made = parts(path)
    assert json.loads(made["journal.json"]) == {"sessions": 0}
    assert "missing" in json.loads(made["ledgers.json"])
    assert json.loads(made["settings.json"]) == {"missing": "the settings cannot be read"}
    assert list(profile.folder.glob("bench-*")) == []


def test_the_command_writes_it_beside_the_profile_and_leaves_the_ledger_as_it_was(planted, capsys, monkeypatch):
    profile, _, _ = planted
    monkeypatch.setenv("CLOB_SECRET", "canary-clob-secret")
    before = (profile.folder / "ledger-paper.db").read_bytes()
    assert cli.run(["diagnose", "--profile", str(profile.folder), "--no-keyring", "--json"]) == 0
    path = Path(json.loads(capsys.readouterr().out)["bundle"])
    assert path.parent == profile.folder / "exports"
    assert "canary-clob-secret" not in "".join(parts(path).values())
    assert (profile.folder / "ledger-paper.db").read_bytes() == before
    assert cli.run(["diagnose", "--profile", str(profile.folder / "nowhere")]) == 2
    assert "there is no such profile" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["order o-000123 refused by AT_RISK", "gap of 3 on kalshi KXHIGHCHI-26JUL03-B86.5"])
def test_what_is_needed_to_find_a_fault_stays(words):
    assert diagnostics.Scrubber(Secrets())(words) == words


def test_a_part_that_cannot_be_read_is_named_and_the_rest_is_there(planted, tmp_path, monkeypatch):
    profile, ring, _ = planted

    def broken(_profile):
        raise sqlite3.OperationalError(f"disk I/O error near {WALLET}")

    monkeypatch.setattr(diagnostics, "ledgers", broken)
    path = diagnostics.build(profile, tmp_path / "o", AT, diagnostics.Scrubber(Secrets(), ring.values()), None)
    assert json.loads(parts(path)["ledgers.json"]) == {"missing": "OperationalError: disk I/O error near [redacted]"}
