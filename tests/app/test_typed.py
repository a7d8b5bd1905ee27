"""Orders in words: what is understood, what is not, and which outcomes they could mean."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.typed import orders, parse
from engine.core.commands import Tif
from engine.core.units import Leg, Side
from tests.widgets import views_sample as sample


@pytest.mark.parametrize(
    ("text", "side", "leg", "qty", "what", "price"),
    [
        ("buy 10 84-85 @42", Side.BUY, Leg.YES, 10, "84-85", 4200),
        ("BUY  10 no 84-85 @ 42.5c", Side.BUY, Leg.NO, 10, "84-85", 4250),
        ("buy 10 84-85 @42,5", Side.BUY, Leg.YES, 10, "84-85", 4250),
        ("sell 5 chicago 86", Side.SELL, Leg.YES, 5, "chicago 86", None),
        ("buy 3 @7", Side.BUY, Leg.YES, 3, "", 700),
    ],
)
def test_an_order_in_words(text, side, leg, qty, what, price) -> None:
    found = parse(text)
    assert (found.side, found.leg, found.qty, found.what, found.price) == (side, leg, Decimal(qty), what, price)


@pytest.mark.parametrize(
    "text", ["buy", "buy 3", "buy ten 84", "buy 0 84 @42", "buy 10 84 @0", "hold 10 84", "buy 99999999 84", ""]
)
def test_what_is_no_order_is_none(text) -> None:
    assert parse(text) is None


@given(st.text(max_size=120))
def test_no_text_raises(text) -> None:
    parse(text)


def test_the_market_that_is_looked_at_comes_first() -> None:
    rows = sample.markets().rows
    austin = next(row for row in rows if row.event == "Austin" and row.label)
    typed = parse(f"buy 10 {austin.label} @42")
    found = orders(typed, rows, austin.market)
    assert found[0][0] == austin
    place = found[0][1]
    assert (place.instrument, place.qty, place.price, place.origin) == (
        austin.instrument, Decimal(10), 4200, "palette",
    )  # fmt: skip


def test_without_a_name_it_is_the_outcome_that_is_looked_at() -> None:
    rows = sample.markets().rows
    found = orders(parse("sell 3 @40"), rows, None, rows[1].instrument)
    assert [(row.instrument, place.side, place.reduce_only) for row, place in found] == [
        (rows[1].instrument, Side.SELL, True)
    ]
    assert orders(parse("sell 3 @40"), rows, None, None) == []


def test_any_price_is_for_now_only() -> None:
    rows = sample.markets().rows
    assert orders(parse(f"buy 3 {rows[1].event}"), rows, None)[0][1].tif is Tif.IOC


def test_markets_that_are_shut_are_not_offered() -> None:
    shut = sample.market_row(status="settled", label="84-85")
    assert orders(parse("buy 3 84-85 @40"), [shut], shut.market) == []
