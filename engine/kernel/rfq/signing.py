"""A quote written down, and only then signed: its price is looked at again once its row is on disk.

A quote's number and row are on disk before anybody signs it; one that was not sent has spent its number all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.effects import SignQuote
from engine.core.quotes import Quote
from engine.core.units import SECOND, Nanos
from engine.kernel.rfq import limits, pricing, rows, seated, standing
from engine.kernel.rfq.memory import Asked, Made, Step
from engine.kernel.strategies.context import sends
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.rfq.memory import Package
    from engine.kernel.state import State
    from engine.strategies.spec import Value

SAFE: Final = "quote:"
"""What a `Keep` says back: a quote is on disk."""
LATE_NS: Final = 60 * SECOND
"""A quote counts so long after its time: who took it in its last second is told of late."""
MILLI: Final = 1_000_000


def make(state: State, asked: Asked, package: Package, values: Mapping[str, Value]) -> None:
    """Write a quote down; `kept` has it signed."""
    memory, request = state.rfq, asked.request
    memory.nonce = max(memory.nonce + 1, state.now // MILLI)
    whole = Nanos((state.now + seated.real(state, float(values["valid"]), request.venue)) // SECOND * SECOND)
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
    made = Made(quote, package, state.now, Nanos(until + LATE_NS), limits.sums_of(state, package))
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
    found = standing.find(state, client)
    if found is None:
        return
    asked, made = found
    if made.status != "keeping":
        return
    seat = seated.seat_of(state)
    why = seated.stopped(state)
    if not why and (seat is None or not sends(state, seat)):
        why = "the desk no longer sends"
    if not why and state.now >= made.quote.until:
        why = "its time was over before it was on disk"
    if not why and asked.over:
        why = f"the request is {asked.over}"
    if not why and made.package is not None and seat is not None:
        why = pricing.still(state, made.package, seated.values_of(seat))
    if why or made.package is None:
        made.status, made.text = "rejected", why or "it has no price"
        rows.note(state, asked, "NOT SIGNED", made.text)
        state.out.keep((rows.quote(asked.trace, made),))
        standing.settle(state, asked, made.text)
        return
    made.status = "signing"
    rows.note(state, asked, "SIGNING", f"quote {client}")
    state.out.want(SignQuote(quote=made.quote))


def never_kept(state: State, client: str) -> None:
    """A quote's row can never be written: it is not signed."""
    found = standing.find(state, client)
    if found is not None:
        found[1].status, found[1].text = "rejected", "it could not be written down, and was not signed"
        standing.settle(state, found[0], found[1].text)


def _said(quote: Quote) -> str:
    legs = ", ".join(f"{leg.instrument.symbol} at {leg.price}" for leg in quote.legs)
    return f"{quote.side.value} {quote.qty.normalize():f} of {legs}"
