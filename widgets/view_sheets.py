"""Docks that paint their rows by hand, as sheets: markets, bracket board, tape and the curve of the result."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import TICKS_PER_CENT
from engine.views.analytics.column import value
from engine.views.sheet import Sheet, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.units import Ticks
    from engine.views.account import PnlPoint
    from engine.views.analytics.column import Column
    from engine.views.board import BoardView
    from engine.views.market import MarketRow
    from engine.views.tape import TapeView


def markets(rows: Iterable[MarketRow], columns: Sequence[Column] = ()) -> Sheet:
    """Return the outcomes of the markets tree, with computed columns behind."""
    headers = (
        "venue", "symbol", "market", "group", "event", "outcome", "station", "status", "closes UTC", "closes ns",
        "bid c", "ask c", "mid c", "model probability", "edge c", "overround c", "position shares", "volume shares",
        "bid quoted", "ask quoted", "quoted in", *(one.exported for one in columns),
    )  # fmt: skip
    lines = (
        (
            row.instrument.venue, row.instrument.symbol, row.market, row.group, row.event, row.label, row.station,
            row.status, *moment(row.closes or None), _cents(row.bid), _cents(row.ask), row.mid, row.model, row.edge,
            row.overround, row.position, row.volume, row.bid_text, row.ask_text,
            row.currency, *(value(one, (row,)) for one in columns),
        )
        for row in rows
    )  # fmt: skip
    return Sheet("markets", headers, tuple(lines))


def board(view: BoardView | None) -> Sheet:
    """Return the brackets of one event."""
    headers = (
        "market", "symbol", "outcome", "dead", "bid c", "bid shares", "ask c", "ask shares", "mid c",
        "implied probability", "model probability", "edge YES c", "edge NO c", "position shares", "average c",
        "pnl $", "if it wins $",
    )  # fmt: skip
    rows = () if view is None else view.rows
    lines = (
        (
            view.market if view else "", row.instrument.symbol, row.label, row.dead, _cents(row.bid), row.bid_size,
            _cents(row.ask), row.ask_size, row.mid, row.implied, row.model, row.edge_yes, row.edge_no,
            row.position, row.average, row.pnl, row.if_wins,
        )
        for row in rows
    )  # fmt: skip
    return Sheet("brackets", headers, tuple(lines))


SIDES: Final = {True: "buys YES", False: "sells YES", None: ""}


def tape(view: TapeView | None) -> Sheet:
    """Return the trades of one instrument, newest first."""
    headers = ("time UTC", "time ns", "symbol", "price c", "qty shares", "aggressor", "ours")
    rows = () if view is None else view.rows
    symbol = "" if view is None else view.instrument.symbol
    lines = (
        (
            *moment(row.at),
            row.instrument.symbol if row.instrument else symbol,
            _cents(row.price),
            row.qty,
            SIDES[row.bought],
            row.mine,
        )
        for row in rows
    )
    return Sheet("trades", headers, tuple(lines))


def curve(points: Iterable[PnlPoint]) -> Sheet:
    """Return the curve of the result."""
    headers = ("time UTC", "time ns", "total $", "realised $", "unrealised $", "fees $")
    lines = ((*moment(one.at), one.total, one.realised, one.unrealised, one.fees) for one in points)
    return Sheet("pnl-curve", headers, tuple(lines))


def _cents(ticks: Ticks | None) -> Decimal | None:
    """Return a price in cents, every digit of it."""
    return None if ticks is None else Decimal(ticks) / TICKS_PER_CENT
