"""The services that tell of the weather: chips for the status bar, lines for the Connections dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.events import LinkReport
from engine.core.ids import VenueId
from engine.core.units import MINUTE, SECOND, Nanos
from engine.views.connections import ConnectionLine, LinkLine
from engine.views.status import FeedChip

if TYPE_CHECKING:
    from engine.core.events import Errand, SourceReport
    from engine.kernel.state import State

OVERDUE: Final = 5 * MINUTE
"""A question that is so late is not on its way."""


def lines(state: State) -> list[ConnectionLine]:
    """Return a line for every service, in the order they were first heard of."""
    return [_line(state, one) for one in state.sources.values()]


def chips(state: State) -> list[FeedChip]:
    """Return a chip for every service: how long ago it told something new."""
    return [_chip(state, one) for one in state.sources.values()]


def standing(state: State, one: SourceReport) -> tuple[str, str]:
    """Return how a service stands, live, ageing, stale, down or off, and why."""
    tried = [errand for errand in one.errands if errand.why or errand.ok_at is not None]
    if not tried:
        return "off", "not asked yet" if one.stations else "; ".join(one.refused) or "no station is wanted"
    failing = [errand for errand in tried if errand.why]
    if failing:
        return "down" if len(failing) == len(tried) else "ageing", failing[0].why
    late = [e for e in tried if e.next_at is not None and state.now - e.next_at > OVERDUE]
    if late:
        return "stale", f"{late[0].what} were to be asked for {age(late[0].next_at, state.now)} ago"
    return "live", ""


def news_at(one: SourceReport) -> Nanos | None:
    """Return when a service last told something new; None before it did."""
    return max((errand.news_at for errand in one.errands if errand.news_at is not None), default=None)


def age(then: Nanos | None, now: Nanos) -> str:
    """Return how long ago, in the largest fitting unit; a dash where that is not known."""
    if then is None:
        return "—"
    seconds = max(0, now - then) / SECOND
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} m" if seconds < 5_400 else f"{seconds / 3600:.1f} h"


def _chip(state: State, one: SourceReport) -> FeedChip:
    mood, why = standing(state, one)
    tip = ". ".join(part for part in (why, _told(state, one)) if part)
    return FeedChip(name=one.title, state=mood, text=age(news_at(one), state.now), tip=tip)


def _line(state: State, one: SourceReport) -> ConnectionLine:
    mood, why = standing(state, one)
    at = news_at(one)
    nexts = [errand.next_at for errand in one.errands if errand.next_at is not None]
    return ConnectionLine(
        venue=VenueId(one.source),
        title=one.title,
        state=mood,
        why=why,
        links=tuple(LinkLine(channel=e.what, up=not e.why, since=e.ok_at, why=e.why) for e in one.errands),
        report=LinkReport(
            at=one.at, venue=VenueId(one.source), read_room=one.room, host=one.host, keys=one.keys, frames=one.requests
        ),
        age_s=None if at is None else max(0, state.now - at) / SECOND,
        books_live=0,
        books_stale=0,
        trades=False,
        reconciled=False,
        cash=None,
        collateral="",
        can=(),
        stations=one.stations,
        next_at=min(nexts, default=None),
        told=_told(state, one),
    )


def _told(state: State, one: SourceReport) -> str:
    """Return what it is asked for, kind by kind, and what is not asked of it."""
    kinds = [_kind(errand, state.now) for errand in one.errands]
    left = "" if one.room is None else f"{one.room:.0%} of today's allowance left"
    asked = f"{one.requests} requests, {one.unchanged} not changed since" if one.requests else ""
    return "; ".join(part for part in (*kinds, left, *one.refused, asked) if part)


def _kind(errand: Errand, now: Nanos) -> str:
    """Return when a kind last brought news and last an answer."""
    if errand.ok_at is None:
        return f"{errand.what}: no answer yet"
    news = "nothing yet" if errand.news_at is None else f"news {age(errand.news_at, now)} ago"
    return f"{errand.what}: {news}, answered {age(errand.ok_at, now)} ago"
