"""The market maker as its dock shows it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import StrategyState
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.kernel.project import names
from engine.kernel.strategies.context import Holding, sends
from engine.maths.logit import sigmoid
from engine.strategies import maker_terms, market_maker
from engine.strategies.maker_eye import Phase
from engine.strategies.making import Making
from engine.strategies.market_maker import Gate
from engine.views.quoter import MarkoutLine, QuoterLine, QuoterView, ToxicityLine, ToxicityView

if TYPE_CHECKING:
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.making import Made
    from engine.strategies.market_maker import Terms

ZERO: Final = Decimal(0)


def view(state: State) -> QuoterView | None:
    """Return every market that is named; None where there is no market maker."""
    strategy = next((one for one in state.strategies.all if isinstance(one, Making)), None)
    seat = state.strategies.seats.get(maker_terms.NAME)
    if strategy is None or seat is None:
        return None
    values, terms = strategy.values[maker_terms.NAME], strategy.terms()
    own = Holding(state, seat)
    rows = tuple(_line(state, seat, own, one, terms, pulled=bool(values["pull"])) for one in strategy.made.values())
    facts = (
        ("B / side", f"${terms.bankroll / 2 / max(terms.markets, 1):.2f}"),
        ("markets", f"{terms.markets}"),
        ("γ max", f"{terms.gamma_max:g}"),
        ("κ", f"{terms.kappa:g}"),
        ("pull at σ", f"{terms.pull_at:g}"),
        ("refresh", f"{values['refresh']:g} s"),
        ("requote", f"≥ {values['requote']} tick"),
    )
    return QuoterView(
        rows=rows, state=seat.state.value, sends=sends(state, seat), markets=str(values["markets"]),
        pulled=bool(values["pull"]), widen=terms.widen, facts=facts, now=state.now,
    )  # fmt: skip


def toxicity(state: State) -> ToxicityView | None:
    """Return how the flow of every market has been; None where there is no market maker."""
    strategy = next((one for one in state.strategies.all if isinstance(one, Making)), None)
    if strategy is None or maker_terms.NAME not in state.strategies.seats:
        return None
    terms = strategy.terms()
    rows = tuple(_flow(state, one, terms) for one in strategy.made.values())
    return ToxicityView(rows=rows, now=state.now)


def _flow(state: State, one: Made, terms: Terms) -> ToxicityLine:
    eye, widen, pull = one.eye, terms.widen_at, terms.pull_at
    marks = []
    for horizon, seconds in enumerate((eye.pace.first_markout_s, eye.pace.second_markout_s)):
        (buys, bought), (sells, sold) = (eye.marks.get((horizon, side), (0, 0.0)) for side in (Side.BUY, Side.SELL))
        marks.append(
            MarkoutLine(
                seconds=seconds, buys=buys, bought=100.0 * bought / buys if buys else None,
                sells=sells, sold=100.0 * sold / sells if sells else None,
            )
        )  # fmt: skip
    return ToxicityLine(
        instrument=one.instrument.id,
        name=names.instrument(state, one.instrument.id),
        sigma=None if eye.sample is None else eye.sigma,
        widen_at=widen if math.isfinite(widen) else None,
        pull_at=pull if math.isfinite(pull) else None,
        trail=tuple((Nanos(round(at * SECOND)), sigma) for at, sigma in eye.trail),
        marks=tuple(marks),
    )


def _line(state: State, seat: Seat, own: Holding, one: Made, terms: Terms, *, pulled: bool) -> QuoterLine:
    stand, plan, eye = one.stand, one.plan, one.eye
    quote = None if plan is None else plan.quote
    unit = 100.0 * float(one.instrument.unit)
    tick = unit * one.step
    bid, ask = _resting(own, one)
    word, note = _state(seat, one, terms, pulled=pulled)
    if word == "QUOTING" and bid is None and ask is None:
        word, note = "WAITING", seat.last_said or "nothing of it rests yet"
    if word in {"QUOTING", "WIDENED"} and not sends(state, seat):
        word, note = "SHADOW", "nothing is sent: these quotes would rest"
    yes, no = (own.held.get((one.instrument.id, leg)) for leg in (Leg.YES, Leg.NO))
    held = (yes.qty if yes is not None else ZERO) - (no.qty if no is not None else ZERO)
    mid = None if stand is None else stand.mid
    cost = sum((p.cost for p in (yes, no) if p is not None), ZERO)
    worth = None
    if mid is not None:
        each = Decimal(repr(mid))
        worth = sum(
            (p.qty * price for p, price in ((yes, each), (no, 1 - each)) if p is not None), ZERO
        ) - cost  # fmt: skip
    half = None
    if quote is not None and stand is not None:
        half = 50.0 * (sigmoid(quote.reservation + quote.half) - sigmoid(quote.reservation - quote.half))
    return QuoterLine(
        instrument=one.instrument.id,
        name=names.instrument(state, one.instrument.id),
        venue=state.desks[one.instrument.id.venue].facts.title if one.instrument.id.venue in state.desks else "",
        kind=str(seat.strategy.values[maker_terms.NAME]["kind"]),
        state=word,
        note=note,
        phase=eye.phase.value,
        learnt=eye.known,
        wanted=eye.wanted,
        price=None if mid is None else 100.0 * mid,
        held=held,
        room=None if plan is None or plan.capacity is None else plan.capacity.shares,
        filled=None if plan is None or plan.capacity is None else plan.capacity.filled,
        gamma=None if plan is None else plan.gamma,
        structure=None if plan is None or plan.structure is None else plan.structure.factor,
        sigma=eye.sigma,
        skew=None if quote is None else quote.skew,
        reservation=None if quote is None else 100.0 * quote.fair,
        half=half,
        bid=bid,
        ask=ask,
        best_bid=None if stand is None or stand.best_bid is None else tick * stand.best_bid,
        best_ask=None if stand is None or stand.best_ask is None else tick * stand.best_ask,
        rate=0.0 if stand is None else stand.rate,
        crowd=0.0 if stand is None else stand.crowd,
        fills=eye.marked,
        adverse=eye.hurt / eye.marked if eye.marked else None,
        unrealised=worth if held or cost else None,
        free=None if plan is None or plan.cash is None else plan.cash.free,
    )


def _state(seat: Seat, one: Made, terms: Terms, *, pulled: bool) -> tuple[str, str]:
    if seat.state is StrategyState.OFF:
        return "OFF", "the market maker is switched off"
    if pulled:
        return "PULLED", maker_terms.PULLED.text
    stand, plan = one.stand, one.plan
    if stand is None:
        return "PULLED", maker_terms.STALE.text
    if one.eye.phase is not Phase.QUOTING:
        return "LEARNING", maker_terms.TEXTS[Gate.WARMING]
    if plan is None:
        return "PULLED", "no plan yet"
    if plan.gate is not None:
        more = f": {stand.sigma:.2f} of {terms.pull_at:g}" if plan.gate is Gate.TOXIC else ""
        return "PULLED", maker_terms.TEXTS[plan.gate] + more
    if market_maker.widened(stand, terms) > 1.0:
        hot = stand.sigma >= terms.widen_at
        return "WIDENED", f"toxicity {stand.sigma:.2f} of {terms.widen_at:g}" if hot else "by your hand"
    return "QUOTING", ""


def _resting(own: Holding, one: Made) -> tuple[float | None, float | None]:
    """Return our best bid and ask that work in a market, cents of YES."""
    unit, bid, ask = 100.0 * float(one.instrument.unit), -math.inf, math.inf
    top = round(1 / one.instrument.unit)
    for order in own.working.values():
        if order.instrument != one.instrument.id:
            continue
        at = unit * (order.price if order.leg is Leg.YES else top - order.price)
        if (order.side is Side.BUY) is (order.leg is Leg.YES):
            bid = max(bid, at)
        else:
            ask = min(ask, at)
    return (bid if math.isfinite(bid) else None), (ask if math.isfinite(ask) else None)
