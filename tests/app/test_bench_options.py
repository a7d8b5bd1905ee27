from __future__ import annotations

import sys

import numpy as np
import pytest

from app.bench import options
from app.commands import bench
from engine.maths.black_arrays import price


@pytest.fixture
def small(monkeypatch) -> None:
    monkeypatch.setattr(options, "COUNT", 50)
    monkeypatch.setattr(options, "ROUNDS", 2)
    monkeypatch.setattr(options, "PEER_ROUNDS", 1)


def test_the_options_are_out_of_the_money_and_worth_their_volatility() -> None:
    all_ = options.made()
    assert all_.strikes.size == options.COUNT
    assert (all_.put == (all_.strikes < options.FORWARD)).all()
    assert all_.worth == pytest.approx(price(options.FORWARD, all_.strikes, all_.vols, all_.years, all_.put))


def test_every_volatility_is_found_and_right(small) -> None:
    figure = options.option_vols_10k()
    assert figure["unknown"] == 0
    assert figure["worst_error"] < 1e-8


def test_others_stand_beside_in_the_same_run(small) -> None:
    pytest.importorskip("QuantLib")
    pytest.importorskip("vollib.black")
    for figure in (options.option_greeks_10k(), options.option_vols_10k()):
        assert set(figure["beside"]) == {"QuantLib", "vollib"}
        assert all(median > 0.0 for median in figure["beside"].values())


def test_who_is_missing_is_named_and_the_figure_stands(small, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "QuantLib", None)
    monkeypatch.setitem(sys.modules, "vollib.black", None)
    figure = options.option_greeks_10k()
    assert figure["beside"] == {}
    assert len(figure["missing"]) == 2
    table = bench._table({"option_greeks_10k": figure})
    assert "QuantLib is not installed" in table


def test_a_smile_and_a_payoff_are_measured(small) -> None:
    for work in (options.option_smile, options.option_payoff):
        assert np.isfinite(work()["median"])
