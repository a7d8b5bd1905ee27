from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from app import report
from engine.core.ids import InstrumentId, VenueId


class Line(msgspec.Struct, frozen=True, kw_only=True):
    at: int
    instrument: InstrumentId
    price: float | None
    mark: float | None
    edge: float
    fee: Decimal


class View(msgspec.Struct, frozen=True):
    rows: tuple[Line, ...]


def line(**other) -> Line:
    whole = {
        "at": 1_782_000_000_000_000_000,
        "instrument": InstrumentId(VenueId("lmsr"), "M/0"),
        "price": 62.266169999999995,
        "mark": 50.0,
        "edge": -1.5,
        "fee": Decimal("0.100000"),
    }
    return Line(**whole | other)


def test_money_and_prices_are_decimal_strings_times_iso_instruments_their_symbol():
    assert report.rows(View((line(),))) == [
        {
            "at": "2026-06-21T00:00:00Z",
            "instrument": "M/0",
            "price": "0.622662",
            "mark": "0.5",
            "edge": -1.5,
            "fee": "0.100000",
        }
    ]


def test_what_is_unknown_stays_unknown():
    found = report.rows(View((line(price=None, mark=None),)))[0]
    assert (found["price"], found["mark"]) == (None, None)


@pytest.mark.parametrize(("cents", "text"), [(100.0, "1"), (0.0, "0"), (0.01, "0.0001"), (1e-6, "0")])
def test_a_price_is_never_in_powers_of_ten(cents, text):
    assert report.price(cents) == text


def test_no_view_has_no_rows():
    assert report.rows(None) == []


def test_money_at_a_mark_is_told_to_the_micro_unit():
    assert report.rows(View((line(fee=Decimal("3.340159243830154850527947019")),)))[0]["fee"] == "3.340159"
