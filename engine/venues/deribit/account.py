"""Our Deribit account by questions over HTTP: the whole picture, one order, the trades of an order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.errors import OutcomeUnknown, Unreachable, VenueError, VenueRefused, WireError
from engine.core.events import Held, Pictured, Seen
from engine.core.ids import DERIBIT, OrderId, VenueOrderId
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.venues.deribit import asking, wire, wire_account, wire_market, wire_orders, wire_rfq
from engine.venues.deribit.numbers import MS
from engine.venues.deribit.ours import ID
from engine.venues.deribit.wire_instruments import DOLLARS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import msgspec

    from engine.core.instrument import Instrument, Known
    from engine.core.units import Money
    from engine.venues.deribit.ours import Mine, Ours
    from engine.venues.deribit.wire_orders import Fact, Row
    from engine.venues.port import Now
    from engine.venues.rest import Rest

PAGE: Final = 500
PAGES_MOST: Final = 40
LOOK_BACK: Final = HOUR
"""How far back trades are read at the least."""
LOOK_BACK_MOST: Final = 7 * DAY
RECENT: Final = 23 * HOUR
"""What is older is asked for among what the venue keeps apart as history."""
SKEW: Final = MINUTE
CURRENCIES: Final = ("BTC", "ETH", "USDC")
"""The moneys under which the venue lists trades of most of what is traded there."""


class Account:
    """Reads the account."""

    def __init__(self, rest: Rest, ours: Ours, known: Mapping[str, Instrument], now: Now) -> None:
        self._rest = rest
        self._ours = ours
        self._known = known
        self._now = now

    async def picture(self, named: Sequence[Known]) -> Pictured:
        """Return the account, and what the venue knows of each order that is named.

        Orders are read first, then trades, then positions: no trade that an order shows can be missing.
        """
        asked_at = self._now()
        for known in named:
            self._ours.learn(known)
        try:
            orders = await self._orders(named)
            facts = await self._trades(self._since(named))
            held = await self._positions()
            cash = await self._cash()
            return self._composed(asked_at, named, orders, facts, held, cash)
        except VenueError as e:
            return Pictured(at=self._now(), venue=DERIBIT, asked_at=asked_at, ok=False, why=str(e)[:200])

    async def find(self, mine: Mine) -> Row | None:
        """Return one order by the venue's id, else by its label; None if the venue shows none.

        Raises
        ------
        VenueError
            If the venue could not be asked, which says nothing of the order.
        """
        if ID.fullmatch(mine.venue_order):
            try:
                raw = await self._ask("private/get_order_state", {"order_id": mine.venue_order})
                return wire.body(wire_orders.ROW, raw)
            except VenueRefused as e:
                if e.code not in {"not_found", "closed"}:
                    raise
        params = {"currency": wire_account.currency(mine.instrument, self._known), "label": mine.client}
        rows: list[Row] = wire.body(wire_orders.ROWS, await self._ask("private/get_order_state_by_label", params))
        same = [row for row in rows if row.label == mine.client]
        return max(same, key=lambda row: row.last_update_timestamp, default=None)

    async def fills(self, mine: Mine) -> list[Fact]:
        """Return the latest trades of an order's instrument, oldest first.

        Raises
        ------
        VenueError
            If the venue could not be asked or not be understood.
        """
        params = {"instrument_name": mine.instrument.symbol, "count": 100, "sorting": "desc"}
        page = wire.body(wire_orders.PAGE, await self._ask("private/get_user_trades_by_instrument", params))
        return self._facts(page)

    async def trades_of(self, name: str) -> list[wire_orders.TradeRow]:
        """Return our latest trades in an instrument, as the venue shows them.

        Raises
        ------
        VenueError
            As `fills`.
        """
        params = {"instrument_name": name, "count": 100, "sorting": "desc"}
        return wire.body(wire_orders.PAGE, await self._ask("private/get_user_trades_by_instrument", params)).trades

    async def requests(self) -> list[wire_rfq.RequestRow]:
        """Return the block requests that are open.

        Raises
        ------
        VenueError
            As `fills`.
        """
        params = {"state": "open", "role": "maker", "count": 1_000}
        return wire.body(wire_rfq.REQUESTS, await self._ask("private/get_block_rfqs", params)).block_rfqs

    async def quotes(self, request: int) -> list[wire_rfq.QuoteRow]:
        """Return our quotes on a block request.

        Raises
        ------
        VenueError
            As `fills`.
        """
        raw = await self._ask("private/get_block_rfq_quotes", {"block_rfq_id": request})
        if bytes(raw).lstrip()[:1] == b"{":  # one alone may come without its list
            return [wire.body(wire_rfq.QUOTE, raw)]
        rows: list[wire_rfq.QuoteRow] = wire.body(wire_rfq.QUOTES, raw)
        return rows

    async def limits(self) -> wire_account.Rate | None:
        """Return how often this account may place orders; None where the venue does not say.

        Raises
        ------
        VenueError
            As `find`.
        """
        raw = await self._ask("private/get_account_summary", {"currency": "BTC", "extended": True})
        found = wire.body(wire_account.PORTFOLIO, raw)
        limits = wire.body(wire_account.LIMITS, found.limits)
        return None if limits is None else limits.orders

    async def _ask(self, method: str, params: Mapping[str, object]) -> msgspec.Raw:
        """Ask; that an answer says nothing is of a question no more than no answer."""
        try:
            return await asking.ask(self._rest, self._now, method, params)
        except OutcomeUnknown as e:
            raise Unreachable(DERIBIT, str(e)) from e

    async def _orders(self, named: Sequence[Known]) -> list[Row]:
        """Return all orders that work, and each that is named and does not."""
        orders: list[Row] = wire.body(wire_orders.ROWS, await self._ask("private/get_open_orders", {}))
        shown = {row.order_id for row in orders} | {row.label for row in orders}
        for known in named:
            mine = self._ours.find(known.client, known.venue_order)
            if mine is None or known.client in shown or mine.venue_order in shown:
                continue
            found = await self.find(mine)
            if found is not None:
                orders.append(found)
        return orders

    async def _trades(self, since: Nanos) -> list[Fact]:
        found: dict[str, Fact] = {}
        for currency in self._currencies():
            if self._now() - since > RECENT:
                found |= await self._pages(currency, since, history=True)
            found |= await self._pages(currency, since, history=False)
        return sorted(found.values(), key=lambda fact: fact.at)

    def _currencies(self) -> list[str]:
        """Return the moneys under which trades of ours may be: the usual ones, and those of all that is listed."""
        listed = {one.fact("currency") for one in self._known.values()}
        return [*CURRENCIES, *sorted(listed - {"", *CURRENCIES})]

    async def _pages(self, currency: str, since: Nanos, *, history: bool) -> dict[str, Fact]:
        """Return all trades in a money since an instant, by id.

        Raises
        ------
        WireError
            If they have no end: a part is not to be taken for the whole.
        """
        found: dict[str, Fact] = {}
        start = max(since, 0) // MS
        for _ in range(PAGES_MOST):
            params: dict[str, object] = {
                "currency": currency, "start_timestamp": start, "count": PAGE, "sorting": "asc", "historical": history,
            }  # fmt: skip
            page = wire.body(wire_orders.PAGE, await self._ask("private/get_user_trades_by_currency", params))
            facts = self._facts(page)
            new = {fact.trade_id: fact for fact in facts if fact.trade_id not in found}
            found |= new
            if not page.has_more or not new:
                return found
            start = max(row.timestamp for row in page.trades)
        raise WireError(DERIBIT, f"more than {PAGES_MOST} pages of trades")

    def _facts(self, page: wire_orders.Page) -> list[Fact]:
        rows = [row for row in page.trades if row.block_rfq_quote_id is None]  # those are told as quotes
        facts = [wire.understood(wire_orders.fact, row.trade_id, row, self._known) for row in rows]
        return sorted(facts, key=lambda fact: fact.at)

    async def _positions(self) -> list[Held]:
        rows: list[wire_account.Position] = wire.body(
            wire_account.POSITIONS, await self._ask("private/get_positions", {"currency": "any"})
        )
        found = [wire.understood(wire_account.held, row.instrument_name, row) for row in rows]
        return [one for one in found if one is not None]

    async def _cash(self) -> Money | None:
        raw = await self._ask("private/get_account_summaries", {"extended": True})
        rows = wire.body(wire_account.SUMMARIES, raw).summaries
        indices: dict[str, Decimal] = {}
        if all(row.total_equity_usd is None for row in rows):
            for row in rows:
                if row.equity and row.currency not in DOLLARS:
                    indices[row.currency] = await self._index(row.currency)
        return wire.understood(wire_account.cash, raw, rows, indices)

    async def _index(self, currency: str) -> Decimal:
        raw = await self._ask("public/get_index_price", {"index_name": f"{currency.lower()}_usd"[:24]})
        return wire.body(wire_market.INDEX_PRICE, raw).index_price

    def _since(self, named: Sequence[Known]) -> Nanos:
        now = self._now()
        first = min((known.sent_at for known in named), default=now)
        return Nanos(max(min(first, now - LOOK_BACK), now - LOOK_BACK_MOST) - SKEW)

    def _composed(
        self, asked_at: Nanos, named: Sequence[Known], orders: Sequence[Row], facts: Sequence[Fact],
        held: Sequence[Held], cash: Money | None,
    ) -> Pictured:  # fmt: skip
        """Return the picture, and take note of what it tells. Nothing of it is noted before it is whole."""
        at = self._now()
        labels = {row.order_id: row.label for row in orders}

        def mine_of(order_id: str, label: str) -> Mine | None:
            return self._ours.find(label or labels.get(order_id), order_id)

        seen = [
            wire.understood(wire_account.seen, row.order_id, row, mine_of(row.order_id, row.label), self._known)
            for row in orders
        ]
        fills = [wire_account.seen_fill(fact, mine_of(fact.order_id, fact.client), at) for fact in facts]
        for row in orders:
            mine = mine_of(row.order_id, row.label)
            if mine is not None and not mine.venue_order and ID.fullmatch(row.order_id):
                self._ours.named(mine, row.order_id)
        for fact in facts:
            self._ours.pictured(fact, mine_of(fact.order_id, fact.client), fact.at)
        return Pictured(
            at=at,
            venue=DERIBIT,
            asked_at=asked_at,
            orders=tuple(seen + self._absent(named, seen)),
            fills=tuple(fills),
            positions=tuple(held),
            cash=cash,
        )

    def _absent(self, named: Sequence[Known], seen: Sequence[Seen]) -> list[Seen]:
        shown = {each.order for each in seen}
        return [
            Seen(
                order=OrderId(known.order), client=known.client, venue_order=VenueOrderId(known.venue_order),
                instrument=known.instrument, side=known.side, leg=known.leg, status="absent",
            )
            for known in named
            if known.order not in shown
        ]  # fmt: skip
