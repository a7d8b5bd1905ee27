"""The market maker on the kernel's path: what rests, how it follows the book, and when it is pulled."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from engine.core.commands import Arm, SetParameter, SetStrategy, StrategyState
from engine.core.events import BookSnapshot, FillReversed, Trade
from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.instrument import Band, Payoff
from engine.core.order import Status
from engine.core.snapshot import StrategyMemoryRow
from engine.core.units import HOUR, NOTHING, SECOND, Leg, Lots, Nanos, Qty, Side, Ticks
from engine.maths.toxicity import Toxicity
from engine.strategies.context import Working
from engine.strategies.maker_eye import Learnt, Phase
from engine.strategies.maker_eye import Terms as EyeTerms
from engine.strategies.maker_orders import changes
from engine.strategies.maker_terms import NAME
from engine.strategies.making import Making
from engine.strategies.market_maker import Order
from engine.views import topics
from tests.engine.kernel.venue import START, SYMBOLS, Session, instrument, opened

ONE = InstrumentId(KALSHI, SYMBOLS[0])
TWO = InstrumentId(KALSHI, SYMBOLS[1])


def learnt(symbol: str = SYMBOLS[0], hours: float = 1.0) -> StrategyMemoryRow:
    """What an earlier session learnt of a market."""
    at = Nanos(START - int(hours * HOUR))
    market = f"kalshi/{symbol}"
    known = Learnt(market, at / SECOND, EyeTerms().default, 0.01, 400, (0.0, 0.0), Toxicity().saved())
    return StrategyMemoryRow(strategy=NAME, name=market, at=at, body=msgspec.json.encode(known).decode())


class Running(Session):
    """A session with the market maker."""

    def registry(self) -> tuple[Any, ...]:
        self.making = Making()
        return (self.making,)

    def switch(self, to: str) -> None:
        self.ask(SetStrategy(strategy=NAME, to=StrategyState(to)), 1.0)

    def told(self, name: str, value: str) -> None:
        self.ask(SetParameter(strategy=NAME, name=name, value=value), 1.0)

    def book(self, bid: int, ask: int, index: int = 0, lots: int = 5_000) -> None:
        """The others' best prices in cents, with our own orders beside them in a live session alone."""
        one = InstrumentId(KALSHI, SYMBOLS[index])
        sides: dict[Side, dict[int, int]] = {Side.BUY: {bid * 100: lots}, Side.SELL: {ask * 100: lots}}
        for order in self.working() if self.state.session.mode == "live" else ():
            place = order.place
            if place.instrument != one:
                continue
            at = place.price if place.leg is Leg.YES else 10_000 - place.price
            side = Side.BUY if (place.side is Side.BUY) is (place.leg is Leg.YES) else Side.SELL
            sides[side][at] = sides[side].get(at, 0) + int((order.quantity - order.filled) * 100)
        bids, asks = (
            tuple((Ticks(p), Lots(n)) for p, n in sorted(sides[s].items(), reverse=s is Side.BUY)) for s in Side
        )
        self.do(BookSnapshot(at=self.at, instrument=one, bids=bids, asks=asks))

    def go(self, seconds: int, bid: int = 48, ask: int = 52, index: int = 0) -> None:
        for _ in range(seconds):
            self.book(bid, ask, index)
            self.beat()
            self.run(1)

    @property
    def seat(self) -> Any:
        return self.state.strategies.seats[NAME]

    def working(self) -> list[Any]:
        return [one for one in self.state.register.open() if one.place.strategy == NAME]

    def rows(self) -> Any:
        return self.kernel.view(topics.QUOTER).rows


def making(*memory: StrategyMemoryRow, markets: str = SYMBOLS[0], **told: str) -> Running:
    session = Running(opened(strategy_memory=memory or (learnt(),)))
    for name, value in ({"markets": markets} | told).items():
        session.told(name, value)
    session.book(48, 52)
    session.switch("paper")
    session.go(10)
    return session


def sides(session: Running) -> tuple[list[int], list[int]]:
    """Return our bids and asks in cents of YES, best first."""
    bids, asks = [], []
    for order in session.working():
        place = order.place
        at = (place.price if place.leg is Leg.YES else 10_000 - place.price) // 100
        (bids if (place.side is Side.BUY) is (place.leg is Leg.YES) else asks).append(at)
    return sorted(bids, reverse=True), sorted(asks)


@pytest.mark.parametrize(
    ("markets", "code"), [("", "no_market"), ("NOTHING", "unknown_market"), ("kalshi/NOTHING", "unknown_market")]
)
def test_it_makes_what_is_named(markets: str, code: str) -> None:
    session = making(markets=markets)
    assert session.working() == []
    assert session.seat.why.code == code
    assert session.rows() == ()


def test_it_quotes_both_sides_and_rests() -> None:
    session = making()
    bids, asks = sides(session)
    assert len(bids) == len(asks) == 3
    assert max(bids) < 52
    assert min(asks) > 48
    assert max(bids) < min(asks)
    orders = session.working()
    assert {(o.place.side, o.place.leg) for o in orders} == {(Side.BUY, Leg.YES), (Side.BUY, Leg.NO)}
    assert all(o.place.post_only and o.status is Status.WORKING for o in orders)
    (row,) = session.rows()
    assert (row.bid, row.ask, row.state, row.phase) == (max(bids), min(asks), "QUOTING", "quoting")
    assert (row.best_bid, row.best_ask) == (48, 52), "our own orders are not the market"


def test_it_follows_the_book_and_never_has_two_orders_of_a_key() -> None:
    session = making()
    before = sides(session)
    session.go(12, 58, 62)
    bids, asks = sides(session)
    assert bids[0] > before[0][0] + 5
    assert asks[0] > before[1][0] + 5
    keys = [o.place.tag for o in session.working()]
    assert len(keys) == len(set(keys)) == 6


def test_small_moves_leave_the_orders_alone() -> None:
    session = making(requote="3")
    asked = len(session.asked)
    session.go(6, 49, 53)
    assert len(session.asked) == asked


def test_a_stale_book_pulls_every_quote() -> None:
    session = making()
    assert session.working()
    session.drop("market")
    session.run(4)
    assert session.working() == []
    assert session.seat.why.code == "stale"
    assert session.rows()[0].state == "PULLED"


def test_pull_takes_everything_back_until_it_is_let_go() -> None:
    session = making()
    session.told("pull", "on")
    session.go(3)
    assert session.working() == []
    assert session.seat.why.code == "pulled"
    session.told("pull", "off")
    session.go(10)
    assert len(session.working()) == 6


def test_wider_is_further_out() -> None:
    near, far = making(), making(widen="3")
    assert sides(far)[0][0] < sides(near)[0][0]
    assert sides(far)[1][0] > sides(near)[1][0]
    assert far.rows()[0].state == "WIDENED"


def test_what_filled_is_sold_and_skews_the_quotes() -> None:
    session = making()
    best = next(o for o in session.working() if o.place.tag.endswith(":bid0"))
    bids, asks = sides(session)
    session.trade(best, best.quantity)
    session.go(6)
    lower, others = sides(session)
    assert lower[0] < bids[0]
    assert others[0] < asks[0]
    sold = [o for o in session.working() if (o.place.side, o.place.leg) == (Side.SELL, Leg.YES)]
    assert sum(o.quantity for o in sold) <= best.quantity
    assert sold
    (row,) = session.rows()
    assert row.held == best.quantity
    assert row.skew > 0
    assert row.unrealised is not None


def test_a_fill_that_is_run_over_poisons_the_flow() -> None:
    session = making()
    best = next(o for o in session.working() if o.place.tag.endswith(":bid0"))
    session.trade(best, best.quantity)
    session.go(12, 30, 34)
    (row,) = session.rows()
    assert (row.fills, row.adverse) == (1, 1.0)
    assert session.making.made[ONE].eye.tox[0] > 0.0
    assert row.sigma > 1.0
    flow = session.kernel.view(topics.TOXICITY)
    (line,) = flow.rows
    assert (line.sigma, line.widen_at, line.pull_at) == (row.sigma, 1.8, 2.5)
    first, second = line.marks
    assert (first.buys, first.sells, first.sold) == (1, 0, None)
    assert first.bought == pytest.approx(32 - best.place.price / 100)  # cents of YES, the mid less what was paid
    assert (second.buys, second.bought) == (0, None)
    assert second.seconds > first.seconds
    assert all(a[0] < b[0] <= flow.now for a, b in pairwise(line.trail))
    assert line.trail


def test_poison_beyond_the_limit_pulls() -> None:
    session = making(pull_at="1.2")
    for k in range(30):
        session.do(Trade(at=session.at, instrument=ONE, price=Ticks(5_000), lots=Lots(100), taker=Side.SELL))
        session.go(2, 48 - k, 52 - k)
    assert session.seat.reasons.get("toxic", 0) > 0
    assert session.working() == []
    assert "poison" in session.rows()[0].note


def test_two_markets_share_the_bankroll() -> None:
    alone = making()
    both = making(learnt(), learnt(SYMBOLS[1]), markets=f"{SYMBOLS[0]}, {SYMBOLS[1]}")
    for _ in range(20):
        both.go(1, index=1)
        both.go(1)
    mine = sum(o.quantity for o in both.working() if o.place.instrument == ONE)
    assert mine < sum(o.quantity for o in alone.working())
    assert {o.place.instrument for o in both.working()} == {ONE, TWO}


def test_a_market_that_is_not_named_any_more_is_left() -> None:
    session = making()
    session.told("markets", SYMBOLS[1])
    session.go(3)
    assert session.working() == []


def test_what_was_learnt_of_a_market_is_known_when_it_is_named_again() -> None:
    session = making()
    session.go(30, 49, 53)
    eye = session.making.made[ONE].eye
    session.told("markets", SYMBOLS[1])
    session.go(3)
    assert session.working() == []
    session.pressed = Nanos(session.at - START)  # the host's steady clock has gone on, too
    session.told("markets", f"{SYMBOLS[0]}, {SYMBOLS[1]}")
    session.go(3)
    again = session.making.made[ONE].eye
    assert (again.phase, again.known) == (Phase.QUOTING, eye.known)
    assert session.working(), "it would have watched for ten minutes and learnt for up to two hours"


def test_a_rest_too_small_for_the_venue_takes_no_level_of_the_ladder() -> None:
    session = Running(opened(strategy_memory=(learnt(),)))
    session.list(*(instrument(n, least=Qty(Decimal(5))) for n in range(len(SYMBOLS))))
    session.told("markets", SYMBOLS[0])
    session.book(48, 52)
    session.switch("paper")
    session.go(10)
    session.trade(next(o for o in session.working() if o.place.tag.endswith(":bid0")), 3)
    session.go(20)
    assert "EXCHANGE" not in session.seat.refusals, "the venue takes 5 at least, and 3 were offered every other second"
    assert sides(session)[1][0] == round(session.rows()[0].ask)
    assert all(one.quantity >= 5 for one in session.working())


def test_it_learns_before_it_quotes_and_remembers() -> None:
    session = making(learnt("another"))
    assert session.rows()[0].state == "LEARNING"
    session.making.made[ONE].eye._terms = EyeTerms(min_returns=20, max_warmup_s=200.0)
    for k in range(230):
        session.go(1, 48 + k % 3, 52 + k % 3)
    assert session.rows()[0].phase == Phase.QUOTING.value
    assert session.working()
    kept = session.ledger.strategies["strategy_memory"][NAME, f"kalshi/{SYMBOLS[0]}"]
    assert msgspec.json.decode(kept["body"], type=Learnt).market == f"kalshi/{SYMBOLS[0]}"


def test_memory_that_cannot_be_read_is_told_and_it_learns_anew() -> None:
    broken = msgspec.structs.replace(learnt(), body="[1,2")
    session = making(broken)
    assert any("is not used" in note.text for note in session.said)
    assert session.rows()[0].state == "LEARNING"


def test_a_restart_takes_its_orders_up_again() -> None:
    session = making()
    keys = {o.place.tag for o in session.working()}
    session.crash()
    session.run(3)
    session.go(12)
    assert {o.place.tag for o in session.working()} == keys
    assert len(session.working()) == 6


def test_in_the_shadow_nothing_is_sent() -> None:
    session = Running(opened(strategy_memory=(learnt(),)))
    session.told("markets", SYMBOLS[0])
    session.book(48, 52)
    session.switch("shadow")
    session.go(10)
    assert session.submitted == []
    assert len(session.seat.shadow.resting) == 6
    assert session.rows()[0].bid is not None
    assert (session.rows()[0].state, session.rows()[0].note) == ("SHADOW", "nothing is sent: these quotes would rest")
    assert Decimal(0) == session.rows()[0].held


@pytest.mark.parametrize("to", ["shadow", "paper"])
def test_what_no_venue_shows_hides_nobody_in_the_book(to: str) -> None:
    session = Running(opened(strategy_memory=(learnt(),)))
    session.told("markets", SYMBOLS[0])
    session.book(48, 52)
    session.switch(to)
    session.go(10)
    (row,) = session.rows()
    assert row.bid is not None
    bid = round(row.bid)
    session.told("refresh", "60")  # what rests stays where it is
    session.book(bid, 52, lots=100)
    session.beat()
    session.run(1)
    assert session.rows()[0].best_bid == bid, "one contract of another's, where ours are not in the venue's book"


def test_live_what_would_only_rest_in_the_shadow_hides_nobody() -> None:
    session = Running(opened("live", strategy_memory=(learnt(),)))
    session.told("markets", SYMBOLS[0])
    session.book(48, 52)
    session.switch("shadow")
    session.go(10)
    resting = [want for want, _ in session.seat.shadow.resting.values()]
    assert resting
    inner = max(want.price for want in resting if want.leg is Leg.YES) // 100
    session.book(inner, 52, lots=1)  # somebody bids there, for less than we would
    session.beat()
    session.run(1)
    (row,) = session.rows()
    assert (row.best_bid, row.best_ask) == (inner, 52)


def test_live_our_own_orders_are_no_market() -> None:
    session = Running(opened("live", strategy_memory=(learnt(),)))
    session.told("markets", SYMBOLS[0])
    session.book(48, 52)
    session.ask(Arm(typed="LIVE desk"))
    session.ask(SetStrategy(strategy=NAME, to=StrategyState.LIVE, typed="LIVE desk"), 1.0)
    session.go(10)
    assert session.working()
    session.told("refresh", "60")
    session.go(2, 30, 70)
    (row,) = session.rows()
    assert (row.best_bid, row.best_ask) == (30, 70)


def test_old_or_useless_memory_is_told() -> None:
    session = making(learnt(hours=30.0))
    assert any("calibration is 30 hours old" in note.text for note in session.said)
    broken = msgspec.json.decode(learnt().body)
    broken[2][3] = -1.0
    session = making(msgspec.structs.replace(learnt(), body=msgspec.json.encode(broken).decode()))
    assert any("holds a number that cannot be" in note.text for note in session.said)
    assert session.rows()[0].state == "LEARNING"


def test_a_market_whose_end_is_not_known_is_held_by_its_gate_and_breaks_nothing() -> None:
    session = Running(opened(strategy_memory=(learnt(),)))
    session.list(*(instrument(n, closes=None) for n in range(len(SYMBOLS))))
    session.told("markets", SYMBOLS[0])
    session.switch("paper")
    session.go(10)
    assert set(session.seat.refusals) == {"CLOSE_GUARD"}
    assert session.rows()[0].room == pytest.approx(250 / (0.5 * 1.1))


@pytest.mark.parametrize(
    "terms",
    [
        {"payoff": Payoff.LINEAR},
        {"grid": (Band(Ticks(300), Ticks(9_900), Ticks(300)),)},
        {"unit": Decimal("0.03")},
        {"grid": ()},
    ],
)
def test_what_is_no_share_of_one_is_not_made(terms: dict[str, Any]) -> None:
    session = Running(opened(strategy_memory=(learnt(),)))
    session.list(*(instrument(n, **terms) for n in range(len(SYMBOLS))))
    session.told("markets", SYMBOLS[0])
    session.switch("paper")
    session.beat()
    session.run(5)
    assert session.making.made == {}
    assert session.seat.why.code == "unknown_market"


def test_names_beyond_the_most_are_not_left_out_in_silence() -> None:
    session = making(markets=", ".join([SYMBOLS[0]] * 17))
    assert list(session.making.made) == [ONE], "one that is named again is no other"
    assert session.seat.reasons.get("unknown_market") is None
    session = making(markets=", ".join(f"N{n}" for n in range(15)) + f", {SYMBOLS[0]}, {SYMBOLS[1]}")
    assert list(session.making.made) == [ONE]
    assert session.seat.why.text.endswith("or comes after the 16th")


def test_while_a_sale_travels_no_more_is_sold_than_it_leaves_free() -> None:
    session = making()
    strategy: Any = session.state.strategies.seats[NAME].strategy
    (one,) = strategy.made.values()
    one.stand = one.stand._replace(yes=10.0)
    key = f"{SYMBOLS[0]}:ask0"
    travels = Working(OrderId("o"), ONE, Side.SELL, Leg.YES, Ticks(5_200), Qty(Decimal(10)), NOTHING, settled=False)
    wanted = [
        Order("ask0", Side.SELL, Leg.YES, 52, 4),
        Order("ask1", Side.SELL, Leg.YES, 53, 6),
        Order("bid0", Side.BUY, Leg.YES, 48, 5),
    ]
    said = changes(one, wanted, {key: travels}, strategy.values[NAME])
    assert [(want.side, want.qty) for want in said] == [(Side.BUY, 5)]
    later = changes(one, wanted, {key: travels._replace(qty=Qty(Decimal(4)))}, strategy.values[NAME])
    assert {want.key.rpartition(":")[2]: want.qty for want in later} == {"ask1": 6, "bid0": 5}


def test_no_return_is_counted_across_the_time_it_was_off() -> None:
    session = making()
    (one,) = session.making.made.values()
    session.switch("off")
    session.go(600, 78, 82)
    session.switch("paper")
    known = one.eye.known
    session.go(3, 78, 82)
    assert (one.eye.known, one.eye.sigma) == (known, 1.0)
    session.go(6, 78, 82)
    assert one.eye.known == known + 1
    assert one.eye.sample.r == 0.0


@pytest.mark.parametrize("wait", [2, 40])
def test_a_fill_that_the_venue_takes_back_is_not_marked_or_not_any_more(wait: int) -> None:
    session = making()
    (one,) = session.making.made.values()
    bid = next(o for o in session.working() if o.place.leg is Leg.YES)
    fill = session.trade(bid, 5)
    session.go(wait, 28, 32)
    assert (one.eye.marked > 0) is (wait == 40)
    session.tell(FillReversed(at=session.at, order=bid.id, trade_id=fill.trade_id))
    before = one.eye.tox[0]
    session.go(60, 28, 32)
    assert one.eye.tox[0] <= before
    assert (one.eye.marked, one.eye.hurt) == (0, 0)
    assert all(count == 0 for count, _ in one.eye.marks.values())


def test_what_counts_as_ordinary_trading_is_one_thing_for_spread_and_toxicity() -> None:
    busy = {}
    for ref in ("0.05", "0.2"):
        session = making(rate_ref=ref)
        (one,) = session.making.made.values()
        for _ in range(6):
            session.do(Trade(at=session.at, instrument=ONE, price=Ticks(5_000), lots=Lots(100), taker=Side.SELL))
        session.go(6)
        busy[ref] = one.eye.sample.rate
    assert busy == {"0.05": pytest.approx(2.0), "0.2": 1.0}
    session.told("rate_ref", "0.025")
    session.go(6)
    assert one.eye.sample.rate == 3.0


def test_room_is_of_the_money_that_is_there() -> None:
    session = making(bankroll="1000000")
    (one,) = session.making.made.values()
    there = float(session.state.desks[KALSHI].cash)
    assert one.plan.capacity.side == 0.5 * there < 500_000, "half of what the account holds"
    assert one.plan.cash.floor == pytest.approx(0.05 * there)


def test_a_market_that_says_no_start_was_made_since_it_was_first_made() -> None:
    began = (START - 20 * HOUR) / SECOND
    told = msgspec.json.decode(learnt().body, type=Learnt)
    kept = msgspec.structs.replace(learnt(), body=msgspec.json.encode(told._replace(since=began)).decode())
    fresh, again = making(), making(kept)
    (one,), (other,) = fresh.making.made.values(), again.making.made.values()
    assert not one.instrument.opens
    assert one.opened_s == pytest.approx(START / SECOND, abs=60.0)
    assert other.opened_s == began
    assert other.plan.capacity.shares < one.plan.capacity.shares, "less of its time is left"
    row = again.ledger.strategies["strategy_memory"][NAME, f"kalshi/{SYMBOLS[0]}"]
    assert msgspec.json.decode(row["body"], type=Learnt).since == began
