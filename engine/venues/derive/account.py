"""Our Derive subaccount by HTTP: the whole picture, one order, the fills of one order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError
from engine.core.events import Held, Pictured, Seen
from engine.core.ids import DERIVE
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.venues.derive import wire, wire_account
from engine.venues.derive.asking import Refused
from engine.venues.derive.numbers import MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.instrument import Known
    from engine.core.units import Money
    from engine.venues.derive.asking import Calls
    from engine.venues.derive.catalogue import Catalogue
    from engine.venues.derive.ours import Mine, Ours
    from engine.venues.derive.wire_account import Fact, OrderRow
    from engine.venues.port import Now

PAGE: Final = 500
LOOK_BACK: Final = HOUR
"""How far back fills are read at the least."""
LOOK_BACK_MOST: Final = 7 * DAY
SKEW: Final = MINUTE
"""How much the venue's clock may differ from ours where one of its times is compared with one of ours."""
_GONE: Final = 11006


class Account:
    """Reads the account."""

    def __init__(self, calls: Calls, ours: Ours, catalogue: Catalogue, subaccount: int, now: Now) -> None:
        self._calls = calls
        self._ours = ours
        self._catalogue = catalogue
        self._now = now
        self._who = {"subaccount_id": subaccount}

    async def picture(self, named: Sequence[Known]) -> Pictured:
        """Return the account, and what the venue knows of each order that is named.

        Orders are read first, then fills, then positions: no fill that an order shows can be missing.
        """
        asked_at = self._now()
        for known in named:
            self._ours.learn(known)
        stood = {mine.client: mine.stand for mine in self._ours.open()}
        try:
            rows = await self._orders(named)
            facts = await self.fills(since=self._since(named))
            held = await self._positions()
            coins = await self._calls.ask("private/get_collaterals", self._who, wire_account.COLLATERALS)
            return wire.understood(self._composed, b"", asked_at, named, stood, rows, facts, held, coins)
        except VenueError as e:
            return Pictured(at=self._now(), venue=DERIVE, asked_at=asked_at, ok=False, why=str(e)[:200])

    async def find(self, mine: Mine, sent_at: Nanos) -> list[OrderRow]:
        """Return the rows of one order, the last of which counts; none if the venue shows none.

        An order that has ended leaves the open ones before it is among the past ones: both are read, and the order
        itself where its id is known.

        Raises
        ------
        VenueError
            If the venue could not be asked, which says nothing of the order.
        """
        rows = await self._open()
        if mine.venue_order:
            rows += await self._by_id(mine.venue_order)
        if not any(row.order_id == mine.venue_order or row.label == mine.client for row in rows):
            rows += await self._past(Nanos(sent_at - SKEW))
        found = wire_account.newest(rows, mine.client)
        return found or [row for row in rows if row.order_id == mine.venue_order]

    async def fills(self, *, since: Nanos | None = None, venue_order: str = "") -> list[Fact]:
        """Return fills since an instant, or of one of the venue's orders, oldest first.

        Raises
        ------
        VenueError
            If the venue could not be asked or not be understood.
        """
        params: dict[str, object] = {**self._who}
        if venue_order:
            params["order_id"] = venue_order
        if since is not None:
            params["from_timestamp"] = max(since, 0) // MS
        facts: list[Fact] = []
        async for page in self._calls.pages("private/get_trade_history", params, wire_account.TRADES, PAGE):
            facts += [wire.understood(wire_account.fact, row.trade_id, row) for row in page.trades]
        return sorted(facts, key=lambda fact: fact.at)

    async def _orders(self, named: Sequence[Known]) -> dict[str, list[OrderRow]]:
        """Return the rows of all open orders and of each that is named, by client id (or the venue's)."""
        rows = await self._open()
        shown = {row.label for row in rows} | {row.order_id for row in rows}
        missing = [one for one in named if one.client not in shown and one.venue_order not in shown]
        for known in missing:
            mine = self._ours.find(known.client, known.venue_order)
            if mine is not None and mine.venue_order:
                rows += await self._by_id(mine.venue_order)
        found = {row.label for row in rows}
        late = [one.sent_at for one in missing if one.client not in found]
        if late or any(mine.before or mine.unsure for mine in self._ours.open()) or self._unheard(rows):
            first = min([*late, Nanos(self._now() - LOOK_BACK)])
            rows += await self._past(Nanos(first - SKEW))
        wanted = {row.label or row.order_id for row in rows if row.order_status in wire_account.WORKING}
        wanted |= {known.client for known in named}
        by: dict[str, list[OrderRow]] = {}
        for row in rows:
            key = row.label or row.order_id
            if key in wanted:
                by.setdefault(key, []).append(row)
        return {key: wire_account.newest(each, key) or each[-1:] for key, each in by.items()}

    def _unheard(self, rows: Sequence[OrderRow]) -> bool:
        """Whether an order stands in the place of one of ours and nobody told us: what that one had filled counts."""
        some = ((self._ours.find(row.label, row.order_id), row) for row in rows)
        return any(mine is not None and mine.venue_order not in {"", row.order_id} for mine, row in some)

    async def _open(self) -> list[OrderRow]:
        return (await self._calls.ask("private/get_open_orders", self._who, wire_account.ORDERS)).orders

    async def _by_id(self, venue_order: str) -> list[OrderRow]:
        try:
            params = {**self._who, "order_id": venue_order}
            return [await self._calls.ask("private/get_order", params, wire_account.ORDER)]
        except Refused as e:
            if e.error.code == _GONE:
                return []  # one that was cancelled may be gone from here at once, and be among the past ones
            raise

    async def _past(self, since: Nanos) -> list[OrderRow]:
        params = {**self._who, "from_timestamp": max(since, 0) // MS}
        pages = self._calls.pages("private/get_order_history", params, wire_account.ORDERS, PAGE)
        return [row async for page in pages for row in page.orders]

    async def _positions(self) -> list[Held]:
        reply = await self._calls.ask("private/get_positions", self._who, wire_account.POSITIONS)
        held = wire.understood(lambda: [wire_account.held(row) for row in reply.positions], b"")
        return [one for one in held if one is not None]

    def _since(self, named: Sequence[Known]) -> Nanos:
        now = self._now()
        first = min((known.sent_at for known in named), default=now)
        return Nanos(max(min(first, now - LOOK_BACK), now - LOOK_BACK_MOST) - SKEW)

    def _composed(
        self,
        asked_at: Nanos,
        named: Sequence[Known],
        stood: dict[str, tuple[str, int]],
        rows: dict[str, list[OrderRow]],
        facts: Sequence[Fact],
        held: Sequence[Held],
        coins: wire_account.CollateralsReply,
    ) -> Pictured:
        """Return the picture, and take note of what it tells. Nothing of it is noted before it is whole."""
        pairs = [(each, self._ours.find(key, each[-1].order_id)) for key, each in rows.items()]
        seen = [wire_account.seen(each, mine, self._catalogue) for each, mine in pairs]
        coin = [one for row in coins.collaterals if (one := wire_account.coin(row)) is not None]
        cash: Money = wire_account.cash(coins.collaterals)
        of = [(one, self._ours.find(one.client, one.order_id)) for one in facts if not one.quote or one.order_id]
        fills = tuple(wire_account.seen_fill(one, mine) for one, mine in of)
        shown = {one.order for one in seen}
        absent: list[Seen] = [wire_account.absent(one) for one in named if one.order not in shown]
        for each, mine in pairs:
            if mine is not None and mine.stand == stood.get(mine.client, ("", 0)):  # else it moved on since
                self._ours.shown(mine, each)
        for fact, mine in of:
            self._ours.pictured(fact, mine, fact.at)
        return Pictured(
            at=self._now(),
            venue=DERIVE,
            asked_at=asked_at,
            orders=tuple(seen + absent),
            fills=fills,
            positions=(*held, *coin),
            cash=cash,
        )
