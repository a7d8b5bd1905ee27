"""The chance of a waiting order in words: never without its inputs, never a number for what is not known."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.units import Qty
from engine.views.ladder import FillOdds
from tests.widgets import views_sample as sample
from widgets import fill_words
from widgets.ladder_words import own_parts
from widgets.ticket_parts import lines

KNOWN = FillOdds(
    ahead=Qty(Decimal(120)), at_most=False, qty=Qty(Decimal(10)), per_s=0.1, mean_size=8.2, horizon_s=600.0,
    trades=16, chance=0.342,
)  # fmt: skip


def test_chance_and_inputs_are_said_together() -> None:
    assert fill_words.chance(KNOWN) == "34.2 % in 10 min"
    assert fill_words.inputs(KNOWN) == "120 ahead · 6.0/min × 8.2"


@pytest.mark.parametrize("lacks", ["ahead", "mean_size"])
def test_what_is_not_known_is_a_dash(lacks) -> None:
    odds = msgspec.structs.replace(KNOWN, chance=None, trades=None, **{lacks: None})
    assert fill_words.chance(odds) == "— in 10 min"
    assert "—" in fill_words.inputs(odds)


def test_a_venues_queue_bounds_the_chance_from_below() -> None:
    odds = msgspec.structs.replace(KNOWN, at_most=True, horizon_s=45.0)
    assert fill_words.chance(odds) == "≥ 34.2 % in 45 s"
    assert fill_words.inputs(odds).startswith("≤ 120 ahead")


@pytest.mark.parametrize("chance", [0.99951, 1.0])
def test_nothing_is_sure_to_fill_and_no_chance_is_more_than_all(chance) -> None:
    odds = msgspec.structs.replace(KNOWN, chance=chance)
    assert fill_words.share(odds) == "> 99.9 %"
    assert fill_words.share(msgspec.structs.replace(odds, at_most=True)) == "≥ 99.9 %"
    assert fill_words.share(msgspec.structs.replace(odds, chance=0.9989)) == "99.9 %"


def test_ladder_and_ticket_show_it_where_something_waits() -> None:
    view = msgspec.structs.replace(sample.curve(), fill=KNOWN, fill_words="BUY 10 YES @ 43")
    words = " ".join(part[0] for part in own_parts(view))
    assert words == "own BUY 10 YES @ 43 fills 34.2 % in 10 min 120 ahead · 6.0/min × 8.2"
    assert own_parts(sample.curve()) == ()
    card = msgspec.structs.replace(sample.preview(), fill=KNOWN)
    (shown,) = [line for line in lines(card) if line not in lines(sample.preview())]
    assert shown[:2] == ("Fills in 10 min: 120 ahead · 6.0/min × 8.2", "34.2 %")
