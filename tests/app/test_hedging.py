"""Hedging in the whole program: from a click on the map to filled orders, and what stops it on the way."""

from __future__ import annotations

from decimal import Decimal

import h3
import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, Qt

from engine.core.commands import SetLimit
from engine.core.order import Status
from tests.app.program import CALM, program
from widgets.hedge import HedgeDialog


def rain_market(desk):
    """Return the rain market at Midway that is open."""
    open_ones = [m for m in desk.state.exchange.markets.values() if m.status == "open"]
    return next(m for m in open_ones if m.contract.threshold is not None and "rain" in m.contract.title)


def high_market(desk):
    """Return Chicago's high, which has brackets."""
    return next(m for m in desk.state.exchange.markets.values() if m.contract.title.startswith("CHI high"))


async def opened(desk, market) -> HedgeDialog:
    """Click the market's cell on the map, press the sheet's button, and wait for a price."""
    desk.bridge.turning.choose(market.id)
    board = desk.dock("map")
    await desk.until(lambda: board.view() is not None and board.view().market == market.id)
    canvas = board.canvas
    x, y = canvas.viewport.point(*h3.cell_to_latlng(market.contract.cell))
    desk.click(canvas, QPoint(round(x), round(y)))
    await desk.until(board.sheet.hedge.isVisible)
    desk.click(board.sheet.hedge)
    dialog = desk.bridge.hedging.dialog
    await desk.until(lambda: dialog.isVisible() and dialog.shown is not None)
    return dialog


@pytest.mark.limit(60)
async def test_from_a_click_on_the_map_to_filled_positions(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        desk.window.resize(1920, 1080)
        await desk.ready()
        market = rain_market(desk)
        dialog = await opened(desk, market)
        assert dialog.measured.currentData() is market.contract.metric
        desk.type(dialog.loss, "20")
        desk.click(dialog.cells, dialog.cells.rect_of("2").center())
        await desk.until(lambda: dialog.buy.isEnabled())
        shown = dialog.shown
        assert shown.pays_all == Decimal(20)
        desk.click(dialog.buy)
        await desk.until(lambda: dialog.basket.done is not None and dialog.basket.done.over)
        done = dialog.basket.done
        orders = [order for order in desk.orders() if order.place.intent.startswith("hedge-")]
        assert len(orders) == len(shown.lines) == len(done.legs)
        assert {order.status for order in orders} == {Status.FILLED}
        assert [order.cost for order in orders] == [line.cost for line in shown.lines]
        assert done.paid == shown.total == sum(order.cost + order.fee for order in orders)
        assert done.pays_all == Decimal(20)
        assert desk.held() == Decimal(20)
        assert dialog.notes.text().startswith("The hedge is bought: $")
        assert all(order.place.tag == "hedge" for order in orders)
        desk.click(dialog.cancel)


@pytest.mark.limit(60)
async def test_a_basket_that_would_cost_more_than_was_shown_is_not_bought(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        desk.window.resize(1920, 1080)
        await desk.ready()
        market = high_market(desk)
        dialog = await opened(desk, market)
        desk.type(dialog.loss, "5")
        desk.type(dialog.level, str(market.contract.brackets[0].high))
        await desk.until(lambda: dialog.buy.isEnabled())
        hedging = desk.bridge.hedging
        hedging._again.stop()
        cheap = dialog.shown.total - Decimal("0.01")
        dialog.shown = structs.replace(dialog.shown, total=cheap)
        desk.click(dialog.buy)
        await desk.breathe()
        assert "Nothing was bought: the basket now costs" in dialog.why.text()
        assert not desk.orders()
        assert dialog.buy.isEnabled()  # the new price is shown and may be confirmed
        desk.click(dialog.buy)
        await desk.until(lambda: dialog.basket.done is not None and dialog.basket.done.over)
        assert all(order.status is Status.FILLED for order in desk.orders())
        assert len(desk.orders()) == 5 > desk.state.limits["RATE"]  # no faster than the gate lets them


@pytest.mark.limit(60)
async def test_a_gate_is_named_before_anything_is_bought(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        desk.window.resize(1920, 1080)
        await desk.ready()
        desk.bridge.ask(SetLimit(gate="ORDER_QTY", value=Decimal(5), why="a test"))
        dialog = await opened(desk, rain_market(desk))
        await desk.until(lambda: dialog.why.text().startswith("ORDER_QTY would refuse "))
        assert not dialog.buy.isEnabled()
        assert not desk.orders()


@pytest.mark.limit(60)
async def test_what_was_bought_before_a_refusal_stays_and_the_rest_is_not_sent(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        desk.window.resize(1920, 1080)
        await desk.ready()
        market = high_market(desk)
        dialog = await opened(desk, market)
        desk.type(dialog.loss, "30")
        desk.type(dialog.level, str(market.contract.brackets[1].low))
        await desk.until(lambda: dialog.buy.isEnabled())
        hedging = desk.bridge.hedging
        asked = []

        def ask(place) -> None:
            """Tighten a limit between the first order and the second, as somebody might."""
            asked.append(place)
            if len(asked) == 2:
                desk.bridge.ask(SetLimit(gate="ORDER_QTY", value=Decimal(1), why="a test"))
            desk.bridge.ask(place)

        hedging._ask = ask
        legs = len(dialog.shown.lines)
        assert legs >= 2
        desk.click(dialog.buy)
        await desk.until(lambda: dialog.basket.done is not None and dialog.basket.done.over)
        states = [leg.state for leg in dialog.basket.done.legs]
        assert states == ["bought", "refused", *["unsent"] * (legs - 2)]
        assert len(asked) == 2
        said = dialog.why.text()
        assert said.startswith(f"The hedge is not complete: 1 of {legs} purchases are in for $")
        assert "was refused (ORDER_QTY — " in said
        assert desk.held() == dialog.basket.done.legs[0].qty


@pytest.mark.limit(60)
async def test_a_typed_station_is_a_place_and_an_unknown_name_says_what_is_accepted(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        desk.window.resize(1920, 1080)
        await desk.ready()
        desk.bridge.turning.choose(rain_market(desk).id)
        desk.key(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, desk.window)
        dialog = desk.bridge.hedging.dialog
        await desk.until(dialog.isVisible)
        desk.type(dialog.place, "mdw")
        await desk.until(lambda: dialog.buy.isEnabled())
        assert "Chicago Midway (KMDW)" in dialog.place.toolTip()
        desk.type(dialog.place, "10 Downing Street")
        await desk.until(lambda: "is not known here; a place is latitude and longitude" in dialog.why.text())
        assert not dialog.buy.isEnabled()
