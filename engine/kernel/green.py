"""The usual order of ours, one that every gate lets pass, told in one go.

`probe` and `gates.check` take an order apart so that a refusal can be named and every gate can be shown. Most orders
pass, and for those one function with the same comparisons takes a sixth of the time. It only ever says that an order
passes, and is in doubt about whatever is not plain; then, and for every refusal, the gates decide. What it does not
know of makes it doubt everything: a gate that is added must be added here before it speeds anything up.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import YOU
from engine.core.units import MINUTE, NO_MONEY, Leg, Side
from engine.exchange.answers import Quote
from engine.kernel import exposing
from engine.kernel.probing import TWO_SECONDS, likeness, worst
from engine.risk import gates
from engine.risk.measures import TAKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.commands import Place
    from engine.core.units import Nanos
    from engine.exchange.market import Market
    from engine.kernel.state import State

ZERO: Final = Decimal(0)
BUY: Final = Side.BUY
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a function."""
SEEN_TO: Final = frozenset(
    {
        "STORAGE", "CHAIN", "MODE", "KILL", "REDUCE_ONLY", "MARKET_STATE", "CLOSE_GUARD", "ORDER_FORM", "EXCHANGE",
        "ORDER_QTY", "ORDER_VALUE", "DUPLICATE", "RATE", "RATE_MINUTE", "OPEN_ORDERS", "UNKNOWN_ORDER", "WASH", "CASH",
        "MARKET_POSITION", "CELL_EXPOSURE", "GROUP_EXPOSURE", "EVENT_EXPOSURE", "AT_RISK", "DAILY_LOSS", "WEEKLY_LOSS",
    }
)  # fmt: skip
"""Gates that are told here: ORDER_FORM, EXCHANGE and CASH by there being a quote, each other one by its comparison."""
WHOLE: Final = {gate.code for gate in gates.GATES if not (gate.warns or gate.venue or gate.automated)} <= SEEN_TO


def quote(state: State, place: Place, pressed_at: Nanos) -> Quote | None:
    """Return what an order would do on the embedded exchange if every gate lets it pass; None is doubt."""
    session, known, pace, total = state.session, state.limits.known, state.limits.pace, state.total
    if (
        session.halted_by
        or session.reduce_only
        or place.strategy is not None
        or not (WHOLE and session.storage_ok and session.chain_ok)
        or session.mode not in TAKING
        or total - state.day_base <= known["DAILY_LOSS"]
        or total - state.week_base <= known["WEEKLY_LOSS"]
    ):
        return None
    found = state.exchange.quote(place, state.now)
    if type(found) is not Quote:
        return None
    market = state.exchange.markets[found.market]
    pressed, waiting = state.pressed, len(state.register.opened)
    if (
        market.book is not None
        or market.contract.closes - state.now < state.limits.guard
        or waiting != state.unsaid  # something of ours waits on a venue
        or waiting >= pace.open_orders
    ):
        return None
    while pressed and pressed_at - pressed[0][0] > MINUTE:
        pressed.popleft()
    if pressed:
        since = pressed_at - pressed[-1][0]
        if len(pressed) >= pace.minute or (
            (since <= pace.spell or since <= TWO_SECONDS) and not _calm(state, place, pressed_at)
        ):
            return None
    elif pace.minute <= 0:
        return None
    return found if _within(state, market, found, known) else None


def _calm(state: State, place: Place, pressed_at: Nanos) -> bool:
    """Whether this order is neither one too many for two seconds nor one sent twice."""
    _, _, two_seconds, spell = state.limits.pace
    reach = spell if spell > TWO_SECONDS else TWO_SECONDS
    like, last_2s = likeness(place), 0
    for when, other in reversed(state.pressed):
        age = pressed_at - when
        if age > reach:
            break
        last_2s += age <= TWO_SECONDS
        if age < spell and other == like:
            return False
    return last_2s < two_seconds


def _within(state: State, market: Market, found: Quote, known: Mapping[str, Decimal]) -> bool:
    """Whether what we would hold stays within its limits, or becomes less."""
    qty, cost, buying, yes = found.qty, found.cost, found.side is BUY, found.leg is YES
    stake = market.stakes.get(YOU)
    change, before = qty if buying else -qty, state.losses.get(market.id, NO_MONEY)
    if stake is None or len(stake) != 2:
        shares, paid = [ZERO] * (2 * len(market.contract.tradable)), ZERO
        if stake is not None:
            shares, paid = [p.qty for p in stake], sum([p.cost for p in stake], ZERO)
        shares[2 * found.outcome if yes else 2 * found.outcome + 1] += change
        if found.fee:
            paid += found.fee
        after = worst(shares, paid + cost if buying else paid - cost)
        held = sum(shares, ZERO)
    else:
        one, other = stake
        paid = one.cost + other.cost + found.fee if found.fee else one.cost + other.cost
        up, down = (one.qty + change, other.qty) if yes else (one.qty, other.qty + change)
        held = up + down
        loss = (paid + cost if buying else paid - cost) - (up if up < down else down)
        after = loss if loss > ZERO else NO_MONEY  # type: ignore[assignment] # as `worst` has it
    if not buying:  # one that leaves more to lose is not spared, and rare
        return after <= before and _near(state, market, -qty if yes else qty, known)
    return (
        qty <= known["ORDER_QTY"]
        and cost <= known["ORDER_VALUE"]
        and after <= known["EVENT_EXPOSURE"]
        and state.loss + state.venue_loss - before + after <= known["AT_RISK"]
        and held <= known["MARKET_POSITION"]
        and _near(state, market, qty if yes else -qty, known)
    )


def _near(state: State, market: Market, change: Decimal, known: Mapping[str, Decimal]) -> bool:
    if state.desks and exposing.swings(state):
        return False  # of the same place on venues, too
    near, cell = state.exchange.near(YOU, market), market.cell
    here = abs(near.get(cell, NO_MONEY) + change)
    if here > known["CELL_EXPOSURE"]:
        return False
    if len(near) > 1 or (near and cell not in near):
        here += sum([abs(net) for one, net in near.items() if one != cell], ZERO)
    return here <= known["GROUP_EXPOSURE"]
