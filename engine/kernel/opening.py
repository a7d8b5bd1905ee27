"""A session begins: venues, their paper accounts, what the ledger knows of orders and positions there."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.events import Lost
from engine.core.ids import YOU, AccountId
from engine.core.order import Status
from engine.core.units import Money
from engine.kernel import answering, asking, exposing, feeding, inflight, moving, venue_rows
from engine.kernel.desks import Desk
from engine.kernel.options import holding
from engine.kernel.venue_rows import AT
from engine.maths.contracts import Booking
from engine.options import assets

if TYPE_CHECKING:
    from engine.core.ids import VenueId
    from engine.core.snapshot import Snapshot
    from engine.kernel.state import State

PAPER_CASH: Final = Money(Decimal(10_000))
"""A venue, unless the session says otherwise."""


def venues(state: State, snapshot: Snapshot) -> None:
    """Take in the venues of a session and what the ledger knows of them; orders in flight have lost their answer."""
    state.salt = snapshot.salt or f"{state.now:x}"[-12:]
    if snapshot.assets:
        state.options.assets = assets.table(snapshot.assets)
    for facts in snapshot.venues:
        state.desks[facts.id] = Desk(facts.id, facts)
    for roster in snapshot.listings:
        state.families[roster.family.id] = roster.family
        state.rostered.add(roster.family.id)
        for instrument in roster.instruments:
            feeding.take_in(state, instrument)
    for row in snapshot.held:
        state.book.restore_held(row)
        if exposing.nets_of(state, row.instrument) >= Booking.PREMIUM:
            holding.touched(state, row.instrument)
    _fills(state, snapshot)
    _cash(state, snapshot)
    for one in state.register:
        if inflight.on_venue(one):
            exposing.refresh(state, one.place.instrument)
    exposing.remark_all(state)
    for held in dict.fromkeys(one for one, _, _ in state.book.held()):
        if held in state.listings:
            exposing.refresh(state, held)
    for desk in state.desks.values():
        _in_flight(state, desk)
        feeding.follow(state, desk)
        if desk.facts.trades:
            desk.why = "waiting for a picture of the account"
            asking.look(state, desk)


def _fills(state: State, snapshot: Snapshot) -> None:
    for row in snapshot.venue_fills:
        state.traded.add(row.trade_id)
        one = state.register.get(row.order)
        if one is not None:
            answering.restored(state, one, row)
    for one in state.register:
        if inflight.on_venue(one) and not one.ended:
            answering.settle_order(one)


def _cash(state: State, snapshot: Snapshot) -> None:
    """Paper: what our own double entry says; an account that is not there yet gets its deposit."""
    if state.session.mode == exposing.LIVE:
        return
    known = dict(snapshot.venue_cash)
    given = {row.account: row.amount for row in snapshot.seed_cash}
    for venue, desk in state.desks.items():
        if not desk.facts.trades:
            continue
        if venue not in known:
            known[venue] = given.get(_account(venue), PAPER_CASH)
            state.out.keep(venue_rows.deposit(venue, known[venue], state.now))
        desk.cash = known[venue]


def _account(venue: VenueId) -> AccountId:
    return AccountId(f"{YOU}{AT}{venue}")


def _in_flight(state: State, desk: Desk) -> None:
    for one in inflight.open_on(state, desk.venue):
        if one.status in {Status.SENT, Status.AMENDING, Status.CANCELING}:
            if one.status is Status.CANCELING:
                state.taken_back.add(one.id)
                moving.remind(state, one)
            answering.take(state, Lost(at=state.now, order=one.id, why="the last session ended before its answer"))
