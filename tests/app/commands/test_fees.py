"""`atmx fees` gives the venue's own number, and refuses what is none in one line."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cli
from app.commands import fees
from engine.core.units import Side
from tests.shared import shared


def _parsed(venue, **options):
    parser = argparse.ArgumentParser()
    fees.add(parser.add_subparsers())
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return parser.parse_args(["fees", venue, *words])


def _figures(venue, **options):
    return fees.figures(_parsed(venue, **{"side": "buy", "price": "0.5", "count": "100", "role": "taker", **options}))


@pytest.mark.parametrize(
    ("venue", "options", "fee", "cost", "breakeven"),
    [
        ("kalshi", {}, "1.75", "51.75", "0.5175"),
        ("kalshi", {"side": "sell"}, "1.75", "-48.25", "0.4825"),
        ("kalshi", {"role": "maker"}, "0", "50", "0.5"),
        ("kalshi", {"role": "maker", "rate": "0.0175"}, "0.4375", "50.4375", "0.504375"),
        ("kalshi", {"multiplier": "0.5"}, "0.875", "50.875", "0.50875"),
        ("kalshi", {"count": "1", "price": "0.07", "precision": "0.01"}, "0.01", "0.08", "0.08"),
        ("kalshi", {"count": "1", "price": "0.07", "precision": "0.01", "side": "sell"}, "0.01", "-0.06", "0.06"),
        ("polymarket", {"rate": "0.07"}, "1.75", "51.75", "0.5175"),
        ("polymarket", {"rate": "0.07", "role": "maker"}, "0", "50", "0.5"),
        ("polymarket", {}, "0", "50", "0.5"),
        ("lmsr", {"rate": "0.01"}, "0.5", "50.5", "0.505"),
    ],
)
def test_a_trade_costs_what_the_venue_says(venue, options, fee, cost, breakeven):
    assert _figures(venue, **options) == {"fee": fee, "cost": cost, "breakeven": breakeven}


@given(
    st.sampled_from(["kalshi", "polymarket"]),
    st.sampled_from(["buy", "sell"]),
    st.integers(1, 9_999),
    st.integers(1, 10**6),
)
def test_a_purchase_breaks_even_above_its_price_and_a_sale_below(venue, side, ticks, hundredths):
    price, count = Decimal(ticks) / 10_000, Decimal(hundredths) / 100
    found = _figures(venue, side=side, price=price, count=count, rate="0.07")
    fee, cost, breakeven = (Decimal(found[name]) for name in ("fee", "cost", "breakeven"))
    assert fee >= 0
    assert cost == (count * price + fee if Side(side) is Side.BUY else fee - count * price)
    assert (breakeven >= price) if side == "buy" else (breakeven <= price)
    assert abs(breakeven - price) * count == pytest.approx(fee, abs=Decimal("1E-8") * count)


def test_real_fills_of_2026():
    cases = json.loads(shared("golden/models.json").read_text())["models"]["kalshi.fee_2026"]["cases"]
    for case in cases:
        given_ = case["in"]
        assert Decimal(_figures("kalshi", **given_)["fee"]) == Decimal(case["out"]["fee_cost"]), case["name"]
    assert len(cases) >= 10


def test_the_command_line_prints_one_document_or_three_lines(capsys):
    words = ["fees", "kalshi", "--side", "buy", "--price", "0.50", "--count", "100", "--role", "taker"]
    assert cli.run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"fee": "1.75", "cost": "51.75", "breakeven": "0.5175"}
    assert cli.run(words) == 0
    assert capsys.readouterr().out.splitlines() == ["fee        1.75", "cost       51.75", "breakeven  0.5175"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"side": "hold"}, "--side: must be buy or sell"),
        ({"role": "broker"}, "--role: must be maker or taker"),
        ({"price": "1.5"}, "--price: must lie between 0 and 1"),
        ({"price": "NaN"}, "--price"),
        ({"count": "0"}, "--count: must be more than 0"),
        ({"count": "ten"}, "--count: must be a number"),
        ({"rate": "-1"}, "--rate"),
        ({"precision": "0"}, "--precision"),
        ({"multiplier": "Infinity"}, "--multiplier"),
        ({"price": "0." + "1" * 60}, "--price"),
    ],
)
def test_a_wrong_option_is_one_line_that_names_it(capsys, options, words):
    given_ = {"side": "buy", "price": "0.5", "count": "1", "role": "taker", **options}
    argv = [word for name, value in given_.items() for word in (f"--{name}", value)]
    assert cli.run(["fees", "kalshi", *argv]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"atmx: {words}")
    assert error.count("\n") == 1


def test_an_unknown_venue_is_refused_by_name(capsys):
    assert cli.run(["fees", "nyse", "--side", "buy", "--price", "0.5", "--count", "1", "--role", "taker"]) == 2
    assert "VENUE: must be kalshi or polymarket or lmsr, was 'nyse'" in capsys.readouterr().err
