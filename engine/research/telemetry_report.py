"""The per-strategy table of a folder of telemetry: what each strategy proposed, sent, won and lost, after fees.

Orders and fills are joined by the order's id; a fill has won when its side is the window's outcome. A window without
an outcome, or a fill without its order, is counted and told, and brings no result. Fees are what a fill's own
``pnl_if_correct`` leaves between the price and a dollar. Foreign bytes: sizes and types are checked.
"""

from __future__ import annotations

import csv
import hashlib
import math
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError
from engine.research import verdicts
from engine.research.telemetry import FILLS, INFO, ORDERS
from engine.strategies.readiness import drawdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of one file."""
MOST_WINDOWS: Final = 100_000
LONGEST_MS: Final = 18
"""Digits of a moment in milliseconds."""
LONGEST: Final = 200
"""Characters of a name."""
BANKROLL: Final = 1_000.0
"""Account currency that drawdowns are parts of."""
DAY_MS: Final = 86_400_000
ZERO: Final = Decimal(0)


@dataclass(slots=True)
class Line:
    """One strategy."""

    name: str
    signals: int = 0
    orders: int = 0
    fills: int = 0
    decided: int = 0
    """Fills whose window has an outcome."""
    wins: int = 0
    invested: Decimal = ZERO
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    edges: list[float] = field(default_factory=list)
    days: dict[int, float] = field(default_factory=dict)
    """Net result by UTC day."""

    @property
    def net(self) -> Decimal:
        """Result after fees."""
        return self.gross - self.fees

    @property
    def roi(self) -> float | None:
        """Net on what was invested; None where nothing was."""
        return float(self.net / self.invested) if self.invested else None

    @property
    def win_rate(self) -> float | None:
        """Of the fills that are decided; None without one."""
        return self.wins / self.decided if self.decided else None

    @property
    def edge(self) -> float | None:
        """Mean edge of its orders; None where none tells it."""
        return math.fsum(self.edges) / len(self.edges) if self.edges else None

    def results(self) -> list[float]:
        """Return net results day by day, as a backtest counts them."""
        return verdicts.daily(self.days)

    @property
    def sharpe(self) -> float | None:
        """Yearly, of daily results, by the rule of a backtest; None of fewer than three days."""
        found = verdicts.sharpe(self.results())
        return None if found is None else found.value

    @property
    def drawdown(self) -> float | None:
        """Deepest fall from a high, as a part of the bankroll's high; None without a day."""
        return drawdown(self.results(), BANKROLL) if self.days else None


@dataclass(slots=True)
class Report:
    """What a folder comes to."""

    windows: int = 0
    undecided: int = 0
    """Windows without an outcome."""
    orphans: int = 0
    """Fills whose order is not there."""
    lines: dict[str, Line] = field(default_factory=dict)
    digest: str = ""

    def line(self, name: str) -> Line:
        """Return a strategy's line."""
        return self.lines.setdefault(name, Line(name))

    def total(self) -> Line:
        """Return all of them together."""
        whole = Line("total")
        for one in self.lines.values():
            whole.signals += one.signals
            whole.orders += one.orders
            whole.fills += one.fills
            whole.decided += one.decided
            whole.wins += one.wins
            whole.invested += one.invested
            whole.gross += one.gross
            whole.fees += one.fees
            whole.edges += one.edges
            for day, result in one.days.items():
                whole.days[day] = whole.days.get(day, 0.0) + result
        return whole


def report(folder: Path, *, interval: str = "", asset: str = "", since_ms: int = 0) -> Report:
    """Return the report of a folder.

    Parameters
    ----------
    folder : Path
        Holds ``logs/INTERVAL/SLUG/``, or is one of these folders.
    interval, asset : str
        Only these windows; empty takes all.
    since_ms : int
        Only windows that begin then or later, milliseconds since 1970.

    Raises
    ------
    InputError
        If there is no window, or a file is not what its name says; with file and line.
    """
    found, whole = Report(), hashlib.blake2b(digest_size=16)
    for place in _windows(folder):
        slug = place.name
        if (interval and place.parent.name != interval) or (asset and not slug.startswith(f"{asset}-")):
            continue
        info = _info(place / INFO)
        start = info.get("start_ms", "")
        if since_ms and (not start.isdecimal() or len(start) > LONGEST_MS or int(start) < since_ms):
            continue
        _window(found, place, info, whole)
    if not found.windows:
        msg = f"{folder}: no window with telemetry ({INFO} and orders.csv) was found"
        raise InputError(msg)
    found.digest = whole.hexdigest()
    return found


def _windows(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        msg = f"{folder}: no such folder"
        raise InputError(msg)
    for number, file in enumerate(sorted(folder.rglob(INFO))):
        if number >= MOST_WINDOWS:
            msg = f"{folder} holds more than {MOST_WINDOWS} windows"
            raise InputError(msg)
        yield file.parent


def _window(found: Report, place: Path, info: dict[str, str], whole: hashlib.blake2b) -> None:
    found.windows += 1
    outcome = info.get("outcome", "").upper()
    found.undecided += outcome not in {"UP", "DOWN"}
    for key, value in info.items():
        if key.startswith("strat_") and value.isdecimal() and len(value) < 12:
            found.line(key.removeprefix("strat_")[:LONGEST]).signals += int(value)
    sides: dict[str, str] = {}
    for row in _rows(place / "orders.csv", ORDERS, whole):
        one = found.line(row["strategy"][:LONGEST])
        one.orders += 1
        sides[row["order_id"]] = row["side"].upper()
        edge = _number(row["edge"], place / "orders.csv")
        if edge is not None:
            one.edges.append(float(edge))
    for row in _rows(place / "fills.csv", FILLS, whole):
        _fill(found, row, sides, outcome, place / "fills.csv")


def _fill(found: Report, row: dict[str, str], sides: dict[str, str], outcome: str, file: Path) -> None:
    price, size = _number(row["filled_price"], file), _number(row["filled_size"], file)
    if price is None or size is None or not size:
        return
    side = sides.get(row["order_id"])
    if side is None:
        found.orphans += 1
        return
    one, sign = found.line(row["strategy"][:LONGEST]), 1 if size > 0 else -1  # the venue took it back
    one.fills += sign
    one.invested += price * size
    if outcome not in {"UP", "DOWN"}:
        return
    hoped = _number(row["pnl_if_correct"], file)
    fee = size * (1 - price) - hoped if hoped is not None else ZERO
    won = side == outcome
    gross = size * (1 - price) if won else -size * price
    one.decided += sign
    one.wins += sign * won
    one.gross += gross
    one.fees += fee
    at = _number(row["ts_ms"], file)
    if at is None:
        msg = f"{file}: a fill of {row['order_id'][:40]!r} has no ts_ms: of which day it is cannot be told"
        raise InputError(msg)
    day = int(at) // DAY_MS
    one.days[day] = one.days.get(day, 0.0) + float(gross - fee)


def _info(file: Path) -> dict[str, str]:
    try:
        with file.open("rb") as handle:
            text = handle.read(64 * 1024).decode("utf-8", "replace")
    except OSError as e:
        msg = f"{file} cannot be read ({e.strerror})"
        raise InputError(msg) from e
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


def _rows(file: Path, header: str, whole: hashlib.blake2b) -> Iterator[dict[str, str]]:
    wanted = header.split(",")
    try:
        if file.stat().st_size > LARGEST:
            msg = f"{file} is larger than {LARGEST} bytes"
            raise InputError(msg)
        text = file.read_bytes()
        whole.update(text)
        rows = csv.reader(text.decode().splitlines())
        names = next(rows, [])
        if names[: len(wanted)] != wanted:
            msg = f"{file}: its header is {','.join(names)[:120]!r}, not {header!r}"
            raise InputError(msg)
        for number, row in enumerate(rows, 2):
            if len(row) < len(wanted):
                msg = f"{file}, line {number}: {len(row)} cells, {len(wanted)} wanted"
                raise InputError(msg)
            yield dict(zip(wanted, row, strict=False))
    except FileNotFoundError:
        return
    except OSError as e:
        msg = f"{file} cannot be read ({e.strerror})"
        raise InputError(msg) from e
    except (UnicodeDecodeError, csv.Error) as e:
        msg = f"{file} is no comma table ({e})"
        raise InputError(msg) from e


def _number(text: str, file: Path) -> Decimal | None:
    if not text.strip():
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > 30:
        msg = f"{file}: {text[:40]!r} is no number"
        raise InputError(msg)
    return found
