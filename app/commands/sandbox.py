"""`atmx sandbox`: the simulated venues over HTTP and WebSocket on 127.0.0.1, until SIGTERM or SIGINT.

The first line on stdout is one JSON object: addresses by venue, the accounts and the files their throw-away keys lie
in, and the clock. Keys are made anew each time, readable by their owner alone, and taken away at the end unless they
lie in a profile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

import resources
from app.commands import signals
from engine.core.errors import InputError
from engine.core.ids import AccountId
from engine.core.snapshot import StationRow
from engine.core.units import Nanos
from engine.core.when import instant, iso
from engine.host.clock import DayClock

if TYPE_CHECKING:
    from engine.sandbox.servers.faults import Fault, Storm
    from engine.sandbox.servers.kalshi_auth import KalshiKey
    from engine.sandbox.servers.sandbox import Sandbox

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SEED: Final = 1
DEPOSIT: Final = Decimal(25_000)
"""Dollars the Kalshi account begins with."""
YOU: Final = AccountId("kalshi-you")
DERIBIT_YOU: Final = AccountId("deribit-you")
DERIVE_SUBACCOUNT: Final = 30_001
OWNER_ONLY: Final = 0o600
SLOWEST, FASTEST = 0.01, 100_000.0
BUSIEST: Final = 2_000.0


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("sandbox", help="serve simulated venues on this machine")
    where = "keep the keys under DIR/sandbox"
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS, help=where)
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, help="which simulated day")
    parser.add_argument("--speed", type=float, default=argparse.SUPPRESS, metavar="X", help="of the day's clock")
    parser.add_argument("--start", metavar="TIME", help="when the day begins, ISO 8601 with Z; now without it")
    parser.add_argument("--rate", type=float, metavar="N", help="what the crowd does in a real second")
    parser.add_argument("--tier", default="basic", help="of Kalshi's rate limits, basic to prestige")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON: faults to begin with, or a storm")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; 0 then."""
    args.seed, args.speed = SEED if args.seed is None else args.seed, 1.0 if args.speed is None else args.speed
    _check(args)
    faults = [] if args.faults is None else _faults(args.faults)
    start = Nanos(time.time_ns()) if args.start is None else _start(args.start)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(args, start, faults))
    return 0


def _check(args: argparse.Namespace) -> None:
    from engine.sandbox.servers.kalshi_auth import TIERS  # imported when asked for

    if not SLOWEST <= args.speed <= FASTEST:
        msg = f"--speed must be {SLOWEST:g} to {FASTEST:g}, was {args.speed:g}"
        raise InputError(msg)
    if args.seed < 0:
        msg = f"--seed must not be negative, was {args.seed}"
        raise InputError(msg)
    if args.rate is not None and not 0 < args.rate <= BUSIEST:
        msg = f"--rate must be above 0 and at most {BUSIEST:g}, was {args.rate:g}"
        raise InputError(msg)
    if args.tier not in TIERS:
        msg = f"--tier must be one of {', '.join(TIERS)}, was {args.tier!r}"
        raise InputError(msg)


def _start(said: str) -> Nanos:
    try:
        return instant(said)
    except ValueError as e:
        msg = f"--start: {e}"
        raise InputError(msg) from e


def _faults(path: Path) -> list[Fault | Storm]:
    """Read a list of faults and storms, or one of them: objects as the fault desk's door takes them."""
    from engine.sandbox.servers.faults import Fault, Storm

    try:
        said = msgspec.json.decode(path.read_bytes())
        return [
            msgspec.convert(row, Storm) if _is_storm(row) else msgspec.convert(row, Fault)
            for row in (said if isinstance(said, list) else [said])
        ]
    except OSError as e:
        msg = f"{path}: {e.strerror}"
        raise InputError(msg) from e
    except msgspec.DecodeError as e:
        msg = f"{path}: {e}"
        raise InputError(msg) from e


def _is_storm(row: object) -> bool:
    return isinstance(row, dict) and "seed" in row


async def _serve(args: argparse.Namespace, start: Nanos, faults: list[Fault | Storm]) -> None:
    from engine.sandbox.servers.sandbox import Sandbox  # pulls in the web server, which no other command needs
    from engine.sandbox.servers.world import RATE, World

    stop = signals.until_told()
    stations = [StationRow(**facts) for facts in resources.load_stations()]
    clock = DayClock(start, args.speed)
    world = World(
        args.seed, stations, clock, lambda: Nanos(time.time_ns()), speed=args.speed, rate=args.rate or RATE
    )  # fmt: skip
    world.floor.open_account(YOU, DEPOSIT)
    folder, kept = _folder(args.profile)
    try:
        keys, files = _kalshi_keys(folder)
        wallet = _wallet(folder)
        token = secrets.token_urlsafe(24)
        sandbox = Sandbox(world, keys, token, tier=args.tier)
        deribit = _deribit_account(sandbox, folder)
        derive = _derive_account(sandbox, folder)
        rysk = _rysk_maker(folder)
        said = await sandbox.open()
        sandbox.order(faults)
        said["kalshi"]["account"] = {"id": YOU, "cash": f"{DEPOSIT:f}", "keys": files}
        said["polymarket"]["account"] = wallet
        said["deribit"]["account"] = deribit
        said["derive"]["account"] = derive
        said["rysk"]["account"] = rysk
        said["faults"]["token_file"] = _write(folder / "faults.token", token)
        said["clock"] = {"seed": args.seed, "start": iso(start), "speed": args.speed}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        try:
            await _first(stop.wait(), sandbox.run())
        finally:
            await sandbox.close()
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


async def _first(*waits: Any) -> None:  # noqa: ANN401 - any awaitables
    """Return when the first of several ends; what broke is raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    for task in done:
        task.result()


def _folder(profile: Path | None) -> tuple[Path, bool]:
    """Return where keys are written, and whether they stay."""
    if profile is None:
        return Path(tempfile.mkdtemp(prefix="atmx-sandbox-")), False
    folder = profile.expanduser().absolute() / "sandbox"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder, True


def _kalshi_keys(folder: Path) -> tuple[list[KalshiKey], list[dict[str, str]]]:
    """Make an RSA and an Ed25519 key that may do all, and one that may only read."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    from engine.sandbox.servers.kalshi_auth import KalshiKey

    made: list[tuple[str, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, str]] = [
        ("rsa", rsa.generate_private_key(public_exponent=65537, key_size=2048), "read write"),
        ("ed25519", ed25519.Ed25519PrivateKey.generate(), "read write"),
        ("ed25519", ed25519.Ed25519PrivateKey.generate(), "read"),
    ]
    keys, files = [], []
    for number, (kind, key, scopes) in enumerate(made, 1):
        name = f"{secrets.token_hex(4)}-sandbox-{number}"
        pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()
        keys.append(KalshiKey(name, YOU, key.public_key(), frozenset(scopes.split())))
        path = _write(folder / f"kalshi-{number}.key", pem)
        files.append({"key_id": name, "kind": kind, "scopes": scopes, "file": path})
    return keys, files


def _wallet(folder: Path) -> dict[str, str]:
    """Make a wallet: Polymarket's sandbox gives it money when it makes its first API key."""
    import coincurve

    from engine.sandbox.servers.polymarket_auth import checksum, keccak
    from engine.sandbox.servers.polymarket_desk import DEPOSIT as POLYMARKET_DEPOSIT

    key = coincurve.PrivateKey()
    address = checksum("0x" + keccak(key.public_key.format(compressed=False)[1:])[-20:].hex())
    path = _write(folder / "polymarket.key", "0x" + key.secret.hex())
    return {"address": address, "cash": f"{POLYMARKET_DEPOSIT:f}", "signature_type": "0", "file": path}


def _deribit_account(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Open an account on Deribit, with a key that may do all."""
    from engine.sandbox.servers.deribit_desk import Client

    secret = secrets.token_urlsafe(24)
    client = Client(secrets.token_hex(4), secret, DERIBIT_YOU)
    sandbox.deribit.open_account(client, DEPOSIT)
    return {"client_id": client.id, "cash": f"{DEPOSIT:f}", "file": _write(folder / "deribit.key", secret)}


def _derive_account(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Open an account on Derive whose owner is nobody's, with a session key that may trade."""
    from engine.sandbox.servers.derive_auth import Session, Wallet, address_of

    scalars = [int.from_bytes(secrets.token_bytes(31), "big") + 1 for _ in range(2)]
    owner, session = (address_of(one) for one in scalars)
    sandbox.derive.open_account(Wallet(owner, (DERIVE_SUBACCOUNT,), {session: Session(session)}), DEPOSIT)
    path = _write(folder / "derive.key", f"0x{scalars[1]:064x}")
    return {
        "wallet": owner, "subaccount": str(DERIVE_SUBACCOUNT), "session_key": session, "cash": f"{DEPOSIT:f}",
        "file": path,
    }  # fmt: skip


def _rysk_maker(folder: Path) -> dict[str, str]:
    """Make a maker's key for Rysk, whose sandbox takes quotes of anybody."""
    from engine.venues.polymarket.sign import Wallet

    scalar = int.from_bytes(secrets.token_bytes(31), "big") + 1
    return {"address": Wallet(scalar).address, "file": _write(folder / "rysk.key", f"0x{scalar:064x}")}


def _write(path: Path, said: str) -> str:
    """Write a secret that only its owner can read, over what was there; return its path."""
    path.unlink(missing_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(number, "w") as file:
        file.write(said + "\n")
    return str(path)
