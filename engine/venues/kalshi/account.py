"""Our Kalshi account by REST: the whole picture, one order, the fills of one order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from engine.core.errors import VenueError, VenueRefused, WireError
from engine.core.events import Held, Pictured, Seen, SeenFill
from engine.core.ids import KALSHI, OrderId, VenueOrderId
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Money, Nanos
from engine.venues.kalshi import wire, wire_account
from engine.venues.kalshi.endpoints import CALL
from engine.venues.kalshi.ours import Ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from engine.core.instrument import Known
    from engine.venues.kalshi.ours import Mine, Ours
    from engine.venues.kalshi.wire_account import Fact, RestOrder
    from engine.venues.port import Now
    from engine.venues.rest import Rest

T = TypeVar("T")
Page = TypeVar("Page", wire_account.OrdersReply, wire_account.FillsReply, wire_account.PositionsReply)
PAGE: Final = 200
PAGES_MOST: Final = 100
LOOK_BACK: Final = HOUR
"""How far back fills are read at the least."""
LOOK_BACK_MOST: Final = 7 * DAY
SKEW: Final = MINUTE
"""How much the venue's clock may differ from ours where one of its times is compared with one of ours."""


class Account:
    """Reads the account."""

    def __init__(self, rest: Rest, ours: Ours, now: Now) -> None:
        self._rest = rest
        self._ours = ours
        self._now = now

    async def picture(self, named: Sequence[Known]) -> Pictured:
        """Return the account, and what the venue knows of each order that is named.

        Orders are read first, then fills, then positions: no fill that an order shows can be missing.
        """
        asked_at = self._now()
        for known in named:
            self._ours.learn(known)
        stood = {mine.client: mine.venue_order for mine in self._ours.open()}
        try:
            orders = await self._orders(named)
            facts = await self.fills(since=self._since(named))
            held = await self._positions()
            cash = await self._cash()
            return self._composed(asked_at, named, stood, orders, facts, held, cash)
        except VenueError as e:
            return Pictured(at=self._now(), venue=KALSHI, asked_at=asked_at, ok=False, why=str(e)[:200])

    async def find(
        self, client: str, ticker: str, venue_order: str, sent_at: Nanos, *, moved: bool = False
    ) -> RestOrder | None:
        """Return one order by the venue's id, else by ours; None if the venue shows none.

        `moved`: where that one was cancelled, another may stand in its place, which has our id too.

        Raises
        ------
        VenueError
            If the venue could not be asked, which says nothing of the order.
        """
        known = await self._by_id(venue_order) if venue_order else None
        if known is not None and not (moved and known.status == "canceled"):
            return known
        params = {"ticker": ticker, "min_ts": max(sent_at - LOOK_BACK, 0) // SECOND}
        found = await self._by_client(client, "/portfolio/orders", params) or known
        if found is None and self._now() - sent_at > DAY:
            found = await self._by_client(client, "/historical/orders", {"ticker": ticker})
        return found

    async def fills(self, *, since: Nanos | None = None, venue_order: str = "") -> list[Fact]:
        """Return fills since an instant, or of one order, oldest first.

        Raises
        ------
        VenueError
            If the venue could not be asked or not be understood.
        """
        params: dict[str, object] = {"order_id": venue_order} if venue_order else {}
        if since is not None:
            params["min_ts"] = max(since, 0) // SECOND
        pages = await self._pages("/portfolio/fills", params, wire_account.FILLS)
        fills = [fill for page in pages for fill in page.fills or ()]
        facts = wire.understood(lambda: [wire_account.rest_fact(fill) for fill in fills], b"")
        return sorted(facts, key=lambda fact: fact.at or 0)

    async def _orders(self, named: Sequence[Known]) -> list[RestOrder]:
        """Return all orders that rest, and each that is named and does not."""
        pages = await self._pages("/portfolio/orders", {"status": "resting"}, wire_account.ORDERS)
        orders = [order for page in pages for order in page.orders or ()]
        shown = {order.order_id for order in orders} | {order.client_order_id for order in orders}
        for known in named:
            if known.client in shown or known.venue_order in shown:
                continue
            mine = self._ours.find(known.client, known.venue_order)
            venue_order = mine.venue_order if mine is not None else known.venue_order
            moved = mine is not None and mine.unsure
            found = await self.find(known.client, known.instrument.symbol, venue_order, known.sent_at, moved=moved)
            if found is not None:
                orders.append(found)
        return orders

    async def _by_id(self, venue_order: str) -> RestOrder | None:
        if not Ours.id_like.fullmatch(venue_order):
            return None
        try:
            raw = await self._rest.read(f"/portfolio/orders/{venue_order}", cost=CALL)
        except VenueRefused as e:
            if e.code == "404":
                return None
            raise
        return wire.body(wire_account.ORDER, raw).order

    async def _by_client(self, client: str, path: str, params: dict[str, object]) -> RestOrder | None:
        pages = await self._pages(path, params, wire_account.ORDERS)
        same = [each for page in pages for each in page.orders or () if each.client_order_id == client]
        return next((each for each in same if each.status != "canceled"), same[0] if same else None)

    async def _positions(self) -> list[Held]:
        params: dict[str, object] = {"count_filter": "position", "settlement_status": "unsettled"}
        pages = await self._pages("/portfolio/positions", params, wire_account.POSITIONS)
        rows = [row for page in pages for row in page.market_positions or ()]
        held = wire.understood(lambda: [wire_account.held(row) for row in rows], b"")
        return [each for each in held if each is not None]

    async def _cash(self) -> Money:
        raw = await self._rest.read("/portfolio/balance", cost=CALL)
        return wire.understood(wire_account.cash, raw, wire.body(wire_account.BALANCE, raw))

    async def _pages(self, path: str, params: dict[str, object], decoder: msgspec.json.Decoder[Page]) -> list[Page]:
        """Return every page of a listing.

        Raises
        ------
        WireError
            If it has no end: a part of it is not to be taken for the whole.
        """
        pages: list[Page] = []
        cursor = ""
        for _ in range(PAGES_MOST):
            more = {"cursor": cursor} if cursor else {}
            raw = await self._rest.read(path, {**params, "limit": PAGE, **more}, cost=CALL)
            page = wire.body(decoder, raw)
            pages.append(page)
            if not page.cursor or page.cursor == cursor:
                return pages
            cursor = page.cursor
        raise WireError(KALSHI, f"more than {PAGES_MOST} pages of {path}")

    def _since(self, named: Sequence[Known]) -> Nanos:
        now = self._now()
        first = min((known.sent_at for known in named), default=now)
        return Nanos(max(min(first, now - LOOK_BACK), now - LOOK_BACK_MOST) - SKEW)

    def _composed(
        self,
        asked_at: Nanos,
        named: Sequence[Known],
        stood: dict[str, str],
        orders: Sequence[RestOrder],
        facts: Sequence[Fact],
        held: Sequence[Held],
        cash: Money,
    ) -> Pictured:
        """Return the picture, and take note of what it tells. Nothing of it is noted before it is whole."""
        at = self._now()
        clients = {order.order_id: order.client_order_id or "" for order in orders}

        def mine_of(order_id: str) -> Mine | None:
            return self._ours.find(clients.get(order_id), order_id)

        seen = wire.understood(lambda: [wire_account.seen(o, mine_of(o.order_id)) for o in orders], b"")
        fills = [f for fact in facts if (f := wire_account.seen_fill(fact, mine_of(fact.order_id), at)) is not None]
        absent = self._absent(named, seen)
        shown = {order.order_id for order in orders if order.status == "resting"}
        for order, told in zip(orders, seen, strict=True):
            mine = mine_of(order.order_id)
            if mine is not None and mine.unsure and order.status == "resting":
                mine.qty = told.qty
            if mine is None or mine.venue_order in shown or mine.venue_order != stood.get(mine.client, ""):
                continue  # what is known of it stands, or is newer than this
            if not mine.venue_order or order.status == "resting":
                self._ours.named(mine, order.order_id)
        for fact in facts:
            mine = self._ours.find(fact.client or clients.get(fact.order_id), fact.order_id)
            self._ours.pictured(fact, mine, fact.at or at)
        return Pictured(
            at=at,
            venue=KALSHI,
            asked_at=asked_at,
            orders=tuple(seen + absent),
            fills=tuple[SeenFill, ...](fills),
            positions=tuple(held),
            cash=Money(cash + wire_account.bound(seen, held)),
        )

    def _absent(self, named: Sequence[Known], seen: Sequence[Seen]) -> list[Seen]:
        shown = {each.order for each in seen}
        return [
            Seen(
                order=OrderId(known.order),
                client=known.client,
                venue_order=VenueOrderId(known.venue_order),
                instrument=known.instrument,
                side=known.side,
                leg=known.leg,
                status="absent",
            )
            for known in named
            if known.order not in shown
        ]
