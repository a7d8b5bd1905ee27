"""Statements of our accounts, read from the ledger: what each UTC day moved, and every lot that was closed.

The account ``you`` is ours on the embedded exchange, ``you@kalshi`` on a venue. Cash is the ledger's double entry. Live
the venue's own account is the money and nothing of it is entered: what moved is told by our fills, and balances are
empty. A fill that the venue took back moved money twice and is no lot: nothing was bought or sold by it. Lots are
closed first in, first out; fees are in their basis and proceeds. Marks are of the whole book, as the ledger last kept
them that day.
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
from engine.store.history import BACK

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
    back = "kind = 'fee' AND ref IN (SELECT id FROM markets)"  # of a void market
    query = f"SELECT ref, amount, at FROM cash WHERE account = ? AND (kind IN {_PAID} OR {back}) ORDER BY seq"  # noqa: S608 - ours
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
    if not held and paid:  # the fees of what was sold before
        nothing = Key(YOU, EMBEDDED, f"{market}/0", Leg.YES.value)
        alone = Closed(nothing, at, at, Qty(Decimal(0)), NO_MONEY, paid, "void" if winner is None else "settled")
        book.gains.append(Gain(*nothing, alone))
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


class _Row(NamedTuple):
    """A fill on a venue."""

    at: Nanos
    one: InstrumentId
    traded: Traded
    fee: Money
    nets: Booking
    trade: str
    realised: Money

    @property
    def account(self) -> str:
        return f"{YOU}{AT}{self.one.venue}"


def _venues(connection: sqlite3.Connection, book: _Book) -> None:
    rows = list(_fills(connection))
    money, told = _walked(rows), [row for row in rows if row.trade.removesuffix(BACK) not in _gone(rows)]
    for row, done in money:
        if CORRECTED not in row.trade:
            how = "payout" if SETTLED in row.trade else "trade"
            book.paid.append((row.at, row.account, done.paid, how))
            book.paid.append((row.at, row.account, Money(-row.fee), "fee"))
    for row, done in money if len(told) == len(rows) else _without(rows, money, told):
        _lots(book, row, done)


class _Done(NamedTuple):
    """What a fill did."""

    parts: tuple[netting.Part, ...]
    made: dict[Leg, Money]
    """What each leg realised."""
    paid: Money


_Held = dict[tuple[InstrumentId, Leg], "Position"]
_Walk = list[tuple[_Row, _Done]]


def _fills(connection: sqlite3.Connection) -> Iterator[_Row]:
    query = """SELECT at, venue, symbol, side, leg, qty, cost, fee, nets, trade_id, price, realised FROM fills
        WHERE venue <> ? ORDER BY rowid"""
    for at, venue, symbol, side, leg, qty, cost, fee, nets, trade, price, realised in connection.execute(
        query, (EMBEDDED,)
    ):
        traded = Traded(Side(side), Leg(leg), Qty(Decimal(qty)), history.money(cost), Decimal(price))
        one = InstrumentId(VenueId(venue), symbol)
        yield _Row(Nanos(at), one, traded, history.money(fee), Booking(nets or 0), trade, history.money(realised))


def _gone(rows: list[_Row]) -> set[str]:
    """Return the fills that were taken back."""
    return {row.trade.removesuffix(BACK) for row in rows if row.trade.endswith(BACK)}


def _walked(rows: list[_Row], held: _Held | None = None) -> _Walk:
    """Return what each fill did to what was held by then."""
    held = {} if held is None else held
    found: _Walk = []
    for row in rows:
        before = {leg: held.get((row.one, leg), FLAT) for leg in Leg}
        if row.trade.endswith(BACK):
            parts = netting.undo(held, row.one, row.traded, row.fee, row.realised, nets=row.nets)
        else:
            parts = netting.book(held, row.one, row.traded, row.fee, nets=row.nets)
        made = {leg: Money(held.get((row.one, leg), FLAT).realised - before[leg].realised) for leg in Leg}
        paid = netting.moved(row.traded, parts, Money(sum(made.values(), NO_MONEY)), nets=row.nets)
        found.append((row, _Done(parts, made, paid)))
    return found


def _without(rows: list[_Row], money: _Walk, told: list[_Row]) -> _Walk:
    """Return what fills did without those taken back; with them where it is not the same that is held in the end.

    A market whose legs are two holdings may keep both where a fill that was taken back had closed one.
    """
    ends: tuple[_Held, _Held] = ({}, {})
    _walked(rows, ends[0])
    kept = _walked(told, ends[1])
    apart = {key[0] for key in ends[0] if ends[0][key].qty != ends[1].get(key, FLAT).qty}
    chosen = [pair for pair in kept if pair[0].one not in apart] + [pair for pair in money if pair[0].one in apart]
    order = {row.trade: number for number, row in enumerate(rows)}
    return sorted(chosen, key=lambda pair: order[pair[0].trade])


def _lots(book: _Book, row: _Row, done: _Done) -> None:
    """Open and close the lots that a fill does."""
    charged = row.fee
    for part in done.parts:
        key = Key(row.account, row.one.venue, row.one.symbol, part.leg.value)
        short = row.nets >= Booking.PREMIUM and part.leg is Leg.NO  # opened for what it brought, closed for a price
        worth = Money(-part.cost if short else part.cost)
        if part.side is Side.BUY:
            book.open(key, row.at, part.qty, Money(worth + charged))
        else:
            if row.nets is Booking.INVERSE:  # at any price its face value is the same: what it made is not in it
                worth = Money(worth + done.made[part.leg])
            how = "settled" if SETTLED in row.trade else "sold"
            book.close(key, row.at, part.qty, Money(worth - charged), how)
        charged = NO_MONEY
