"""How our quotes stand: what a venue says of each, which of them still count, and requests that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.core.effects import DropQuote, Level
from engine.core.rfq import trace_of
from engine.kernel.rfq import rows, waiting
from engine.kernel.rfq.memory import CANCELLED, PENDING, QUOTED, Asked, Made
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.events import QuoteRequestOver, QuoteStood
    from engine.kernel.state import State


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
    newly = made.status != event.status
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
    if event.status == "lost" and newly:
        text = f"{asked.trace}: quote {event.client[:64]} has no known outcome and counts until its time is out"
        state.out.notice(Level.WARN, text, "QUOTE", asked.trace)
    if event.status in {"rejected", "cancelled", "expired"}:
        made.counts_until = state.now if event.status != "expired" else made.counts_until
        settle(state, asked, event.text or event.status)
    state.out.dirty(topics.RFQ)


def over(state: State, event: QuoteRequestOver) -> None:
    """Nothing can be quoted on a request any more."""
    asked = state.rfq.asked.get(trace_of(event.venue, event.request))
    if asked is None or asked.over:
        return
    asked.over, asked.anew = event.status[:40], ""
    waiting.forget(state, asked)
    rows.note(state, asked, "OVER", f"the request is {asked.over}")
    if not asked.trades and asked.state in {PENDING, QUOTED}:
        asked.state, asked.why = CANCELLED, f"the request is {asked.over}"  # its quotes count until their time is out


def find(state: State, client: str) -> tuple[Asked, Made] | None:
    """Return a quote of ours and its request; None for one that is not known."""
    asked = state.rfq.asked.get(state.rfq.clients.get(client, ""))
    if asked is None:
        return None
    return next(((asked, one) for one in asked.made if one.quote.client == client), None)


def take_back(state: State, asked: Asked) -> None:
    """Take back every quote of a request that may be taken."""
    for made in asked.live(state.now):
        if made.status in {"open", "signing", "lost"}:
            state.out.want(DropQuote(quote=made.quote))
            rows.note(state, asked, "TAKING BACK", f"quote {made.quote.client}")
        elif made.status == "keeping":
            made.status, made.text, made.counts_until = "rejected", "taken back before it was signed", state.now


def settle(state: State, asked: Asked, why: str) -> None:
    """A request has no quote that stands any more: it is over without a trade, unless one is coming."""
    if asked.trades or asked.live(state.now) or asked.anew or asked.state not in {PENDING, QUOTED}:
        return
    if asked.made or asked.over or (asked.request.expires is not None and state.now >= asked.request.expires):
        asked.state, asked.why = CANCELLED, why
        rows.note(state, asked, "CANCELLED", why)
