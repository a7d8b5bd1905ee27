"""Requests are priced from a fresh book, weighed, written down, and only then signed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import EditSpread, Halt, Pass, Quote, SetLimit, StrategyState
from engine.core.events import BooksStale, LinkChanged, QuoteRequested, QuoteRequestOver, StoreChanged
from engine.core.ids import DERIBIT
from engine.core.instrument import Payoff
from engine.core.quotes import QuoteLeg, QuoteRequest
from engine.core.units import DAY, SECOND, Nanos, Qty, Side
from engine.kernel.rfq import memory
from engine.options import quoter
from engine.views import topics
from tests.engine.kernel.rfq.world import ASKED, BOARD, CALL, HEDGE_CALL, PUT, RYSK, SPOT, World, worth

FAIR = worth(next(one for one in ASKED if one.id == CALL))


def _quietly(world: World, name: str) -> None:
    """Let a taker ask for a little, and nothing else happen."""
    leg = QuoteLeg(instrument=CALL, side=Side.BUY)
    request = QuoteRequest(venue=RYSK, id=name, legs=(leg,), qty=Qty(Decimal("0.001")), sides=(Side.BUY,), taker="0x1")
    world.do(QuoteRequested(at=world.at, request=request))


def line(world: World, index: int = 0):
    return world.kernel.view(topics.RFQ).rows[index]


def test_a_request_is_priced_written_down_and_then_signed_with_its_time() -> None:
    world = World()
    world.holding = True
    asked = world.request()
    assert not world.signed
    assert asked.state == "QUOTED"
    world.free()
    (quote,) = world.signed
    assert quote.side is Side.BUY
    price = quote.legs[0].price
    assert price is not None
    assert price < Decimal(repr(FAIR))
    assert 0 < quote.until - world.at <= 30 * SECOND
    assert quote.until % SECOND == 0
    assert world.steps() == ["RECEIVED", "PRICED", "QUOTED", "SIGNING"]


def test_who_buys_of_us_pays_more_than_the_hedge_and_who_sells_gets_less() -> None:
    world = World()
    world.request(name="sell", side=Side.SELL)
    world.request(name="buy", side=Side.BUY)
    sold, bought = world.signed
    book = world.state.listings[HEDGE_CALL].book
    assert book.best_ask is not None
    assert book.best_bid is not None
    assert sold.legs[0].price > book.best_ask * Decimal("0.01") > book.best_bid * Decimal("0.01") > bought.legs[0].price  # type: ignore[operator]


def test_the_apr_is_that_of_the_price_we_pay_over_the_spot_for_calls_and_the_strike_for_puts() -> None:
    world = World()
    world.request(name="c")
    world.request(name="p", legs=(QuoteLeg(instrument=PUT, side=Side.BUY),))
    put, call = line(world, 0), line(world, 1)
    for one, strike, is_put in ((call, 3_000, False), (put, 2_800, True)):
        wanted = quoter.apr(float(one.our_quote), strike, float(SPOT), 10.0, put=is_put).apr_pct
        assert one.apr == pytest.approx(wanted, rel=0.02)
    assert 0 < put.apr < 1_000


@pytest.mark.parametrize("broken", ["stale", "silent", "down", "thin", "unmarked", "halted", "disk", "off", "shadow"])
def test_nothing_is_signed_without_a_price_from_a_fresh_book(broken: str) -> None:
    world = World(StrategyState.SHADOW if broken == "shadow" else None if broken == "off" else StrategyState.PAPER)
    if broken == "thin":
        world.quote(size=1)
    if broken == "stale":
        world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(HEDGE_CALL,), why="a gap"))
    if broken == "down":
        world.do(LinkChanged(at=world.at, venue=DERIBIT, up=False, channel="market", why="gone"))
    if broken == "halted":
        world.ask(Halt(why="test"))
    if broken == "disk":
        world.do(StoreChanged(at=world.at, ok=False, why="full"))
    if broken == "unmarked":
        world.run(Nanos(world.at + 61 * SECOND))
        world.book(next(one for one in BOARD if one.id == HEDGE_CALL))
    if broken == "silent":
        world.at = Nanos(world.at + 10 * SECOND)
        world.alive = lambda: None  # type: ignore[method-assign]
    asked = world.request()
    assert not world.signed
    assert asked.why
    world.run(Nanos(world.at + 5 * SECOND))
    assert not world.signed
    assert line(world).signed == "no"


def test_what_went_stale_between_price_and_disk_is_not_signed() -> None:
    world = World()
    world.holding = True
    asked = world.request()
    world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(HEDGE_CALL,), why="a gap"))
    world.free()
    assert not world.signed
    assert asked.state == "CANCELLED"
    assert "stale" in asked.why
    assert world.steps()[-2:] == ["NOT SIGNED", "CANCELLED"]


def test_a_request_waits_for_a_book_that_is_asked_for_and_no_longer_than_it_may() -> None:
    world = World()
    one = next(one for one in BOARD if one.id == HEDGE_CALL)
    world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(HEDGE_CALL,), why="a gap"))
    asked = world.request()
    assert asked.why.startswith("waiting: the book")
    assert HEDGE_CALL in world.follows[-1].instruments
    world.book(one)
    assert [q.request.id for q in world.signed] == ["r-1"]
    world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(HEDGE_CALL,), why="a gap"))
    late = world.request(name="r-2")
    world.run(Nanos(world.at + 4 * SECOND))
    assert late.why.startswith("not in time: ")
    world.book(one)
    assert len(world.signed) == 1


def test_the_same_request_is_answered_once_and_again_under_another_name_at_the_same_price() -> None:
    world = World()
    world.request()
    world.request()
    assert len(world.signed) == 1
    world.book(next(one for one in BOARD if one.id == HEDGE_CALL), half=0.02)
    world.request(name="r-2")
    assert [q.legs[0].price for q in world.signed] == [world.signed[0].legs[0].price] * 2
    world.run(Nanos(world.at + 8 * SECOND))
    assert not world.state.rfq.likes
    world.quote(half=0.02)
    world.request(name="r-3")
    assert world.signed[2].legs[0].price != world.signed[0].legs[0].price


def test_a_side_that_its_limit_bars_by_now_is_not_quoted_with_the_other_under_another_name() -> None:
    world = World()
    for gate in ("COIN_POSITION", "STRESS", "AT_RISK"):
        world.ask(SetLimit(gate=gate, value=Decimal(1_000_000), why="test"), gap=Nanos(0))
    world.tell(max_size="10", hedge="none")
    world.request(qty="3")
    world.taken(world.signed[0])
    for name in ("r-2", "r-3"):
        both = (Side.BUY, Side.SELL)
        legs = (QuoteLeg(instrument=CALL, side=Side.BUY),)
        request = QuoteRequest(venue=RYSK, id=name, legs=legs, qty=Qty(Decimal(6)), sides=both, taker="0x01")
        world.quote()
        world.do(QuoteRequested(at=world.at, request=request))
    made = [(one.request.id, one.side) for one in world.signed[1:]]
    assert made == [("r-2", Side.BUY), ("r-2", Side.SELL), ("r-3", Side.SELL)], "bought twice it were 15 of at most 10"
    assert world.signed[2].legs[0].price == world.signed[3].legs[0].price


def test_a_failed_request_is_not_remembered_as_answered() -> None:
    world = World()
    world.request(qty="100000")
    assert not world.signed
    assert not world.state.rfq.likes


def test_limits_count_quotes_that_stand_as_if_taken_and_a_minute_longer() -> None:
    world = World()
    world.tell(max_size="2.5", debounce="0")
    world.request(name="a", qty="2")
    refused = world.request(name="b", qty="1")
    assert len(world.signed) == 1
    assert "would be 3" in refused.why
    world.run(Nanos(world.signed[0].until + 50 * SECOND))
    world.quote()
    world.request(name="c", qty="1")
    assert len(world.signed) == 1
    world.run(Nanos(world.signed[0].until + 70 * SECOND))
    world.quote()
    world.request(name="d", qty="1")
    assert len(world.signed) == 2


def test_that_a_quote_has_no_known_outcome_is_said_once_however_often_it_is_asked_for() -> None:
    world = World()
    world.request()
    for text in ("no answer", "the venue does not show it", "the venue does not show it"):
        world.stands(world.signed[0], "lost", text=text)
    assert len([one for one in world.said if "no known outcome" in one.text]) == 1
    world.stands(world.signed[0])
    world.stands(world.signed[0], "lost")
    assert len([one for one in world.said if "no known outcome" in one.text]) == 2


def test_a_trade_that_only_reduces_passes_a_limit_that_is_reached() -> None:
    world = World()
    world.tell(max_size="2", debounce="0", hedge="none")
    world.request(name="a", qty="2")
    world.taken(world.signed[0])
    world.request(name="b", qty="1")
    assert len(world.signed) == 1
    world.request(name="c", qty="1", side=Side.SELL)
    assert len(world.signed) == 2


def test_a_package_is_priced_leg_by_leg_and_refused_where_one_has_no_price() -> None:
    world = World()
    legs = (QuoteLeg(instrument=CALL, side=Side.BUY), QuoteLeg(instrument=PUT, side=Side.SELL, ratio=Decimal(2)))
    world.request(legs=legs)
    (quote,) = world.signed
    first, second = world.state.rfq.asked["rfq:rysk:r-1"].packages[0].legs
    assert (first.buy, second.buy, second.qty) == (True, False, Decimal(2))
    assert all(leg.price is not None for leg in quote.legs)
    world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(second.pricing,), why="a gap"))
    world.request(legs=legs, name="r-2", qty="2")
    assert len(world.signed) == 1


def test_by_hand_a_request_is_quoted_at_another_edge_or_passed() -> None:
    world = World()
    world.tell(auto="off", vol_edge="0")
    asked = world.request()
    assert not world.signed
    world.alive()
    world.ask(EditSpread(trace=asked.trace, edge_bps=Decimal(500)), gap=Nanos(0))
    world.ask(Quote(trace=asked.trace), gap=Nanos(0))
    (quote,) = world.signed
    assert asked.packages[0].edge > 0
    bid = Decimal(world.state.listings[HEDGE_CALL].book.best_bid) * Decimal("0.01")  # type: ignore[arg-type]
    assert bid * Decimal("0.94") < quote.legs[0].price < bid * Decimal("0.95")  # type: ignore[operator]
    world.stands(quote)
    world.alive()
    world.ask(Pass(trace=asked.trace), gap=Nanos(0))
    assert [q.client for q in world.dropped] == [quote.client]
    assert (asked.state, line(world).can_pass) == ("CANCELLED", False)


def test_a_press_on_a_request_that_is_quoted_signs_no_second_quote_beside_it() -> None:
    world = World()
    asked = world.request()
    for status in ("open", "lost", "open"):
        world.stands(world.signed[0], status)
        world.alive()
        world.ask(Quote(trace=asked.trace), gap=Nanos(0))
    assert len(world.signed) == 1
    assert "is quoted already" in world.said[-1].text
    world.stands(world.signed[0], "cancelled")
    world.alive()
    world.ask(Quote(trace=asked.trace), gap=Nanos(0))
    assert len(world.signed) == 2


def test_a_request_that_is_told_again_in_other_words_is_not_quoted_twice() -> None:
    world = World()
    asked = world.request(taker="")
    world.stands(world.signed[0])
    later = Nanos(world.at + 90 * SECOND)
    world.request(taker="0x77", expires=later)
    assert len(world.signed) == 1
    assert (asked.request.taker, asked.request.expires) == ("0x77", later)
    world.request(taker="0x77", qty="2")
    assert len(world.signed) == 2, "another size is another request"


def test_numbers_of_quotes_only_grow_also_over_a_restart() -> None:
    world = World()
    world.request(name="a")
    first = int(world.signed[0].client)
    assert first >= world.at // 1_000_000
    later = World(quote_nonce=first + 10**15)
    later.request(name="b")
    assert int(later.signed[0].client) == first + 10**15 + 1


def test_on_paper_a_price_that_cannot_be_had_is_shown_as_dummy_only_where_that_is_on_and_never_signed() -> None:
    world = World()
    world.tell(dummy="on")
    asked = world.request(qty="100000")
    assert (line(world).signed, line(world).our_quote) == ("DUMMY", Decimal("1.0"))
    assert not world.signed
    assert not asked.made


def test_a_quote_nobody_took_is_over_and_one_that_was_refused_no_longer_counts() -> None:
    world = World()
    world.request(name="a")
    world.stands(world.signed[0], "rejected", text="no money")
    assert not world.state.rfq.live(world.at)
    assert line(world).state == "CANCELLED"
    asked = world.request(name="b", qty="2")
    world.run(Nanos(world.signed[1].until + 90 * SECOND))
    assert (asked.state, asked.why) == ("CANCELLED", "nobody took it in time")


def test_a_request_that_is_over_is_not_quoted_and_its_name_is_bounded() -> None:
    world = World()
    world.holding = True
    world.request()
    world.do(QuoteRequestOver(at=world.at, venue=RYSK, request="r-1", status="filled"))
    world.free()
    assert not world.signed
    expired = world.request(name="late", expires=Nanos(world.at - 1))
    assert expired.why == "its time is over"


def test_requests_are_bounded_in_number() -> None:
    world = World()
    world.tell(auto="off")
    for number in range(500):
        world.request(name=f"n-{number}")
    assert len(world.state.rfq.asked) == 400


def test_no_flood_of_requests_makes_limits_forget_a_quote_that_may_be_taken() -> None:
    world = World()
    world.tell(max_size="5", debounce="0")
    world.request(name="first", qty="4")
    for number in range(450):
        world.request(name=f"n-{number}", qty="4", taker=f"0x{number}")
    assert [one.request.id for one in world.signed] == ["first"], "8 would be more than 5"
    assert len(world.state.rfq.live(world.at)) == 1


def test_where_every_request_may_be_taken_a_further_one_is_left_and_that_is_said(monkeypatch) -> None:
    monkeypatch.setattr(memory, "ROOM", 40)
    world = World()
    world.tell(debounce="0")
    world.quote()
    for number in range(41):
        _quietly(world, f"n-{number}")
        if number == 39:
            assert len(world.state.rfq.live(world.at)) == 40
    assert len(world.signed) == len(world.state.rfq.asked) == 40
    assert "was left unread" in world.said[-1].text
    world.at = Nanos(world.signed[0].until + 61 * SECOND)
    world.quote()
    _quietly(world, "later")
    assert (len(world.signed), len(world.state.rfq.asked)) == (41, 40)


@pytest.mark.parametrize("qty", ["0", "-1", "NaN", "Infinity", "1e30"])
def test_a_size_that_is_none_is_refused(qty: str) -> None:
    world = World()
    assert "its size is" in world.request(qty=qty).why
    assert not world.signed


def test_expired_and_unknown_options_are_refused() -> None:
    world = World()
    far = BOARD[0]
    assert far.payoff is Payoff.CALL
    world.at = Nanos(world.at + 11 * DAY)
    assert "has expired" in world.request().why


def test_a_request_waits_for_a_mark_that_comes_after_its_book() -> None:
    world = World()
    world.at = Nanos(world.at + 100 * SECOND)
    hedge = next(one for one in BOARD if one.id == HEDGE_CALL)
    world.book(hedge)
    asked = world.request()
    assert (asked.state, "waiting: " in asked.why, world.signed) == ("PENDING", True, [])
    world.mark(hedge)
    assert asked.state == "QUOTED"
    assert not world.state.rfq.waiting
    assert len(world.signed) == 1


def test_nothing_is_quoted_whose_hedge_would_add_to_a_position_that_the_stop_loss_holds() -> None:
    world = World()
    world.request(side=Side.BUY)
    world.taken(world.signed[0])
    world.fills(world.orders[0])
    assert world.net(HEDGE_CALL) == -1
    world.spot = SPOT + 200
    world.quote()
    world.run(Nanos(world.at + 61 * SECOND))
    world.quote()
    refused = world.request(side=Side.BUY, name="r-2")
    assert "has lost more than STOP_LOSS lets it" in refused.why
    assert len(world.signed) == 1
    world.request(side=Side.SELL, name="r-3")  # its hedge buys back
    assert len(world.signed) == 2
