from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import Trade
from engine.core.units import MINUTE, Leg, Lots, Nanos, Side, Ticks
from engine.kernel.project import tape
from engine.views import topics
from engine.views.topics import TapeFilter
from tests.engine.kernel.desk import Desk, high
from tests.engine.kernel.project.floor import AT, HIGH, LOW, state

FILTERS = st.builds(
    TapeFilter, st.sampled_from(("market", "event", "all")), st.sampled_from(("", "buy", "sell")), st.booleans(),
    st.booleans(), st.integers(0, 9_999_999),
)  # fmt: skip


def test_trades_are_newest_first_and_ours_are_marked() -> None:
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.other(leg=Leg.NO, qty=4)
    view = desk.kernel.view(topics.tape("RAIN/0"))
    assert [(row.qty, row.bought, row.mine) for row in view.rows] == [(4, False, False), (10, True, True)]
    assert (view.bought, view.sold) == (10, 4)
    assert view.rows[0].price == desk.market().last


def test_sums_are_of_ten_minutes_and_rows_stay() -> None:
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.run(Nanos(desk.at + 12 * MINUTE))
    view = desk.kernel.view(topics.tape("RAIN/0"))
    assert (view.bought, view.sold, len(view.rows)) == (0, 0, 1)


def test_what_does_not_exist_has_no_tape() -> None:
    desk = Desk()
    desk.list()
    for symbol in ("", "RAIN", "RAIN/1", "NOWHERE/0", "RAIN/0@every.buy.00.1", "RAIN/0@all..02.1"):
        assert desk.kernel.view(topics.tape(symbol)) is None


@given(FILTERS)
def test_a_filter_comes_back_from_its_topic(wanted) -> None:
    key = topics.tape_of("A/1", wanted).key
    assert key.partition("@")[0] == "A/1"
    assert topics.tape_filter(key.partition("@")[2]) == wanted


@pytest.mark.parametrize("text", ["market", "market.buy", "market.buy.00.-1", "market.buy.00.12345678", "a" * 500])
def test_what_is_no_filter_is_none(text) -> None:
    assert topics.tape_filter(text) is None


def prints(*told):
    """A venue's state with trades: after so many ms, of an instrument, of a side, lots."""
    found = state()
    for n, (ms, one, taker, lots) in enumerate(told):
        found.listings[one].tape.append(
            Trade(
                at=Nanos(AT + ms * 1_000_000), instrument=one, price=Ticks(4_000 + n), lots=Lots(lots), taker=taker,
                trade_id=f"t{n}",
            )
        )  # fmt: skip
    return found


def shown(found, **wanted):
    view = tape.view(found, topics.tape_of(LOW.symbol, TapeFilter(**wanted)).key)
    assert view is not None
    return [(row.instrument, row.price, row.qty, row.bought, row.count) for row in view.rows]


TOLD = (
    (0, LOW, Side.BUY, 300), (1_000, HIGH, Side.SELL, 200), (2_000, LOW, None, 100), (2_050, LOW, Side.SELL, 500),
    (2_090, LOW, Side.SELL, 700), (2_400, LOW, Side.SELL, 50),
)  # fmt: skip


def test_sides_sizes_and_what_has_no_side() -> None:
    found = prints(*TOLD)
    assert [price for _, price, *_ in shown(found, side="sell")] == [4_005, 4_004, 4_003]
    assert [price for _, price, *_ in shown(found, side="buy")] == [4_000]
    assert [qty for _, _, qty, *_ in shown(found, least=3)] == [7, 5, 3]
    assert shown(found)[3] == (LOW, 4_002, 1, None, 1)


def test_what_traded_at_once_on_one_side_is_gathered_at_its_last_price() -> None:
    rows = shown(prints(*TOLD), together=True)
    assert rows == [
        (LOW, 4_005, Decimal("0.5"), False, 1),
        (LOW, 4_004, 12, False, 2),
        (LOW, 4_002, 1, None, 1),
        (LOW, 4_000, 3, True, 1),
    ]


def test_an_event_shows_all_its_outcomes_newest_first_with_their_names() -> None:
    found = prints(*TOLD)
    assert [one for one, *_ in shown(found, scope="event")] == [LOW, LOW, LOW, LOW, HIGH, LOW]
    view = tape.view(found, topics.tape_of(LOW.symbol, TapeFilter(scope="event")).key)
    assert view is not None
    assert len({row.label for row in view.rows}) == 2
    assert all(row.label for row in view.rows)
    assert (view.bought, view.sold) == (3, Decimal("12.5"))


def test_all_that_trades_is_on_one_tape_venues_and_our_own() -> None:
    desk = Desk()
    desk.list()
    desk.list(high())
    desk.place(qty=10)
    desk.place(market="HIGH", outcome=1, qty=5)
    desk.other(qty=4)
    rows = desk.kernel.view(topics.tape_of("RAIN/0", TapeFilter(scope="all"))).rows
    assert [row.instrument.symbol for row in rows] == ["RAIN/0", "HIGH/1", "RAIN/0"]
    mine = desk.kernel.view(topics.tape_of("RAIN/0", TapeFilter(scope="all", mine=True))).rows
    assert [row.instrument.symbol for row in mine] == ["HIGH/1", "RAIN/0"]
    brackets = desk.kernel.view(topics.tape_of("HIGH/1", TapeFilter(scope="event"))).rows
    assert [row.qty for row in brackets] == [5]
