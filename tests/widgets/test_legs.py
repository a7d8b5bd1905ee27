"""Positions by leg, the plan, and the payoff beside them: one promise each."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.units import Side
from engine.maths import payoff as maths
from engine.views import topics
from tests.widgets import option_views as views
from widgets import option_legs, payoff_canvas
from widgets.legs import LegsPanel
from widgets.option_chain import WantedLeg
from widgets.option_legs import PLAN
from widgets.payoff import PayoffPanel
from widgets.states import EMPTY, LIVE

CHAIN = views.chain()


def wanted(row=8, put=False, side=Side.BUY, view=CHAIN):
    line = view.rows[row]
    return WantedLeg(side, line.put if put else line.call, view, float(line.strike), put)


@pytest.fixture
def panel(qtbot):
    found, beside = LegsPanel(), PayoffPanel()
    for one in (found, beside):
        qtbot.addWidget(one)
        one.resize(850, 260)
        one.show()
    found.position_changed.connect(beside.show_position)
    found.payoff, found.orders = beside, []
    found.order_wanted.connect(found.orders.append)
    found.render(topics.EXPIRIES, views.expiries())
    return found


def shown(panel):
    return {row.name: row for row in panel.table.rows.rows()}


def test_what_is_held_is_summed_and_its_payoff_drawn(panel) -> None:
    panel.render(topics.GREEKS, views.greeks())
    assert set(shown(panel)) == {"C 76 000 30 JUL", "P 60 000 30 JUL", "C 84 000 30 JUL", "BTC-PERPETUAL"}
    total = {c.key: panel.table.rows.cell(4, n).text for n, c in enumerate(panel.table.rows.columns)}
    assert total["leg"] == "Net"
    assert total["delta"] == f"+{sum(leg.delta for leg in views.greeks().legs):.2f}"
    curves = panel.payoff.curves
    assert curves.payoff.max_win == pytest.approx(curves.payoff.at_end.max(), rel=0.2)
    assert curves.payoff.max_loss == -math.inf
    assert panel.payoff.state == LIVE


def test_an_option_on_a_cheap_coin_is_not_shown_as_worth_nothing(panel) -> None:
    panel.render(topics.GREEKS, views.greeks(views.leg(60_000, True, "1", average=0.0123, mark=0.0218)))
    row = {c.key: panel.table.rows.cell(0, n).text for n, c in enumerate(panel.table.rows.columns)}
    assert (row["average"], row["mark"]) == ("0.0123", "0.0218")


def test_a_click_on_a_planned_leg_keeps_it_though_the_same_option_is_held(panel) -> None:
    panel.add_leg(wanted())
    held = views.leg(int(CHAIN.rows[8].strike), False, "1", instrument=panel.plan[0].instrument)
    panel.render(topics.GREEKS, views.greeks(held))
    panel.selected.connect(panel.set_instrument)  # as the link group turns all its docks
    panel.table.clearSelection()
    place = panel.table.rows.place_of((PLAN, panel.plan[0].instrument))
    QTest.mouseClick(
        panel.table.viewport(), Qt.MouseButton.LeftButton,
        pos=panel.table.visualRect(panel.table.rows.index(place, 0)).center(),
    )  # fmt: skip
    assert panel.table.selected_row().source == PLAN
    assert panel.foot.remove.isEnabled()


def test_a_sum_with_something_unknown_is_unknown(panel) -> None:
    panel.render(
        topics.GREEKS, views.greeks(views.THREE[0], views.leg(60_000, True, "-1", delta=None, unrealised=None))
    )
    total = {c.key: panel.table.rows.cell(2, n).text for n, c in enumerate(panel.table.rows.columns)}
    assert (total["delta"], total["unrealised"]) == ("—", "—")
    assert total["vega"] != "—"


def test_a_leg_is_planned_at_what_it_would_trade_at(panel) -> None:
    panel.add_leg(wanted())
    panel.add_leg(wanted(row=11, side=Side.SELL))
    call, sold = panel.plan
    assert (call.price, call.qty) == (CHAIN.rows[8].call.ask, 1)
    assert (sold.price, sold.qty) == (CHAIN.rows[11].call.bid, -1)
    debit = call.price - sold.price
    facts = {name: words for name, words, _ in payoff_canvas.facts(panel.payoff.curves)}
    assert facts["debit"] == f"${debit:,.0f}".replace(",", "\xa0")
    assert panel.payoff.curves.payoff.max_loss == pytest.approx(-debit)
    assert panel.payoff.curves.payoff.max_win == pytest.approx(6_000 - debit)
    assert panel.payoff.curves.payoff.break_evens == pytest.approx((70_000 + debit,))


def test_the_greeks_of_a_planned_leg_are_those_of_its_chain(panel) -> None:
    panel.add_leg(wanted())
    (row,) = panel.table.rows.rows()
    one = CHAIN.rows[8].call
    assert row.delta == pytest.approx(one.delta, abs=2e-3)
    assert row.vega == pytest.approx(one.vega, rel=1e-2)
    assert row.mark == pytest.approx(one.mark, rel=1e-2)


def test_legs_are_resized_turned_and_taken_out(panel) -> None:
    panel.add_leg(wanted())
    panel.foot.size_field.setText("2.5")
    panel.foot.size_field.returnPressed.emit()
    assert panel.plan[0].qty == Decimal("2.5")
    panel.foot.flip.click()
    assert panel.plan[0].qty == Decimal("-2.5")
    panel.foot.ticket.click()
    (order,) = panel.orders
    assert (order.side, order.qty) == (Side.SELL, Decimal("2.5"))
    panel.foot.size_field.setText("many")
    panel.foot.size_field.returnPressed.emit()
    assert panel.plan[0].qty == Decimal("-2.5")
    panel.foot.remove.click()
    assert panel.plan == ()


def test_the_same_option_again_is_more_of_it_and_its_other_side_less(panel) -> None:
    panel.add_leg(wanted())
    panel.add_leg(wanted())
    assert panel.plan[0].qty == 2
    panel.add_leg(wanted(side=Side.SELL))
    assert panel.plan[0].qty == 1
    panel.add_leg(wanted(side=Side.SELL))
    assert panel.plan == ()


def test_a_leg_that_nobody_offers_is_refused_in_words(panel) -> None:
    row = CHAIN.rows[8]
    panel.add_leg(WantedLeg(Side.BUY, views.side(70_000, False, ask=None), CHAIN, float(row.strike), False))
    assert panel.foot.said.startswith("Nobody sells it now")
    panel.add_leg(
        WantedLeg(Side.BUY, views.side(70_000, False, mark_iv=None, ask_iv=None, bid_iv=None), CHAIN, 7e4, False)
    )
    assert panel.foot.said.startswith("Its volatility is not known")
    assert panel.plan == ()


def test_a_plan_has_an_end() -> None:
    legs = [option_legs.planned(wanted(row=n), Decimal(1)) for n in range(13)]
    plan = ()
    for leg in legs[: option_legs.MOST]:
        plan = option_legs.add(plan, leg)
    assert option_legs.add(plan, legs[-1]) == "A plan has at most 12 legs."


def test_what_is_chosen_is_what_the_payoff_shows(panel) -> None:
    panel.render(topics.GREEKS, views.greeks(*views.THREE))
    panel.add_leg(wanted())
    counts = []
    for which in ("both", "held", "plan"):
        panel.which.set_value(which)
        panel._show()
        counts.append(len(panel.payoff.position.legs))
    assert counts == [4, 3, 1]
    panel.clear_plan()
    assert panel.payoff.state == EMPTY


def test_a_premium_in_coin_is_paid_in_coin() -> None:
    view = views.chain(inverse=True)
    leg = option_legs.planned(wanted(view=view), Decimal(1))
    found = option_legs.position("BTC", 69_000.0, (), (leg,), {}, views.NOW)
    (one,) = found.legs
    assert (one.paid, one.paid_coin) == (0.0, view.rows[8].call.ask)
    assert maths.result([one], np.array([1.0]))[0] == pytest.approx(-one.paid_coin)


def test_a_leg_without_a_volatility_is_named_and_left_out() -> None:
    legs = (views.THREE[0], views.leg(60_000, True, "-1", iv=None))
    found = option_legs.position("BTC", 69_000.0, legs, (), {}, views.NOW)
    assert found.missing == ("P 60 000 30 JUL",)
    assert len(found.legs) == 1
    assert option_legs.position("BTC", None, legs, (), {}, views.NOW) is None
    assert option_legs.position("ETH", 69_000.0, legs, (), {}, views.NOW) is None


def test_payoff_views_follow_their_key_the_day_and_the_crosshair(panel) -> None:
    panel.render(topics.GREEKS, views.greeks(*views.THREE))
    beside = panel.payoff
    beside.canvas.point(70_000.0)
    assert beside.canvas.accessibleDescription().startswith("70\xa0000 (+1.6 %): expiry ")
    for page in (1, 2, 0):
        beside.acts()["plane.next"]()
        assert beside.pages.currentIndex() == page
        assert not beside.grab().isNull()
    beside.days.set_value("30")
    beside._show()
    assert beside.curves.days == pytest.approx(27.0, abs=0.01), "never past the first expiry"
    assert np.allclose(beside.curves.on, beside.curves.payoff.at_end, atol=1.0)
    reach = beside.reach
    beside.acts()["plane.wider"]()
    assert beside.reach > reach
    assert len(beside.sheet().rows) == beside.curves.payoff.spots.size


def test_the_scenario_grid_is_the_maths_own(panel) -> None:
    panel.render(topics.GREEKS, views.greeks(*views.THREE))
    beside = panel.payoff
    beside.views.set_value("grid")
    beside._turned()
    assert beside.grid.grid.shape == (7, 9)
    assert beside.grid.grid[3, 4] == pytest.approx(0.0, abs=1e-6)
    assert beside.grid.accessibleDescription().startswith("worst of the grid −$")


def test_a_plan_is_selected_by_its_instrument(panel) -> None:
    panel.add_leg(wanted())
    panel.add_leg(wanted(row=11))
    panel.set_instrument(CHAIN.rows[8].call.instrument)
    assert panel.table.selected_row().instrument == CHAIN.rows[8].call.instrument
    assert panel.table.selected_row().source == PLAN
