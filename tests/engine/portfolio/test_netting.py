from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import NO_MONEY, Leg, Money, Qty, Side
from engine.portfolio.netting import Traded, book, cash_of, parts

ONE = InstrumentId(KALSHI, "KXHIGHCHI-26NOV21-B52.5")
QTY = st.integers(1, 5_000).map(lambda n: Qty(Decimal(n).scaleb(-2)))
PRICE = st.integers(1, 9_999).map(lambda n: Decimal(n).scaleb(-4))
TRADES = st.lists(
    st.builds(
        lambda s, leg, q, p: Traded(s, leg, q, Money(q * p)), st.sampled_from(Side), st.sampled_from(Leg), QTY, PRICE
    ),
    max_size=12,
)
ZERO = Decimal(0)


def cash(traded: Traded) -> Decimal:
    """What an order that neither closes nor opens anything else moves."""
    return traded.cost if traded.side is Side.SELL else -traded.cost


def test_no_bought_over_yes_held_sells_the_yes_first() -> None:
    found = parts(
        Traded(Side.BUY, Leg.NO, Qty(Decimal(10)), Money(Decimal("5.50"))), nets=True, yes=Decimal(4), no=ZERO
    )
    assert [(p.leg, p.side, p.qty, p.cost) for p in found] == [
        (Leg.YES, Side.SELL, 4, Decimal("1.8")),
        (Leg.NO, Side.BUY, 6, Decimal("3.3")),
    ]
    assert cash_of(found) == Decimal("-1.5")


def test_two_holdings_stay_apart_where_the_venue_keeps_them_apart() -> None:
    found = parts(Traded(Side.BUY, Leg.NO, Qty(Decimal(10)), Money(Decimal(5))), nets=False, yes=Decimal(4), no=ZERO)
    assert found == ((Leg.NO, Side.BUY, 10, 5),)


@given(TRADES, st.booleans())
def test_cash_and_payoff_are_those_of_the_trades_whatever_was_netted(trades, nets) -> None:
    held, moved = {}, ZERO
    for traded in trades:
        moved += cash_of(book(held, ONE, traded, NO_MONEY, nets=nets))
    yes, no = (held[ONE, leg].qty if (ONE, leg) in held else ZERO for leg in Leg)
    assert min(yes, no) >= 0
    assert not nets or min(yes, no) == 0
    for wins in (Leg.YES, Leg.NO):
        pays = sum((t.qty if t.side is Side.BUY else -t.qty for t in trades if t.leg is wins), ZERO)
        assert moved + (yes if wins is Leg.YES else no) == sum(map(cash, trades), ZERO) + pays


@given(TRADES, st.booleans())
def test_cash_is_what_was_realised_less_what_is_held_at_cost(trades, nets) -> None:
    held, moved = {}, ZERO
    for traded in trades:
        moved += cash_of(book(held, ONE, traded, Money(Decimal("0.01")), nets=nets))
    assert moved == sum((p.realised - p.cost for p in held.values()), ZERO)
    assert sum((p.fees for p in held.values()), ZERO) == Decimal("0.01") * len(trades)
