"""Statements of our accounts, read from the ledger: what each UTC day moved, and every lot that was closed.

The account ``you`` is ours on the embedded exchange, ``you@kalshi`` on a venue. Cash is the ledger's double entry. Live
the venue's own account is the money and nothing of it is entered: what moved is told by our fills, and balances are
empty. Lots are closed first in, first out; fees are in their basis and proceeds. Marks are of the whole book, as the
ledger last kept them that day.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import EMBEDDED, YOU, InstrumentId, VenueId
from engine.core.units import DAY, MICRO, NO_MONEY, Leg, Money, Nanos, Qty, Side
from engine.core.when import instant
from engine.maths.contracts import Booking
from engine.portfolio import netting
from engine.portfolio.lots import Closed, Lots
from engine.portfolio.netting import Traded
from engine.portfolio.position import FLAT
from engine.store import history

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from engine.portfolio.position import Position

AT: Final = "@"
ALL: Final = "all"
"""In place of an account: the whole book."""
SETTLED: Final = ":settled:"
"""In the id of a fill that closed a position at its result."""
CORRECTED: Final = ":reconciled:"
"""In the id of one that books what a venue's account held beside ours: nobody traded, and no money is known of."""
BACK: Final = ":reversed"
"""At the end of the id of one that undoes a fill which the venue took back."""
TRADES: Final = frozenset({"cost", "proceeds", "trade"})
FEES: Final = frozenset({"fee"})
RESULTS: Final = frozenset({"payout", "refund", "clawback"})
DEPOSITS: Final = frozenset({"deposit"})
_PAID: Final = "('payout', 'refund', 'clawback')"


class Gain(NamedTuple):
    """Part of a lot that was closed, and whose it was."""

    account: str
    venue: str
    symbol: str
    leg: str
    closed: Closed


class Key(NamedTuple):
    """What lots are kept by."""

    account: str
    venue: str
    symbol: str
    leg: str


@dataclass(slots=True)
class DayLine:
    """What one account did on one UTC day. Money is in the account's currency; None where it is not known."""

    day: Nanos
    """Its first moment."""
    account: str
    opening: Money | None = None
    deposits: Money = NO_MONEY
    trades: Money = NO_MONEY
    """Got for sales less paid for purchases, before fees."""
    fees: Money = NO_MONEY
    """Negative: paid."""
    settlements: Money = NO_MONEY
    other: Money = NO_MONEY
    closing: Money | None = None
    realised: Money = NO_MONEY
    """Of lots closed that day, fees of both sides included."""
    open_basis: Money = NO_MONEY
    """What the shares held at its end have cost, fees included."""
    unrealised: Money | None = None
    """At the last marks of the day; of the whole book alone."""
    marked_at: Nanos | None = None
    fills: int = 0


@dataclass(slots=True)
class _Book:
    """Lots while the ledger is walked, and what came of it."""

    lots: dict[str, Lots] = field(default_factory=lambda: defaultdict(Lots))
    gains: list[Gain] = field(default_factory=list)
    moves: list[tuple[Nanos, str, Money]] = field(default_factory=list)
    """When what open shares of an account have cost changed, and by how much."""
    paid: list[tuple[Nanos, str, Money, str]] = field(default_factory=list)
    """What fills on venues moved, and their fees: when, whose, how much, and as what."""

    def open(self, key: Key, at: Nanos, qty: Qty, basis: Money) -> None:
        self.lots[key.account].open(key, at, qty, basis)
        self.moves.append((at, key.account, basis))

    def close(self, key: Key, at: Nanos, qty: Qty, proceeds: Money, how: str) -> None:
        if not qty:
            return
        for one in self.lots[key.account].close(key, at, qty, proceeds, how):
            self.gains.append(Gain(key.account, key.venue, key.symbol, key.leg, one))
            self.moves.append((at, key.account, Money(-one.basis)))


def gains(connection: sqlite3.Connection) -> list[Gain]:
    """Return every lot of ours that was closed, in the order of closing.

    Raises
    ------
    NotHeld, ValueError, ArithmeticError
        If the ledger's rows contradict each other.
    """
    return sorted(_book(connection).gains, key=lambda one: (one.closed.closed_at, one.closed.opened_at))


def days(connection: sqlite3.Connection) -> list[DayLine]:
    """Return a line for each account and day from its first entry to the ledger's last one, and one of the whole book.

    Days of an account follow each other without a gap, so that each opens with what the day before closed with.
    """
    book = _book(connection)
    live = connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone() == ("live",)
    lines: dict[tuple[str, int], DayLine] = {}
    for at, account, amount, kind in book.paid if live else _entries(connection):
        _enter(_line(lines, account, at), amount, kind)
    for gain in book.gains:
        line = _line(lines, gain.account, gain.closed.closed_at)
        line.realised = Money(line.realised + gain.closed.gain)
    for at, account, change in book.moves:
        line = _line(lines, account, at)
        line.open_basis = Money(line.open_basis + change)
    for at, account in _fill_times(connection):
        _line(lines, account, at).fills += 1
    return [*_carried(lines, live=live), *_whole(connection)]


def _carried(lines: dict[tuple[str, int], DayLine], *, live: bool) -> Iterator[DayLine]:
    """Yield the days of each account with what is carried over; days on which nothing happened, too."""
    last = max((day for _, day in lines), default=0)
    for account in sorted({name for name, _ in lines}):
        first = min(day for name, day in lines if name == account)
        cash, basis = NO_MONEY, NO_MONEY
        for day in range(first, last + 1):
            line = lines.get((account, day)) or DayLine(day=Nanos(day * DAY), account=account)
            moved = line.deposits + line.trades + line.fees + line.settlements + line.other
            basis = line.open_basis = Money(basis + line.open_basis)
            if not live:
                line.opening, line.closing = cash, Money(cash + moved)
                cash = line.closing
            yield line


def _whole(connection: sqlite3.Connection) -> Iterator[DayLine]:
    """Yield the last marks of each day."""
    query = "SELECT at, unrealised FROM pnl WHERE at IN (SELECT MAX(at) FROM pnl GROUP BY at / ?)"
    for at, unrealised in connection.execute(f"{query} ORDER BY at", (DAY,)):
        yield DayLine(
            day=Nanos(at - at % DAY),
            account=ALL,
            unrealised=history.money(unrealised),
            marked_at=Nanos(at),
        )


def _line(lines: dict[tuple[str, int], DayLine], account: str, at: Nanos) -> DayLine:
    day = at // DAY
    found = lines.get((account, day))
    if found is None:
        found = lines[account, day] = DayLine(day=Nanos(day * DAY), account=account)
    return found


def _enter(line: DayLine, amount: Money, kind: str) -> None:
    if kind in TRADES:
        line.trades = Money(line.trades + amount)
    elif kind in FEES:
        line.fees = Money(line.fees + amount)
    elif kind in RESULTS:
        line.settlements = Money(line.settlements + amount)
    elif kind in DEPOSITS:
        line.deposits = Money(line.deposits + amount)
    else:
        line.other = Money(line.other + amount)


def _entries(connection: sqlite3.Connection) -> Iterator[tuple[Nanos, str, Money, str]]:
    query = "SELECT at, account, amount, kind FROM cash WHERE account = ? OR account LIKE ? ORDER BY seq"
    for at, account, amount, kind in connection.execute(query, (YOU, f"{YOU}{AT}%")):
        yield Nanos(at), account, history.money(amount), kind


def _fill_times(connection: sqlite3.Connection) -> Iterator[tuple[Nanos, str]]:
    rows = connection.execute("SELECT at, venue, trade_id FROM fills ORDER BY rowid").fetchall()
    gone = {trade.removesuffix(BACK) for _, _, trade in rows if trade.endswith(BACK)}
    for at, venue, trade in rows:
        if SETTLED not in trade and CORRECTED not in trade and trade.removesuffix(BACK) not in gone:
            yield Nanos(at), YOU if venue == EMBEDDED else f"{YOU}{AT}{venue}"


def _book(connection: sqlite3.Connection) -> _Book:
    book = _Book()
    _embedded(connection, book)
    _settled(connection, book)
    _venues(connection, book)
    return book


def _embedded(connection: sqlite3.Connection, book: _Book) -> None:
    query = "SELECT at, market, outcome, leg, side, qty, cost, fee FROM trades WHERE account = ? ORDER BY seq"
    for at, market, outcome, leg, side, qty, cost, fee in connection.execute(query, (YOU,)):
        key = Key(YOU, EMBEDDED, f"{market}/{outcome}", leg)
        shares, paid, charged = Qty(Decimal(qty)), history.money(cost), history.money(fee)
        if Side(side) is Side.BUY:
            book.open(key, Nanos(at), shares, Money(paid + charged))
        else:
            book.close(key, Nanos(at), shares, Money(paid - charged), "sold")


def _settled(connection: sqlite3.Connection, book: _Book) -> None:
    """Close what was held of markets that are over, at what they paid us in the end."""
    over = dict(connection.execute("SELECT id, status FROM markets WHERE status IN ('settled', 'void')"))
    when: dict[str, tuple[Nanos, int | None]] = {}
    for (body,) in connection.execute("SELECT body FROM settlements ORDER BY seq"):
        payload = json.loads(body)["payload"]
        when[payload["market"]] = instant(payload["settled_at"]), payload["winner"]
    query = f"SELECT ref, amount, at FROM cash WHERE account = ? AND kind IN {_PAID} ORDER BY seq"  # noqa: S608 - ours
    paid: dict[str, Decimal] = defaultdict(Decimal)
    moved: dict[str, Nanos] = {}
    for market, amount, at in connection.execute(query, (YOU,)):
        paid[market] += Decimal(amount)
        moved[market] = Nanos(at)
    for market in over:
        at, winner = when.get(market, (moved.get(market), None))
        if at is not None:
            _pay(book, market, moved.get(market, at), winner, Money(paid[market]))


def _pay(book: _Book, market: str, at: Nanos, winner: int | None, paid: Money) -> None:
    """Close all lots of a market: shares that won at 1; of a void one, the refund by what each has cost."""
    lots = book.lots[YOU]
    held = [key for key in lots.open_keys() if isinstance(key, Key) and key.symbol.rpartition("/")[0] == market]
    weights = {key: _due(key, winner, lots) for key in held}
    whole, left = sum(weights.values(), Decimal(0)), paid
    earning = [key for key in held if weights[key]] or (held if paid else [])
    for key in held:
        if key not in earning:
            got = NO_MONEY
        elif key == earning[-1]:
            got = left
        else:
            got = Money((paid * weights[key] / whole).quantize(MICRO)) if whole else NO_MONEY
        left = Money(left - got)
        book.close(key, at, lots.held(key), got, "void" if winner is None else "settled")


def _due(key: Key, winner: int | None, lots: Lots) -> Decimal:
    if winner is None:
        return lots.basis(key)
    won = (int(key.symbol.rpartition("/")[2]) == winner) is (key.leg == Leg.YES.value)
    return lots.held(key) if won else Decimal(0)


def _venues(connection: sqlite3.Connection, book: _Book) -> None:
    held: dict[tuple[InstrumentId, Leg], Position] = {}
    query = """SELECT at, venue, symbol, side, leg, qty, cost, fee, nets, trade_id, price FROM fills WHERE venue <> ?
        ORDER BY rowid"""
    for at, venue, symbol, side, leg, qty, cost, fee, nets, trade, price in connection.execute(query, (EMBEDDED,)):
        traded = Traded(Side(side), Leg(leg), Qty(Decimal(qty)), history.money(cost), Decimal(price))
        charged = history.money(fee)
        one = InstrumentId(VenueId(venue), symbol)
        booking = Booking(nets or 0)
        before = {leg: held.get((one, leg), FLAT) for leg in Leg}
        parts = netting.book(held, one, traded, charged, nets=booking)
        made = {leg: Money(held.get((one, leg), FLAT).realised - before[leg].realised) for leg in Leg}
        account = f"{YOU}{AT}{venue}"
        paid = netting.moved(traded, parts, Money(sum(made.values(), NO_MONEY)), nets=booking)
        if CORRECTED not in trade:
            book.paid.append((Nanos(at), account, paid, "payout" if SETTLED in trade else "trade"))
            book.paid.append((Nanos(at), account, Money(-charged), "fee"))
        for part in parts:
            key = Key(account, venue, symbol, part.leg.value)
            short = booking >= Booking.PREMIUM and part.leg is Leg.NO  # opened for what it brought, closed for a price
            worth = Money(-part.cost if short else part.cost)
            if part.side is Side.BUY:
                book.open(key, Nanos(at), part.qty, Money(worth + charged))
            else:
                if booking is Booking.INVERSE:  # at any price its face value is the same: what it made is not in it
                    worth = Money(worth + made[part.leg])
                how = "settled" if SETTLED in trade else "sold"
                book.close(key, Nanos(at), part.qty, Money(worth - charged), how)
            charged = NO_MONEY
