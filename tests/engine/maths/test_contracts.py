"""What derivatives come to, by the conventions of `specs/venues/options_math` and Deribit's fee schedule."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.fee_rule import FeeRule
from engine.core.ids import InstrumentId, VenueId
from engine.core.instrument import Instrument, Payoff
from engine.core.units import Nanos, Qty, Side
from engine.maths import contracts
from engine.maths.contracts import Booking

RULE = FeeRule(kind="of_underlying", rate=Decimal("0.0003"), maker_rate=Decimal("0.0003"), cap=Decimal("0.125"))
INDEX = Decimal(60_000)


def made(payoff: Payoff, *, inverse: bool, size: str = "1", fee: FeeRule = RULE) -> Instrument:
    strike = None if payoff is Payoff.LINEAR else Decimal(60_000)
    return Instrument(
        id=InstrumentId(VenueId("deribit"), "X"), title="X", payoff=payoff, underlying="BTC", exercise=strike,
        inverse=inverse, contract_size=Decimal(size), expires=Nanos(1), fee=fee,
    )  # fmt: skip


def test_an_inverse_option_costs_its_price_times_the_index() -> None:
    one = made(Payoff.CALL, inverse=True)
    assert contracts.cost(one, Decimal("0.0105"), Decimal(2), INDEX) == 1_260
    assert contracts.cost(one, Decimal("0.0105"), Decimal(2), None) is None
    assert contracts.cost(made(Payoff.CALL, inverse=False), Decimal(630), Decimal(2), None) == 1_260


def test_a_future_comes_to_what_it_stands_for() -> None:
    assert contracts.cost(made(Payoff.LINEAR, inverse=False), Decimal(60_000), Decimal("0.5"), None) == 30_000
    assert contracts.cost(made(Payoff.LINEAR, inverse=True, size="10"), Decimal(50_000), Decimal(300), None) == 3_000
    assert contracts.coins(made(Payoff.LINEAR, inverse=True, size="10"), Decimal(300), INDEX) == Decimal("0.05")


@pytest.mark.parametrize(("price", "taken"), [("0.0105", "18"), ("0.0024", "18"), ("0.001", "7.5"), ("0.0001", "0.75")])
def test_the_fee_is_of_the_underlying_and_an_eighth_of_the_premium_at_most(price: str, taken: str) -> None:
    for one, quoted in (
        (made(Payoff.PUT, inverse=True), Decimal(price)),
        (made(Payoff.PUT, inverse=False), Decimal(price) * INDEX),
    ):
        assert contracts.fee(one, Side.BUY, quoted, Qty(Decimal(1)), INDEX, maker=False) == Decimal(taken)


def test_a_maker_of_a_future_may_be_paid() -> None:
    rule = FeeRule(kind="of_value", rate=Decimal("0.0005"), maker_rate=Decimal("-0.0001"))
    one = made(Payoff.LINEAR, inverse=True, size="10", fee=rule)
    assert contracts.fee(one, Side.BUY, INDEX, Qty(Decimal(100)), None, maker=False) == Decimal("0.5")
    assert contracts.fee(one, Side.BUY, INDEX, Qty(Decimal(100)), None, maker=True) == Decimal("-0.1")


def test_what_cannot_be_told_is_not_guessed() -> None:
    one = made(Payoff.CALL, inverse=False)
    assert contracts.fee(one, Side.BUY, Decimal(10), Qty(Decimal(1)), None, maker=False) is None
    unknown = made(Payoff.CALL, inverse=False, fee=FeeRule(kind="of_the_moon"))
    assert contracts.fee(unknown, Side.BUY, Decimal(10), Qty(Decimal(1)), INDEX, maker=False) is None


@given(st.integers(1, 10**6), st.booleans())
def test_a_call_less_a_put_is_the_forward_at_delivery(price: int, inverse: bool) -> None:
    at = Decimal(price)
    call, put = (contracts.delivered(made(p, inverse=inverse), at) for p in (Payoff.CALL, Payoff.PUT))
    assert min(call, put) == 0
    assert float(call - put) == pytest.approx(float((at - 60_000) / (at if inverse else 1)))
    assert call <= 1 or not inverse


@pytest.mark.parametrize(
    ("text", "value"), [("61234.5", Decimal("61234.5")), ("", None), ("yes", None), ("-1", None), ("NaN", None)]
)
def test_a_delivery_price_is_a_price(text: str, value: Decimal | None) -> None:
    assert contracts.delivery(text) == value


def test_how_fills_are_booked_follows_from_what_it_is() -> None:
    assert contracts.booking(made(Payoff.CALL, inverse=True)) is Booking.PREMIUM
    assert contracts.booking(made(Payoff.LINEAR, inverse=False)) is Booking.MARGINED
    assert contracts.booking(made(Payoff.LINEAR, inverse=True)) is Booking.INVERSE
    spot = Instrument(id=InstrumentId(VenueId("binance"), "BTCUSDT"), title="BTC", payoff=Payoff.LINEAR)
    assert contracts.booking(spot) is Booking.NETTED
    assert not contracts.is_derivative(spot)
