"""Requests for quotes answered: received, priced, weighed against the limits, written down, and only then signed.

Nothing is signed without a price that was made from a book that is fresh, then and when it leaves. A quote's number
and row are on disk before anybody signs it; one that was not sent has spent its number all the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.commands import StrategyState
from engine.core.effects import DropQuote, Level, SignQuote
from engine.core.quotes import Quote
from engine.core.rfq import trace_of
from engine.core.units import SECOND, Nanos, Qty
from engine.kernel import feeding
from engine.kernel.rfq import finding, limits, pricing, rows, twins
from engine.kernel.rfq.memory import CANCELLED, OVER, PENDING, QUOTED, Asked, Like, Made, Step
from engine.kernel.strategies.context import sends
from engine.strategies import rfq_desk
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.commands import EditSpread, Pass
    from engine.core.commands import Quote as Press
    from engine.core.events import QuoteRequested, QuoteRequestOver, QuoteStood
    from engine.core.ids import InstrumentId
    from engine.core.quotes import QuoteRequest
    from engine.kernel.rfq.memory import Package
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.base import Value

SAFE: Final = "quote:"
"""What a `Keep` says back: a quote is on disk."""
TICK: Final = "rfq:tick"
LEGS: Final = 8
LATE_NS: Final = 60 * SECOND
"""A quote counts so long after its time: who took it in its last second is told of late."""
LASTS_S: Final = 60.0
"""Real seconds that a request without an end of its own stays open."""
MILLI: Final = 1_000_000
OFF: Final = StrategyState.OFF
MOST_NONCE: Final = 2**64 - 1


def seat_of(state: State) -> Seat | None:
    """Return the desk's line in the registry; None in a session without it."""
    return state.strategies.seats.get(rfq_desk.NAME)


def values_of(seat: Seat) -> Mapping[str, Value]:
    """Return what the desk is told."""
    return seat.strategy.values[seat.name]


def real(state: State, seconds: float, venue: str = "") -> Nanos:
    """Return how much of the session's clock goes by in so many real seconds."""
    desks = [d for d in state.desks.values() if not venue or d.venue == venue]
    return Nanos(int(seconds * SECOND * max((desk.facts.pace for desk in desks), default=1.0)))


def stopped(state: State) -> str:
    """Return why no quote may leave at all; empty while they may."""
    session, seat = state.session, seat_of(state)
    if seat is None or seat.state is OFF:
        return "the RFQ desk is switched off"
    if seat.halted:
        return f"the RFQ desk is halted: {seat.halted}"
    if session.halted_by:
        return f"trading is halted by {session.halted_by}"
    if session.reduce_only:
        return "only what reduces may trade"
    if not session.storage_ok:
        return f"nothing can be written down: {session.storage_why}"
    return ""


def requested(state: State, event: QuoteRequested) -> None:
    """Somebody wants a price, or wants it anew."""
    request = event.request
    trace = trace_of(request.venue, request.id)
    known = state.rfq.asked.get(trace)
    if known is None:
        known = Asked(request, trace, state.now)
        state.rfq.remember(known)
        rows.note(state, known, "RECEIVED", words(state, request))
    elif known.request == request and (known.live(state.now) or known.state in OVER):
        return  # told twice
    else:
        known.request = request
        rows.note(state, known, "ASKED AGAIN", words(state, request))
    if known.state in {PENDING, QUOTED, CANCELLED}:
        known.state, known.over = PENDING, ""
        consider(state, known, pressed=False)
    tick(state)


def invalid(state: State, request: QuoteRequest) -> str:
    """Return in one sentence why a request cannot be quoted, whoever asks; empty where it can."""
    if not request.legs or len(request.legs) > LEGS:
        return f"it has {len(request.legs)} legs; 1 to {LEGS} can be priced"
    if not (request.qty.is_finite() and 0 < request.qty < Decimal(10) ** 12):
        return f"its size is {str(request.qty)[:40]}"
    if any(not (leg.ratio.is_finite() and 0 < leg.ratio < Decimal(10) ** 6) for leg in request.legs):
        return "a leg's share of it is no number above 0"
    if request.hedge is not None:
        return "it comes with a leg at a fixed price, which this desk does not take"
    if len({leg.instrument for leg in request.legs}) != len(request.legs):
        return "it names an option twice"
    for leg in request.legs:
        listing = state.listings.get(leg.instrument)
        if listing is None or finding.terms(listing.instrument) is None:
            return f"{leg.instrument.symbol[:60]} is no option that is listed"
        if (listing.instrument.expires or 0) <= state.now:
            return f"{leg.instrument.symbol[:60]} has expired"
    if request.expires is not None and request.expires <= state.now:
        return "its time is over"
    if not request.sides:
        return "no side of it can trade"
    refused = dict(request.facts).get("refused", "")
    return refused[:200]


def consider(state: State, asked: Asked, *, pressed: bool) -> None:
    """Price a request, and answer it where the desk may; or say why not."""
    seat = seat_of(state)
    why = invalid(state, asked.request)
    if why or seat is None:
        _refuse(state, asked, why or "this session has no RFQ desk")
        return
    values = values_of(seat)
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
        if _await(state, asked, values):
            asked.why = f"waiting for a book: {why}"
            return
        _dummy(state, asked, values)
        _refuse(state, asked, why)
        return
    _forget_wait(state, asked)
    asked.packages = tuple(found)
    asked.why = ""
    for one in found:
        rows.note(state, asked, "PRICED", _priced(one))
    if pressed or values["auto"]:
        _answer(state, asked, seat, values)
    else:
        asked.why = "waits for your press"


def _answer(state: State, asked: Asked, seat: Seat, values: Mapping[str, Value]) -> None:
    why = stopped(state)
    if not why and not sends(state, seat):
        why = (
            "in the shadow: this is what would be quoted" if state.session.mode != "live" else "not armed, or not live"
        )
    desk = state.desks.get(asked.request.venue)
    if not why and (desk is None or not desk.account_up):
        why = f"the link that quotes go by on {asked.request.venue} is not up"
    if why:
        asked.why = why
        return
    like = _likeness(asked.request)
    before = state.rfq.likes.get(like)
    again = None if before is None else state.rfq.asked.get(before.trace)
    if again is not None and again is not asked and again.packages and asked.edge_bps is None:
        asked.packages = again.packages  # the same request under another name: the same price
    for package in asked.packages:
        _make(state, asked, package, values)
    asked.state = QUOTED
    state.rfq.likes.pop(like, None)
    state.rfq.likes[like] = Like(state.now, asked.trace)


def _make(state: State, asked: Asked, package: Package, values: Mapping[str, Value]) -> None:
    """Write a quote down; `kept` has it signed."""
    memory, request = state.rfq, asked.request
    memory.nonce = max(memory.nonce + 1, state.now // MILLI)
    whole = Nanos((state.now + real(state, float(values["valid"]), request.venue)) // SECOND * SECOND)
    until = whole if request.expires is None else Nanos(min(whole, request.expires))
    legs = tuple(
        replace(leg, price=made.price) for leg, made in zip(request.legs, package.legs, strict=True)
    )  # fmt: skip
    quote = Quote(
        request=request,
        client=str(memory.nonce),
        side=package.side,
        qty=request.qty,
        legs=legs,
        until=until,
        whole=True,
    )
    made = Made(quote, package, state.now, Nanos(until + LATE_NS))
    asked.made.append(made)
    memory.clients[quote.client] = asked.trace
    text = f"quote {quote.client}: {_said(quote)} until {until // SECOND}"
    asked.steps.append(Step(state.now, "QUOTED", text))
    state.out.keep(
        (rows.quote(asked.trace, made), rows.step(state, asked.trace, "QUOTED", text)), then=SAFE + quote.client
    )
    state.out.dirty(topics.RFQ, topics.rfq_chain(asked.trace))


def kept(state: State, client: str) -> None:
    """A quote is on disk: have it signed, if it still may be."""
    found = find(state, client)
    if found is None:
        return
    asked, made = found
    if made.status != "keeping":
        return
    seat = seat_of(state)
    why = stopped(state)
    if not why and (seat is None or not sends(state, seat)):
        why = "the desk no longer sends"
    if not why and state.now >= made.quote.until:
        why = "its time was over before it was on disk"
    if not why and asked.over:
        why = f"the request is {asked.over}"
    if not why and made.package is not None and seat is not None:
        why = pricing.still(state, made.package, values_of(seat))
    if why or made.package is None:
        made.status, made.text = "rejected", why or "it has no price"
        rows.note(state, asked, "NOT SIGNED", made.text)
        state.out.keep((rows.quote(asked.trace, made),))
        _settle(state, asked, made.text)
        return
    made.status = "signing"
    rows.note(state, asked, "SIGNING", f"quote {client}")
    state.out.want(SignQuote(quote=made.quote))


def never_kept(state: State, client: str) -> None:
    """A quote's row can never be written: it is not signed."""
    found = find(state, client)
    if found is not None:
        found[1].status, found[1].text = "rejected", "it could not be written down, and was not signed"
        _settle(state, found[0], found[1].text)


def stood(state: State, event: QuoteStood) -> None:
    """A venue says how a quote of ours stands."""
    found = find(state, event.client)
    if found is None:
        if event.status in {"open", "lost"}:
            text = f"{event.venue} has a quote of ours that is not known: {event.client[:64]}"
            state.out.notice(Level.WARN, text, "QUOTE", event.request[:64])
        return
    asked, made = found
    if made.status == "filled":
        return
    news = (made.status, made.text) != (event.status, event.text)
    made.status, made.text = event.status, event.text[: rows.LONGEST]
    if event.best is not None:
        asked.best, asked.best_price = event.best, event.best_price
    if event.venue_quote:
        made.quote = replace(made.quote, venue_quote=event.venue_quote[:64])
    if news:
        what = {"open": "STANDS", "lost": "UNKNOWN", "rejected": "REFUSED", "filled": "TAKEN"}.get(event.status, "GONE")
        rows.note(state, asked, what, f"quote {event.client[:64]}: {event.text or event.status}")
        state.out.keep((rows.quote(asked.trace, made),))
    if event.status == "lost":
        text = f"{asked.trace}: quote {event.client[:64]} has no known outcome and counts until its time is out"
        state.out.notice(Level.WARN, text, "QUOTE", asked.trace)
    if event.status in {"rejected", "cancelled", "expired"}:
        made.counts_until = state.now if event.status != "expired" else made.counts_until
        _settle(state, asked, event.text or event.status)
    state.out.dirty(topics.RFQ)


def over(state: State, event: QuoteRequestOver) -> None:
    """Nothing can be quoted on a request any more."""
    asked = state.rfq.asked.get(trace_of(event.venue, event.request))
    if asked is None or asked.over:
        return
    asked.over = event.status[:40]
    _forget_wait(state, asked)
    rows.note(state, asked, "OVER", f"the request is {asked.over}")
    if not asked.trades and asked.state in {PENDING, QUOTED}:
        asked.state, asked.why = CANCELLED, f"the request is {asked.over}"  # its quotes count until their time is out


def press(state: State, command: Press) -> None:
    """The trader wants a request quoted now."""
    asked = _open(state, command.trace)
    if asked is not None:
        asked.state = PENDING if asked.state == CANCELLED else asked.state
        consider(state, asked, pressed=True)
        tick(state)


def edit(state: State, command: EditSpread) -> None:
    """The trader wants another edge on a request; quotes that stand stay until theirs is out or taken back."""
    asked = _open(state, command.trace)
    if asked is None:
        return
    if not (command.edge_bps.is_finite() and 0 <= command.edge_bps <= 5_000):
        state.out.notice(Level.WARN, "an edge lies between 0 and 5000 bp", "RFQ", asked.trace)
        return
    asked.edge_bps = float(command.edge_bps)
    rows.note(state, asked, "EDGE", f"{asked.edge_bps:g} bp by hand")
    standing = bool(asked.live(state.now))
    _take_back(state, asked)
    consider(state, asked, pressed=standing)
    tick(state)


def let_go(state: State, command: Pass) -> None:
    """The trader lets a request go by."""
    asked = _open(state, command.trace)
    if asked is None:
        return
    _take_back(state, asked)
    _forget_wait(state, asked)
    rows.note(state, asked, "PASSED", "by hand")
    asked.state, asked.why = CANCELLED, "passed by hand"


def booked(state: State, instrument: InstrumentId) -> None:
    """A whole book came that requests wait for."""
    for trace in list(state.rfq.waiting.get(instrument, ())):
        asked = state.rfq.asked.get(trace)
        if asked is not None and asked.state == PENDING:
            consider(state, asked, pressed=False)


def tick(state: State) -> None:
    """Have time looked at while anything of requests depends on it."""
    if state.rfq.ticking:
        return
    state.rfq.ticking = True
    state.out.wake(Nanos(state.now + real(state, 1.0)), TICK)


def due(state: State) -> bool:
    """Do what time asks for of requests; return whether it will be looked at again."""
    memory, now = state.rfq, state.now
    for like in [k for k, v in memory.likes.items() if now - v.at > real(state, _debounce(state))]:
        del memory.likes[like]
    busy = False
    for asked in list(memory.asked.values()):
        if asked.state == PENDING and asked.waits_until is not None and now >= asked.waits_until:
            why = asked.why.removeprefix("waiting for a book: ")
            _forget_wait(state, asked)
            seat = seat_of(state)
            if seat is not None:
                _dummy(state, asked, values_of(seat))
            _refuse(state, asked, f"no book in time: {why}")
        if asked.state == QUOTED and not asked.live(now):
            _settle(state, asked, "nobody took it in time")
        if asked.state == PENDING and now >= (asked.request.expires or asked.at + real(state, LASTS_S)):
            asked.state = CANCELLED
            rows.note(state, asked, "CANCELLED", asked.why or "its time is over")
        busy = busy or asked.waits_until is not None or bool(asked.live(now)) or asked.state == PENDING
    wanted = {one: until for one, until in memory.follows.items() if now < until}
    if wanted != memory.follows:
        memory.follows = wanted
        for desk in state.desks.values():
            feeding.follow(state, desk)
    return busy or bool(wanted)


def find(state: State, client: str) -> tuple[Asked, Made] | None:
    """Return a quote of ours and its request; None for one that is not known."""
    asked = state.rfq.asked.get(state.rfq.clients.get(client, ""))
    if asked is None:
        return None
    return next(((asked, one) for one in asked.made if one.quote.client == client), None)


def words(state: State, request: QuoteRequest) -> str:
    """Return a request in words."""
    legs = []
    for leg in request.legs[:LEGS]:
        listing = state.listings.get(leg.instrument)
        name = leg.instrument.symbol[:60] if listing is None else finding.name(listing.instrument)
        legs.append(f"{leg.side.value} {leg.ratio.normalize():f} {name}")
    who = request.taker[:64] or "a taker"
    sides = "/".join(side.value for side in request.sides)
    return f"{who} wants {str(request.qty)[:40]} of [{', '.join(legs)}], we {sides}"


def _open(state: State, trace: str) -> Asked | None:
    asked = state.rfq.asked.get(trace)
    why = (
        "is not known" if asked is None else "has traded" if asked.trades else f"is {asked.over}" if asked.over else ""
    )
    if why:
        state.out.notice(Level.INFO, f"request {trace[:80]} {why}", "RFQ")
        return None
    return asked


def _take_back(state: State, asked: Asked) -> None:
    for made in asked.live(state.now):
        if made.status in {"open", "signing", "lost"}:
            state.out.want(DropQuote(quote=made.quote))
            rows.note(state, asked, "TAKING BACK", f"quote {made.quote.client}")
        elif made.status == "keeping":
            made.status, made.text, made.counts_until = "rejected", "taken back before it was signed", state.now


def _settle(state: State, asked: Asked, why: str) -> None:
    """A request has no quote that stands any more: it is over without a trade, unless one is coming."""
    if asked.trades or asked.live(state.now) or asked.state not in {PENDING, QUOTED}:
        return
    if asked.made or asked.over or (asked.request.expires is not None and state.now >= asked.request.expires):
        asked.state, asked.why = CANCELLED, why
        rows.note(state, asked, "CANCELLED", why)


def _refuse(state: State, asked: Asked, why: str) -> None:
    """Say why a request has no price; it stays open for the trader as long as its time is not over."""
    asked.packages = ()
    if asked.why != why:
        rows.note(state, asked, "NO QUOTE", why)
    asked.why = why
    state.out.dirty(topics.RFQ)


def _dummy(state: State, asked: Asked, values: Mapping[str, Value]) -> None:
    """On paper show a price where none can be had, if that is switched on; it is on the screen and nowhere else."""
    if state.session.mode != "live" and values["dummy"]:
        asked.dummy = Decimal(str(values["dummy_price"]))
        rows.note(state, asked, "DUMMY", f"{asked.dummy} shown, not sent, not signed")


def _await(state: State, asked: Asked, values: Mapping[str, Value]) -> bool:
    """Follow the books that a request lacks, for as long as it may wait; False where none of them can come."""
    missing = [one for one in pricing.wanted(state, asked) if state.listings[one].stale]
    if not missing:
        return False
    if asked.waits_until is None:
        asked.waits_until = Nanos(state.now + real(state, float(values["wait"])))
        rows.note(state, asked, "WAITING", f"for {', '.join(one.symbol for one in missing)}")
    if state.now >= asked.waits_until:
        return False
    until = Nanos(state.now + real(state, float(values["valid"]) + 60.0))
    for one in missing:
        state.rfq.follows[one] = until
        state.rfq.waiting.setdefault(one, {})[asked.trace] = None
    for venue in sorted({one.venue for one in missing}):
        feeding.follow(state, state.desks[venue])
    return True


def _forget_wait(state: State, asked: Asked) -> None:
    asked.waits_until = None
    for one in list(state.rfq.waiting):
        some = state.rfq.waiting[one]
        some.pop(asked.trace, None)
        if not some:
            del state.rfq.waiting[one]


def _likeness(request: QuoteRequest) -> tuple[object, ...]:
    legs = tuple((leg.instrument, leg.side, leg.ratio) for leg in request.legs)
    return request.venue, request.taker, request.qty, request.sides, legs


def _debounce(state: State) -> float:
    seat = seat_of(state)
    return 0.0 if seat is None else float(values_of(seat)["debounce"])


def _said(quote: Quote) -> str:
    legs = ", ".join(f"{leg.instrument.symbol} at {leg.price}" for leg in quote.legs)
    return f"{quote.side.value} {Qty(quote.qty)} of {legs}"


def _priced(package: Package) -> str:
    legs = "; ".join(
        f"{leg.instrument.symbol} {leg.answer.price:.6g} from {leg.answer.hedge:.6g} on {leg.pricing.venue}"
        f" ({leg.answer.slippage_bps:.1f} bp slippage, fee {leg.answer.fee:.4g})"
        for leg in package.legs
    )
    return f"{package.side.value} at {package.price:.6g}, edge ${package.edge:,.2f}: {legs}"
