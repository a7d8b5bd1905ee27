"""Orders on an exchange by way of CCXT: limit orders, each sent once, and what became of them asked for.

What every exchange of the library can is little: place, cancel, list, and say what traded. Orders are known by our
client id, and every second those that work are looked at; fills are told by the exchange's own trade ids. An
`OperationFailed` on the way of an order says nothing of what was done: it is lost until the account shows it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.commands import Tif
from engine.core.errors import AuthFailed, InvariantBroken, OutcomeUnknown, Unavailable, VenueError, VenueRefused
from engine.core.events import (
    Accepted,
    AmendRefused,
    Canceled,
    CancelRefused,
    Expired,
    Filled,
    Held,
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
    Seen,
    SeenFill,
)
from engine.core.ids import OrderId, VenueOrderId
from engine.core.units import HOUR, Leg, Money, Nanos, Qty, Side, Ticks
from engine.venues.ccxt import markets
from engine.venues.ccxt.library import meaning
from engine.venues.ccxt.markets import number
from engine.venues.port import Can, Capabilities, Depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Known
    from engine.venues.ccxt.directory import Directory
    from engine.venues.ccxt.library import Client
    from engine.venues.ccxt.markets import Spec
    from engine.venues.port import Emit, Now

CAN: Final = Can.POST_ONLY | Can.SHORT
LOOK_S: Final = 1.0
PAUSE_S: Final = 5.0
REMEMBERED: Final = 20_000
OPEN: Final = frozenset({"open"})
STATUS: Final = {"closed": "filled", "canceled": "canceled", "expired": "expired", "rejected": "rejected"}


@dataclass(slots=True)
class Mine:
    """One order of ours."""

    order: OrderId
    client: str
    instrument: InstrumentId
    sent_at: Nanos
    venue_order: str = ""
    told: Decimal = Decimal(0)
    accepted: bool = False
    ended: bool = False


class Gateway:
    """Does what we ask of one account on one exchange."""

    def __init__(self, client: Client, directory: Directory, now: Now, *, collateral: str, rate: float) -> None:
        self._client = client
        self._directory = directory
        self._now = now
        self._collateral = collateral
        self._capabilities = Capabilities(Depth.LADDER, CAN, rate, collateral)
        self._mine: OrderedDict[str, Mine] = OrderedDict()
        self._trades: OrderedDict[str, None] = OrderedDict()
        self._to: Emit | None = None
        self._up: bool | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do."""
        return self._capabilities

    async def run(self, emit: Emit) -> None:
        """Look at orders that work, until cancelled."""
        self._to, self._up = emit, None
        while True:
            try:
                async with self._client.used() as exchange:
                    await self._looking(exchange)
            except Unavailable as e:
                self._say(up=False, why=str(e))
                await asyncio.Event().wait()
            except VenueError as e:
                self._say(up=False, why=str(e)[:200])
            await asyncio.sleep(PAUSE_S)

    async def submit(self, order: Approved) -> None:
        """Put an order on the wire, once, and emit what is then known."""
        place = order.place
        try:
            async with self._client.used() as exchange:
                spec = self._directory.learn(exchange, place.instrument.symbol)
                wrong = _unsendable(spec, order)
                if wrong or spec is None or place.price is None or place.qty is None:
                    self._reject(order.order, "unsent", wrong)
                    return
                mine = self._keep(Mine(order.order, order.client, place.instrument, self._now()))
                await self._create(exchange, spec, order, mine)
        except (Unavailable, VenueError) as e:
            self._reject(order.order, "unsent", f"nothing was sent: {e}"[:200])

    async def cancel(self, order: Known) -> None:
        """Ask to cancel; what cannot be found is looked up."""
        mine = self._learn(order)
        try:
            async with self._client.used() as exchange:
                spec = self._directory.learn(exchange, order.instrument.symbol)
                if spec is None or (not mine.venue_order and not await self._look(exchange, spec, mine)):
                    self._tell(Lost(at=self._now(), order=mine.order, why="the exchange does not show it"))
                    return
                if not mine.ended:
                    await self._cancel(exchange, spec, mine)
        except (Unavailable, VenueError) as e:
            self._tell(CancelRefused(at=self._now(), order=mine.order, code=type(e).__name__))

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Refuse: what exchanges do when an order is edited differs too much to be promised."""
        self._tell(AmendRefused(at=self._now(), order=OrderId(order.order), code="unsent"))

    async def picture(self, orders: Sequence[Known]) -> None:
        """Emit the account, and for each order named what the exchange knows of it."""
        asked_at = self._now()
        try:
            async with self._client.used() as exchange:
                self._tell(await self._pictured(exchange, orders, asked_at))
        except (Unavailable, VenueError) as e:
            self._tell(
                Pictured(at=self._now(), venue=self._client.venue, asked_at=asked_at, ok=False, why=str(e)[:200])
            )

    # ---- orders

    async def _create(self, exchange: Any, spec: Spec, order: Approved, mine: Mine) -> None:  # noqa: ANN401
        place = order.place
        assert place.price is not None
        assert place.qty is not None
        params: dict[str, Any] = {"clientOrderId": order.client, "label": order.client}
        if place.tif in {Tif.IOC, Tif.FOK}:
            params["timeInForce"] = place.tif.value
        if place.post_only:
            params["postOnly"] = True
        if place.reduce_only:
            params["reduceOnly"] = True
        price, size = float(place.price * spec.instrument.unit), float(place.qty)
        way = "buy" if (place.side is Side.BUY) is (place.leg is Leg.YES) else "sell"
        try:
            row = await exchange.create_order(spec.symbol, "limit", way, size, price, params)
        except asyncio.CancelledError:
            self._tell(Lost(at=self._now(), order=mine.order, why="we stopped before the answer came"))
            raise
        except Exception as e:  # noqa: BLE001 - `meaning` raises what is none of the library's
            error = meaning(self._client.venue, e)
            if isinstance(error, OutcomeUnknown):
                self._tell(Lost(at=self._now(), order=mine.order, why=str(error)))
            else:
                self._mine.pop(mine.client, None)
                code = error.code if isinstance(error, VenueRefused) else "auth"
                self._reject(order.order, code, str(error))
            return
        await self._row(exchange, spec, mine, row)

    async def _cancel(self, exchange: Any, spec: Spec, mine: Mine) -> None:  # noqa: ANN401
        try:
            await exchange.cancel_order(mine.venue_order, spec.symbol)
        except asyncio.CancelledError:
            self._tell(Lost(at=self._now(), order=mine.order, why="we stopped before the answer came"))
            raise
        except Exception as e:  # noqa: BLE001 - `meaning` raises what is none of the library's
            error = meaning(self._client.venue, e)
            if isinstance(error, OutcomeUnknown):
                self._tell(Lost(at=self._now(), order=mine.order, why=str(error)))
                return
            if isinstance(error, AuthFailed):
                self._tell(CancelRefused(at=self._now(), order=mine.order, code="auth"))
                return
            if await self._look(exchange, spec, mine) and not mine.ended:  # "not found" may mean that it filled
                self._tell(CancelRefused(at=self._now(), order=mine.order, code=getattr(error, "code", "refused")))
            return
        await self._look(exchange, spec, mine)

    async def _look(self, exchange: Any, spec: Spec, mine: Mine) -> bool:  # noqa: ANN401
        """Ask what became of one order, and tell it; False where the exchange shows none."""
        rows = await self._rows(exchange, spec, mine)
        row = next((one for one in rows if _is(one, mine)), None)
        if row is None:
            return False
        await self._row(exchange, spec, mine, row)
        return True

    async def _rows(self, exchange: Any, spec: Spec, mine: Mine) -> list[Any]:  # noqa: ANN401
        """Return the orders among which one of ours must be: by its id, open, or past."""
        found: list[Any] = []
        if mine.venue_order and exchange.has.get("fetchOrder"):
            try:
                return [await self._client.ask(lambda: exchange.fetch_order(mine.venue_order, spec.symbol))]
            except VenueRefused:
                pass  # gone from there; it may be among the past ones
        since = int(mine.sent_at - HOUR) // markets.MS
        for name in ("fetchOpenOrders", "fetchClosedOrders", "fetchCanceledOrders", "fetchOrders"):
            if exchange.has.get(name) and not any(_is(one, mine) for one in found):
                found += await self._list(exchange, name, spec, since)
        return found

    async def _list(self, exchange: Any, name: str, spec: Spec, since: int) -> list[Any]:  # noqa: ANN401
        call = getattr(exchange, "".join(f"_{c.lower()}" if c.isupper() else c for c in name))
        try:
            rows = await self._client.ask(lambda: call(spec.symbol, since if name != "fetchOpenOrders" else None))
        except VenueRefused:
            return []  # this exchange has no such list after all
        return list(rows)

    async def _row(self, exchange: Any, spec: Spec, mine: Mine, row: Any) -> None:  # noqa: ANN401
        """Tell what an order's row says that was not told: that it is there, what traded, how it ended."""
        at = self._now()
        if row.get("id") and not mine.accepted:
            mine.venue_order, mine.accepted = str(row["id"]), True
            if row.get("status") != "rejected":
                self._tell(Accepted(at=at, order=mine.order, venue_order=VenueOrderId(mine.venue_order)))
        filled = number(row.get("filled") or 0)
        if filled > mine.told:
            await self._fills(exchange, spec, mine, row, filled)
        status = str(row.get("status") or "open")
        if status in OPEN or mine.ended or mine.told < filled:
            return
        mine.ended = True
        if status == "rejected":
            self._reject(mine.order, "rejected", "the exchange rejected it")
        elif status == "expired":
            self._tell(Expired(at=at, order=mine.order))
        elif status == "canceled" or number(row.get("amount") or 0) > filled:
            self._tell(Canceled(at=at, order=mine.order))

    async def _fills(self, exchange: Any, spec: Spec, mine: Mine, row: Any, filled: Decimal) -> None:  # noqa: ANN401
        """Tell an order's fills by the exchange's own trades; where it shows none, by what the row says of them."""
        trades = list(row.get("trades") or ())
        if not trades and exchange.has.get("fetchMyTrades"):
            since = int(mine.sent_at - HOUR) // markets.MS
            try:
                trades = list(await self._client.ask(lambda: exchange.fetch_my_trades(spec.symbol, since)))
            except VenueError:
                return  # asked again at the next look
        mine_too = [one for one in trades if str(one.get("order") or "") == mine.venue_order and one.get("id")]
        for one in mine_too:
            self._fill(spec, mine, one)
        if not mine_too and not exchange.has.get("fetchMyTrades"):
            average = number(row.get("average") or row.get("price") or 0)
            made = {"id": f"{mine.venue_order}:{filled}", "amount": filled - mine.told, "price": average}
            self._fill(spec, mine, made)

    def _fill(self, spec: Spec, mine: Mine, trade: Any) -> None:  # noqa: ANN401
        key = f"{mine.instrument.symbol}:{trade['id']}"
        if key in self._trades:
            return
        self._remember(key)
        qty, price = number(trade["amount"]), number(trade["price"])
        mine.told += qty
        self._tell(
            Filled(
                at=self._now(),
                order=mine.order,
                trade_id=str(trade["id"])[:128],
                price=price,
                qty=Qty(qty),
                cost=markets.cost(spec.instrument, price, qty),
                fee=markets.fee(spec.instrument, trade),
                maker=trade.get("takerOrMaker") == "maker",
            )
        )

    # ---- account

    async def _looking(self, exchange: Any) -> None:  # noqa: ANN401
        """Look at what works, again and again; that the account can be read is that the link is up."""
        balance = exchange.fetch_balance
        await self._client.ask(balance)
        self._say(up=True)
        while True:
            await asyncio.sleep(LOOK_S)
            for mine in [one for one in self._mine.values() if not one.ended and one.accepted]:
                spec = self._directory.learn(exchange, mine.instrument.symbol)
                if spec is not None:
                    await self._look(exchange, spec, mine)

    async def _pictured(self, exchange: Any, orders: Sequence[Known], asked_at: Nanos) -> Pictured:  # noqa: ANN401
        named = [self._learn(one) for one in orders]
        rows: dict[str, Any] = {}
        symbols = {one.instrument for one in self._mine.values() if not one.ended} | {m.instrument for m in named}
        specs = [spec for name in sorted(symbols) if (spec := self._directory.learn(exchange, name.symbol))]
        for spec in specs:
            for row in await self._list(exchange, "fetchOpenOrders", spec, 0):
                rows[str(row["id"])] = row
        for mine in named:
            one = self._directory.learn(exchange, mine.instrument.symbol)
            if one is not None and not any(_is(row, mine) for row in rows.values()):
                found = [row for row in await self._rows(exchange, one, mine) if _is(row, mine)]
                rows |= {str(row["id"]): row for row in found}
        since = int(min([one.sent_at for one in named], default=asked_at) - HOUR) // markets.MS
        fills = [fill for spec in specs for fill in await self._past(exchange, spec, since)]
        cash, held = await self._cash(exchange), await self._positions(exchange)
        seen = [told for row in rows.values() if (told := self._seen(exchange, row)) is not None]
        shown = {told.order for told in seen}
        absent = [_absent(one) for one in orders if OrderId(one.order) not in shown]
        return Pictured(
            at=self._now(),
            venue=self._client.venue,
            asked_at=asked_at,
            orders=(*seen, *absent),
            fills=tuple(fills),
            positions=None if held is None else tuple(held),
            cash=cash,
        )

    def _seen(self, exchange: Any, row: Any) -> Seen | None:  # noqa: ANN401
        spec = self._directory.by_symbol(exchange, str(row.get("symbol")))
        if spec is None:
            return None
        mine = next((one for one in self._mine.values() if _is(row, one)), None)
        if mine is not None:
            mine.venue_order, mine.accepted = str(row["id"]), True
        status = str(row.get("status") or "open")
        price = row.get("price")
        amount, filled = number(row.get("amount") or 0), number(row.get("filled") or 0)
        told = "canceled" if status == "closed" and filled < amount else STATUS.get(status, "working")
        return Seen(
            order=None if mine is None else mine.order,
            client=_client(row)[:128],
            venue_order=VenueOrderId(str(row["id"])[:128]),
            instrument=spec.id,
            side=Side.BUY if row.get("side") == "buy" else Side.SELL,
            leg=Leg.YES,
            price=None if price is None else Ticks(int((number(price) / spec.instrument.unit).to_integral_value())),
            qty=Qty(amount),
            filled=Qty(filled),
            status=told,
        )

    async def _past(self, exchange: Any, spec: Spec, since: int) -> list[SeenFill]:  # noqa: ANN401
        if not exchange.has.get("fetchMyTrades"):
            return []
        rows = await self._client.ask(lambda: exchange.fetch_my_trades(spec.symbol, since))
        found = []
        for row in rows:
            mine = next((m for m in self._mine.values() if m.venue_order == str(row.get("order") or "")), None)
            key = f"{spec.id.symbol}:{row['id']}"
            qty, price = number(row["amount"]), number(row["price"])
            if mine is not None and key not in self._trades:
                self._remember(key)
                mine.told += qty
            found.append(
                SeenFill(
                    order=None if mine is None else mine.order,
                    trade_id=str(row["id"])[:128],
                    instrument=spec.id,
                    side=Side.BUY if row.get("side") == "buy" else Side.SELL,
                    leg=Leg.YES,
                    price=price,
                    qty=Qty(qty),
                    cost=markets.cost(spec.instrument, price, qty),
                    fee=markets.fee(spec.instrument, row),
                    at=Nanos(int(row.get("timestamp") or 0) * markets.MS),
                    maker=row.get("takerOrMaker") == "maker",
                )
            )
        return found

    async def _cash(self, exchange: Any) -> Money | None:  # noqa: ANN401
        """Return what the account has of its collateral; None where the exchange names no such coin."""
        balance = await self._client.ask(exchange.fetch_balance)
        total = (balance.get("total") or {}).get(self._collateral)
        return None if total is None else Money(number(total))

    async def _positions(self, exchange: Any) -> list[Held] | None:  # noqa: ANN401
        if not exchange.has.get("fetchPositions"):
            return None
        found = []
        for row in await self._client.ask(exchange.fetch_positions):
            spec = self._directory.by_symbol(exchange, str(row.get("symbol")))
            count = number(row.get("contracts") or 0)
            if spec is None or not count:
                continue
            leg = Leg.NO if row.get("side") == "short" else Leg.YES
            average = row.get("entryPrice")
            price = None if average is None else number(average)
            found.append(Held(instrument=spec.id, leg=leg, qty=Qty(abs(count)), average=price))
        return found

    # ---- within

    def _learn(self, known: Known) -> Mine:
        mine = self._mine.get(known.client)
        if mine is None:
            mine = self._keep(
                Mine(OrderId(known.order), known.client, known.instrument, known.sent_at, told=known.filled)
            )
        if known.venue_order and not mine.venue_order:
            mine.venue_order, mine.accepted = known.venue_order, True
        return mine

    def _keep(self, mine: Mine) -> Mine:
        self._mine[mine.client] = mine
        while len(self._mine) > REMEMBERED:
            gone = next((client for client, one in self._mine.items() if one.ended), next(iter(self._mine)))
            del self._mine[gone]
        return mine

    def _remember(self, key: str) -> None:
        self._trades[key] = None
        if len(self._trades) > REMEMBERED:
            self._trades.popitem(last=False)

    def _reject(self, order: OrderId, code: str, text: str) -> None:
        self._tell(Rejected(at=self._now(), order=order, code=code[:40], text=text[:200]))

    def _say(self, *, up: bool, why: str = "") -> None:
        if self._up is not up:
            self._up = up
            venue = self._client.venue
            self._tell(LinkChanged(at=self._now(), venue=venue, up=up, channel="account", why=why[:200]))

    def _tell(self, event: Event) -> None:
        if self._to is None:
            msg = "an order was sent to a gateway that does not run"
            raise InvariantBroken(msg)
        self._to(event)


def _unsendable(spec: Spec | None, order: Approved) -> str:
    """Return why an order cannot be sent as it is; empty where it can."""
    place = order.place
    if spec is None:
        return f"{place.instrument.symbol[:60]} is not listed there"
    if place.price is None or place.qty is None:
        return "an order by way of CCXT needs a price and a quantity"
    if not markets.on_grid(spec.instrument, place.price):
        return "its price lies between the exchange's steps, and the library would move it"
    if place.qty % spec.instrument.step or place.qty < spec.instrument.least:
        return f"{place.qty} is no size of it: the library would cut it"
    if place.tif is Tif.GTD:
        return "an order until a time cannot be promised by way of CCXT"
    return ""


def _is(row: Any, mine: Mine) -> bool:  # noqa: ANN401
    """Whether an order of the library is one of ours."""
    name = str(row.get("id") or "")
    return bool(mine.venue_order and name == mine.venue_order) or _client(row) == mine.client


def _client(row: Any) -> str:  # noqa: ANN401
    """Return our id of an order, which the library does not always carry over from the exchange's own row."""
    info = row.get("info")
    return str(row.get("clientOrderId") or (info.get("label") if isinstance(info, dict) else "") or "")


def _absent(known: Known) -> Seen:
    return Seen(
        order=OrderId(known.order), client=known.client, venue_order=VenueOrderId(known.venue_order),
        instrument=known.instrument, side=known.side, leg=known.leg, status="absent",
    )  # fmt: skip
