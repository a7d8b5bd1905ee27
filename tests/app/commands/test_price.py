from __future__ import annotations

import argparse
import json
import math
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands import price
from engine.core.errors import InputError


def command(*argv: object) -> int:
    parser = argparse.ArgumentParser()
    price.add(parser.add_subparsers())
    args = parser.parse_args(["price", *map(str, argv)])
    return args.run(args)


def told(capsys: pytest.CaptureFixture[str], *argv: object) -> dict:
    """The document of `--json`."""
    assert command(*argv, "--json") == 0
    return json.loads(capsys.readouterr().out)


def answer(capsys: pytest.CaptureFixture[str], *argv: object) -> dict:
    """The same as numbers."""
    return {
        name: [float(v) for v in value] if isinstance(value, list) else float(value)
        for name, value in told(capsys, *argv).items()
    }


def test_an_even_market_of_100_shares_can_lose_69_31(capsys):
    found = answer(capsys, "lmsr", "--b", 100, "--buy", 10)
    assert found["max_loss"] == pytest.approx(69.31, abs=0.005)
    assert found["cost"] == pytest.approx(5.1249, abs=5e-5)
    assert found["price_after"] == pytest.approx(1 / (1 + math.exp(-0.1)))
    assert found["average"] == pytest.approx(found["cost"] / 10, abs=1e-7)


def test_numbers_are_decimal_strings_and_costs_are_whole_micro_units(capsys):
    found = told(capsys, "lmsr", "--b", "1000", "--price", "0.43", "--buy", "0.000001")
    assert found["shares"] == "0.000001"
    assert found["cost"] == "0.000001"  # up to the next micro-unit
    assert all("e" not in value.lower() for value in (*found["prices_after"], found["price"], found["average"]))
    assert told(capsys, "lmsr", "--b", "1000", "--price", "0.43", "--buy", "-0.000001")["cost"] == "0"


def test_black76_values_an_option_and_finds_the_volatility_of_a_price(capsys):
    call = ["black76", "--forward", 3000, "--strike", 3000, "--days", "36.5"]
    found = answer(capsys, *call, "--vol", "0.6")
    assert found["price"] == pytest.approx(226.74176343998792, rel=1e-12)
    assert found["delta"] == pytest.approx(0.5377902939066647, rel=1e-12)
    assert found["gamma"] == pytest.approx(0.000697723315030792, rel=1e-12)
    assert found["vega"] == pytest.approx(376.77059011662766, rel=1e-12)
    back = answer(capsys, *call, "--price", repr(found["price"]))
    assert back == {name: pytest.approx(value, rel=1e-9) for name, value in found.items()}
    assert answer(capsys, *call, "--vol", "0.6", "--put")["delta"] == pytest.approx(-0.46220970609333534, rel=1e-12)


def test_a_digital_is_worth_its_chance_and_small_greeks_keep_their_digits(capsys):
    found = told(capsys, "digital", "--spot", 68000, "--strike", 68000, "--sigma", "0.00006", "--seconds", 200)
    assert float(found["p_up"]) == pytest.approx(0.49983074313001336, rel=1e-12)
    assert float(found["gamma"]) == pytest.approx(-5.08388780250411e-08, rel=1e-9)
    assert all("e" not in value.lower() for value in found.values())
    annual = told(capsys, "digital", "--spot", 68000, "--strike", 68000, "--vol", "0.337057", "--seconds", 200)
    assert float(annual["p_up"]) == pytest.approx(0.49983074, abs=1e-7)
    decided = told(capsys, "digital", "--spot", 2, "--strike", 1, "--sigma", 0, "--seconds", 0)
    assert (decided["p_up"], decided["p_down"], decided["d2"]) == ("1", "0", None)
    assert command("digital", "--spot", 2, "--strike", 1, "--sigma", 0, "--seconds", 0) == 0
    assert "d2             —" in capsys.readouterr().out


WORTHLESS = ["nan", "-1", "inf", "1e400", "x", ""]


@pytest.mark.parametrize("option", ["forward", "strike", "days", "vol", "price", "rate", "spot", "seconds", "sigma"])
@pytest.mark.parametrize("text", WORTHLESS)
def test_an_option_that_is_no_number_is_named(option, text):
    right = {"forward": "100", "strike": "100", "days": "30", "vol": "0.5", "rate": "0"}
    if option == "price":
        del right["vol"]
    model = "black76"
    if option in {"spot", "seconds", "sigma"}:
        model, right = "digital", {"spot": "100", "strike": "100", "seconds": "60", "sigma": "0.0001"}
    if (option, text) == ("rate", "-1"):
        text = "-2"
    with pytest.raises(InputError, match=f"^--{option}: "):
        command(model, *(f"--{name}={value}" for name, value in (right | {option: text}).items()))


def test_shares_budget_and_price_are_three_ways_to_say_one_trade(capsys):
    market = ["lmsr", "--b", 80, "--prior", "0.2,0.3,0.5", "--outcome", 1]
    by_shares = answer(capsys, *market, "--shares", 25)
    by_budget = answer(capsys, *market, "--budget", by_shares["cost"])
    by_price = answer(capsys, *market, "--to", by_shares["price_after"])
    for other in (by_budget, by_price):
        assert other == {name: pytest.approx(value, abs=1e-5) for name, value in by_shares.items()}
    assert sum(by_shares["prices_after"]) == pytest.approx(1.0)


def test_a_market_can_be_stated_by_price_by_prior_and_by_shares_sold(capsys):
    by_price = told(capsys, "lmsr", "--b", 50, "--price", "0.7310585786300049", "--buy", 5)
    assert told(capsys, "lmsr", "--b", 50, "--q", "50,0", "--buy", 5) == by_price
    assert told(capsys, "lmsr", "--b", 50, "--prior", "0.7310585786300049,0.2689414213699951", "--buy", 5) == by_price
    assert told(capsys, "lmsr", "--b", 50, "--prior", "0.33,0.33,0.33", "--buy", 5)["cost"], "rounded to hundredths"
    assert told(capsys, "lmsr", "--b", 50, "--q=0,-50", "--buy", 5) == by_price


def test_a_trade_of_nothing_costs_nothing(capsys):
    found = answer(capsys, "lmsr", "--b", 80, "--buy", 0)
    assert (found["cost"], found["average"], found["price_after"]) == (0.0, 0.5, 0.5)


def test_kelly_halves_and_caps(capsys):
    assert told(capsys, "kelly", "--p", 0.6, "--price", 0.5) == {"full": "0.2", "size": "0.1", "edge": "0.1"}
    assert told(capsys, "kelly", "--p", 0.9, "--price", 0.5)["size"] == "0.15"
    assert told(capsys, "kelly", "--p", 0.4, "--price", 0.5)["size"] == "0"


def test_people_read_a_line_a_number(capsys):
    assert command("kelly", "--p", 0.6, "--price", 0.5) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["full", "0.2"],
        ["size", "0.1"],
        ["edge", "0.1"],
    ]


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (["lmsr", "--b", "0", "--buy", "1"], "--b"),
        (["lmsr", "--b", "1e400", "--buy", "1"], "--b"),
        (["lmsr", "--b", "10", "--buy", "nan"], "--buy"),
        (["lmsr", "--b", "10", "--buy", "ten"], "--buy: .*'ten'"),
        (["lmsr", "--b", "10", "--to", "1"], "--to"),
        (["lmsr", "--b", "10", "--price", "1.5", "--buy", "1"], "--price"),
        (["lmsr", "--b", "10", "--prior", "0.5", "--buy", "1"], "--prior: .* two outcomes"),
        (["lmsr", "--b", "10", "--prior", "0,1", "--buy", "1"], "--prior"),
        (["lmsr", "--b", "10", "--prior", "0.7,0.7", "--buy", "1"], "--prior: .* come to 1.4, not to 1"),
        (["lmsr", "--b", "10", "--prior", "0.2,0.2", "--buy", "1"], "--prior: .* come to 0.4, not to 1"),
        (["lmsr", "--b", "10", "--prior", "50,50", "--buy", "1"], "--prior: .* come to 100, not to 1"),
        (["lmsr", "--b", "10", "--prior", "a,b", "--buy", "1"], "--prior: .*'a'"),
        (["lmsr", "--b", "1", "--q", "5000,0", "--outcome", "1", "--buy", "1"], "--q"),
        (["lmsr", "--b", "10", "--budget=-1000"], "--budget"),
        (["lmsr", "--b", "10", "--outcome", "2", "--buy", "1"], "--outcome"),
        (["kelly", "--p", "2", "--price", "0.5"], "--p"),
        (["kelly", "--p", "0.5", "--price", "0"], "--price"),
        (["kelly", "--p", "0.5", "--price", "0.5", "--fee=-1"], "--fee"),
        (["kelly", "--p", "0.5", "--price", "0.5", "--cap", "1.1"], "--cap"),
    ],
)
def test_what_no_model_takes_is_one_sentence_that_names_the_option(argv, word):
    with pytest.raises(InputError, match=word) as refused:
        command(*argv)
    assert "\n" not in str(refused.value)


NUMBER = st.floats().map(str) | st.decimals(allow_nan=True).map(str) | st.text(max_size=6)


@given(b=NUMBER, prior=st.lists(NUMBER, max_size=3), amount=NUMBER, way=st.sampled_from(["buy", "budget", "to"]))
def test_no_number_escapes_as_anything_but_an_input_error(b, prior, amount, way):
    wanted = {"buy": None, "budget": None, "to": None} | {way: amount}
    args = argparse.Namespace(b=b, price=None, prior=",".join(prior), q=None, outcome=0, **wanted)
    with suppress(InputError):
        found = price.lmsr_trade(args)
        assert all(Decimal(value).is_finite() for value in found["prices_after"])


def test_the_same_trades_are_put_to_three_makers(capsys):
    pool, book, scored = told(capsys, "makers", "--b", 100, "--trades", "60,-30,100")["makers"]
    assert [one["maker"] for one in (pool, book, scored)] == ["constant product", "order book", "LMSR"]
    assert float(scored["worst"]) == pytest.approx(100 * math.log(2))
    assert book["trades"][0] == {"shares": "60", "cost": "31.8", "price": "0.53"}
    assert command("makers", "--trades", "1000,-1000") == 0
    out = capsys.readouterr().out
    assert "+160 shares for" in out
    assert "no price is left" in out


def test_makers_want_numbers_and_not_too_many(capsys):
    for trades, word in (("1,two", "--trades"), (",".join(["1"] * 1_001), "at most 1000")):
        with pytest.raises(InputError, match=word):
            command("makers", "--trades", trades)
