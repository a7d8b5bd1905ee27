"""The option docks in the whole program: a chain of the demo, a leg and its payoff, an order as the engine takes it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.option_desk import place_of
from engine.core.commands import Place, Tif
from engine.core.ids import InstrumentId, VenueId
from engine.core.instrument import Instrument, Payoff
from engine.core.units import Qty, Side
from tests.app.program import CALM, program
from widgets import ladder_bindings
from widgets.ladder_keys import Column
from widgets.option_order import OptionOrder
from widgets.option_picture import Spot

DERIBIT = VenueId("deribit")
ONE = Instrument(
    id=InstrumentId(DERIBIT, "BTC-31JUL26-76000-C"), title="C", payoff=Payoff.CALL, unit=Decimal("0.0001"),
    step=Decimal("0.1"), least=Qty(Decimal("0.1")), underlying="BTC", exercise=Decimal(76_000),
)  # fmt: skip


def order(price="0.0435", qty="1"):
    return OptionOrder(ONE.id, Side.SELL, Decimal(price), Decimal(qty), Tif.GTC, True, "i")


def test_an_order_is_told_in_ticks_of_its_instrument() -> None:
    place = place_of(ONE, order())
    assert isinstance(place, Place)
    assert (place.price, place.qty, place.side, place.post_only) == (435, Decimal(1), Side.SELL, True)
    assert not place.reduce_only
    assert place_of(ONE, order()._replace(reduce_only=True)).reduce_only


@pytest.mark.parametrize(
    ("price", "qty", "words"),
    [("0.04355", "1", "price step of 0.0001"), ("0.0435", "0.15", "size step of 0.1"), ("0.0435", "0.0", "smallest")],
)
def test_what_fits_no_step_is_refused_in_words(price, qty, words) -> None:
    assert words in place_of(ONE, order(price, qty))


@pytest.mark.limit(40)
async def test_a_chain_turns_smile_and_ticket_and_a_leg_becomes_a_payoff(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        names = [one.drawn.name for one in desk.window.workspaces]
        desk.window.choose(names.index("Options"))
        chain, smile, ticket = desk.dock("options"), desk.dock("smile"), desk.dock("option_ticket")
        await desk.until(lambda: bool(chain.grid.rows))
        await desk.until(lambda: smile.key == chain.key and smile.curve.fitted is not None)
        row = len(chain.grid.rows) // 2
        chain.grid.select(Spot(row, False, "bid"))
        await desk.until(lambda: ticket.instrument == chain.grid.side(chain.grid.at).instrument)
        chain.acts()["options.leg_buy"]()
        await desk.until(lambda: desk.dock("payoff").curves is not None)
        assert [leg.kind for leg in desk.dock("payoff").position.legs] == ["C"]
        before = len(desk.orders())
        chain.acts()["options.buy"]()
        await desk.until(lambda: "ORDER_VALUE" in ticket.money.words)
        ticket.money.click()
        assert len(desk.orders()) == before, "what the card calls refused is not sent"
        desk.type(ticket.quantity, "0.7")
        await desk.until(lambda: ticket.money.manner == "buy" and ticket._card is not None)
        ticket.money.click()
        await desk.until(lambda: len(desk.orders()) > before)
        sent = desk.orders()[-1].place
        assert (sent.instrument, sent.side) == (ticket.instrument, Side.BUY)
        assert desk.bridge.turning.chosen(1) != ticket.instrument, "options turn no ladder of another workspace"
        desk.window.current().show_dock("ladder")
        ladder = desk.dock("ladder")
        await desk.until(lambda: ladder.view is not None and ladder.view.state == "live")
        assert ladder.view.instrument == ticket.instrument
        ladder_bindings.take(ladder, Column.BID)
        await desk.until(lambda: len(desk.orders()) > before + 1)
        await desk.until(lambda: "BTC" in ladder.view.position_text)
        ladder.hand.flatten()
        wanted = ticket.wanted()
        assert (wanted.side, wanted.tif, wanted.reduce_only) == (Side.SELL, Tif.IOC, True)
        assert "reduce only" in ticket.money.words
        watched = desk.state.desks[ticket.instrument.venue].watched
        assert watched[chain.key] == {chain.who: None}
        desk.window.registry.run("window.layout_clone")
        copy = desk.dock("options")
        await desk.until(lambda: watched.get(copy.key, {}).keys() >= {copy.who})
        desk.window.registry.run("window.layout_delete")
        await desk.until(lambda: all(copy.who not in who for who in watched.values()))
        assert watched[chain.key] == {chain.who: None}


@pytest.mark.limit(40)
async def test_a_payoff_follows_what_is_held_while_its_legs_lie_behind_another_tab(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        names = [one.drawn.name for one in desk.window.workspaces]
        desk.window.choose(names.index("Options"))
        desk.window.resize(1366, 768)
        chain, payoff, ticket = desk.dock("options"), desk.dock("payoff"), desk.dock("option_ticket")
        await desk.until(lambda: bool(chain.grid.rows))
        for name in ("orders", "payoff", "option_ticket"):
            desk.window.current().show_dock(name)
        await desk.until(lambda: payoff.isVisible() and ticket.isVisible() and not desk.dock("legs").isVisible())
        chain.grid.select(Spot(len(chain.grid.rows) // 2, False, "bid"))
        chain.acts()["options.buy"]()
        desk.type(ticket.quantity, "0.7")
        await desk.until(lambda: ticket.money.manner == "buy" and ticket._card is not None)
        ticket.money.click()
        await desk.until(lambda: payoff.position is not None and bool(payoff.position.legs))
        assert not desk.dock("legs").isVisible()
