"""What became of orders on an exchange, asked by way of CCXT and told: that it is there, what traded, how it ended."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import VenueError, VenueRefused, WireError
from engine.core.events import Accepted, Canceled, Expired, Filled, Rejected
from engine.core.ids import VenueOrderId
from engine.core.units import HOUR, Qty
from engine.venues.ccxt import markets
from engine.venues.ccxt.markets import number
from engine.venues.ccxt.ours import is_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.events import Event
    from engine.venues.ccxt.library import Client
    from engine.venues.ccxt.markets import Spec
    from engine.venues.ccxt.ours import Mine, Ours
    from engine.venues.port import Now

OPEN: Final = frozenset({"open"})
ODD: Final = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError)
"""What a row of the library can raise in which something is missing, or is another thing."""
PAGE, FULL = 100, 50
"""Trades that are asked for at once, and from how many on there may be more: some exchanges give no more."""
MOST: Final = 20_000


class Looking:
    """Asks an exchange for orders of ours; what is news goes to `tell`."""

    def __init__(self, client: Client, ours: Ours, now: Now, tell: Callable[[Event], None]) -> None:
        self._client = client
        self._ours = ours
        self._now = now
        self._tell = tell

    async def look(self, exchange: Any, spec: Spec, mine: Mine) -> bool:  # noqa: ANN401
        """Ask what became of one order, and tell it; False where the exchange shows none."""
        rows = await self.rows_of(exchange, spec, mine)
        row = next((one for one in rows if is_of(one, mine)), None)
        if row is None:
            return False
        await self.take(exchange, spec, mine, row)
        return True

    async def rows_of(self, exchange: Any, spec: Spec, mine: Mine) -> list[Any]:  # noqa: ANN401
        """Return the orders among which one of ours must be: by its id, open, or past."""
        found: list[Any] = []
        if mine.venue_order and exchange.has.get("fetchOrder"):
            try:
                return [await self._client.ask(lambda: exchange.fetch_order(mine.venue_order, spec.symbol))]
            except VenueRefused:
                pass  # gone from there; it may be among the past ones
        since = int(mine.sent_at - HOUR) // markets.MS
        for name in ("fetchOpenOrders", "fetchClosedOrders", "fetchCanceledOrders", "fetchOrders"):
            if exchange.has.get(name) and not any(is_of(one, mine) for one in found):
                found += await self.listed(exchange, name, spec, since)
        return found

    async def listed(self, exchange: Any, name: str, spec: Spec, since: int) -> list[Any]:  # noqa: ANN401
        """Return one of the library's lists of orders, such as ``fetchOpenOrders``; empty where there is none."""
        call = getattr(exchange, "".join(f"_{c.lower()}" if c.isupper() else c for c in name))
        try:
            rows = await self._client.ask(lambda: call(spec.symbol, since if name != "fetchOpenOrders" else None))
        except VenueRefused:
            return []  # this exchange has no such list after all
        return list(rows)

    async def trades(self, exchange: Any, spec: Spec, since: int) -> list[Any]:  # noqa: ANN401
        """Return our trades in an instrument since a time in milliseconds; none where they are not told.

        An exchange gives so many at once, of some the oldest and of others the latest, and the library says neither: so
        a page that may be full is asked on from, first forward, then back.

        Raises
        ------
        VenueError
            If it cannot be asked; `WireError` where pages have no end: a part is not to be taken for the whole.
        """
        if not exchange.has.get("fetchMyTrades"):
            return []
        found: dict[str, Any] = {}
        first, more = await self._page(exchange, spec, found, since)
        while more:
            _, more = await self._page(exchange, spec, found, max(_times(found)))
        while first:
            try:
                _, first = await self._page(exchange, spec, found, since, {"until": min(_times(found))})
            except VenueRefused:
                break  # it takes no such question
        return list(found.values())

    async def _page(
        self, exchange: Any, spec: Spec, found: dict[str, Any], since: int, more: dict[str, int] | None = None  # noqa: ANN401
    ) -> tuple[bool, bool]:  # fmt: skip
        """Take one page into what was found; return whether it may be full, and whether it is and brought anything."""
        if len(found) > MOST:
            raise WireError(spec.id.venue, f"more than {MOST} trades of an instrument")
        rows = list(await self._client.ask(lambda: exchange.fetch_my_trades(spec.symbol, since, PAGE, more or {})))
        before = len(found)
        found |= {str(row["id"]): row for row in rows if row.get("id")}
        full = len(rows) >= FULL
        return full, full and len(found) > before

    async def take(self, exchange: Any, spec: Spec, mine: Mine, row: Any) -> None:  # noqa: ANN401
        """Tell what an order's row says that was not told: that it is there, what traded, how it ended.

        Raises
        ------
        WireError
            If a number of it, or of a trade, is none: of what was not told by then, nothing is.
        """
        try:
            await self._take(exchange, spec, mine, row)
        except ODD as e:
            raise WireError(spec.id.venue, f"an order or a trade that cannot be read ({str(e)[:80]})") from e

    async def _take(self, exchange: Any, spec: Spec, mine: Mine, row: Any) -> None:  # noqa: ANN401
        at = self._now()
        if row.get("id") and not mine.accepted:
            mine.venue_order, mine.accepted = str(row["id"]), True
            if row.get("status") != "rejected":
                self._tell(Accepted(at=at, order=mine.order, venue_order=VenueOrderId(mine.venue_order)))
        filled, status = number(row.get("filled") or 0), str(row.get("status") or "open")
        if row.get("filled") is None and status not in OPEN and status != "rejected" and not mine.ended:
            try:
                filled = await self._by_trades(exchange, spec, mine)  # it does not say how much of it had traded
            except VenueError:
                return  # asked again at the next look
        elif filled > mine.told:
            await self._fills(exchange, spec, mine, row, filled)
        if status in OPEN or mine.ended or mine.told < filled:
            return
        mine.ended = True
        if status == "rejected":
            self._tell(Rejected(at=at, order=mine.order, code="rejected", text="the exchange rejected it"))
        elif status == "expired":
            self._tell(Expired(at=at, order=mine.order))
        elif status == "canceled" or row.get("amount") is None or number(row["amount"]) > filled:
            self._tell(Canceled(at=at, order=mine.order))

    async def _fills(self, exchange: Any, spec: Spec, mine: Mine, row: Any, filled: Decimal) -> None:  # noqa: ANN401
        """Tell an order's fills by the exchange's own trades; where it shows none, by what the row says of them."""
        trades = list(row.get("trades") or ())
        if not trades and exchange.has.get("fetchMyTrades"):
            try:
                trades = await self.trades(exchange, spec, int(mine.sent_at - HOUR) // markets.MS)
            except VenueError:
                return  # asked again at the next look
        mine_too = [one for one in trades if str(one.get("order") or "") == mine.venue_order and one.get("id")]
        for one in mine_too:
            self._fill(spec, mine, one)
        if not mine_too and not exchange.has.get("fetchMyTrades"):
            rest, average = filled - mine.told, number(row.get("average") or row.get("price") or 0)
            mine.made_up = mine.made_up or mine.told * average  # of an earlier session nobody knows more
            price = (average * filled - mine.made_up) / rest  # the average is of all, and the rest brought it there
            price = price if price > 0 else average
            mine.unseen = Decimal(0)  # what is made up of the rest is none of before
            self._fill(spec, mine, {"id": f"{mine.venue_order}:{filled}", "amount": rest, "price": price})
            mine.made_up += rest * price

    async def _by_trades(self, exchange: Any, spec: Spec, mine: Mine) -> Decimal:  # noqa: ANN401
        """Tell an order's trades, and return what they come to.

        Raises
        ------
        VenueError
            If they cannot be asked for.
        ValueError
            If the exchange shows none at all: then nobody says what the order came to.
        """
        if not exchange.has.get("fetchMyTrades"):
            msg = "an order that ended without saying how much of it had traded"
            raise ValueError(msg)
        for one in await self.trades(exchange, spec, int(mine.sent_at - HOUR) // markets.MS):
            if str(one.get("order") or "") == mine.venue_order and one.get("id"):
                self._fill(spec, mine, one)
        return mine.told

    def _fill(self, spec: Spec, mine: Mine, trade: Any) -> None:  # noqa: ANN401
        qty, price = number(trade["amount"]), number(trade["price"])
        fee, fee_in = markets.fee(spec.instrument, trade)
        cost = markets.cost(spec.instrument, price, qty, trade)
        if not self._ours.first(mine.instrument, trade):
            return
        self._ours.count(mine, qty)
        self._tell(
            Filled(
                at=self._now(),
                order=mine.order,
                trade_id=str(trade["id"])[:128],
                price=price,
                qty=Qty(qty),
                cost=cost,
                fee=fee,
                maker=trade.get("takerOrMaker") == "maker",
                fee_in=fee_in,
            )
        )


def _times(found: dict[str, Any]) -> list[int]:
    return [int(row.get("timestamp") or 0) for row in found.values()]
