from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.book.features import Quote, flow, flows, micro_price, queue_imbalance

SIZE = st.integers(0, 500)
QUOTE = st.builds(lambda b, bs, gap, s: Quote(b, bs, b + gap, s), st.integers(1, 90), SIZE, st.integers(1, 9), SIZE)


def mirrored(one: Quote) -> Quote:
    return Quote(100 - one.ask, one.ask_size, 100 - one.bid, one.bid_size)


@given(QUOTE, QUOTE)
def test_the_other_leg_sees_the_opposite(before, now) -> None:
    assert flow(mirrored(before), mirrored(now)) == -flow(before, now)


@given(QUOTE)
def test_nothing_flows_while_nothing_changes(one) -> None:
    assert flow(one, one) == 0
    share, micro = queue_imbalance(one), micro_price(one)
    if one.bid_size + one.ask_size:
        assert share is not None
        assert micro is not None
        assert 0.0 <= share <= 1.0
        assert one.bid <= micro <= one.ask
    else:
        assert (share, micro) == (None, None)


def test_flows_are_one_fewer_than_quotes() -> None:
    assert flows([Quote(40, 10, 45, 10), Quote(41, 7, 45, 10), Quote(41, 7, 45, 4)]) == [7, 6]
