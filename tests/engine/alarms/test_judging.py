"""When a rule is met, and when that is told."""

import itertools
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.alarms.judging import FIRST_WAIT_S, LONGEST_WAIT_S, Watch
from engine.core.units import Money
from engine.views import topics
from engine.views.account import OrdersView
from engine.views.alarms import ABOVE, BELOW, Kind, Rule
from tests.widgets import account_views as views
from tests.widgets import views_sample as samples

BID = Rule(
    id="r1", kind=Kind.PRICE, field="bid", subject="kalshi/X", about="Chicago 86–87", way=ABOVE, level=Decimal(40)
)
DAY = Rule(id="r2", kind=Kind.PNL, field="day", way=BELOW, level=Decimal(-100))
FILLED = Rule(id="r3", kind=Kind.ORDER, field="filled")


def market(bid, symbol="X"):
    instrument = samples.BOOK._replace(symbol=symbol)
    row = samples.market_row(
        instrument=instrument, event="Chicago", label="86–87", bid=None if bid is None else 100 * bid
    )
    return {topics.MARKETS: samples.markets(rows=(row,))}


def spine(day):
    return {topics.SPINE: views.spine(day=Money(Decimal(day)))}


def watch(*rules):
    found = Watch()
    found.take(rules)
    return found


def texts(fired):
    return [one.text for one in fired]


def test_a_price_that_crosses_is_told_once_with_what_it_is():
    one = watch(BID)
    assert one.look(market(39), 0) == ()
    (fired,) = one.look(market(41), 1)
    assert fired.text == "Chicago 86–87 41 c, at or above 40"
    assert one.look(market(42), 2) == ()


def test_what_is_so_at_the_first_look_only_shows_but_for_the_result():
    one = watch(BID, DAY)
    assert texts(one.look(market(41) | spine(-150), 0)) == ["PnL of the day -150 $, at or below -100"]
    assert one.standings["r1"].held == {"kalshi/X": True}


def test_the_brief_words_have_no_amounts():
    (fired,) = watch(DAY).look(spine(-150), 0)
    assert fired.brief == "PnL below its level"
    one = watch(BID)
    one.look(market(39), 0)
    assert one.look(market(41), 1)[0].brief == "Chicago 86–87: bid at or above 40 c"


def test_what_becomes_unknown_stays_as_it_was():
    one = watch(BID)
    one.look(market(39), 0)
    one.look(market(41), 1)
    assert one.look(market(None), 50) == ()
    assert one.standings["r1"].known is False
    assert one.look(market(41), 100) == ()


def test_a_market_that_is_gone_is_forgotten_and_a_view_that_is_missing_changes_nothing():
    one = watch(BID)
    one.look(market(41), 0)
    one.look({}, 1)
    assert one.standings["r1"].held == {"kalshi/X": True}
    one.look(market(41, "Y"), 2)
    assert one.standings["r1"].held == {}


def test_what_flutters_is_gathered_and_told_ever_later():
    one, told = watch(BID), []
    one.look(market(39), 0)
    for second in range(1, 400):
        told += [(second, f.times) for f in one.look(market(41 if second % 2 else 39), second)]
    assert [at for at, _ in told] == [1, 31, 91, 211]
    assert [n for _, n in told] == [1, 15, 30, 60]


def test_after_a_quiet_while_it_is_told_at_once_again():
    one = watch(BID)
    one.look(market(39), 0)
    one.look(market(41), 1)
    one.look(market(39), 2)
    later = 1 + FIRST_WAIT_S + LONGEST_WAIT_S
    assert len(one.look(market(41), later)) == 1
    assert one.standings["r1"].wait_s == FIRST_WAIT_S


@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 40.0)), max_size=120))
def test_nothing_met_is_ever_lost_and_no_two_tellings_are_closer_than_the_wait(steps):
    one, now, told, met, before = watch(BID), 0.0, [], 0, None
    for high, pause in steps:
        now += pause
        met += high and before is False
        before = high
        told += [(now, fired.times) for fired in one.look(market(41 if high else 39), now)]
    told += [(now + 1_000, fired.times) for fired in one.look({}, now + 1_000)]
    assert sum(times for _, times in told) == met == one.standings["r1"].times
    assert all(b - a >= FIRST_WAIT_S for (a, _), (b, _) in itertools.pairwise(told))


def test_a_flood_names_three_and_counts_the_rest():
    one = watch(FILLED)
    one.look({topics.ORDERS: OrdersView(rows=())}, 0)
    rows = tuple(views.order(n, "filled", "Filled", id=f"o{n}") for n in range(50))
    (fired,) = one.look({topics.ORDERS: OrdersView(rows=rows)}, 1)
    assert fired.times == 50
    assert fired.text.endswith("; and 47 more")
    assert fired.text.count("Filled") == 3


def test_no_orders_are_nothing_unknown_but_no_prices_are():
    one = watch(FILLED, BID)
    one.look({topics.ORDERS: OrdersView(rows=())} | market(None), 0)
    assert [standing.known for standing in one.standings.values()] == [True, False]


def test_an_order_that_ends_between_two_looks_is_told_and_an_old_one_is_not():
    one = watch(FILLED)
    old = views.order(1, "filled", "Filled", id="old")
    one.look({topics.ORDERS: views.orders(old)}, 0)
    new = views.order(2, "filled", "Filled", id="new")
    assert len(one.look({topics.ORDERS: views.orders(new, old)}, 1)) == 1


def test_a_rule_that_is_off_neither_looks_nor_asks_for_a_view():
    one = watch(msgspec.structs.replace(BID, on=False))
    assert one.topics() == frozenset()
    assert one.look(market(41), 0) == ()


def test_a_new_name_keeps_what_is_known_and_a_new_level_begins_anew():
    one = watch(BID)
    one.look(market(39), 0)
    one.take([msgspec.structs.replace(BID, name="Sell it")])
    assert one.standings["r1"].looked
    one.take([msgspec.structs.replace(BID, level=Decimal(39))])
    assert not one.standings["r1"].looked
    one.take([])
    assert one.standings == {}
