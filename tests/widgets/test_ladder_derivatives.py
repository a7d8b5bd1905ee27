"""The ladder of options and perpetuals with a kernel and a paper venue behind it: their own prices, sizes and sides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.commands import Amend, Cancel, Flatten, Place, Tif, Watch
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Side
from engine.kernel.options import chains
from engine.kernel.project import charting
from engine.sandbox.option_market import PERPETUAL
from engine.views import topics
from tests.engine.kernel.options.world import World, call, put
from tests.widgets.ladder_rig import LEFT, NONE
from widgets.ladder import LadderPanel
from widgets.ladder_follow import LadderFollow
from widgets.ladder_keys import Column, How, closing, offer, row_at

CTRL = Qt.KeyboardModifier.ControlModifier


class Hand:
    """A ladder on screen whose wishes a kernel steps; nothing moves unless a test lets time pass."""

    def __init__(self) -> None:
        self.world = World()
        self.asked: list[Any] = []
        self.panel = LadderPanel()
        self.panel.focus_guard_ms = 0
        self.panel.session = "t"
        self.panel.resize(562, 640)
        self.panel.intent.connect(self._ask)
        self.panel.draft.connect(lambda place: self.panel.show_preview(self.world.kernel.preview(place)))
        self.panel.show()

    def _ask(self, command: Any) -> None:
        self.asked.append(command)
        self.world.ask(command)

    def turn(self, one: InstrumentId, price: str) -> None:
        """Look at an instrument that is marked and quoted."""
        self.world.ready(one, price)
        self.panel.set_instrument(one)
        self.see(0)

    def see(self, seconds: float = 0.5) -> None:
        """Let time pass and show what came of it."""
        if seconds:
            self.world.run(seconds)
        assert self.panel.instrument is not None
        topic = topics.ladder(self.panel.instrument.symbol)
        self.panel.render(topic, self.world.kernel.view(topic))

    def click(self, ticks: int, column: str, held: Any = NONE) -> None:
        """Press on a cell."""
        grid = self.panel.grid
        index = next(n for n, row in enumerate(grid.view.rows) if row.price == ticks)  # type: ignore[union-attr]
        at = grid.cell_rect(index, column).center()
        assert grid.cell_at(at)[0] == index, f"the row of {ticks} is not in view"
        QTest.mouseClick(grid, LEFT, held, at)

    @property
    def places(self) -> list[Place]:
        """The orders that were asked for."""
        return [one for one in self.asked if isinstance(one, Place)]


@pytest.fixture
def hand(qtbot: Any) -> Hand:
    made = Hand()
    qtbot.addWidget(made.panel)
    return made


def test_an_option_is_bought_sold_short_moved_and_taken_back_at_its_own_prices(hand: Hand) -> None:
    hand.turn(call(), "0.05")
    view = hand.panel.view
    assert view is not None
    assert view.scale is not None
    assert (view.title, view.state, view.scale.currency) == ("BTC C 60 000 2 OCT", "live", "BTC")
    steps = [above.price - below.price for above, below in zip(view.rows, view.rows[1:], strict=False)]
    assert {*steps} == {1, 5}  # finer below 0.005 BTC, as the venue's grid is
    assert hand.panel.size_strip.box.text() == "0.1"  # its smallest order
    hand.panel.turn_size(1)
    assert hand.panel.size_strip.box.text() == "0.5"
    hand.click(490, "bid")
    assert (hand.places[-1].side, hand.places[-1].qty, hand.places[-1].price) == (Side.BUY, Decimal("0.5"), 490)
    hand.see()
    row = row_at(hand.panel.view, 490)  # type: ignore[arg-type]
    assert row is not None
    assert (row.mine_bid, row.mine_bid_state) == ("0.5", "working")
    hand.panel.grid.choose((hand.panel.view.rows.index(row), Column.BID))  # type: ignore[union-attr]
    hand.panel.hand.nudge(1)
    assert hand.asked[-1] == Amend(order=row.mine_bid_ids[0], price=495, qty=Decimal("0.5"))
    hand.see()
    hand.panel.grid.choose((hand.panel.view.rows.index(row_at(hand.panel.view, 495)), Column.BID))  # type: ignore[union-attr, arg-type]
    hand.panel.hand.cancel_chosen()
    assert isinstance(hand.asked[-1], Cancel)
    hand.see()
    hand.click(495, "ask", CTRL)  # sells what nobody holds: it is short then, and there is no other share
    assert (hand.places[-1].side, hand.places[-1].leg.value, hand.places[-1].reduce_only) == (Side.SELL, "YES", False)
    assert hand.places[-1].tif is Tif.IOC
    hand.see()
    view = hand.panel.view
    assert view is not None
    assert (view.position, view.position_text) == (Decimal("-0.5"), "-0.5 @ 0.0495 BTC")
    assert row_at(view, 505).exit == Decimal("-39.00")  # type: ignore[union-attr]  # 0.0010 of half a coin, and 9 fee
    whole = closing(view)
    assert whole is not None
    assert (whole.side, whole.price, whole.qty, whole.reduce_only) == (Side.BUY, 505, Decimal("0.5"), True)
    shut = offer(view, row_at(view, 505), Column.ASK, 1, How.CLOSE)  # type: ignore[arg-type]
    assert shut.why == "nothing long to close"
    hand.panel.hand.flatten()
    hand.panel.hand.flatten()
    assert isinstance(hand.asked[-1], Flatten)
    hand.see(2)
    assert hand.panel.view.position == 0  # type: ignore[union-attr]


def test_what_a_press_would_do_is_said_in_the_coin_and_in_dollars(hand: Hand) -> None:
    hand.turn(call(), "0.05")
    hand.panel.set_size(10)
    view = hand.panel.view
    assert view is not None
    what = offer(view, row_at(view, 505), Column.BID, 10)  # type: ignore[arg-type]
    assert what.words == "BUY 1 @ 0.0505 BTC"
    hand.panel.grid.move_cursor(hand.panel.grid.index(Column.ASK), Column.BID)
    hand.panel.draft.emit(what.place)
    assert "= $3 030.00 + fee 18.00" in hand.panel.footer.text().replace("\xa0", " ")
    tip = hand.panel.arm_strip.toolTip()
    assert "taker 0.03 %, maker 0.03 % of the underlying, at most 12.5 % of the premium" in tip
    assert "For 0.1 BTC now: taker $1.80, maker $1.80" in tip
    assert "steps of 0.1, at least 0.1" in tip
    far = offer(view, row_at(view, 600), Column.BID, 10)  # type: ignore[arg-type]
    assert far.why == "crosses 0.0095 BTC: Ctrl+click to take"


def test_a_perpetual_counts_dollars_of_face_value_and_each_kind_keeps_its_size(hand: Hand) -> None:
    hand.turn(put(), "0.04")
    hand.panel.set_size(5)
    hand.turn(PERPETUAL, "60000")
    view = hand.panel.view
    assert view is not None
    assert view.scale is not None
    assert (view.scale.currency, view.scale.of, view.scale.worth) == ("USD", "USD", None)
    assert hand.panel.size_strip.box.text() == "10"
    hand.panel.size_strip.box.setText("1234")
    hand.panel.size_strip._typed()
    assert (hand.panel.size_now, hand.panel.size_strip.box.text()) == (123, "1230")  # whole contracts
    hand.click(120_001, "bid", CTRL)
    hand.see()
    view = hand.panel.view
    assert view is not None
    assert view.position_text == "+1230 @ 60000.5 USD"
    hand.turn(put(), "0.04")
    assert hand.panel.size_strip.box.text() == "0.5"


def test_the_desk_follows_what_is_looked_at_and_lets_it_go(hand: Hand) -> None:
    hand.turn(call(70_000), "0.01")
    name = f"deribit/{call(70_000).symbol}"
    mine = Watch(what=name, who=hand.panel.follow.who)
    assert hand.asked[-1] == mine
    hand.see()
    assert hand.asked[-1] == mine, "asked for once"
    assert hand.panel.view is not None
    assert hand.panel.view.followed
    hand.turn(call(50_000), "0.2")
    assert replace(mine, on=False) in hand.asked[-3:]


def test_the_rows_under_the_hand_stay_when_the_market_moves_on(hand: Hand) -> None:
    hand.turn(PERPETUAL, "60000")
    grid, said = hand.panel.grid, []
    grid.voided.connect(lambda: said.append("voided"))
    grid.inside = True
    seen = grid.row(grid.first)
    hand.world.ready(PERPETUAL, "60060")  # out of the inner half: laid anew, and the rows that are seen are among them
    hand.see(0)
    assert hand.panel.view is not None
    assert hand.panel.view.rows[0].price > 120_200
    assert grid.row(grid.first).price == seen.price  # type: ignore[union-attr]
    hand.world.ready(PERPETUAL, "61000")
    hand.see(0)
    assert said == ["voided"], "far away, what was pressed has moved"


def test_a_size_in_coins_is_typed_with_a_point_or_a_comma(hand: Hand) -> None:
    hand.turn(put(), "0.04")
    strip = hand.panel.size_strip
    for typed in ("0.7", "0,7"):
        strip.set_size(1)
        strip.box.setText(typed)
        strip._typed()
        assert strip.box.text() == "0.7", "a comma left the size of the order before"


def test_a_size_of_dollars_is_never_one_of_coins(hand: Hand) -> None:
    hand.turn(PERPETUAL, "60000")
    view, strip = hand.panel.view, hand.panel.size_strip
    assert view is not None
    assert view.scale is not None
    dollars = replace(view.scale, step=Decimal(1), least=Decimal(1), of="USD")
    strip.show_view(replace(view, scale=dollars))
    strip.set_size(500)
    strip.show_view(replace(view, scale=replace(dollars, of="ETH")))
    assert strip.box.text() == "1"
    strip.show_view(replace(view, scale=dollars))
    assert strip.box.text() == "500"


def test_boards_keep_their_size_when_a_ladder_turns_back_to_shares(hand: Hand) -> None:
    heard: list[int] = []
    hand.panel.set_size(7)
    hand.panel.size_changed.connect(heard.append)
    hand.turn(put(), "0.04")
    assert hand.panel.view is not None
    shares = replace(hand.panel.view, scale=None, instrument=InstrumentId(KALSHI, "X"))
    hand.panel.set_instrument(shares.instrument)
    hand.panel.render(topics.ladder("X"), shares)
    assert (hand.panel.size_now, heard) == (7, [])


def test_a_book_that_was_left_before_it_was_followed_is_asked_for_again(hand: Hand) -> None:
    hand.turn(put(), "0.04")
    assert hand.panel.view is not None
    asked: list[Any] = []
    follow, unseen = LadderFollow(asked.append), replace(hand.panel.view, followed=False)
    for _ in range(2):
        follow.take(unseen)
        follow.let_go()
    assert [one.on for one in asked] == [True, False, True, False]


def test_a_ladder_keeps_its_book_when_its_chain_or_another_ladder_lets_it_go(hand: Hand) -> None:
    one, topic = call(70_000), topics.ladder(call(70_000).symbol)
    expiries: Any = hand.world.kernel.view(topics.EXPIRIES)
    chain = next(row.key for row in expiries.rows if one in chains.members(hand.world.state, row.key))
    name = f"deribit/{one.symbol}"
    hand.world.ask(Watch(what=chain))
    hand.world.ask(Watch(what=name, who="another ladder"))
    hand.turn(one, "0.01")
    assert hand.asked == [Watch(what=name, who=hand.panel.follow.who)]
    hand.world.ask(Watch(what=chain, on=False))
    hand.world.ask(Watch(what=name, on=False, who="another ladder"))
    view: Any = hand.world.kernel.view(topic)
    assert (view.followed, view.state, view.why) == (True, "live", "")
    hand.panel.follow.let_go()
    view = hand.world.kernel.view(topic)
    assert (view.followed, view.state, view.why) == (False, "stale", "Book stale: nobody follows it now")


def test_an_order_of_a_derivative_is_not_dragged_on_a_chart_of_cents(hand: Hand) -> None:
    hand.turn(call(), "0.05")
    hand.world.buy(call(), "0.5", "0.049")
    found = charting.find(hand.world.state, call().symbol)
    assert found is not None
    (mark,) = charting.orders(hand.world.state, found)
    assert (mark.price, mark.movable) == (0.049, False)
