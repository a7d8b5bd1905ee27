"""The sandbox as a process: its first line, its keys, its venues, and how it ends."""

from __future__ import annotations

import base64
import json
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from app import cli


@contextmanager
def sandbox(*options: str):
    command = [sys.executable, "-m", "app", "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=20)
            assert (process.returncode, out, err) == (0, "", "")


def get(url: str, headers=None, body=None):
    request = urllib.request.Request(url, headers=headers or {}, data=body)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def signed(key: dict[str, str], method: str, path: str) -> dict[str, str]:
    stamp = str(time.time_ns() // 1_000_000)
    private = serialization.load_pem_private_key(Path(key["file"]).read_bytes(), None)
    message = f"{stamp}{method}{path}".encode()
    if key["kind"] == "rsa":
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        signature = private.sign(message, pss, hashes.SHA256())
    else:
        signature = private.sign(message)
    return {
        "KALSHI-ACCESS-KEY": key["key_id"], "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }  # fmt: skip


def test_it_serves_every_venue_until_told_to_stop(tmp_path: Path) -> None:
    with sandbox("--seed", "3") as (_, said):
        assert set(said) == {
            "kalshi",
            "polymarket",
            "binance",
            "deribit",
            "derive",
            "rysk",
            "faults",
            "weather",
            "models",
            "clock",
        }
        assert said["clock"]["seed"] == 3
        files = [key["file"] for key in said["kalshi"]["account"]["keys"]]
        files += [said[name]["account"]["file"] for name in ("polymarket", "deribit", "derive", "rysk")]
        files += [said["faults"]["token_file"]]
        assert all(stat.S_IMODE(Path(name).stat().st_mode) == 0o600 for name in files)
        for key in said["kalshi"]["account"]["keys"]:
            found = get(f"{said['kalshi']['rest']}/portfolio/balance",
                        signed(key, "GET", "/trade-api/v2/portfolio/balance"))  # fmt: skip
            assert found["balance_dollars"] == "25000.0000"
        assert get(f"{said['kalshi']['rest']}/markets?limit=3")["markets"]
        assert isinstance(get(f"{said['polymarket']['clob']}/time"), int)
        assert get(f"{said['polymarket']['gamma']}/events/keyset?limit=2")
        assert get(f"{said['rysk']['rest']}/api/assets")["999"][0]["underlying"] == "BTC"
        assert get(f"{said['binance']['rest']}/api/v3/exchangeInfo?symbol=BTCUSDT")["symbols"]
        token = Path(said["faults"]["token_file"]).read_text().strip()
        told = get(f"{said['faults']['rest']}/faults", {"Authorization": f"Bearer {token}"})
        assert told == {"faults": [], "acted": []}
    assert not any(Path(name).exists() for name in files)


def test_a_profile_keeps_the_keys_and_the_day_can_be_another(tmp_path: Path) -> None:
    with sandbox("--profile", str(tmp_path), "--start", "2026-07-03T19:30:00Z", "--speed", "60") as (_, said):
        assert said["clock"] == {"seed": 1, "start": "2026-07-03T19:30:00Z", "speed": 60.0}
        tickers = [m["ticker"] for m in get(f"{said['kalshi']['rest']}/markets")["markets"]]
        assert any(name.startswith("KXHIGHCHI-26JUL03") for name in tickers)
    assert len(list((tmp_path / "sandbox").iterdir())) == 8


def test_faults_can_be_there_from_the_start(tmp_path: Path) -> None:
    plan = tmp_path / "faults.json"
    plan.write_text('[{"kind":"throttle","venue":"binance","count":1},{"seed":4,"chance":0.5,"kinds":["gap"]}]')
    with sandbox("--faults", str(plan)) as (_, said):
        with pytest.raises(urllib.error.HTTPError, match="429") as no:
            get(f"{said['binance']['rest']}/api/v3/time")
        no.value.close()
        assert get(f"{said['binance']['rest']}/api/v3/time")
        token = Path(said["faults"]["token_file"]).read_text().strip()
        told = get(f"{said['faults']['rest']}/faults", {"Authorization": f"Bearer {token}"})
        assert [f["kind"] for f in told["faults"]] == ["gap"]


def test_an_unreadable_plan_is_named(tmp_path: Path, capsys) -> None:
    for text in ("{", '[{"kind":"earthquake"}]', "7"):
        (tmp_path / "plan.json").write_text(text)
        assert cli.run(["sandbox", "--faults", str(tmp_path / "plan.json")]) == 2
        assert "plan.json" in capsys.readouterr().err
    assert cli.run(["sandbox", "--faults", str(tmp_path / "none.json")]) == 2


@pytest.mark.parametrize(
    "options", [("--speed", "0"), ("--seed", "-1"), ("--rate", "0"), ("--tier", "gold"), ("--start", "noon")]
)
def test_bad_options_are_named(options, capsys) -> None:
    assert cli.run(["sandbox", *options]) == 2
    assert options[0] in capsys.readouterr().err
