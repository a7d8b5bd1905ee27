"""Requests for quotes answered: received, priced, weighed against the limits, and handed on to be written and signed.

Nothing is signed without a price that was made from a book that is fresh, then and when it leaves.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.effects import Level
from engine.core.rfq import trace_of
from engine.kernel.rfq import checking, limits, pricing, rows, seated, signing, twins, waiting
from engine.kernel.rfq.memory import CANCELLED, OVER, PENDING, QUOTED, ROOM, Asked, Like
from engine.kernel.rfq.seated import OFF
from engine.kernel.strategies.context import sends
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.events import QuoteRequested
    from engine.core.ids import InstrumentId
    from engine.core.quotes import QuoteRequest
    from engine.kernel.rfq.memory import Package
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.spec import Value


def requested(state: State, event: QuoteRequested) -> None:
    """Somebody wants a price, or wants it anew."""
    request = event.request
    trace = trace_of(request.venue, request.id)
    known = state.rfq.asked.get(trace)
    if known is None and not state.rfq.room(state.now):
        text = f"a request of {request.venue} was left unread: of {ROOM} others each may be taken or is being hedged"
        state.out.notice(Level.WARN, text, "RFQ")
        return
    if known is None:
        known = Asked(request, trace, state.now)
        state.rfq.remember(known, state.now)
        rows.note(state, known, "RECEIVED", checking.words(state, request))
    elif known.request == request and (known.live(state.now) or known.state in OVER):
        return  # told twice
    elif _asks_alike(known.request, request) and any(state.now < one.quote.until for one in known.live(state.now)):
        known.request = request  # the same told in other words, as by a list after a stream: what was quoted stands
        return
    else:
        known.request = request
        rows.note(state, known, "ASKED AGAIN", checking.words(state, request))
    if known.state in {PENDING, QUOTED, CANCELLED}:
        known.state, known.over = PENDING, ""
        consider(state, known, pressed=False)
    seated.tick(state)


def consider(state: State, asked: Asked, *, pressed: bool) -> None:
    """Price a request, and answer it where the desk may; or say why not."""
    seat = seated.seat_of(state)
    why = checking.invalid(state, asked.request)
    if why or seat is None:
        refuse(state, asked, why or "this session has no RFQ desk")
        return
    values = seated.values_of(seat)
    if seat.state is OFF:
        asked.why = "the RFQ desk is switched off"
        state.out.dirty(topics.RFQ)
        return
    found: list[Package] = []
    for side in asked.request.sides:
        made = pricing.package(state, asked, side, values)
        if isinstance(made, str):
            why = made
        else:
            for leg in made.legs:
                twins.known(state, leg.instrument)
            why = limits.breach(state, asked, made, values)
            if not why:
                found.append(made)
    if not found:
        if waiting.begin(state, asked, values):
            asked.why = f"waiting: {why}"
            return
        dummy(state, asked, values)
        refuse(state, asked, why)
        return
    waiting.forget(state, asked)
    asked.packages = tuple(found)
    asked.why = ""
    for one in found:
        rows.note(state, asked, "PRICED", _priced(one))
    if pressed or values["auto"]:
        answer(state, asked, seat, values)
    else:
        asked.why = "waits for your press"


def answer(state: State, asked: Asked, seat: Seat, values: Mapping[str, Value], *, anew: bool = False) -> None:
    """Quote what was priced, or say what it is not sent for; `anew`: whatever was answered to the same before."""
    why = seated.stopped(state)
    if not why and not sends(state, seat):
        why = (
            "in the shadow: this is what would be quoted" if state.session.mode != "live" else "not armed, or not live"
        )
    desk = state.desks.get(asked.request.venue)
    if not why and desk is not None and "QUOTE_REQUESTS" not in desk.facts.can:
        why = f"{desk.facts.title} takes no quotes of this session: it has no key to sign them"
    if not why and (desk is None or not desk.account_up):
        why = f"the link that quotes go by on {asked.request.venue} is not up"
    if why:
        asked.why = why
        return
    like = _likeness(asked.request)
    before = state.rfq.likes.get(like)
    again = None if before is None else state.rfq.asked.get(before.trace)
    if again is not None and again is not asked and again.packages and asked.edge_bps is None and not anew:
        said = {one.side: one for one in again.packages}  # another name: the same price, for what is let through now
        asked.packages = tuple(said.get(one.side, one) for one in asked.packages)
    for package in asked.packages:
        signing.make(state, asked, package, values)
    asked.state = QUOTED
    state.rfq.likes.pop(like, None)
    state.rfq.likes[like] = Like(state.now, asked.trace)


def booked(state: State, instrument: InstrumentId) -> None:
    """A whole book or a mark came that requests wait for."""
    for trace in list(state.rfq.waiting.get(instrument, ())):
        asked = state.rfq.asked.get(trace)
        if asked is not None and asked.state == PENDING:
            consider(state, asked, pressed=False)


def refuse(state: State, asked: Asked, why: str) -> None:
    """Say why a request has no price; it stays open for the trader as long as its time is not over."""
    asked.packages = ()
    if asked.why != why:
        rows.note(state, asked, "NO QUOTE", why)
    asked.why = why
    state.out.dirty(topics.RFQ)


def dummy(state: State, asked: Asked, values: Mapping[str, Value]) -> None:
    """On paper show a price where none can be had, if that is switched on; it is on the screen and nowhere else."""
    if state.session.mode != "live" and values["dummy"]:
        asked.dummy = Decimal(str(values["dummy_price"]))
        rows.note(state, asked, "DUMMY", f"{asked.dummy} shown, not sent, not signed")


def _asks_alike(one: QuoteRequest, other: QuoteRequest) -> bool:
    """Whether two tellings of a request ask for the same, whatever else they say of it."""
    return all(getattr(one, name) == getattr(other, name) for name in ("legs", "qty", "sides", "hedge", "facts"))


def _likeness(request: QuoteRequest) -> tuple[object, ...]:
    legs = tuple((leg.instrument, leg.side, leg.ratio) for leg in request.legs)
    return request.venue, request.taker, request.qty, request.sides, legs


def _priced(package: Package) -> str:
    legs = "; ".join(
        f"{leg.instrument.symbol} {leg.answer.price:.6g} from {leg.answer.hedge:.6g} on {leg.pricing.venue}"
        f" ({leg.answer.slippage_bps:.1f} bp slippage, fee {leg.answer.fee:.4g})"
        for leg in package.legs
    )
    return f"{package.side.value} at {package.price:.6g}, edge ${package.edge:,.2f}: {legs}"
