"""An account on an exchange by way of CCXT: orders, trades, coins and positions in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import WireError
from engine.core.events import Held, Pictured, Seen, SeenFill
from engine.core.ids import OrderId, VenueOrderId
from engine.core.units import HOUR, Leg, Money, Nanos, Qty, Side, Ticks
from engine.venues.ccxt import markets
from engine.venues.ccxt.looking import ODD
from engine.venues.ccxt.markets import number
from engine.venues.ccxt.ours import client_of, is_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Known
    from engine.venues.ccxt.directory import Directory
    from engine.venues.ccxt.library import Client
    from engine.venues.ccxt.looking import Looking
    from engine.venues.ccxt.markets import Spec
    from engine.venues.ccxt.ours import Mine, Ours
    from engine.venues.port import Now

STATUS: Final = {"closed": "filled", "canceled": "canceled", "expired": "expired", "rejected": "rejected"}


class Account:
    """Reads one account; `collateral` is the coin whose balance is its cash."""

    def __init__(
        self, client: Client, directory: Directory, ours: Ours, looking: Looking, now: Now, *, collateral: str
    ) -> None:
        self._client = client
        self._directory = directory
        self._ours = ours
        self._looking = looking
        self._now = now
        self._collateral = collateral

    async def picture(self, exchange: Any, orders: Sequence[Known], asked_at: Nanos) -> Pictured:  # noqa: ANN401
        """Return the account, and for each order named what the exchange knows of it.

        Nothing of it is noted before it is whole: what it tells of, nobody else does.

        Raises
        ------
        VenueError
            If a part of it cannot be asked; `WireError` if something of it cannot be read.
        """
        try:
            return await self._picture(exchange, orders, asked_at)
        except ODD as e:
            raise WireError(self._client.venue, f"an account that cannot be read ({str(e)[:80]})") from e

    async def _picture(self, exchange: Any, orders: Sequence[Known], asked_at: Nanos) -> Pictured:  # noqa: ANN401
        named = [self._ours.learn(one) for one in orders]
        rows: dict[tuple[InstrumentId, str], Any] = {}
        symbols = {one.instrument for one in self._ours.open()} | {m.instrument for m in named}
        specs = [spec for name in sorted(symbols) if (spec := self._directory.learn(exchange, name.symbol))]
        for spec in specs:
            for row in await self._looking.listed(exchange, "fetchOpenOrders", spec, 0):
                rows[spec.id, str(row["id"])] = row
        for mine in named:
            one = self._directory.learn(exchange, mine.instrument.symbol)
            if one is not None and not any(is_of(row, mine) for (name, _), row in rows.items() if name == one.id):
                found = [row for row in await self._looking.rows_of(exchange, one, mine) if is_of(row, mine)]
                rows |= {(one.id, str(row["id"])): row for row in found}
        since = int(min([one.sent_at for one in named], default=asked_at) - HOUR) // markets.MS
        past = [(spec, row) for spec in specs for row in await self._looking.trades(exchange, spec, since)]
        cash, held = await self._cash(exchange), await self._positions(exchange)
        of_rows = [
            (spec, row, self._ours.of_row(spec.id, row))
            for row in rows.values()
            if (spec := self._directory.by_symbol(exchange, str(row.get("symbol")))) is not None
        ]
        seen = [self._seen(*one) for one in of_rows]
        shown_as = {(spec.id, str(row["id"])): mine for spec, row, mine in of_rows if mine is not None}
        of_trades = [
            (spec, row, shown_as.get((spec.id, str(row.get("order") or ""))) or self._ours.of_trade(spec.id, row))
            for spec, row in past
        ]
        fills = [self._fill(*one) for one in of_trades]
        self._note(of_rows, of_trades)
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

    def _seen(self, spec: Spec, row: Any, mine: Mine | None) -> Seen:  # noqa: ANN401
        status = str(row.get("status") or "open")
        price = row.get("price")
        amount, filled = number(row.get("amount") or 0), number(row.get("filled") or 0)
        told = "canceled" if status == "closed" and filled < amount else STATUS.get(status, "working")
        return Seen(
            order=None if mine is None else mine.order,
            client=client_of(row)[:128],
            venue_order=VenueOrderId(str(row["id"])[:128]),
            instrument=spec.id,
            side=Side.BUY if row.get("side") == "buy" else Side.SELL,
            leg=Leg.YES,
            price=None if price is None else Ticks(int((number(price) / spec.instrument.unit).to_integral_value())),
            qty=Qty(amount),
            filled=Qty(filled),
            status=told,
        )

    def _fill(self, spec: Spec, row: Any, mine: Mine | None) -> SeenFill:  # noqa: ANN401
        qty, price = number(row["amount"]), number(row["price"])
        fee, fee_in = markets.fee(spec.instrument, row)
        return SeenFill(
            order=None if mine is None else mine.order,
            trade_id=str(row["id"])[:128],
            instrument=spec.id,
            side=Side.BUY if row.get("side") == "buy" else Side.SELL,
            leg=Leg.YES,
            price=price,
            qty=Qty(qty),
            cost=markets.cost(spec.instrument, price, qty, row),
            fee=fee,
            fee_in=fee_in,
            at=Nanos(int(row.get("timestamp") or 0) * markets.MS),
            maker=row.get("takerOrMaker") == "maker",
        )

    def _note(
        self, of_rows: Sequence[tuple[Spec, Any, Mine | None]], of_trades: Sequence[tuple[Spec, Any, Mine | None]]
    ) -> None:
        """Take in that a picture tells of these."""
        for _, row, mine in of_rows:
            if mine is not None:
                mine.venue_order, mine.accepted = str(row["id"]), True
        for spec, row, mine in of_trades:
            if mine is not None and self._ours.first(spec.id, row):
                self._ours.count(mine, number(row["amount"]))

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


def _absent(known: Known) -> Seen:
    return Seen(
        order=OrderId(known.order), client=known.client, venue_order=VenueOrderId(known.venue_order),
        instrument=known.instrument, side=known.side, leg=known.leg, status="absent",
    )  # fmt: skip
