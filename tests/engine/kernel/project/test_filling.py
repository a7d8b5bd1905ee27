"""A hybrid market on the screen: curve and book in one ladder, the queue before our orders, and their odds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.units import MINUTE, Leg, Nanos, Side
from engine.maths import lmsr, resting
from engine.views import topics
from tests.engine.kernel.desk import SIM, Desk, rain

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list(phase=2)
    return made


def ladder(desk: Desk):
    return desk.kernel.view(topics.ladder("RAIN/0"))


def row(desk: Desk, cents: int):
    return next(one for one in ladder(desk).rows if one.price == 100 * cents)


def test_a_row_holds_what_the_curve_and_the_orders_have(desk) -> None:
    alone = row(desk, 48).bid
    desk.other(qty=30, price=4_800, tif=Tif.GTC)
    desk.other(qty=5, price=4_850, tif=Tif.GTC)  # stands at 48, too: a bid is at least as good as its row
    found = row(desk, 48)
    assert (found.bid, found.rest_bid) == (alone + 35, 35)
    assert row(desk, 47).cum_bid - row(desk, 48).cum_bid == pytest.approx(row(desk, 47).bid, abs=Decimal("0.02"))
    assert (ladder(desk).phase, ladder(desk).curve) == (2, False)


def test_own_orders_stand_at_their_rows_with_what_is_ahead_of_them(desk) -> None:
    desk.other(qty=30, price=4_800, tif=Tif.GTC)
    bid = desk.place(qty=10, price=4_800, tif=Tif.GTC)
    ask = desk.place(BUY, Leg.NO, qty=4, price=4_500, tif=Tif.GTC)
    found = row(desk, 48)
    curve = abs(lmsr.shares_to_price(0.5, 0.48, 100.0))
    assert (found.mine_bid, found.mine_bid_state, found.mine_bid_ids) == ("10", "working", (bid.id,))
    assert float(found.queue_bid) == pytest.approx(30 + curve, abs=0.01)
    assert (row(desk, 55).mine_ask, row(desk, 55).mine_ask_ids) == ("4", (ask.id,))
    desk.holding = True
    desk.place(qty=3, price=4_700, tif=Tif.GTC)
    assert (row(desk, 47).mine_bid, row(desk, 47).mine_bid_state) == ("3…", "sent")


def test_a_spread_leaves_rows_inside_it_to_orders() -> None:
    desk = Desk()
    desk.list(phase=3)
    view = ladder(desk)
    assert (view.best_bid, view.best_ask, view.half_spread) == (4_900, 5_100, 0.5)
    desk.other(qty=7, price=5_000, tif=Tif.GTC)
    assert (row(desk, 50).bid, row(desk, 50).rest_bid) == (7, 7)
    assert ladder(desk).best_bid == 5_000
    assert float(row(desk, 51).cum_ask) == pytest.approx(lmsr.shares_to_price(0.5, 0.505, 100.0), abs=0.01)


def test_the_odds_are_those_of_the_model_and_of_the_last_minutes_trades(desk) -> None:
    desk.place(qty=10, price=4_900, tif=Tif.GTC)
    assert ladder(desk).fill.chance is None  # nobody has traded: no mean size
    desk.other(qty=12)
    desk.other(BUY, Leg.NO, qty=6, by=SIM)
    desk.other(BUY, Leg.NO, qty=6, by=SIM)
    found = ladder(desk).fill
    assert (found.per_s, found.mean_size, found.horizon_s) == (2 / 60, 6.0, 600.0)
    assert found.ahead == pytest.approx(Decimal(str(abs(lmsr.shares_to_price(0.5, 0.49, 100.0)))), abs=Decimal("0.01"))
    model = resting.fill_odds(float(found.ahead), 10.0, 2 / 60, 6.0, 600.0)
    assert (found.trades, found.chance) == (model.trades, model.chance)
    desk.run(Nanos(desk.at + 2 * MINUTE))
    assert ladder(desk).fill.per_s == 0.0
    assert ladder(desk).fill.chance == 0.0


def test_the_card_shows_the_odds_of_what_would_wait(desk) -> None:
    desk.other(BUY, Leg.NO, qty=6)
    card = desk.preview(desk.order(qty=50, price=4_900, tif=Tif.GTC))
    assert card.fill is not None
    assert card.fill.qty < 50
    assert card.qty == 50
    assert card.position_after.endswith("resting")
    assert desk.preview(desk.order(qty=50)).fill is None


def test_every_embedded_market_states_its_phase(desk) -> None:
    desk.list(rain("ONE"))
    phases = {row.market: row.phase for row in desk.kernel.view(topics.MARKETS).rows}
    assert phases == {"RAIN": 2, "ONE": 1}
    assert desk.kernel.view(topics.board("RAIN")).phase == 2
    assert ladder(desk).subtitle.startswith("phase 2")
