"""Our account as Polymarket shows it: open orders, trades, money and shares, read in an order that loses nothing.

Open orders are read before trades: an order that was not open then has all its trades in the list. Shares come from
an index of the chain that trails by seconds to minutes; of every token that our late orders or trades touched, the
order book's own balance is asked for instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import VenueError, VenueRefused, WireError
from engine.core.events import Held, Pictured, Seen, SeenFill
from engine.core.ids import POLYMARKET, InstrumentId, VenueOrderId
from engine.core.units import DAY, MINUTE, SECOND, TICKS_PER_UNIT, Leg, Money, Nanos, Qty, Side, Ticks
from engine.venues.polymarket import numbers, wire_market, wire_orders, wire_user
from engine.venues.polymarket.facts import tokens_of
from engine.venues.polymarket.ordering import candidates
from engine.venues.polymarket.tracked import SLACK
from engine.venues.polymarket.wire_user import Fill, OrderRow, Ours, TradeRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.ids import OrderId
    from engine.core.instrument import Instrument, Known
    from engine.venues.polymarket.facts import Facts
    from engine.venues.polymarket.ordering import Book
    from engine.venues.polymarket.tracked import Orders
    from engine.venues.polymarket.wire_orders import Holding
    from engine.venues.rest import Rest

PAGES: Final = 100
HOLDINGS: Final = 500
"""Positions of one page; the venue gives no more at once."""
MARGIN: Final = Nanos(15 * MINUTE)
"""Trades are asked for from so long before the last picture: clocks differ, and the index of positions trails."""
FIRST_LOOK: Final = Nanos(DAY)
BALANCES: Final = 50
"""Most tokens whose balance is asked for one by one."""
CASH: Final = {"asset_type": "COLLATERAL"}


@dataclass(slots=True)
class _Account:
    """What was read."""

    open: dict[str, OrderRow] = field(default_factory=dict)
    trades: list[TradeRow] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)


class Pictures:
    """Reads the account.

    Parameters
    ----------
    clob, data : Rest
        The order book, signed; and the index of positions.
    """

    def __init__(self, clob: Rest, data: Rest, facts: Facts, orders: Orders, book: Book) -> None:
        self._clob = clob
        self._data = data
        self._facts = facts
        self._orders = orders
        self._book = book
        self._since: Nanos | None = None

    async def take(self, known: Sequence[Known], asked_at: Nanos) -> Pictured:
        """Return the account, and what became of each order named.

        Raises
        ------
        VenueError
            If any part of it could not be read: part of an account is no account.
        """
        account = _Account()
        named = {one.order: await self.ids(one) for one in known}
        for row in await self._pages("/data/orders", {}, OrderRow):
            account.open[row.id] = row
        after = min([asked_at - FIRST_LOOK if self._since is None else self._since, *(k.sent_at for k in known)])
        account.trades = await self.trades(Nanos(after - MARGIN))
        ours = await self._ours(known, named, account)
        account.fills = [fill for row in account.trades for fill in self._fills(row, ours)]
        seen = [await self._seen(one, named[one.order], account) for one in known]
        told = {one.venue_order for one in seen}
        seen += [self._open(row, ours.get(row.id)) for row in account.open.values() if row.id not in told]
        cash = wire_orders.balance(await self._clob.read("/balance-allowance", self._with_type(CASH)))
        positions = await self._positions(account, ours)
        self._since = asked_at
        return Pictured(
            at=asked_at,
            venue=POLYMARKET,
            asked_at=asked_at,
            orders=tuple(seen),
            fills=self._seen_fills(account.fills, asked_at),
            positions=positions,
            cash=Money(cash - self._bound_by_strangers(account, ours)),
        )

    async def ids(self, known: Known) -> list[str]:
        """Return the ids under which the venue may have an order. Raises VenueError if its market is unknown."""
        tracked = self._orders.of(known.order)
        if tracked is not None:
            return list(tracked.names)
        if known.venue_order:
            return [known.venue_order]
        return candidates(known, await self._facts.get(known.instrument), self._book)

    async def trades(self, after: Nanos, market: str = "") -> list[TradeRow]:
        """Return the account's trades since a time, of one market or of all. Raises VenueError."""
        wanted: dict[str, object] = {"after": str(max(after, 0) // SECOND)}
        return await self._pages("/data/trades", wanted | ({"market": market} if market else {}), TradeRow)

    async def order(self, name: str) -> OrderRow | None:
        """Return one order by its id; None when it is not on the book. Raises VenueError."""
        try:
            body = await self._clob.read(f"/data/order/{name}")
        except VenueRefused as e:
            if e.code in {"404", "400"}:
                return None
            raise
        if body.strip() in (b"", b"null"):
            return None
        rows = wire_user.listed(body, OrderRow)
        return rows[0] if rows and rows[0].id == name else None

    def known_ours(self, known: Known, instrument: Instrument) -> Ours:
        """Return what reading news of an order needs."""
        token = tokens_of(instrument).of(known.leg)
        return Ours(known.order, known.instrument, known.side, known.leg, token, instrument.fee)

    async def _pages(self, path: str, wanted: Mapping[str, object], kind: type[wire_user.R]) -> list[wire_user.R]:
        found: list[wire_user.R] = []
        cursor = wire_orders.FIRST_CURSOR
        for _ in range(PAGES):
            rows, after = wire_orders.page(await self._clob.read(path, {**wanted, "next_cursor": cursor}))
            found += wire_user.listed(rows, kind)
            if not after or after == cursor:
                return found
            cursor = after
        raise WireError(POLYMARKET, f"more than {PAGES} pages of {path}")

    async def _ours(
        self, known: Sequence[Known], named: Mapping[OrderId, list[str]], account: _Account
    ) -> dict[str, Ours]:
        """Return whose news is ours, by the venue's ids: followed, asked about, or open without our knowing."""
        found = dict(self._orders.ours)
        for one in known:
            instrument = await self._facts.get(one.instrument)
            for name in named[one.order]:
                found.setdefault(name, self.known_ours(one, instrument))
        for row in account.open.values():
            if row.id not in found and (made := await self._stranger(row.market, row.asset_id, row.side)) is not None:
                found[row.id] = made
        for trade in account.trades:
            mine = trade.taker_order_id if trade.trader_side == "TAKER" else ""
            if mine and mine not in found:
                made = await self._stranger(trade.market, trade.asset_id, trade.side)
                if made is not None:
                    found[mine] = made
        return found

    async def _stranger(self, market: str, token: str, side: str) -> Ours | None:
        """Return an order of the account that no session of ours placed; None in a market nobody can tell us of."""
        name = InstrumentId(POLYMARKET, market)
        try:
            instrument = await self._facts.get(name)
        except VenueError:
            return None
        whose = self._facts.whose.get(token)
        done = wire_market.SIDES.get(side)
        if whose is None or whose.instrument != name or done is None:
            return None
        return Ours(None, name, done, whose.leg, token, instrument.fee)

    def _fills(self, row: TradeRow, ours: Mapping[str, Ours]) -> list[Fill]:
        try:
            return [fill for fill in wire_user.fills(row, ours) if not fill.failed]
        except (ValueError, ArithmeticError) as e:
            raise WireError(POLYMARKET, f"an unreadable trade ({str(e)[:120]})", row.id) from e

    async def _seen(self, known: Known, ids: list[str], account: _Account) -> Seen:
        """Return what became of an order: on the book, else as its trades and the venue's last word have it.

        Off the book it has ended if it had traded before it was asked for; what trades while the answer is on its way
        came to the book after it.
        """
        row = next((account.open[name] for name in ids if name in account.open), None)
        tracked = self._orders.of(known.order)
        before = sum((f.qty for f in account.fills if f.ours.order == known.order), Decimal(0))
        filled = before
        if tracked is not None:  # its trades may trail what the account's channel told of it
            before = max(before, tracked.least)
        for name in ids:
            row = row or await self.order(name)
        if tracked is not None:
            if row is not None:
                self._orders.settle(tracked, row.id)
            else:
                filled = max(filled, tracked.least)
        known_as = (
            row.id if row is not None else next((n for n in ids if self._traded(n, account)), ids[0] if ids else "")
        )
        return Seen(
            order=known.order,
            client=known.client,
            venue_order=VenueOrderId(known_as),
            instrument=known.instrument,
            side=known.side,
            leg=known.leg,
            price=known.price,
            qty=known.qty,
            filled=Qty(filled),
            status=_status(known, row, filled, before),
        )

    def _traded(self, name: str, account: _Account) -> bool:
        return any(
            name == row.taker_order_id or any(maker.order_id == name for maker in row.maker_orders)
            for row in account.trades
        )

    def _open(self, row: OrderRow, ours: Ours | None) -> Seen:
        try:
            qty, price = numbers.number(row.original_size), numbers.ticks(row.price)
            matched = row.matched
        except (ValueError, ArithmeticError) as e:
            raise WireError(POLYMARKET, f"an unreadable order ({str(e)[:120]})", row.id) from e
        return Seen(
            order=None if ours is None else ours.order,
            venue_order=VenueOrderId(row.id),
            instrument=InstrumentId(POLYMARKET, row.market) if ours is None else ours.instrument,
            side=wire_user.side_of(row),
            leg=None if ours is None else ours.leg,
            price=Ticks(price),
            qty=Qty(qty),
            filled=Qty(matched),
        )

    @staticmethod
    def _bound_by_strangers(account: _Account, ours: Mapping[str, Ours]) -> Decimal:
        """Return the money that open purchases bind which are not ours; the balance the venue states includes it."""
        known = {name for name, one in ours.items() if one.order is not None}
        rows = [row for row in account.open.values() if row.id not in known and wire_user.side_of(row) is Side.BUY]
        held = [numbers.ticks(row.price) * (numbers.number(row.original_size) - row.matched) for row in rows]
        return sum(held, Decimal(0)) / TICKS_PER_UNIT

    def _seen_fills(self, fills: list[Fill], at: Nanos) -> tuple[SeenFill, ...]:
        made = [wire_user.seen_fill(fill, at) for fill in fills]
        return tuple(sorted(made, key=lambda fill: (fill.at, fill.trade_id)))

    async def _positions(self, account: _Account, ours: Mapping[str, Ours]) -> tuple[Held, ...]:
        held: dict[str, Held] = {}
        for one in await self._holdings():
            whose = self._facts.whose.get(one.token)
            leg = whose.leg if whose is not None else (Leg.NO if one.outcome == 1 else Leg.YES)
            name = InstrumentId(POLYMARKET, one.condition)
            held[one.token] = Held(instrument=name, leg=leg, qty=Qty(one.shares), average=one.average)
        touched = {fill.ours.token: fill.ours for fill in account.fills}
        touched |= {row.asset_id: ours[row.id] for row in account.open.values() if row.id in ours}
        for token, mine in list(touched.items())[-BALANCES:]:
            wanted = self._with_type({"asset_type": "CONDITIONAL", "token_id": token})
            shares = wire_orders.balance(await self._clob.read("/balance-allowance", wanted))
            average = held[token].average if token in held else None
            held[token] = Held(instrument=mine.instrument, leg=mine.leg, qty=Qty(shares), average=average)
        return tuple(one for one in held.values() if one.qty > 0)

    async def _holdings(self) -> list[Holding]:
        """Return all that the index of the chain says is held. Raises VenueError; a part of it is not the whole."""
        found: list[Holding] = []
        for page in range(PAGES):
            params = {
                "user": self._book.holder, "sizeThreshold": "0", "limit": str(HOLDINGS), "offset": str(page * HOLDINGS),
            }  # fmt: skip
            rows = wire_orders.holdings(await self._data.read("/positions", params))
            found += rows
            if len(rows) < HOLDINGS:
                return found
        raise WireError(POLYMARKET, f"more than {PAGES} pages of positions")

    def _with_type(self, wanted: Mapping[str, str]) -> dict[str, object]:
        return {**wanted, "signature_type": str(self._book.signature_type)}


def _status(known: Known, row: OrderRow | None, filled: Decimal, before: Decimal) -> str:
    if row is not None:
        return wire_user.standing(msgspec.structs.replace(row, type=""))
    if known.qty is not None and filled >= known.qty - SLACK:
        return "filled"
    return "canceled" if before else "absent"
