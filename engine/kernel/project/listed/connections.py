"""The venues' links: chips for the status bar, lines for the Connections dock; the weather's services below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel import linking
from engine.kernel.project.listed import sources
from engine.views.connections import ConnectionLine, ConnectionsView, LinkLine
from engine.views.status import FeedChip

if TYPE_CHECKING:
    from engine.core.ids import VenueId
    from engine.kernel.desks import Desk
    from engine.kernel.state import State


def view(state: State) -> ConnectionsView:
    """Return a line for every venue of the session, and for every service that tells of the weather."""
    return ConnectionsView(
        rows=(*(_line(state, desk) for desk in state.desks.values()), *sources.lines(state)),
        mode=state.session.mode,
        armed_until=getattr(state.session, "armed_until", None),
        now=state.now,
    )


def chips(state: State) -> list[FeedChip]:
    """Return a chip for every venue and every service."""
    return [*(_chip(state, desk) for desk in state.desks.values()), *sources.chips(state)]


def _chip(state: State, desk: Desk) -> FeedChip:
    mood, why = standing(state, desk)
    report = desk.report
    latency = None if report is None else report.latency_ms
    age = _age(state, desk)
    text = "—" if mood in {"down", "off"} else f"{latency:.0f} ms" if latency is not None else "live"
    if mood in {"ageing", "stale"} and age is not None:
        text = f"{age:.0f} s"
    tip = why or f"{desk.facts.title}: {_books(state, desk.venue)}"
    return FeedChip(name=desk.facts.title, state=mood, text=text, tip=tip)


def standing(state: State, desk: Desk) -> tuple[str, str]:
    """Return how a venue stands, live, ageing, stale, down or off, and why."""
    market = desk.links.get("market")
    if market is None:
        return "off", "not connected in this session"
    if not market.up:
        return "down", market.why or "disconnected"
    age = _age(state, desk)
    limit = desk.facts.stale_after_s
    if age is not None and age > limit:
        return "stale", f"silent for {age:.0f} s"
    if age is not None and age > limit / 2:
        return "ageing", f"silent for {age:.0f} s"
    account = desk.links.get("account")
    if desk.facts.trades and account is not None and not account.up:
        return "ageing", f"the account's link is down: {account.why}"
    if desk.facts.trades and not desk.reconciled:
        return "ageing", desk.why or "the account is not reconciled yet"
    return "live", ""


def _line(state: State, desk: Desk) -> ConnectionLine:
    mood, why = standing(state, desk)
    report = desk.report
    live, stale = _counts(state, desk.venue)
    return ConnectionLine(
        venue=desk.venue,
        title=desk.facts.title,
        state=mood,
        why=why,
        links=tuple(
            LinkLine(channel=name, up=link.up, since=link.since, why=link.why) for name, link in desk.links.items()
        ),
        report=report,
        age_s=_age(state, desk),
        books_live=live,
        books_stale=stale,
        trades=desk.facts.trades,
        reconciled=desk.reconciled,
        cash=desk.cash,
        cash_at=desk.cash_at,
        collateral=desk.facts.collateral,
        can=desk.facts.can,
    )


def _age(state: State, desk: Desk) -> float | None:
    return linking.silence_s(state, desk)


def _counts(state: State, venue: VenueId) -> tuple[int, int]:
    """Return how many followed books are to be trusted, and how many are not."""
    of_it = [one for key, one in state.listings.items() if key.venue == venue and one.book_at is not None]
    stale = sum(bool(one.stale) for one in of_it)
    return len(of_it) - stale, stale


def _books(state: State, venue: VenueId) -> str:
    live, stale = _counts(state, venue)
    return f"{live} books live" + (f", {stale} stale" if stale else "")
