"""What strategies were switched to and told, what they brought, hold and remember, read back from the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.ids import InstrumentId, VenueId
from engine.core.snapshot import ParameterRow, StrategyDayRow, StrategyHeldRow, StrategyMemoryRow, StrategyRow
from engine.core.units import Leg, Nanos, Qty, Side
from engine.portfolio.netting import Traded, book
from engine.store.history import money

if TYPE_CHECKING:
    import sqlite3

    from engine.portfolio.position import Position


def switched(connection: sqlite3.Connection) -> tuple[StrategyRow, ...]:
    """Return what each strategy was switched to, and why it stopped by itself."""
    query = "SELECT name, state, halted, halted_at FROM strategies ORDER BY name"
    return tuple(
        StrategyRow(name=name, state=state, halted=halted, halted_at=Nanos(at) if at else None)
        for name, state, halted, at in connection.execute(query)
    )


def parameters(connection: sqlite3.Connection) -> tuple[ParameterRow, ...]:
    """Return what strategies were told."""
    query = "SELECT strategy, name, value FROM parameters ORDER BY strategy, name"
    return tuple(ParameterRow(strategy=who, name=name, value=value) for who, name, value in connection.execute(query))


def days(connection: sqlite3.Connection) -> tuple[StrategyDayRow, ...]:
    """Return what strategies brought, day by day."""
    query = """SELECT strategy, day, realised, fees, fills, orders, asked, blind, halts FROM strategy_days
        ORDER BY strategy, day"""
    return tuple(
        StrategyDayRow(
            strategy=who, day=day, realised=money(made), fees=money(fees), fills=fills, orders=orders, asked=asked,
            blind=blind, halts=halts,
        )
        for who, day, made, fees, fills, orders, asked, blind, halts in connection.execute(query)
    )  # fmt: skip


def memory(connection: sqlite3.Connection) -> tuple[StrategyMemoryRow, ...]:
    """Return what strategies asked to be remembered."""
    query = "SELECT strategy, name, at, body FROM strategy_memory ORDER BY strategy, name"
    return tuple(
        StrategyMemoryRow(strategy=who, name=name, at=Nanos(at), body=body)
        for who, name, at, body in connection.execute(query)
    )


def held(connection: sqlite3.Connection) -> tuple[StrategyHeldRow, ...]:
    """Return what strategies hold; what a position was quoted at is folded from its fills where nobody kept it."""
    query = """SELECT strategy, venue, symbol, leg, qty, cost, quoted FROM strategy_held WHERE qty <> '0'
        ORDER BY strategy, venue, symbol, leg"""
    found = []
    for who, venue, symbol, leg, qty, cost, quoted in connection.execute(query).fetchall():
        one = InstrumentId(VenueId(venue), symbol)
        basis = Decimal(quoted) if quoted is not None else _quoted(connection, who, one, Leg(leg))
        row = StrategyHeldRow(
            strategy=who, instrument=one, leg=Leg(leg), qty=Qty(Decimal(qty)), cost=money(cost), quoted=basis
        )
        found.append(row)
    return tuple(found)


def _quoted(connection: sqlite3.Connection, strategy: str, one: InstrumentId, leg: Leg) -> Decimal:
    """Fold a strategy's fills in an instrument, as versions left them that did not keep what it was quoted at."""
    positions: dict[tuple[InstrumentId, Leg], Position] = {}
    query = """SELECT f.side, f.leg, f.qty, f.cost, f.fee, f.nets, f.price
        FROM fills f JOIN orders o ON o.id = f.order_id
        WHERE o.strategy = ? AND f.venue = ? AND f.symbol = ? ORDER BY f.rowid"""
    for side, which, qty, cost, fee, nets, price in connection.execute(query, (strategy, one.venue, one.symbol)):
        traded = Traded(Side(side), Leg(which), Qty(Decimal(qty)), money(cost), Decimal(price))
        book(positions, one, traded, money(fee), nets=nets or 0)
    found = positions.get((one, leg))
    return Decimal(0) if found is None else found.quoted
