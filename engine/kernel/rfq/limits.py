"""Whether the desk may hold what a quote would make it hold, before it is signed: at worst, unhedged, all quotes taken.

A quote counts until its time is out and a minute more, since whoever took it in its last second is told of late.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.rfq import QuoteSums
from engine.core.units import NO_MONEY, Side
from engine.kernel import results
from engine.kernel.options import stressing
from engine.kernel.options.stressing import May
from engine.kernel.rfq import finding, hedge_orders
from engine.kernel.rfq.hedging import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.rfq.memory import Asked, LegPrice, Package
    from engine.kernel.state import State
    from engine.strategies.spec import Value

EQUAL: Final = 1e-9
ROOM: Final = Decimal("0.9")
"""Of the limits on what may be lost that quotes may take up."""


def within(net: float, others: float, change: float, most: float) -> bool:
    """Whether a change keeps to a limit with all `others` of the same direction done; what only reduces may pass it."""
    worst = net + others + change
    reduces = net * change < 0.0 and abs(worst) <= abs(net)
    return abs(worst) <= most + EQUAL or reduces


def breach(state: State, asked: Asked, package: Package, values: Mapping[str, Value]) -> str:
    """Return in one sentence the limit that a package would pass; empty where it passes none."""
    stale = float(values["stale_mark"])
    underlyings = {state.listings[leg.instrument].instrument.underlying for leg in package.legs}
    if len(underlyings) != 1:
        return "its legs are about different things"
    underlying = underlyings.pop()
    net, unknown = finding.net(state, underlying, stale)
    if unknown:
        return f"the greeks of {unknown}, which we hold, are not known"
    live = []
    for made in state.rfq.live(state.now):
        if made.sums is None:
            return f"quote {made.quote.client} of an older version may still be taken, and its greeks are not known"
        live.append(made.sums)
    here = [one for one in live if one.underlying == underlying]
    most_size = min(float(values["max_size"]), float(state.limits["COIN_POSITION"]))  # its hedge meets that gate
    for leg in package.legs:
        why = _option(state, leg, most_size) or _hedge(state, leg)
        if why:
            return why
    spot = finding.spot(state, underlying)
    percent = 0.0 if spot is None else float(spot) / 100.0
    sums = (
        ("delta", net.delta, [p.delta for p in here], package.delta, float(values["max_delta"]), "coins"),
        (
            "gamma", net.gamma * percent, [p.gamma * percent for p in here], package.gamma * percent,
            float(values["max_gamma"]), "coins for 1 %",
        ),
        ("vega", net.vega, [p.vega for p in here], package.vega, float(values["max_vega"]), "$ a point"),
    )  # fmt: skip
    for word, have, others, change, most, unit in sums:
        beside = sum(one for one in others if one * change > 0.0)
        if not within(have, beside, change, most):
            return f"{word} would be {have + beside + change:.4g}, more than {most:g} {unit}"
    premium = sum(one.premium for one in live) + sums_of(state, package).premium
    if premium > float(values["max_premium"]):
        return f"premiums of live quotes would be ${premium:,.0f}, more than ${float(values['max_premium']):,.0f}"
    return _stressed(state, underlying, package)


def _stressed(state: State, underlying: str, package: Package) -> str:
    """Return why the worst loss would be too large; what makes it no larger may pass.

    A tenth of each limit is left to the hedge, whose order meets the same gates with its own fee.
    """
    more = tuple(
        May(state.listings[leg.instrument], leg.qty if leg.buy else -leg.qty, leg.price) for leg in package.legs
    )
    after = stressing.loss(state, underlying, more)
    if after is None:
        return f"the worst loss in {underlying} cannot be reckoned"
    before = state.venue_losses.get(stressing.key(underlying), NO_MONEY)
    if after <= before:
        return ""
    whole = results.at_risk(state) - before + after
    for word, found, code in (("the grid", after, "STRESS"), ("all positions", whole, "AT_RISK")):
        if found > ROOM * state.limits[code]:
            return f"the worst loss over {word} would be ${found:,.0f}; {code} leaves ${ROOM * state.limits[code]:,.0f}"
    return ""


def _hedge(state: State, leg: LegPrice) -> str:
    """Return why the account would not let the same option on the hedge venue be traded for it.

    Hedges that are still under way count, and those of every live quote, as if all were taken.
    """
    ours, theirs = (state.listings[one].instrument for one in (leg.instrument, leg.pricing))
    have = float(finding.held(state, leg.pricing) * theirs.contract_size)
    change = float(leg.qty * ours.contract_size) * (-1.0 if leg.buy else 1.0)
    if leg.pricing in state.options.stopped and have * change > 0.0:
        return f"its hedge would add to {theirs.id.symbol}, which has lost more than STOP_LOSS lets it"
    most = float(state.limits["COIN_POSITION"])
    beside = -_quoted(state, leg) + _under_way(state, leg, change > 0.0)
    if within(have, beside, change, most):
        return ""
    total = have + beside + change
    return f"its hedge would make {theirs.id.symbol} {total:.4g}, more than COIN_POSITION's {most:g}"


def _under_way(state: State, leg: LegPrice, buys: bool) -> float:
    """Return what trades that bind still have to be hedged by in its hedge's direction, signed, coins."""
    key = finding.terms(state.listings[leg.instrument].instrument)
    total = 0.0
    for trade in state.rfq.trades.values():
        if trade.state in DONE:
            continue
        if trade.planned:
            rests = [
                (one.instrument, one.target * trade.share - hedge_orders.filled(state, one))
                for one in trade.legs
                if one.instrument == leg.pricing
            ]
        else:
            rests = [(f.instrument, -f.qty if f.side is Side.BUY else f.qty) for f in trade.row.legs]
        for instrument, rest in rests:
            listing = state.listings.get(instrument)
            if listing is not None and finding.terms(listing.instrument) == key and (rest > 0) is buys:
                total += float(rest * listing.instrument.contract_size)
    return total


def _quoted(state: State, leg: LegPrice) -> float:
    """Return what live quotes would do to the same option in the same direction, signed, coins."""
    key = finding.terms(state.listings[leg.instrument].instrument)
    sign = 1.0 if leg.buy else -1.0
    beside = 0.0
    for made in state.rfq.live(state.now):  # those of an earlier session too, whose prices are not known any more
        quote = made.quote
        for other in quote.legs:
            listing = state.listings.get(other.instrument)
            buys = (quote.side is Side.BUY) is (other.side is Side.BUY)
            if listing is not None and finding.terms(listing.instrument) == key and buys is leg.buy:
                beside += sign * float(quote.qty * other.ratio * listing.instrument.contract_size)
    return beside


def _option(state: State, leg: LegPrice, most: float) -> str:
    one = state.listings[leg.instrument].instrument
    change = float(leg.qty * one.contract_size) * (1.0 if leg.buy else -1.0)
    beside = _quoted(state, leg)
    have = finding.in_option(state, leg.instrument)
    if within(have, beside, change, most):
        return ""
    return f"{one.id.symbol} would be {have + beside + change:.4g}, more than {most:g} either way"


def sums_of(state: State, package: Package) -> QuoteSums:
    """Return what a package counts as in the limits once it is quoted."""
    premium = sum(leg.answer.price * float(leg.qty) for leg in package.legs if leg.buy or package.side is Side.SELL)
    return QuoteSums(
        underlying=state.listings[package.legs[0].instrument].instrument.underlying, delta=package.delta,
        gamma=package.gamma, vega=package.vega, premium=premium,
    )  # fmt: skip


def filling(leg_coins: float, have: float, most: float) -> float:
    """Return by how much of its limit a change makes a position larger, -1 to 1; negative where smaller."""
    if most <= 0.0:
        return 1.0
    return max(-1.0, min(1.0, (abs(have + leg_coins) - abs(have)) / most))
