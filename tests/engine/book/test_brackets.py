from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.brackets import Row, Stake, edges, implied, row, stake, sums, what_if
from engine.book.ladder import Ladder
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Band, Instrument
from engine.core.units import Leg, Side

TAKER = FeeRule(kind="kalshi", rate=Decimal("0.07"))
CENTS = (Band(100, 9_900, 100),)
MONEY = st.decimals(-50, 50, places=2)


def quoted(*prices: tuple[int | None, int | None]) -> list[Row]:
    """Rows with a hundred shares at a bid and an ask in cents."""
    return [
        Row(
            bids=() if bid is None else ((bid * 100, 10_000),),
            asks=() if ask is None else ((ask * 100, 10_000),),
            grid=CENTS,
            fee=TAKER,
        )
        for bid, ask in prices
    ]


def test_a_row_is_read_off_an_instrument_and_its_book() -> None:
    instrument = Instrument(id=InstrumentId(KALSHI, "T"), title="T", fee=TAKER)
    book = Ladder()
    book.snapshot([(4_200, 500), (4_100, 700)], [(4_500, 300)])
    one = row(instrument, book, depth=1)
    assert one.bids == ((4_200, 500),)
    assert (one.bid, one.ask, one.mid) == (Decimal("0.42"), Decimal("0.45"), Decimal("0.435"))
    assert one.fee is TAKER


def test_sums_count_only_prices_that_stand() -> None:
    found = sums(quoted((10, 12), (40, 43), (None, 2), (45, None)))
    assert (found.bid, found.ask) == (Decimal("0.95"), Decimal("0.57"))
    assert found.mid == Decimal("0.525")
    assert (found.bids, found.mids, found.asks, found.of) == (3, 2, 3, 4)
    assert found.overround is None
    assert found.underround is None


def test_overround_is_what_a_set_costs_beyond_one() -> None:
    found = sums(quoted((20, 25), (70, 78)))
    assert found.overround == Decimal("0.03")
    assert found.underround == Decimal("-0.10")


def test_an_outcome_without_a_middle_gets_no_probability() -> None:
    found = implied(quoted((20, 30), (None, 5), (60, 70)))
    assert found.used == 2
    assert found.p[1] is None
    assert found.bands[1] is None
    assert found.p[0] + found.p[2] == pytest.approx(1.0)
    assert all(found.bands[n].low <= found.p[n] <= found.bands[n].high for n in (0, 2))


def test_books_without_any_middle_imply_nothing() -> None:
    assert implied(quoted((None, 5), (20, None))).p == (None, None)
    assert implied([]).used == 0


def test_edges_are_after_the_exact_fee_of_the_size() -> None:
    one = quoted((40, 43))[0]
    found = edges(one, 0.5, Decimal(10))
    # 10 at 0.43: fee 0.07*10*0.43*0.57 = 0.171570 -> 0.1716; NO at 0.60: 0.168 a ten
    assert found.buy_yes == pytest.approx(0.5 - 0.43 - 0.01716)
    assert found.buy_no == pytest.approx(0.5 - 0.60 - 0.0168)
    assert found.bid_yes == pytest.approx(0.5 - 0.41)  # makers pay nothing here
    assert found.bid_no == pytest.approx(0.5 - 0.58)


def test_a_spread_of_one_tick_is_joined_and_not_crossed() -> None:
    found = edges(quoted((42, 43))[0], 0.5, Decimal(10))
    assert found.bid_yes == pytest.approx(0.08)
    assert found.bid_no == pytest.approx(-0.07)


def test_a_side_without_a_price_has_no_edge() -> None:
    found = edges(quoted((None, 99))[0], 0.5, Decimal(1))
    assert (found.buy_no, found.bid_yes) == (None, None)
    assert found.buy_yes is not None
    assert found.bid_no == pytest.approx(0.5 - 0.02)


STAKES = st.lists(
    st.builds(Stake, st.integers(0, 3), st.sampled_from(Leg), st.decimals(-20, 20, places=2), MONEY), max_size=6
)


@given(STAKES, STAKES, st.booleans())
def test_what_if_adds_up_case_by_case(held, working, exhaustive) -> None:
    found = what_if(4, held, working, exhaustive=exhaustive)
    assert len(found.held) == (4 if exhaustive else 5)
    for case, result in enumerate(found.held):
        assert result == sum(
            (s.qty * ((s.outcome == case) == (s.leg is Leg.YES)) - s.cost for s in held), start=Decimal(0)
        )
    for base, filled, worst in zip(found.held, found.filled, found.worst, strict=True):
        assert worst <= min(base, filled)
    assert found.at_risk >= 0
    assert found.at_risk >= -min(found.worst)


def test_no_of_every_outcome_pays_all_but_one() -> None:
    held = [Stake(n, Leg.NO, Decimal(10), Decimal(7)) for n in range(3)]
    assert what_if(3, held, (), exhaustive=True).held == (Decimal(-1),) * 3
    assert what_if(3, held, (), exhaustive=False).held[3] == Decimal(9)


def test_a_working_order_is_a_stake_at_its_price_and_fee() -> None:
    maker = FeeRule(kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"))
    bought = stake(1, Side.BUY, Leg.NO, Decimal("0.5"), Decimal(100), maker)
    sold = stake(1, Side.SELL, Leg.YES, Decimal("0.5"), Decimal(100), maker)
    assert bought == (1, Leg.NO, Decimal(100), Decimal("50.4375"))
    assert sold == (1, Leg.YES, Decimal(-100), Decimal("-49.5625"))
    found = what_if(2, (), [bought], exhaustive=True)
    assert found.filled == (Decimal("49.5625"), Decimal("-50.4375"))
    assert found.worst == (Decimal(0), Decimal("-50.4375"))
    assert found.at_risk == Decimal("50.4375")
