"""Sales by hand, and fills that a venue takes back, as the telemetry of a session tells them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.core import codec
from engine.core.commands import Place, Tif
from engine.core.events import FillReversed
from engine.core.units import Leg, Qty, Side, Ticks
from engine.core.when import instant
from engine.research import telemetry, telemetry_report
from engine.sandbox.session import PureSession
from engine.store import journal
from engine.store.journal import Recording
from tests.engine.kernel.desk import STATIONS

START = instant("2026-07-03T15:00:00Z")


class Hand(PureSession):
    """A session in which a hand trades the Up/Down window that runs."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, str, bytes, bytes]] = []
        super().__init__(7, START, STATIONS, rate=0.3, coin_rate=0.6, heard=self._heard)
        self.run(330)
        engine = next(one for one in self.state.strategies.all if hasattr(one, "windows"))
        self.window = engine.focus(self.at).instrument

    def _heard(self, event: Any, effects: Any) -> None:
        row = (event.at, type(event).__name__, codec.encode(event), codec.digest(effects))
        self.rows.append((len(self.rows) + 1, *row))

    def trade(self, side: Side, leg: Leg) -> Any:
        """Buy or sell ten shares at once, whatever they cost."""
        for attempt in range(40):
            intent = f"hand-{side.value}-{leg.value}-{attempt}"
            book = self.state.listings[self.window].book
            top = book.best_ask if (side is Side.BUY) is (leg is Leg.YES) else book.best_bid
            limit = Ticks(top if leg is Leg.YES else 10_000 - top)
            self.ask(
                Place(
                    instrument=self.window, side=side, leg=leg, qty=Qty(Decimal(10)), price=limit, tif=Tif.FOK,
                    intent=intent,
                )
            )  # fmt: skip
            self.run(3)
            order = list(self.state.register)[-1]
            if order.filled:
                return order
        raise AssertionError(order)

    def report(self, folder: Any) -> Any:
        """Return the report of its telemetry."""
        path = folder / "20260703T150000Z.db"
        connection = journal.create(path)
        journal.append(connection, self.rows)
        connection.close()
        telemetry.export(Recording(path), folder / "out")
        return telemetry_report.report(folder / "out").line("ticket")


def brought(session: Hand) -> Decimal:
    """Return what the window came to, by the book."""
    return sum((p.realised - p.fees for one, _, p in session.state.book.every() if one == session.window), Decimal(0))


@pytest.mark.parametrize("leg", list(Leg))
def test_what_is_sold_again_counts_as_the_other_side_bought(tmp_path: Any, leg: Leg) -> None:
    session = Hand()
    session.trade(Side.BUY, leg)
    session.trade(Side.SELL, leg)
    session.run(900)
    assert not [one for one, _, _ in session.state.book.held() if one == session.window]
    found = session.report(tmp_path)
    assert (found.orders, found.fills) == (2, 2)
    assert found.net == brought(session)


def test_a_fill_that_was_taken_back_brought_nothing(tmp_path: Any) -> None:
    session = Hand()
    order = session.trade(Side.BUY, Leg.YES)
    (trade,) = order.trades
    session.step(FillReversed(at=session.at, order=order.id, trade_id=trade))
    session.run(900)
    found = session.report(tmp_path)
    assert (found.fills, found.decided, found.wins, found.net) == (0, 0, 0, 0)
