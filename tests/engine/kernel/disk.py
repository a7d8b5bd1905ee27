"""A ledger without a disk: rows as the store keeps them, and the snapshot that it would read from them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from engine.core.effects import Keep
from engine.core.ids import InstrumentId, OrderId, VenueId
from engine.core.instrument import Roster
from engine.core.quotes import Quote
from engine.core.rfq import QuoteRow, QuoteSums, TradeRow
from engine.core.snapshot import (
    FillRow,
    HeldRow,
    OrderRow,
    ParameterRow,
    Snapshot,
    StrategyDayRow,
    StrategyHeldRow,
    StrategyMemoryRow,
    StrategyRow,
)
from engine.core.trade import Booked
from engine.core.units import Leg, Money, Nanos, Qty, Side
from engine.portfolio.netting import Traded, book, undo
from engine.store.tables import TABLES

ZERO = Decimal(0)


class Ledger:
    """Rows as the store keeps them, and the snapshot that the store would read from them."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.fills: dict[str, dict[str, Any]] = {}
        self.listings: dict[str, str] = {}
        self.meta: dict[str, str] = {}
        self.cash: dict[str, Decimal] = {}
        self.strategies: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
        """What is kept of strategies: rows by key, by table."""

    def take(self, keep: Keep) -> None:
        """Write rows."""
        some = [
            row for row in keep.rows if not isinstance(row, Booked)
        ]  # of our own exchange: no crash is played there
        assert sum((Decimal(r.values["amount"]) for r in some if r.table == "cash"), ZERO) == 0  # type: ignore[union-attr]
        for row in some:
            values: dict[str, Any] = row.values  # type: ignore[union-attr]
            match row.table:  # type: ignore[union-attr]
                case "orders":
                    self.orders[values["id"]] = values
                case "fills":
                    self.fills.setdefault(values["trade_id"], values)
                case "listings":
                    self.listings[values["family"]] = values["body"]
                case "meta":
                    self.meta[values["key"]] = values["value"]
                case "cash":
                    self.cash[values["account"]] = self.cash.get(values["account"], ZERO) + Decimal(values["amount"])
                case (
                    "strategies"
                    | "parameters"
                    | "strategy_days"
                    | "strategy_held"
                    | "strategy_memory"
                    | "features"
                    | "rfq_quotes"
                    | "rfq_trades" as table
                ):
                    key = tuple(values[column] for column in TABLES[table].key)
                    self.strategies.setdefault(table, {})[key] = values

    def snapshot(self, base: Snapshot) -> Snapshot:
        """Return what a session starts with."""
        held: dict[tuple[InstrumentId, Leg], Any] = {}
        for f in self.fills.values():
            one = InstrumentId(VenueId(f["venue"]), f["symbol"])
            cost, price = Money(Decimal(f["cost"])), Decimal(f["price"])
            traded = Traded(Side(f["side"]), Leg(f["leg"]), Qty(Decimal(f["qty"])), cost, price)
            fee, nets = Money(Decimal(f["fee"])), f["nets"] or 0
            if f["trade_id"].endswith(":reversed"):
                undo(held, one, traded, fee, Money(Decimal(f["realised"])), nets=nets)
            else:
                book(held, one, traded, fee, nets=nets)
        ours = [(a, m) for a, m in self.cash.items() if a.startswith("you@")]
        return msgspec.structs.replace(
            base,
            orders=tuple(_order(o) for o in self.orders.values()),
            venue_fills=tuple(_fill(f) for f in self.fills.values()),
            fills=tuple(_fill(f) for f in self.fills.values()),
            held=tuple(
                HeldRow(
                    instrument=one, leg=leg, qty=p.qty, cost=p.cost, realised=p.realised, fees=p.fees, quoted=p.quoted
                )
                for (one, leg), p in held.items()
            ),
            listings=tuple(msgspec.json.decode(body, type=Roster) for body in self.listings.values()),
            venue_cash=tuple((VenueId(a.partition("@")[2]), Money(m)) for a, m in ours),
            halted=self.meta.get("halted", ""),
            limits=tuple((k[6:], Decimal(v)) for k, v in sorted(self.meta.items()) if k[:6] == "limit:"),
            next_order=max((int(o.removeprefix("o-")) for o in self.orders), default=0) + 1,
            strategies=tuple(
                StrategyRow(name=r["name"], state=r["state"], halted=r["halted"], halted_at=r["halted_at"] or None)
                for r in self._of("strategies")
            ),
            parameters=tuple(ParameterRow(**r) for r in self._of("parameters")),
            strategy_days=tuple(
                StrategyDayRow(
                    **r | {"realised": Money(Decimal(r["realised"])), "fees": Money(Decimal(r["fees"]))}
                )
                for r in self._of("strategy_days")
            ),
            quote_nonce=max((int(r["client"]) for r in self._of("rfq_quotes")), default=0),
            quotes=tuple(
                QuoteRow(
                    client=r["client"], trace=r["trace"], at=Nanos(r["at"]), status=r["status"],
                    quote=msgspec.json.decode(r["body"], type=Quote),
                    sums=None if r["sums"] is None else msgspec.json.decode(r["sums"], type=QuoteSums),
                )
                for r in self._of("rfq_quotes")
            ),
            rfq_trades=tuple(msgspec.json.decode(r["body"], type=TradeRow) for r in self._of("rfq_trades")),
            strategy_memory=tuple(StrategyMemoryRow(**r) for r in self._of("strategy_memory")),
            strategy_held=tuple(
                StrategyHeldRow(
                    strategy=r["strategy"], instrument=InstrumentId(r["venue"], r["symbol"]), leg=Leg(r["leg"]),
                    qty=Qty(Decimal(r["qty"])), cost=Money(Decimal(r["cost"])), quoted=Decimal(r["quoted"]),
                )
                for r in self._of("strategy_held")
                if r["qty"] != "0"
            ),
        )  # fmt: skip

    def _of(self, table: str) -> list[dict[str, Any]]:
        return list(self.strategies.get(table, {}).values())


def _order(o: dict[str, Any]) -> OrderRow:
    return OrderRow(
        id=OrderId(o["id"]), intent=o["intent"], at=Nanos(o["at"]),
        instrument=InstrumentId(VenueId(o["venue"]), o["symbol"]), side=Side(o["side"]), leg=Leg(o["leg"]),
        price=o["price"], qty=None if o["qty"] is None else Qty(Decimal(o["qty"])), budget=None, tif=o["tif"],
        origin=o["origin"], status=o["status"], filled=Qty(Decimal(o["filled"])),
        average=None if o["average"] is None else Decimal(o["average"]), fee=Money(Decimal(o["fee"])), why=o["why"],
        tag=o["tag"], edge=o["edge"], client=o["client"] or "", venue_order=o["venue_order"] or "", until=o["until"],
        post_only=bool(o["post_only"]), reduce_only=bool(o["reduce_only"]), strategy=o["strategy"] or "",
    )  # fmt: skip


def _fill(f: dict[str, Any]) -> FillRow:
    return FillRow(
        trade_id=f["trade_id"], order=OrderId(f["order_id"]), at=Nanos(f["at"]),
        instrument=InstrumentId(VenueId(f["venue"]), f["symbol"]), side=Side(f["side"]), leg=Leg(f["leg"]),
        price=Decimal(f["price"]), qty=Qty(Decimal(f["qty"])), cost=Money(Decimal(f["cost"])),
        fee=Money(Decimal(f["fee"])), realised=Money(Decimal(f["realised"])), slippage=f["slippage"], tag=f["tag"],
    )  # fmt: skip
