"""What a chain shows of an option: columns that fit, the same digits in every row, words."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.widgets import option_views as views
from widgets import option_columns as columns
from widgets.option_columns import PARTS, STRIKE_PX, fitting, mirrored


@given(st.integers(300, 2_400))
def test_columns_fit_and_what_matters_stays(width) -> None:
    found = fitting(width)
    keys = {one.key for one in found}
    assert {"my", "bid", "ask"} <= keys
    assert ("bid_iv" in keys) == ("ask_iv" in keys)
    least = sum(one.width for one in PARTS if not one.priority)
    assert sum(one.width for one in found) <= max((width - STRIKE_PX) / 2, least)


@given(st.integers(300, 2_400))
def test_puts_mirror_calls_with_the_bid_first(width) -> None:
    calls, puts = fitting(width), mirrored(fitting(width))
    assert sorted(one.key for one in calls) == sorted(one.key for one in puts)
    keys = [one.key for one in puts]
    assert keys[:2] == ["bid", "ask"]
    assert keys[-1] == "my"
    if "bid_iv" in keys:
        assert keys.index("ask_iv") == keys.index("bid_iv") + 1


def test_one_volatility_stands_where_two_have_no_room() -> None:
    assert "mark_iv" in {one.key for one in fitting(560)}
    assert "bid_iv" not in {one.key for one in fitting(560)}


def test_every_row_has_the_same_digits() -> None:
    dollars, coin = columns.scale_of(views.chain()), columns.scale_of(views.chain(inverse=True))
    assert (dollars.price, dollars.gamma, dollars.strike) == (0, 5, 0)
    assert coin.price == 4
    assert columns.header(columns.BY_KEY["gamma"], dollars) == "Γ e−5"
    assert columns.scale_of(views.chain(rows=())) == columns.Scale(money=2)


def test_what_is_not_known_is_a_dash_and_what_is_not_held_is_nothing() -> None:
    one = views.side(70_000, False, bid=None, mid=None, bid_iv=None, delta=None, gamma=None, open_interest=None)
    ink = {part.key: part.ink(one, columns.Scale()).words for part in PARTS}
    assert {ink[key] for key in ("bid", "mid", "bid_iv", "delta", "gamma", "oi")} == {"—"}
    assert ink["my"] == ""
    held = views.side(70_000, False, qty=Decimal("-0.5"), working=2)
    assert columns.BY_KEY["my"].ink(held, columns.Scale()) == ("−0.5*", "sell")


def test_the_forward_lies_between_strikes_or_nowhere() -> None:
    rows = views.chain().rows
    assert columns.around_forward(rows, 68_910.0) == 8
    assert columns.around_forward(rows, 1.0) is None
    assert columns.around_forward(rows, None) is None
    assert columns.around_forward((), 1.0) is None


def test_days_and_expiries_are_told_as_on_the_tabs() -> None:
    assert columns.expiry_words(views.chain().expires) == "30 JUL"
    assert (columns.days_words(27.2), columns.days_words(0.5), columns.days_words(1 / 96)) == ("27 d", "12 h", "15 m")


def test_an_option_in_words_says_its_doubt() -> None:
    view = views.chain()
    one = views.side(76_000, False, stale="sequence gap")
    words = columns.told(view.rows[11], one, False, columns.scale_of(view), view).replace("\xa0", " ")
    assert words.startswith("Call 76 000 30 JUL: bid 1 135, ask 1 155 USDC")
    assert words.endswith("; sequence gap")
