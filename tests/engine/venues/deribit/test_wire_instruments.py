"""Deribit's instruments as ours: steps, grids, sizes, families by expiry, inverse and linear."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.book import grid
from engine.core.instrument import Band, Payoff
from engine.core.units import Nanos
from engine.venues.deribit import wire, wire_instruments
from tests.engine.venues.deribit.chains import EXPIRY_MS, future, linear, option, row
from tests.shared import shared


def made(given):
    return wire_instruments.instrument(row(given))


def test_an_inverse_option() -> None:
    one = made(option())
    assert (one.payoff, one.underlying, one.exercise, one.inverse) == (Payoff.CALL, "BTC", Decimal(90_000), True)
    assert (one.unit, one.lot, one.least, one.step) == (
        Decimal("0.0001"), Decimal("0.01"), Decimal("0.1"), Decimal("0.1"),
    )  # fmt: skip
    assert one.grid == (Band(1, 50, 1), Band(50, 1_000_000, 5))
    assert one.expires == one.closes == Nanos(EXPIRY_MS * 1_000_000)
    assert (one.settles_in, one.family, one.label) == ("BTC", "deribit:BTC-27NOV26", "90000 C")
    assert one.fee.rate == Decimal("0.0003")
    assert one.contract_size == 1


@pytest.mark.parametrize(
    ("made_of", "period", "share"),
    [
        (option, "week", "0.00015"), (option, "month", "0.00015"), (option, "day", "0"),
        (future, "week", "0.00025"), (future, "month", "0.00025"), (future, "day", "0"), (future, "perpetual", "0"),
    ],
)  # fmt: skip
def test_delivery_takes_half_of_what_a_taker_pays_and_nothing_of_what_ends_daily(made_of, period, share) -> None:
    fee = made(made_of(settlement_period=period)).fee
    assert fee.delivery == Decimal(share)
    assert fee.delivery in {0, fee.rate / 2}
    assert fee.cap == (Decimal("0.125") if made_of is option else 0)


def test_prices_on_an_edge_of_the_grid_lie_on_both_sides_of_it() -> None:
    bands = made(option()).grid
    assert [grid.lies_on(bands, price) for price in (49, 50, 51, 54, 55)] == [True, True, False, False, True]


def test_a_linear_option_is_in_dollars_and_its_strike_may_have_a_point() -> None:
    one = made(linear("XRP_USDC-27NOV26-0d625-C", strike=0.625, tick_size=0.0001))
    assert (one.exercise, one.inverse, one.settles_in, one.underlying) == (Decimal("0.625"), False, "USDC", "XRP")
    assert one.family == "deribit:XRP_USDC-27NOV26"
    sol = made(linear())
    assert (sol.step, sol.least, sol.payoff) == (Decimal(10), Decimal(10), Payoff.PUT)


def test_a_perpetual_has_no_end_and_counts_in_dollars_where_it_is_inverse() -> None:
    one = made(future())
    assert (one.payoff, one.expires, one.step, one.lot, one.inverse) == (
        Payoff.LINEAR, None, Decimal(10), Decimal(1), True,
    )  # fmt: skip
    assert one.grid[0] == Band(50, 10_000_000_000, 50)
    assert Decimal(one.fact("contract_size")) == 10
    linear_one = made(
        future("BTC_USDC-PERPETUAL", instrument_type="linear", min_trade_amount=0.0001, contract_size=0.0001,
               settlement_currency="USDC", quote_currency="USDC", tick_size=0.1)
    )  # fmt: skip
    assert (linear_one.inverse, linear_one.step, linear_one.family) == (
        False, Decimal("0.0001"), "deribit:BTC_USDC-FUTURES",
    )  # fmt: skip


def test_an_old_answer_without_a_type_is_inverse_by_its_money() -> None:
    given = option()
    del given["instrument_type"], given["tick_size_steps"], given["settlement_currency"]
    assert made(given).inverse


@pytest.mark.parametrize(
    "wrong",
    [
        {"tick_size": 0}, {"tick_size": -1}, {"contract_size": 0}, {"min_trade_amount": -3}, {"option_type": "exotic"},
        {"strike": None}, {"expiration_timestamp": 1 << 50, "kind": "spot"}, {"tick_size": 1e-25},
        {"tick_size": 1e19}, {"tick_size_steps": [{"above_price": 1e19, "tick_size": 0.0005}]},
        {"tick_size_steps": [{"above_price": 0.005, "tick_size": 1e19}]},
        {"tick_size_steps": [{"above_price": 0.00505, "tick_size": 0.0005}]},
    ],
)  # fmt: skip
def test_facts_that_contradict_each_other_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match=r"."):
        made(option(**wrong))


def test_families_are_chains_by_expiry_and_the_futures_of_a_coin() -> None:
    rows = [row(one) for one in (
        option("BTC-27NOV26-90000-P"), option("BTC-27NOV26-80000-C"), option("BTC-27NOV26-90000-C"), future(),
        future("BTC-27NOV26"), option("BTC-25DEC26-90000-C", expiration_timestamp=EXPIRY_MS + 28 * 86_400_000),
    )]  # fmt: skip
    found = wire_instruments.families(rows, [wire_instruments.instrument(one) for one in rows], Nanos(1))
    assert [one.family.id for one in found] == [
        "deribit:BTC-27NOV26", "deribit:BTC-25DEC26", "deribit:BTC-FUTURES",
    ]  # fmt: skip
    assert [one.symbol for one in found[0].family.members] == [
        "BTC-27NOV26-80000-C", "BTC-27NOV26-90000-C", "BTC-27NOV26-90000-P",
    ]  # fmt: skip
    assert found[0].family.closes == Nanos(EXPIRY_MS * 1_000_000)
    assert [one.symbol for one in found[2].family.members] == ["BTC-PERPETUAL", "BTC-27NOV26"]
    assert not found[0].family.exclusive


def test_recorded_lists_are_read() -> None:
    for name in ("http_get_instruments", "http_get_instrument", "http_get_instrument_option"):
        raw = shared(f"frames/deribit/nautilus_test_data/{name}.json").read_bytes()
        result = json.loads(raw)["result"]
        rows = wire.body(wire_instruments.ROWS, json.dumps(result if isinstance(result, list) else [result]).encode())
        for one in rows:
            if one.kind in wire_instruments.KINDS:
                assert wire_instruments.instrument(one).grid
