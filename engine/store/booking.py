"""A trade of the embedded exchange as rows of the ledger: every value of every column, in the order of `TABLES`.

Amounts become text here, in the thread that writes, once for all the rows that hold them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.errors import StoreError
from engine.core.ids import FEES
from engine.core.trade import Between, pot_of
from engine.core.units import NO_MONEY, Side, plain

if TYPE_CHECKING:
    from engine.core.trade import Booked, Ours, Traded
    from engine.core.units import Money

Line = tuple[str, tuple[str | int | float | None, ...]]
"""A table, and a row of it."""
BUY: Final = Side.BUY
NOUGHT: Final = plain(NO_MONEY)
_pot: Final = lru_cache(maxsize=1_024)(pot_of)


def lines(booked: Booked) -> list[Line]:
    """Return the rows of a trade whose amounts are finite (`check`)."""
    one = booked.trade
    qty, cost, fee = plain(one.qty), plain(one.cost), _told(one.fee)
    leg, side = one.leg._value_, one.side._value_
    found: list[Line] = [
        (
            "trades",
            (
                booked.seq, one.at, one.market, one.account, one.outcome, leg, side, qty, cost, fee, one.order,
                booked.intent, one.before, one.after, booked.via if isinstance(booked, Between) else None,
            ),
        )
    ]  # fmt: skip
    _cash(found, one, cost, fee)
    if booked.ours is not None:
        _ours(found, booked, booked.ours, (qty, cost, fee))
    return found


def _cash(found: list[Line], one: Traded, cost: str, fee: str) -> None:
    at, account, order, pot = one.at, one.account, one.order, _pot(one.market)
    less = "-" + cost if one.cost > NO_MONEY else plain(-one.cost)
    buying = one.side is BUY
    kind = "cost" if buying else "proceeds"
    found.append(("cash", (None, at, account, less if buying else cost, kind, order)))
    found.append(("cash", (None, at, pot, cost if buying else less, kind, order)))
    if one.fee:
        found.append(("cash", (None, at, account, plain(-one.fee), "fee", order)))
        found.append(("cash", (None, at, FEES, fee, "fee", order)))


def _ours(found: list[Line], booked: Booked, ours: Ours, amounts: tuple[str, str, str]) -> None:
    one, place = booked.trade, ours.place
    (venue, symbol), (qty, cost, fee), average = place.instrument, amounts, plain(ours.average)
    side, leg = one.side._value_, one.leg._value_
    asked = qty if place.qty == one.qty else None if place.qty is None else plain(place.qty)
    budget = None if place.budget is None else plain(place.budget)
    status = "canceled" if ours.why else "filled"
    order = (
        one.order, place.intent, one.at, venue, symbol, side, leg, place.price, asked, budget, place.tif._value_,
        place.origin, place.tag, status, qty, average, fee, ours.edge, ours.why, ours.mode,
        None, None, place.until, place.post_only or None, place.reduce_only or None, place.strategy,
    )  # fmt: skip
    found.append(("orders", order))
    fill = (
        booked.trade_id, one.order, one.at, venue, symbol, side, leg, average, qty, cost, fee, _told(one.realised),
        ours.slippage, place.tag, None, None,
    )  # fmt: skip
    found.append(("fills", fill))


def _told(amount: Money) -> str:
    """Return an amount, which mostly is none, as text."""
    return NOUGHT if amount is NO_MONEY else plain(amount)


def check(booked: Booked) -> None:
    """Refuse a trade that the ledger must not hold; its double entry is balanced as it is made.

    Raises
    ------
    StoreError
        If an amount is no finite decimal.
    """
    one, ours = booked.trade, booked.ours
    sound = one.qty.is_finite() and one.cost.is_finite() and one.fee.is_finite() and one.realised.is_finite()
    if sound and ours is not None:
        qty, budget = ours.place.qty, ours.place.budget
        sound = ours.average.is_finite() and (qty is None or qty.is_finite()) and (budget is None or budget.is_finite())
    if not sound:
        msg = f"an amount of trade {booked.seq} is not finite"
        raise StoreError(msg)
