from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.book import Book
from engine.book.ladder import Ladder
from engine.book.sparse import SparseLadder
from engine.core.units import Side
from tests.engine.book.oracle import Oracle

TOP = 30
KINDS = [lambda: Ladder(TOP), SparseLadder, lambda: SparseLadder(4), lambda: SparseLadder(9)]
SIDES, PRICES = st.sampled_from(Side), st.integers(0, TOP)
PUT = st.tuples(st.just("put"), SIDES, PRICES, st.integers(-2, 9))
ADD = st.tuples(st.just("add"), SIDES, PRICES, st.integers(-9, 9))
ACTS = st.lists(PUT | ADD | st.just(("clear",)), max_size=60)


def same(book: Book, oracle: Oracle) -> None:
    assert book.best_bid == oracle.best(Side.BUY)
    assert book.best_ask == oracle.best(Side.SELL)
    for side in Side:
        assert book.levels(side) == oracle.levels(side)


@pytest.mark.parametrize("kind", KINDS)
@given(acts=ACTS)
def test_after_any_acts_the_book_is_what_two_dicts_say(kind, acts) -> None:
    book, oracle = kind(), Oracle()
    for act, *arguments in acts:
        getattr(book, act)(*arguments)
        getattr(oracle, act)(*arguments)
        same(book, oracle)


@pytest.mark.parametrize("kind", KINDS)
@given(acts=ACTS, side=SIDES, lots=st.integers(0, 40), limit=PRICES)
def test_a_sweep_takes_lot_by_lot_what_stands_within_the_limit(kind, acts, side, lots, limit) -> None:
    book, oracle = kind(), Oracle()
    for act, *arguments in acts:
        getattr(book, act)(*arguments)
        getattr(oracle, act)(*arguments)
    want = oracle.sweep(side, lots, limit)
    got = book.sweep(side, lots, limit)
    assert list(got.levels) == want
    assert got.lots == sum(n for _, n in want)
    assert got.value == sum(p * n for p, n in want)
    assert got.worst == (want[-1][0] if want else None)
    same(book, oracle)


@pytest.mark.parametrize("kind", KINDS)
@given(acts=ACTS, side=SIDES, n=st.integers(0, 5))
def test_cumulative_sizes_add_up_level_by_level(kind, acts, side, n) -> None:
    book = kind()
    for act, *arguments in acts:
        getattr(book, act)(*arguments)
    rows = book.cumulative(side, n)
    assert [(price, lots) for price, lots, _ in rows] == book.levels(side, n)
    assert [total for *_, total in rows] == [sum(lots for _, lots, _ in rows[: i + 1]) for i in range(len(rows))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_snapshot_replaces_all_there_was(kind) -> None:
    book = kind()
    book.put(Side.BUY, 20, 5)
    book.snapshot([(7, 3), (5, 1)], [(9, 2)])
    assert book.levels(Side.BUY) == [(7, 3), (5, 1)]
    assert book.levels(Side.SELL) == [(9, 2)]
    assert (book.best_bid, book.best_ask, book.mid) == (7, 9, 8.0)
    assert book.micro == pytest.approx((7 * 2 + 9 * 3) / 5)
    assert not book.crossed


@pytest.mark.parametrize("kind", KINDS)
def test_a_book_with_one_side_has_no_middle(kind) -> None:
    book = kind()
    assert book.mid is None
    assert book.micro is None
    book.put(Side.BUY, 7, 3)
    assert book.mid is None
    assert not book.crossed
    book.put(Side.SELL, 7, 1)
    assert book.crossed
    assert book.sweep(Side.SELL).average == 7.0
    assert book.sweep(Side.BUY, limit=6).average is None


def test_a_ladder_refuses_prices_above_its_top() -> None:
    with pytest.raises(IndexError):
        Ladder(TOP).put(Side.BUY, TOP + 1, 1)


@given(steps=st.lists(st.tuples(SIDES, st.integers(-3_000, 3_000), st.integers(0, 3)), max_size=80))
def test_a_price_that_runs_away_takes_its_window_along(steps) -> None:
    book, oracle = SparseLadder(1_024), Oracle()
    middle = 8_600_000
    for side, by, lots in steps:
        middle += by
        for price in (middle, middle - 700 if side is Side.BUY else middle + 700):
            book.put(side, price, lots)
            oracle.put(side, price, lots)
        same(book, oracle)


@given(
    seed=st.integers(0, 2**32),
    spread=st.sampled_from([200, 2_000, 40_000]),
    acts=st.lists(st.tuples(st.integers(-9_000, 9_000), st.integers(1, 120)), min_size=1, max_size=8),
)
def test_a_window_that_grows_over_many_levels_forgets_none(seed, spread, acts) -> None:
    rng, book, oracle, middle = random.Random(seed), SparseLadder(), Oracle(), 0
    for by, levels in acts:
        middle += by
        for _ in range(levels):
            side, away = rng.choice(list(Side)), 1 + int(rng.random() ** 3 * spread)
            price = middle - away if side is Side.BUY else middle + away
            act, lots = rng.choice(["put", "put", "add"]), rng.choice([0, 3, 9, -4])
            getattr(book, act)(side, price, lots)
            getattr(oracle, act)(side, price, lots)
            assert book.lots(side, price) == oracle.sides[side].get(price, 0)
        same(book, oracle)
    assert book.lots(Side.BUY, middle + 10**6) == book.lots(Side.SELL, middle + 10**6) == 0
