"""Numbers of fills and accounts that our sums cannot hold are told from those that they can."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.core.events import Filled, Held, Pictured
from engine.core.ids import DERIBIT, InstrumentId, OrderId
from engine.core.units import Leg, Money, Nanos, Qty
from engine.orders import bearable

ONE = InstrumentId(DERIBIT, "BTC-PERPETUAL")


def fill(**numbers: str) -> Filled:
    """A fill of 2 at 3."""
    some: dict[str, Any] = {"price": "3", "qty": "2", "cost": "6", "fee": "0"} | numbers
    return Filled(at=Nanos(1), order=OrderId("o-1"), trade_id="t", **{k: Decimal(v) for k, v in some.items()})


@pytest.mark.parametrize(
    "numbers",
    [
        {"qty": "NaN"}, {"cost": "Infinity"}, {"fee": "-1e16"}, {"price": "1e60"}, {"qty": "1e14", "price": "100"},
        {"price": "1e-14", "cost": "100"}, {"price": "1e-999990"},
    ],
)  # fmt: skip
def test_a_fill_that_sums_cannot_hold_is_told(numbers: dict[str, str]) -> None:
    assert bearable.fill(fill(**numbers))


@pytest.mark.parametrize(
    "numbers", [{}, {"price": "0", "cost": "0"}, {"fee": "-0.5"}, {"qty": "1e12", "price": "0.00001", "cost": "1e7"}]
)
def test_a_fill_as_they_come_is_none_of_those(numbers: dict[str, str]) -> None:
    assert bearable.fill(fill(**numbers)) == ""


@pytest.mark.parametrize("wrong", ["NaN", "-1e16", "1e30"])
def test_so_is_an_account(wrong: str) -> None:
    def account(qty: str = "1", average: str = "3", cash: str = "5") -> Pictured:
        held = Held(instrument=ONE, leg=Leg.YES, qty=Qty(Decimal(qty)), average=Decimal(average))
        return Pictured(at=Nanos(1), venue=DERIBIT, asked_at=Nanos(1), positions=(held,), cash=Money(Decimal(cash)))

    assert bearable.picture(account()) == ""
    assert bearable.picture(account(qty=wrong)).startswith("a position in the picture of the account is ")
    assert bearable.picture(account(average=wrong))
    assert bearable.picture(account(cash=wrong)).startswith("its cash")
