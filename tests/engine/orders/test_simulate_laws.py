"""Laws of paper trading that hold whatever happens."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.effects import Look, Replace, Submit, Withdraw
from engine.core.events import Amended, AmendRefused, BooksStale, Canceled, Filled, Pictured
from engine.core.ids import KALSHI, OrderId
from engine.core.units import SECOND, Leg, Side
from engine.orders.simulate import Latency
from tests.engine.orders.papers import BUY, IT, MS, SELL, START, book, delta, desk, kinds, known, order, say, trade

CENTS = st.integers(40, 47)
TIF = st.sampled_from([Tif.GTC, Tif.IOC, Tif.FOK])
NEWS = st.one_of(
    st.tuples(st.just("delta"), st.sampled_from(Side), CENTS, st.integers(0, 30)),
    st.tuples(st.just("trade"), st.sampled_from(Side), CENTS, st.integers(1, 30)),
    st.tuples(st.just("stale"), st.just(None), st.just(0), st.just(0)),
    st.tuples(st.just("book"), st.just(None), st.integers(41, 43), st.integers(1, 30)),
    st.tuples(st.just("place"), st.sampled_from(Side), CENTS, st.integers(1, 20), TIF, st.sampled_from(Leg)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("amend"), st.integers(0, 9), CENTS, st.integers(1, 20)),
)


def play(script: list[tuple[object, ...]], seed: int, cancel_resting: bool) -> tuple[list[object], dict[str, Submit]]:
    """Return the answers to a script of news and requests, 7 ms apart, and the orders placed."""
    sim = desk(
        Latency(out=9 * MS, back=4 * MS, jitter=6 * MS), random.Random(seed).random, cancel_resting=cancel_resting
    )
    placed: dict[str, Submit] = {}
    answers: list[object] = []
    at = START
    for kind, *what in script:
        at += 7 * MS
        name = f"o{what[0] % max(1, len(placed))}" if kind in ("cancel", "amend") else ""
        if kind in ("cancel", "amend") and not placed:
            continue
        match kind, what:
            case "delta", [side, cents, shares]:
                news: object = delta(side, cents, shares, at)
            case "trade", [side, cents, shares]:
                news = trade(cents, shares, side, at)
            case "stale", _:
                news = BooksStale(at=at, venue=KALSHI, instruments=(IT,), why="gap")
            case "book", [_, cents, shares]:
                news = book([(cents, shares), (40, 9)], [(cents + 2, shares), (47, 9)], at)
            case "place", [side, cents, shares, tif, leg]:
                news = order(f"o{len(placed)}", side, cents, shares, tif, leg=leg)
                placed[f"o{len(placed)}"] = news
            case "cancel", _:
                news = Withdraw(order=OrderId(name))
            case _, [_, cents, shares]:
                news = Replace(known=known(name), price=cents * 100, qty=Decimal(shares))
        answers += sim.step(news, at)
    sim.step(Look(venue=KALSHI, orders=tuple(known(name) for name in placed)), at)
    return answers + sim.due(at + SECOND), placed


@settings(max_examples=150, deadline=None)
@given(st.lists(NEWS, max_size=60), st.integers(0, 99), st.booleans())
def test_whatever_happens_every_order_has_one_life_and_no_more_fills_than_its_size(
    script, seed, cancel_resting
) -> None:
    answers, placed = play(script, seed, cancel_resting)
    assert answers == play(script, seed, cancel_resting)[0]
    assert [a.at for a in answers] == sorted(a.at for a in answers)
    picture = answers[-1]
    assert isinstance(picture, Pictured)
    status = {one.order: one for one in picture.orders}
    ids = [a.trade_id for a in answers if isinstance(a, Filled)]
    assert len(ids) == len(set(ids))
    for name, asked in placed.items():
        told = [a for a in answers[:-1] if a.order == name and not isinstance(a, AmendRefused)]
        names = Counter(kinds(told))
        assert names["Accepted"] + names["Rejected"] == 1
        fills = [a for a in told if isinstance(a, Filled)]
        sizes = [asked.order.place.qty, *(a.qty for a in told if isinstance(a, Amended))]
        assert sum(fill.qty for fill in fills) <= max(sizes)
        assert all(fill.cost == fill.qty * fill.price for fill in fills)
        if names["Rejected"]:
            assert status[name].status == "absent"
            continue
        one = status[name]
        assert one.filled == sum(fill.qty for fill in fills)
        assert one.qty == sizes[-1]
        assert names["Canceled"] == (one.status == "canceled")
        assert (one.filled == one.qty) == (one.status == "filled")
        ends = [i for i, a in enumerate(told) if isinstance(a, Canceled)]
        assert not any(isinstance(a, Filled) for i in ends for a in told[i + 1 :])
        buying = asked.order.place.side is BUY
        if not names["Amended"]:
            limit = Decimal(asked.order.place.price) / 10_000
            assert all(fill.price <= limit if buying else fill.price >= limit for fill in fills)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Side), CENTS, st.integers(1, 90)), min_size=1, max_size=12))
def test_takers_never_get_more_than_the_book_showed(orders) -> None:
    sim = desk()
    got: Counter[tuple[Side, Decimal]] = Counter()
    for n, (side, cents, shares) in enumerate(orders):
        for answer in say(sim, order(f"o{n}", side, cents, shares, Tif.IOC)):
            if isinstance(answer, Filled):
                got[side, answer.price] += answer.qty
    shown = {(BUY, "0.45"): 50, (BUY, "0.46"): 80, (SELL, "0.42"): 100, (SELL, "0.41"): 60}
    for (side, price), qty in got.items():
        assert qty <= shown[side, f"{price:.2f}"]
