"""The settlement log: records chained by hash, a keyed checkpoint of where the chain ends, evidence to resolve again.

A record is the canonical JSON of its payload, its number and the hash of the record before; what is hashed is
exactly what is stored. A chain proves that nothing in it was changed; that nothing was cut off its end, or that
it was not rewritten as a whole, only the checkpoint shows, whose key is kept elsewhere.

Pure: rows come in and go out, files are the store's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from engine.core.contract import Contract, SourceName, Sources, Verdict
from engine.core.errors import StoreDamaged
from engine.core.ids import MarketId, StationId
from engine.core.reading import Reading
from engine.core.units import Nanos, is_short
from engine.core.when import instant, iso
from engine.oracle import sources, witnesses
from engine.oracle.resolve import Evidence, resolve
from engine.oracle.rules import RULES
from engine.oracle.rules_1 import RULES_1
from engine.weather.climate_day import MIDNIGHT_AFTER

VERSION: Final = 1
RULES_VERSION: Final = "rules-2"
"""Of the code that resolves; raised when a verdict on the same readings could differ."""
GENESIS: Final = "0" * 64
"""What the first record names as the hash before it."""

_STATED_APART = ("station", "measured_at", "kind", "source", "raw")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record as it is stored."""

    seq: int
    prev: str
    hash: str
    body: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found."""

    ok: bool
    records: int
    """Rows walked, bad ones too."""
    first_bad: int | None
    """Number of the first record that is not what was sealed; of the missing one where one is missing."""
    head: str
    """Hash of the last good record."""


def canonical(value: object) -> bytes:
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8, decimals as strings.

    Raises
    ------
    ValueError
        If it holds NaN, an infinity, a lone surrogate, or something JSON has no form for.
    """
    try:
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_decimal
        )
    except (TypeError, RecursionError) as e:
        raise ValueError(f"no canonical form: {e}") from e
    return text.encode()


def seal(seq: int, prev: str, payload: Mapping[str, object]) -> Sealed:
    """Return the record that follows one whose hash is `prev`; ValueError as for `canonical`."""
    body = canonical({"payload": payload, "prev": prev, "seq": seq, "v": VERSION})
    return Sealed(seq, prev, _hash(body), body.decode())


def records(payloads: Iterable[Mapping[str, object]]) -> tuple[Sealed, ...]:
    """Return a chain from its beginning."""
    chain: list[Sealed] = []
    for seq, payload in enumerate(payloads):
        chain.append(seal(seq, chain[-1].hash if chain else GENESIS, payload))
    return tuple(chain)


def verify(rows: Iterable[Sequence[object]]) -> Verification:
    """Walk a chain, given as (seq, prev, hash, body) in the order of seq, columns as stored.

    Every column must say what the body says, the body must be canonical and hash to the column, and each record
    must name the one before.
    """
    head, good, walked = GENESIS, 0, 0
    for row in rows:
        if walked == good and _follows(row, good, head):
            head = str(row[2])
            good += 1
        walked += 1
    return Verification(ok=good == walked, records=walked, first_bad=None if good == walked else good, head=head)


def checkpoint(count: int, head: str, key: bytes) -> dict[str, object]:
    """Return the statement that a chain of `count` records ends in `head`, sealed with a key kept elsewhere."""
    stated: dict[str, object] = {"v": VERSION, "count": count, "head": head}
    return {**stated, "mac": _mac(stated, key)}


def check(stated: object, count: int, head: str, key: bytes) -> bool:
    """Whether a checkpoint was made with this key, of exactly this chain."""
    if not isinstance(stated, Mapping) or set(stated) != {"v", "count", "head", "mac"}:
        return False
    mac = stated["mac"]
    expected = checkpoint(count, head, key)
    same = all(type(stated[name]) is type(expected[name]) and stated[name] == expected[name] for name in expected)
    return isinstance(mac, str) and hmac.compare_digest(mac.encode(), str(expected["mac"]).encode()) and same


def payload(
    contract: Contract,
    verdict: Verdict,
    readings: Evidence,
    *,
    market: MarketId,
    settled_at: Nanos,
    payouts: Sequence[tuple[str, Decimal]] = (),
    supersedes: int | None = None,
    ruled_by: str | None = None,
    code_version: str = RULES_VERSION,
) -> dict[str, object]:
    """Return what a settlement record says, evidence included; JSON values only.

    Parameters
    ----------
    payouts : sequence of (account, amount)
        What each account was paid.
    supersedes : int, optional
        The record that this one replaces: a dispute that was ruled on or settled again.
    ruled_by : str, optional
        The account that ruled, where not the rule but a person decided.
    """
    return {
        "contract_id": contract.id,
        "title": contract.title,
        "contract": msgspec.to_builtins(contract),
        "market": market,
        "settled_at": iso(settled_at),
        "outcome": verdict.outcome,
        "winner": verdict.winner,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "observed_value": None if verdict.value is None else str(verdict.value),
        "threshold": None if contract.threshold is None else str(contract.threshold),
        "unit": contract.unit.value,
        "stations": msgspec.to_builtins(verdict.stations),
        "spread": None if verdict.spread is None else str(verdict.spread),
        "evidence": evidence(contract, readings),
        "payouts": [{"account": account, "amount": format(amount, "f")} for account, amount in payouts],
        "supersedes": supersedes,
        "ruled_by": ruled_by,
        "code_version": code_version,
    }


def proof(of: object) -> str:
    """Return the hash of a record's evidence; ValueError as for `canonical`."""
    return _hash(canonical(of))


def reverify(stated: Mapping[str, object]) -> Verdict:
    """Resolve a record's contract again, from the evidence in the record alone, by the rules that it was sealed under.

    What a person ruled (`ruled_by`) need not equal it; everything else must.

    Raises
    ------
    StoreDamaged
        If the record holds no readable contract or evidence, or its contract makes no sense.
    """
    contract, readings = evidence_of(stated)
    try:
        return resolve(contract, readings, RULES_1 if stated.get("code_version") == "rules-1" else RULES)
    except (ValueError, KeyError, ArithmeticError) as e:
        raise StoreDamaged(f"the record's contract cannot be resolved ({type(e).__name__}: {e})") from e


def evidence_of(stated: Mapping[str, object]) -> tuple[Contract, dict[StationId, tuple[Reading, ...]]]:
    """Return the frozen terms and the readings of a record.

    Raises
    ------
    StoreDamaged
        If the record holds no readable contract or evidence.
    """
    try:
        contract = msgspec.convert(stated["contract"], Contract)
        _refuse_long(contract)
        rows = msgspec.convert(stated["evidence"], list[dict[str, object]])
        found = [_reading(row) for row in rows]
    except (msgspec.ValidationError, KeyError, ValueError, TypeError, OverflowError) as e:
        raise StoreDamaged(f"the record's evidence cannot be read ({e})") from e
    stations = sorted({reading.station for reading in found})
    return contract, {name: tuple(r for r in found if r.station == name) for name in stations}


def evidence(contract: Contract, readings: Evidence) -> list[dict[str, object]]:
    """Return the reports that decide a contract, and what is said against them, as a record has them."""
    return [
        _row(reading)
        for station in contract.stations
        for reading in _decisive(contract, readings.get(station.id, ()))
        if contract.opens <= reading.measured_at <= contract.closes + MIDNIGHT_AFTER
    ]


def _decisive(contract: Contract, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return what decides at a station; where the contract names sources, each is held by itself."""
    if not isinstance(contract.sources, Sources):
        return witnesses.kept(readings)
    found = [r for name in SourceName for r in witnesses.kept(r for r in readings if sources.name_of(r) is name)]
    return tuple(sorted(found, key=lambda r: (r.measured_at, r.kind.value)))


def _row(reading: Reading) -> dict[str, object]:
    """Return a reading as evidence: who, when and what verbatim, and the numbers read from it."""
    fields: dict[str, object] = msgspec.to_builtins(reading)
    return {
        "station": reading.station,
        "measured_at": iso(reading.measured_at),
        "kind": reading.kind.value,
        "source": reading.source,
        "raw": reading.raw,
        "read": {name: value for name, value in fields.items() if name not in _STATED_APART},
    }


def _reading(row: Mapping[str, object]) -> Reading:
    read = msgspec.convert(row["read"], dict[str, object])
    stated = {name: row[name] for name in _STATED_APART}
    return msgspec.convert({**read, **stated, "measured_at": instant(str(row["measured_at"]))}, Reading)


def _refuse_long(contract: Contract) -> None:
    """Raise ValueError for a number that no contract is listed with: nothing could be reckoned with it."""
    numbers = [contract.max_spread, contract.coverage, *(station.weight for station in contract.stations)]
    if contract.threshold is not None:
        numbers.append(contract.threshold)
    if isinstance(contract.sources, Sources):
        numbers += [contract.sources.apart, *(one.weight for one in contract.sources.order)]
    for number in numbers:
        if not is_short(number):
            raise ValueError(f"{number} in its contract")


def _follows(row: Sequence[object], seq: int, prev: str) -> bool:
    if len(row) != 4:
        return False
    number, before, stated, body = row
    if type(number) is not int or number != seq or before != prev or not isinstance(body, str):
        return False
    try:
        inner = json.loads(body)
        exact = canonical(inner) == body.encode()
    except (ValueError, RecursionError):
        return False
    if not isinstance(inner, dict) or set(inner) != {"payload", "prev", "seq", "v"}:
        return False
    same = type(inner["seq"]) is int and inner["seq"] == seq and inner["prev"] == prev and inner["v"] == VERSION
    return exact and same and isinstance(inner["payload"], dict) and stated == _hash(body.encode())


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _mac(stated: Mapping[str, object], key: bytes) -> str:
    return hmac.new(key, canonical(stated), hashlib.sha256).hexdigest()


def _decimal(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} {value!r}")
