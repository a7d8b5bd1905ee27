"""``atmx report --day DATE``: the journal of a UTC day, scored by strategy and tag, and what was written to it."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from app import paths
from engine.core.errors import InputError
from engine.core.units import DAY, Nanos, plain
from engine.core.when import instant, iso
from engine.kernel.project import journal
from engine.store import database, history

if TYPE_CHECKING:
    import argparse

    from engine.core.snapshot import JournalRow
    from engine.views.journal import Scorecard

MOST: Final = 100_000
PRICES: Final = ("price", "fair", "market", "average", "later", "close", "paid")
DASH: Final = "—"
HEAD: Final = ("", "orders", "scored", "Brier", "market", "skill %", "CLV c", "5 m c", "fees %", "net $")


def run(args: argparse.Namespace) -> int:
    """Read the day's entries and print them."""
    first = _day(args.day)
    ledger = paths.profile(getattr(args, "profile", None)).ledger("live" if args.live else "paper")
    if ledger is None or not ledger.is_file():
        msg = f"{ledger}: there is no such ledger"
        raise InputError(msg)
    with database.reader(ledger) as connection:
        known = history.journal(connection, MOST)
    entries = [one for one in known if first <= one.at < first + DAY]
    cards = journal.cards(entries)
    if getattr(args, "json", False):
        noted = [_noted(one) for one in entries if one.note or one.tags]
        document = {"day": iso(first)[:10], "cards": [_card(one) for one in cards], "noted": noted}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        sys.stdout.write(_text(iso(first)[:10], cards, entries))
    return 0


def _card(one: Scorecard) -> dict[str, object]:
    """Return a scorecard; what it brought is money, the rest are shares and cents reckoned with."""
    found: dict[str, object] = msgspec.to_builtins(one)
    return found | {"result": _decimal(None if one.result is None else round(one.result, 6))}


def _noted(one: JournalRow) -> dict[str, object]:
    """Return an order of the journal: prices are decimal strings, times ISO."""
    found: dict[str, object] = msgspec.to_builtins(one)
    prices = {name: _decimal(getattr(one, name)) for name in PRICES}
    times = {name: None if (at := getattr(one, name)) is None else iso(at) for name in ("at", "settled_at")}
    return found | prices | times


def _decimal(value: float | None) -> str | None:
    return None if value is None else plain(Decimal(repr(value)).normalize())


def _day(said: str) -> Nanos:
    try:
        found = instant(said)
    except (ValueError, OverflowError) as e:
        msg = f"--day: no date: {said[:40]!r}"
        raise InputError(msg) from e
    return Nanos(found // DAY * DAY)


def _text(day: str, cards: tuple[Scorecard, ...], entries: list[JournalRow]) -> str:
    rows = [HEAD, *map(_row, cards)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = [f"Orders of {day} (UTC)"]
    lines += [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(widths[i]) for i, cell in enumerate(row[1:], 1))])
        for row in rows
    ]
    lines += [""] if any(one.note for one in entries) else []
    for one in entries:
        if one.note:
            tags = f" [{', '.join(one.tags)}]" if one.tags else ""
            lines.append(f"{iso(one.at)} {one.instrument.symbol}: {one.reason}{tags}")
            lines += [f"    {line}" for line in one.note.splitlines()]
    return "\n".join(lines) + "\n"


def _row(one: Scorecard) -> tuple[str, ...]:
    percent = (None if value is None else 100 * value for value in (one.skill, one.fee_share))
    skill, fees = (DASH if value is None else f"{value:.1f}" for value in percent)
    return (
        one.name, str(one.orders), str(one.scored), _number(one.brier, 3), _number(one.brier_market, 3), skill,
        _number(one.line, 1), _number(one.later, 1), fees, _number(one.result, 2),
    )  # fmt: skip


def _number(value: float | None, places: int) -> str:
    return DASH if value is None else f"{value:.{places}f}"
