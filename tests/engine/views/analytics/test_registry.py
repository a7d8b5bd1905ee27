"""Computed columns are found by being there, are told apart, and say nothing where nothing can be said."""

from __future__ import annotations

import pytest

from engine.views.analytics import registry
from engine.views.analytics.column import Column, value
from engine.views.analytics.spread import COLUMN, spread
from tests.engine.views.analytics.rows import row


def column(key: str = "depth", header: str = "depth", of=lambda _rows: 1.0) -> Column:
    return Column(key=key, header=header, exported="depth shares", help="A test.", of=of)


def test_every_module_with_a_column_is_in_the_registry() -> None:
    assert registry.COLUMNS["spread"] is COLUMN
    assert registry.chosen(("none", "spread", "spread")) == (COLUMN,)


@pytest.mark.parametrize(
    "bad", [(column("Depth"),), (column(""),), (column(header="much too long"),), (column(), column())]
)
def test_a_key_that_is_no_key_or_anothers_is_refused_by_name(bad: tuple[Column, ...]) -> None:
    with pytest.raises(ValueError, match=r"column"):
        registry.checked(bad)


def test_what_cannot_be_said_is_none() -> None:
    assert value(column(of=lambda rows: 1 / len(rows)), ()) is None
    assert value(column(of=lambda _: float("nan")), ()) is None
    assert value(column(of=lambda _: None), ()) is None
    with pytest.raises(KeyError):
        value(column(of=lambda _: {}["a fault of ours"]), ())


def test_the_spread_is_the_ask_less_the_bid_and_of_a_market_the_narrowest() -> None:
    rows = (row(bid=4_000, ask=4_300), row(bid=1_000, ask=1_050), row(bid=None, ask=200))
    assert spread(rows) == 0.5
    assert spread(rows[:1]) == 3.0
    assert spread(rows[2:]) is None
