"""What the gates of automated flow measure: pace, repetition, stakes and what became of what a strategy did.

A person looks before the second click; a program does not. So a strategy's orders also meet limits of their own, and
these are told by strategy, so that one that runs wild stops alone.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

from engine.risk.measures import PASSES, Known, Measure, counted, nearer, within
from engine.risk.venue_measures import CENT, aged

if TYPE_CHECKING:
    from engine.risk.probe import Probe

FREE_MESSAGES: Final = 20
"""Messages of ten minutes that no execution need answer: a quote has to be moved before it is hit."""


def market_orders(p: Probe, limits: Known) -> Measure:
    """Open orders in this market."""
    limit = limits["MARKET_ORDERS"]
    return counted(p.market_orders, limit, limit, "orders are open in this market")


def halted(p: Probe, _: Known) -> Measure:
    """Whether the strategy may send anything."""
    return (
        PASSES if not p.strategy_halted else Measure(refuses=True, text=f"{p.strategy} is halted: {p.strategy_halted}")
    )


def rate(p: Probe, limits: Known) -> Measure:
    """Orders and amendments of the strategy in a minute."""
    limit = limits["STRATEGY_RATE"]
    return counted(p.strategy_minute, limit, limit, f"orders of {p.strategy} in the last minute")


def repeats(p: Probe, limits: Known) -> Measure:
    """Like orders of the strategy on an unchanged book."""
    limit = limits["STRATEGY_REPEAT"]
    return counted(p.strategy_repeats, limit, limit, f"like orders of {p.strategy} on an unchanged book")


def fills(p: Probe, limits: Known) -> Measure:
    """Executions of the strategy in a minute."""
    limit = limits["STRATEGY_FILLS"]
    return counted(p.strategy_fills, limit, limit, f"executions of {p.strategy} in the last minute")


def window_orders(p: Probe, limits: Known) -> Measure:
    """Orders of the strategy in one event: the children of one plan.

    What may only rest is no child of a plan: a quoter's orders are bounded by how many may be open, and how fast.
    """
    limit = limits["WINDOW_ORDERS"]
    if p.place.post_only:
        return Measure(False, Decimal(p.window_orders), limit)
    return counted(p.window_orders, limit, limit, f"orders of {p.strategy} in this event")


def message_ratio(p: Probe, limits: Known) -> Measure:
    """Orders, amendments and cancels of the strategy for each of its executions."""
    limit = limits["MESSAGE_RATIO"]
    if p.messages < 0 or p.executions < 0:
        return Measure(refuses=True, limit=limit, text="the count of messages cannot be negative")
    used = (Decimal(p.messages + 1) / max(1, p.executions)).quantize(CENT)
    if p.messages < FREE_MESSAGES or used <= limit:
        return Measure(False, used, limit)
    text = f"{p.strategy} sends {used} messages for each execution; the limit is {limit}"
    return Measure(refuses=True, used=used, limit=limit, text=text)


def data_age(p: Probe, limits: Known) -> Measure:
    """Seconds since the venue's market link brought anything, by the tighter limit of automated flow."""
    return aged(p.heard_s, limits["DATA_AGE"], "the silence of the venue's market link", "s")


def model_age(p: Probe, limits: Known) -> Measure:
    """Seconds since what the strategy decides by was new."""
    return aged(p.model_age_s, limits["MODEL_AGE"], f"the age of what {p.strategy} decides by", "s")


def markout(p: Probe, limits: Known) -> Measure:
    """Cents a share that the strategy's last fills lost to the market afterwards."""
    limit = limits["MARKOUT"]
    if p.markout is None:
        return Measure(False, None, limit)
    if not isfinite(p.markout):
        return Measure(refuses=True, limit=limit, text="the markout is not a number")
    used = Decimal(max(0.0, -p.markout)).quantize(CENT)
    if used <= limit:
        return Measure(False, used, limit)
    text = f"the last fills of {p.strategy} lost {used} cents a share afterwards; the limit is {limit}"
    return Measure(refuses=True, used=used, limit=limit, text=text)


def strategy_stake(p: Probe, limits: Known) -> Measure:
    """What the strategy has staked."""
    found = within(p.strategy_after, limits["STRATEGY_STAKE"], f"the stake of {p.strategy}", "$")
    return nearer(found, p.strategy_before)


def strategies_stake(p: Probe, limits: Known) -> Measure:
    """What all strategies have staked."""
    found = within(p.strategies_after, limits["STRATEGIES_STAKE"], "the stake of all strategies", "$")
    return nearer(found, p.strategies_before)


def window_delta(p: Probe, limits: Known) -> Measure:
    """Delta of the Up/Down windows of one underlying."""
    found = within(p.window_delta_after, limits["WINDOW_DELTA"], "the delta of its underlying's windows", "coins")
    return nearer(found, p.window_delta_before)


def window_gamma(p: Probe, limits: Known) -> Measure:
    """Gamma that the Up/Down windows of one underlying are short of."""
    what = "the gamma that its underlying's windows are short of"
    found = within(p.window_gamma_after, limits["WINDOW_GAMMA"], what, "coins for 1 %")
    return nearer(found, p.window_gamma_before)


def correlated(p: Probe, limits: Known) -> Measure:
    """Worst loss of events that go together."""
    where = p.correlated or "events that go together"
    return within(p.correlated_after, limits["CORRELATED"], f"the worst loss on {where}", "$")


def venue_exposure(p: Probe, limits: Known) -> Measure:
    """Worst loss on one venue."""
    return within(p.venue_after, limits["VENUE_EXPOSURE"], "the worst loss on this venue", "$")


def gross(p: Probe, limits: Known) -> Measure:
    """What all positions cost and all open orders tie up."""
    return within(p.gross_after, limits["GROSS_EXPOSURE"], "all positions and open orders together", "$")
