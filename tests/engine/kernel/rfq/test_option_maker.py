"""The options market maker on the kernel's path: cancel then place, pace, limits, and orders that will not go."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.effects import Withdraw
from engine.core.events import Accepted, BookSnapshot, BooksStale, Canceled, CancelRefused, Filled, FillReversed
from engine.core.ids import DERIBIT, VenueOrderId
from engine.core.units import SECOND, Lots, Money, Nanos, Qty, Side, Ticks
from engine.strategies import option_making
from engine.views import topics
from tests.engine.kernel.rfq.world import BOARD, HEDGE_CALL, World

CALL = next(one for one in BOARD if one.id == HEDGE_CALL)


class Making(World):
    """A world with a maker; its orders are taken in and taken back as the venue would."""

    stubborn = False

    def __init__(self, **values: str) -> None:
        self.back: list[Withdraw] = []
        self.asked_back: list[tuple[int, str]] = []
        super().__init__(None)
        for name, value in ({"markets": CALL.id.symbol, "refresh": "1"} | values).items():
            self.ask(SetParameter(strategy=option_making.NAME, name=name, value=value), gap=Nanos(0))
        self.ask(SetStrategy(strategy=option_making.NAME, to=StrategyState.PAPER), gap=Nanos(0))
        self.go(3)

    def left(self, effect: Any) -> None:
        super().left(effect)
        if isinstance(effect, Withdraw):
            self.back.append(effect)
            self.asked_back.append((self.at, effect.order))

    def go(self, seconds: int = 1, shift: int = 0) -> None:
        """Let time pass; the venue takes orders in and, unless stubborn, takes them back."""
        for _ in range(seconds):
            self.alive()
            self.mark(CALL)
            self.shifted(shift)
            self.run(Nanos(self.at + SECOND))
            for order in self.orders:
                one = self.state.register.get(order.order.order)
                if one is not None and one.status.value == "sent":
                    self.do(Accepted(at=self.at, order=one.id, venue_order=VenueOrderId(f"v-{one.id}")))
            back, self.back = self.back, []
            for gone in back:
                if self.stubborn:
                    self.do(CancelRefused(at=self.at, order=gone.order, code="busy"))
                else:
                    self.do(Canceled(at=self.at, order=gone.order))

    def shifted(self, by: int) -> None:
        """Tell the book, `by` ticks from where it was."""
        bid, ask = 11_000 + by, 12_500 + by
        self.do(
            BookSnapshot(
                at=self.at, instrument=CALL.id, bids=((Ticks(bid), Lots(50)),), asks=((Ticks(ask), Lots(50)),)
            )
        )  # fmt: skip

    def working(self) -> dict[Side, int]:
        """Return the prices of what works, by side."""
        return {o.place.side: o.place.price or 0 for o in self.state.register.open() if o.place.instrument == CALL.id}

    def line(self) -> Any:
        """Return the dock's line."""
        return self.kernel.view(topics.OPTION_QUOTER).rows[0]  # type: ignore[attr-defined]


def test_both_sides_rest_inside_the_others_best_prices_and_the_dock_shows_them() -> None:
    world = Making()
    found = world.working()
    assert 11_000 < found[Side.BUY] < found[Side.SELL] < 12_500
    line = world.line()
    assert line.state == "QUOTING"
    assert (round(line.bid * 100), round(line.ask * 100)) == (found[Side.BUY], found[Side.SELL])


def test_the_same_price_stays_and_another_is_taken_back_before_it_is_placed_anew() -> None:
    world = Making()
    sent = len(world.orders)
    world.go(10)
    assert len(world.orders) == sent
    world.go(8, shift=200)
    assert len(world.orders) == sent + 2
    assert world.working()[Side.BUY] > 11_200
    assert len([o for o in world.state.register.open() if o.place.instrument == CALL.id]) == 2


def test_an_order_that_will_not_go_blocks_its_side() -> None:
    world = Making()
    world.stubborn = True
    sent = len(world.orders)
    world.go(20, shift=400)
    assert len(world.orders) == sent
    assert len(world.working()) == 2
    asked = [at for at, order in world.asked_back if order == world.orders[0].order.order]
    gaps = [(later - at) // SECOND for at, later in pairwise(asked)]
    assert len(asked) == 3
    assert (gaps[0] >= 1, gaps[1] >= 2) == (True, True)
    line = world.line()
    assert (line.state, "could not be taken back in 3 tries" in line.note) == ("BLOCKED", True)
    loud = [one for one in world.state.notices.view().rows if "its side is blocked" in one.text]
    assert [one.times for one in loud] == [1, 1]
    world.stubborn = False
    for order in list(world.state.register.open()):
        world.do(Canceled(at=world.at, order=order.id))
    world.go(8, shift=400)
    assert world.line().state == "QUOTING"
    assert len(world.orders) == sent + 2


def test_an_order_that_will_not_go_is_let_stand_once_it_is_wanted_as_it_is() -> None:
    world = Making()
    world.stubborn = True
    world.go(12, shift=400)
    assert world.line().state == "BLOCKED"
    world.go(8)
    assert world.line().state == "QUOTING"


def test_a_stale_book_takes_everything_back() -> None:
    world = Making()
    world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(CALL.id,), why="a gap"))
    world.at = Nanos(world.at + 3 * SECOND)
    world.alive()
    world.run(Nanos(world.at + 2 * SECOND))
    assert {w.order for w in world.back} == {o.order.order for o in world.orders}


def test_at_a_limit_of_greeks_only_one_side_is_left() -> None:
    world = Making(max_delta="0")
    assert not world.working()
    assert "delta would be" in world.line().note


def test_a_size_below_the_venues_least_order_is_not_quoted_larger() -> None:
    for size in ("0", "0.04"):
        world = Making(size=size, max_position="0.05", max_exposure="0.05", max_delta="0")
        assert not world.orders
        assert "below the venue's least order, 0.1" in world.line().note
    world = Making(size="0.1")
    world.ask(SetParameter(strategy=option_making.NAME, name="size", value="0.05"), gap=Nanos(0))
    world.go(8)
    assert not world.working()


def test_off_it_quotes_nothing_and_pulled_it_takes_all_back() -> None:
    world = Making()
    world.ask(SetParameter(strategy=option_making.NAME, name="pull", value="on"), gap=Nanos(0))
    world.go(4)
    assert not world.working()
    assert world.line().state == "PULLED"
    world.ask(SetStrategy(strategy=option_making.NAME, to=StrategyState.OFF), gap=Nanos(0))
    assert world.line().state == "OFF"


def test_fills_are_held_against_the_mark_of_their_moment_after_fees() -> None:
    world = Making()
    buy = next(one for one in world.orders if one.order.place.side is Side.BUY)
    world.mark(CALL)
    mark = world.state.listings[CALL.id].mark
    assert mark is not None
    assert mark.price is not None
    place = buy.order.place
    price = (place.price or 0) * CALL.unit
    fee = Money(Decimal("0.25"))
    cost = Money(price * Decimal("0.1"))
    world.do(
        Filled(
            at=world.at, order=buy.order.order, trade_id="f", price=price, qty=Qty(Decimal("0.1")), cost=cost, fee=fee
        )
    )
    line = world.line()
    assert (line.fills, line.marked, line.fees) == (1, 1, fee)
    assert line.edge == (mark.price - price) * Decimal("0.1") - fee
    world.at = Nanos(world.at + 100 * SECOND)
    sell = next(one for one in world.orders if one.order.place.side is Side.SELL)
    price = (sell.order.place.price or 0) * CALL.unit
    world.do(
        Filled(
            at=world.at, order=sell.order.order, trade_id="g", price=price, qty=Qty(Decimal("0.1")), cost=cost, fee=fee
        )
    )
    assert (world.line().fills, world.line().marked) == (2, 1)


def test_a_fill_that_the_venue_takes_back_counts_in_no_edge() -> None:
    world = Making()
    buy = next(one for one in world.orders if one.order.place.side is Side.BUY)
    world.mark(CALL)
    price = (buy.order.place.price or 0) * CALL.unit
    cost, fee = Money(price * Decimal("0.1")), Money(Decimal("0.25"))
    world.do(
        Filled(
            at=world.at, order=buy.order.order, trade_id="f", price=price, qty=Qty(Decimal("0.1")), cost=cost, fee=fee
        )
    )
    assert world.line().edge != 0
    world.do(FillReversed(at=world.at, order=buy.order.order, trade_id="f"))
    line = world.line()
    assert (line.fills, line.marked, line.fees, line.edge or 0) == (0, 0, 0, 0)


class Thin(Making):
    """As little stands at the best prices as we would put there."""

    def shifted(self, by: int) -> None:
        ours = Lots(int(Decimal("0.1") / CALL.lot))
        bids, asks = (((Ticks(p), ours), (Ticks(q), Lots(50))) for p, q in ((11_000, 10_800), (12_500, 12_700)))
        self.do(BookSnapshot(at=self.at, instrument=CALL.id, bids=bids, asks=asks))


def test_on_paper_our_orders_hide_nobody_in_the_book() -> None:
    world = Thin(aggression="0", size="0.1", skew="0")
    assert world.working() == {Side.BUY: 11_000, Side.SELL: 12_500}
    sent = len(world.orders)
    world.go(12)
    assert world.working() == {Side.BUY: 11_000, Side.SELL: 12_500}
    assert len(world.orders) == sent


def test_the_limit_of_gamma_holds_from_the_first_order_on() -> None:
    world = Making(max_gamma="0")
    assert not world.working()
    assert "gamma would be" in world.line().note
    assert Making(max_gamma="1").working()
