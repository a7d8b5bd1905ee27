from __future__ import annotations

import argparse
import json
import math
from contextlib import suppress

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


def answer(capsys: pytest.CaptureFixture[str], *argv: object) -> dict:
    assert command(*argv, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_an_even_market_of_100_shares_can_lose_69_31(capsys):
    found = answer(capsys, "lmsr", "--b", 100, "--shares", 10)
    assert found["max_loss"] == pytest.approx(69.31, abs=0.005)
    assert found["cost"] == pytest.approx(5.1249, abs=5e-5)
    assert found["price_after"] == pytest.approx(1 / (1 + math.exp(-0.1)))
    assert found["average"] == pytest.approx(found["cost"] / 10)


def test_shares_budget_and_price_are_three_ways_to_say_one_trade(capsys):
    market = ["lmsr", "--b", 80, "--prior", "0.2,0.3,0.5", "--outcome", 1]
    by_shares = answer(capsys, *market, "--shares", 25)
    by_budget = answer(capsys, *market, "--budget", by_shares["cost"])
    by_price = answer(capsys, *market, "--to", by_shares["price_after"])
    for other in (by_budget, by_price):
        assert other == {name: pytest.approx(value) for name, value in by_shares.items()}
    assert sum(by_shares["prices_after"]) == pytest.approx(1.0)


def test_a_trade_of_nothing_costs_nothing(capsys):
    found = answer(capsys, "lmsr", "--b", 80, "--shares", 0)
    assert (found["cost"], found["average"], found["price_after"]) == (0.0, 0.5, 0.5)


def test_kelly_halves_and_caps(capsys):
    found = answer(capsys, "kelly", "--p", 0.6, "--price", 0.5)
    assert found == {"full": pytest.approx(0.2), "size": pytest.approx(0.1), "edge": pytest.approx(0.1)}
    assert answer(capsys, "kelly", "--p", 0.9, "--price", 0.5)["size"] == 0.15


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
        (["lmsr", "--b", "0", "--shares", "1"], "b must"),
        (["lmsr", "--b", "10", "--shares", "nan"], "nan"),
        (["lmsr", "--b", "10", "--to", "1"], "price"),
        (["lmsr", "--b", "10", "--prior", "0.5", "--shares", "1"], "outcomes"),
        (["lmsr", "--b", "10", "--prior", "a,b", "--shares", "1"], "a"),
        (["lmsr", "--b", "10", "--outcome", "2", "--shares", "1"], "outcome"),
        (["kelly", "--p", "2", "--price", "0.5"], "probability"),
    ],
)
def test_what_no_model_takes_is_one_sentence(argv, word):
    with pytest.raises(InputError, match=word):
        command(*argv)


@given(st.floats(), st.floats(), st.floats(), st.floats())
def test_no_number_escapes_as_anything_but_an_input_error(b, prior, other, shares):
    args = argparse.Namespace(
        model="lmsr", b=b, prior=f"{prior},{other}", outcome=0, shares=shares, budget=None, to=None, json=True
    )
    args.work = price._lmsr
    with suppress(InputError):
        assert price.run(args) == 0
