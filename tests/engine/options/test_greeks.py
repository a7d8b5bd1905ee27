"""Greeks of one option against finite differences, and which of them count as known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.core.events import Marked
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.instrument import Instrument, Payoff
from engine.core.units import DAY, SECOND, Nanos
from engine.maths import black
from engine.options import greeks

NOW = Nanos(1_790_000_000 * SECOND)
ONE = InstrumentId(DERIBIT, "X")


def made(*, put: bool, inverse: bool, days: float = 20.0, strike: int = 60_000, size: str = "1") -> Instrument:
    return Instrument(
        id=ONE, title="X", payoff=Payoff.PUT if put else Payoff.CALL, underlying="BTC", exercise=Decimal(strike),
        expires=Nanos(NOW + int(days * DAY)), inverse=inverse, contract_size=Decimal(size),
    )  # fmt: skip


def marked(spot: float = 60_000.0, vol: float = 0.6, **more: object) -> Marked:
    """A mark with the forward at the spot's own level, as that of a market without carry."""
    said = {"index": Decimal(spot), "forward": Decimal(spot), "mark_iv": vol, "price": Decimal("0.05")} | more
    return Marked(at=NOW, instrument=ONE, **said)  # type: ignore[arg-type]


def dollars(one: Instrument, spot: float, vol: float, now: int) -> float:
    """What one unit is worth: of an inverse one its coins at the index."""
    assert one.exercise is not None
    years = greeks.years_left(one, now)
    value = black.option(spot, float(one.exercise), vol, years, put=one.payoff is Payoff.PUT).price
    return value * float(one.contract_size)


@settings(max_examples=60)
@given(
    st.booleans(), st.booleans(), st.floats(3.0, 300.0), st.integers(40_000, 90_000), st.floats(0.2, 1.5),
    st.sampled_from(["1", "0.1", "10"]),
)  # fmt: skip
def test_greeks_are_the_slopes_of_what_it_is_worth(
    put: bool, inverse: bool, days: float, strike: int, vol: float, size: str
) -> None:
    one = made(put=put, inverse=inverse, days=days, strike=strike, size=size)
    found = greeks.greeks(one, marked(vol=vol), NOW, 0.0)
    assert found is not None
    h = 6.0
    up, at, down = (dollars(one, 60_000.0 + step, vol, NOW) for step in (h, 0.0, -h))
    scale = float(size)
    assert found.delta == pytest.approx((up - down) / (2 * h), abs=1e-5 * scale)
    assert found.gamma == pytest.approx((up - 2 * at + down) / h**2, abs=2e-8 * scale, rel=1e-3)
    more, less = (dollars(one, 60_000.0, vol + step, NOW) for step in (1e-4, -1e-4))
    assert found.vega == pytest.approx((more - less) / 2e-4 / 100, rel=1e-4, abs=1e-6 * scale)
    later = dollars(one, 60_000.0, vol, NOW + DAY // 1_000)
    assert found.theta == pytest.approx((later - at) * 1_000, rel=2e-3, abs=1e-3 * scale)


@given(st.booleans(), st.integers(40_000, 90_000))
def test_in_coins_an_inverse_option_moves_by_its_net_transaction_delta(put: bool, strike: int) -> None:
    """S · d(V in coin)/dS, which is what a result counted in the coin moves by (options_math 5)."""
    one = made(put=put, inverse=True, strike=strike)
    value = dollars(one, 60_000.0, 0.6, NOW) / 60_000.0
    found = greeks.greeks(one, marked(price=Decimal(value)), NOW, 0.0)
    assert found is not None
    coin = [dollars(one, spot, 0.6, NOW) / spot for spot in (59_994.0, 60_006.0)]
    assert found.delta_coin == pytest.approx(60_000.0 * (coin[1] - coin[0]) / 12.0, abs=1e-5)


def test_the_reference_call_of_the_conventions() -> None:
    """options_math 4 and 5: forward 63000, strike 65000, 14 days, 52 %, without its discount of 0.999."""
    one = made(put=False, inverse=True, days=14, strike=65_000)
    found = greeks.greeks(one, marked(63_000.0, 0.52, price=Decimal("0.027308")), NOW, 0.0)
    assert found is not None
    assert found.delta == pytest.approx(0.398992, abs=1e-6)
    assert found.delta_coin == pytest.approx(0.371684, abs=1e-6)
    assert found.gamma == pytest.approx(6.0116e-5 / 0.999, rel=1e-4)
    assert found.vega == pytest.approx(47.589 / 0.999, rel=1e-4)


def test_of_a_linear_option_both_deltas_are_one() -> None:
    found = greeks.greeks(made(put=True, inverse=False), marked(), NOW, 0.0)
    assert found is not None
    assert found.delta == found.delta_coin


def test_delta_fades_while_the_delivery_price_is_averaged_and_theta_with_what_is_left_of_life() -> None:
    one = made(put=False, inverse=True, days=900 / 86_400, strike=50_000)
    found = greeks.greeks(one, marked(), NOW, 0.0)
    assert found is not None
    assert found.delta == pytest.approx(0.5, abs=0.01)
    long = made(put=False, inverse=True, days=0.5)
    short = greeks.greeks(long, marked(), NOW, 0.0)
    assert short is not None
    whole = black.option(60_000.0, 60_000.0, 0.6, greeks.years_left(long, NOW)).theta_day
    assert short.theta == pytest.approx(whole / 2)


def test_what_is_known_goes_from_our_own_to_the_venues_to_nothing() -> None:
    one, whole = made(put=False, inverse=True), marked(delta=0.4, gamma=1e-5, vega=30.0, theta=-50.0)
    venue = structs.replace(whole, mark_iv=None)
    assert [greeks.greeks(one, whole, NOW, age).source for age in (0.0, 5.0, 5.1, 60.0)] == [  # type: ignore[union-attr]
        "own", "own", "last", "last",
    ]  # fmt: skip
    told = greeks.greeks(one, venue, NOW, 1.0)
    assert told is not None
    assert (told.delta, told.delta_coin, told.gamma, told.vega, told.theta, told.source) == (
        0.4, pytest.approx(0.35), 1e-5, 30.0, -50.0, "venue",
    )  # fmt: skip
    assert greeks.greeks(one, venue, NOW, 30.0).source == "last"  # type: ignore[union-attr]
    for nothing in (None, structs.replace(venue, gamma=None), structs.replace(whole, mark_iv=0.0, delta=None)):
        assert greeks.greeks(one, nothing, NOW, 1.0) is None
    for age in (60.1, float("nan"), -1.0):
        assert greeks.greeks(one, whole, NOW, age) is None


def test_a_volatility_that_cannot_be_is_none() -> None:
    one = made(put=False, inverse=True)
    assert greeks.model(one, marked(vol=0.0), NOW) is None
    assert greeks.model(one, marked(vol=float("nan")), NOW) is None
    assert greeks.model(one, marked(vol=1e9), NOW) is None
    assert greeks.model(one, marked(forward=None, index=None), NOW) is None
    found = greeks.model(one, marked(forward=None), NOW)
    assert found is not None
    assert found.forward == 60_000.0
