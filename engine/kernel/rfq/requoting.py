"""Quotes made anew by themselves: the price has moved too far, or their time runs out while the request is open.

A new quote goes the whole way of a first one: priced from a fresh book, weighed beside those that still count, written
down, and signed while that may be. Where the venue takes quotes back, the old one goes first and the new one waits for
that; where it does not, the old one stays until its time is out, so that a new one is only sent that is better for the
taker: he would take the old one otherwise. So many for each request, and so long after each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import Nanos, Side
from engine.kernel.rfq import limits, pricing, quoting, rows, seated, standing
from engine.kernel.rfq.memory import Asked, Made, Package
from engine.kernel.strategies.context import sends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.spec import Value

BPS: Final = 10_000.0
UNDER_WAY: Final = frozenset({"keeping", "signing", "lost"})
"""A quote of which nobody knows yet, or any more, whether it stands: nothing is put beside it."""


def look(state: State, asked: Asked) -> None:
    """Quote a request anew where that is asked for, and due."""
    seat = seated.seat_of(state)
    if seat is None or asked.over or asked.trades:
        return
    values = seated.values_of(seat)
    if not values["requote"] or seated.stopped(state) or not sends(state, seat):
        asked.anew = ""
        return
    live = [one for one in asked.live(state.now) if state.now < one.quote.until]
    if any(one.status in UNDER_WAY for one in live) or _too_soon(state, asked, values):
        return
    if asked.anew:
        if not live:
            _again(state, asked, seat, values)
        return
    if not live or asked.requotes >= int(values["requotes"]):
        return
    found = [pricing.package(state, asked, side, values) for side in asked.request.sides]
    packages = [one for one in found if not isinstance(one, str)]
    if len(packages) < len(found):
        return  # without a fresh price nothing is quoted, and what stands has its time
    why, moved = _reason(state, asked, live, packages, values)
    if not why:
        return
    asked.anew, asked.requoted_at = why, state.now
    if moved and _takes_back(state, asked):
        standing.take_back(state, asked)
    else:
        _again(state, asked, seat, values)


def _too_soon(state: State, asked: Asked, values: Mapping[str, Value]) -> bool:
    pause = seated.real(state, float(values["requote_pause"]), asked.request.venue)
    last = max((one.at for one in asked.made), default=asked.at)
    return state.now - max(last, asked.requoted_at) < pause and not asked.anew


def _reason(
    state: State, asked: Asked, live: list[Made], packages: list[Package], values: Mapping[str, Value]
) -> tuple[str, bool]:
    """Return why what stands is to be replaced, and whether it is for its price; an empty text where it is not."""
    last = {one.quote.side: one for one in live}
    free = _takes_back(state, asked)
    for package in packages:
        old = last.get(package.side)
        if old is None or old.package is None or not old.package.price:
            continue
        bps = BPS * (package.price - old.package.price) / abs(old.package.price)
        better = bps > 0.0 if package.side is Side.BUY else bps < 0.0
        if abs(bps) >= float(values["requote_move"]) and (free or better):
            return f"its price moved by {bps:+.1f} bp", True
    ends = min(one.quote.until for one in live)
    before = seated.real(state, float(values["requote_before"]), asked.request.venue)
    if ends - state.now <= before and ends < _open_until(state, asked):
        return "its time runs out while the request is open", False
    return "", False


def _open_until(state: State, asked: Asked) -> Nanos:
    """Return until when a request can be quoted."""
    if asked.request.expires is not None:
        return asked.request.expires
    return Nanos(asked.at + seated.real(state, seated.LASTS_S, asked.request.venue))


def _takes_back(state: State, asked: Asked) -> bool:
    desk = state.desks.get(asked.request.venue)
    return desk is not None and "WITHDRAW_QUOTES" in desk.facts.can


def _again(state: State, asked: Asked, seat: Seat, values: Mapping[str, Value]) -> None:
    """Price a request once more, and quote it; what is refused now is looked at again after the pause."""
    why, reason, asked.anew = "", asked.anew, ""
    asked.requoted_at = state.now
    if state.now >= _open_until(state, asked):
        standing.settle(state, asked, "its time was over before it could be quoted anew")
        return
    packages: list[Package] = []
    for side in asked.request.sides:
        made = pricing.package(state, asked, side, values)
        found = made if isinstance(made, str) else limits.breach(state, asked, made, values)
        if isinstance(made, str) or found:
            why = found
        else:
            packages.append(made)
    if not packages:
        if asked.why != why:
            asked.why = why
            rows.note(state, asked, "NOT REQUOTED", why)
        standing.settle(state, asked, why)
        return
    asked.requotes += 1
    rows.note(state, asked, "REQUOTED", f"{reason}; {asked.requotes} of {int(values['requotes'])}")
    asked.packages = tuple(packages)
    quoting.answer(state, asked, seat, values, anew=True)
