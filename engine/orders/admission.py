"""What a paper venue refuses, and why; codes are one word, `REASONS` says each in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book.grid import lies_on
from engine.core.commands import Tif
from engine.core.instrument import Payoff
from engine.core.units import Leg, Lots, Nanos, Side, Ticks
from engine.maths import fees

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.orders.market import Market
    from engine.orders.queue import Standing

REASONS: Final = {
    "market_unknown": "This market is not known on paper.",
    "market_closed": "The market is closed.",
    "market_paused": "The market is paused.",
    "fee_unknown": "The venue's fee for this market cannot be told.",
    "no_index": "The venue has not said what the underlying is worth yet.",
    "no_such_leg": "This instrument has no such share.",
    "off_grid": "The venue takes no order at this price.",
    "bad_quantity": "The venue takes no order of this size.",
    "no_price": "An order that rests needs a price.",
    "expired": "Its time had run out when it arrived.",
    "stale_book": "The book is not to be trusted; nothing can be taken of it.",
    "post_only_cross": "It would have taken, and was to rest only.",
    "not_working": "It does not work any more.",
    "below_filled": "More than that has filled already.",
}
"""What each code means, one sentence for the trader."""


def objection(market: Market, place: Place, at: Nanos) -> str:
    """Return what is wrong with an order whatever the book says; empty when nothing is."""
    terms = market.instrument
    if market.status != "open" or (terms.closes is not None and at >= terms.closes):
        return "market_paused" if market.status == "paused" else "market_closed"
    if terms.fee.kind not in fees.KINDS:
        return "fee_unknown"
    if place.leg is Leg.NO and terms.payoff is not Payoff.BINARY:
        return "no_such_leg"
    if not market.priced:
        return "no_index"
    if place.price is not None and not lies_on(terms.grid, market.yes(place.price, place.leg)):
        return "off_grid"
    if place.qty is not None and (place.qty < terms.least or not market.lots(place.qty)):
        return "bad_quantity"
    if place.qty is None and place.budget is not None and place.side is Side.SELL:
        return "bad_quantity"
    resting = place.tif in (Tif.GTC, Tif.GTD)
    if resting and place.qty is not None and place.price is None:
        return "no_price"
    if place.tif is Tif.GTD and place.until is not None and place.until <= at:
        return "expired"
    takes = not resting or place.qty is None
    return "stale_book" if takes and market.stale else ""


def objection_in_book(market: Market, one: Standing, takes: bool) -> str:
    """Return what is wrong with an order in this book."""
    if one.post_only and (takes or market.own(one.yes, one.price)):
        return "post_only_cross"
    return "stale_book" if takes and market.stale else ""


def objection_to_amend(market: Market, one: Standing, price: Ticks, total: Lots) -> str:
    """Return what is wrong with moving an order to a price of YES and a total."""
    if market.status != "open":
        return "market_paused" if market.status == "paused" else "market_closed"
    if not lies_on(market.instrument.grid, price):
        return "off_grid"
    if not total:
        return "bad_quantity"
    if total <= one.filled:
        return "below_filled"
    crosses = any(market.reach(one.yes, price))
    if one.post_only and (crosses or market.own(one.yes, price)):
        return "post_only_cross"
    return "stale_book" if crosses and market.stale else ""
