"""A session begins: what the ledger knows comes back, limits and timers are set, venues come in."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core import unpriced
from engine.core.effects import Level
from engine.core.errors import InvariantBroken
from engine.core.events import Lost
from engine.core.ids import YOU, AccountId
from engine.core.order import Status
from engine.core.snapshot import LIVE
from engine.core.units import Money, Nanos
from engine.kernel import (
    answering,
    asking,
    control,
    exposing,
    forgetting,
    inflight,
    journal,
    listing,
    moving,
    noting,
    resting,
    restoring,
    results,
    rostering,
    rows,
    taping,
    venue_rows,
    watching,
)
from engine.kernel.desks import Desk
from engine.kernel.options import holding
from engine.kernel.rfq import desk as rfq
from engine.kernel.strategies import host
from engine.kernel.venue_rows import AT
from engine.maths.contracts import Booking
from engine.options import assets
from engine.risk.limits import Limits
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.events import Opened
    from engine.core.ids import VenueId
    from engine.core.snapshot import Snapshot
    from engine.kernel.state import State
    from engine.strategies.base import Strategy

PAPER_CASH: Final = Money(Decimal(10_000))
"""A venue, unless the session says otherwise."""
MODES: Final = {"demo": "Demo day, paper money", "paper": "Paper trading", "live": "Live"}


def session(state: State, event: Opened, strategies: tuple[Strategy, ...]) -> None:
    """Open the session; it is the first event of all.

    Raises
    ------
    InvariantBroken
        If anything came before it.
    """
    if state.events != 1:
        msg = "a session was opened twice"
        raise InvariantBroken(msg)
    snapshot = event.snapshot
    restoring.restore(snapshot, state)
    _venues(state, snapshot)
    host.open_up(state, strategies, snapshot)
    journal.restore(state, snapshot.journal)
    noting.restore(state, snapshot.market_notes)
    rfq.restore(state, snapshot)
    _seed(state, snapshot)
    state.out.keep((rows.meta("mode", snapshot.mode),))
    forgetting.let_go(state)
    results.refresh(state)
    _limits(state, snapshot)
    results.bases(state)
    for market in list(state.exchange.markets):
        listing.schedule(state, market)
    forgetting.contest(state)
    resting.schedule(state)
    if not snapshot.chain_ok:
        why = f": {snapshot.chain_why}" if snapshot.chain_why else ""
        state.out.notice(Level.DANGER, f"no order is let through, the settlement log does not verify{why}", "CHAIN")
    elif snapshot.chain_why:
        state.out.notice(Level.WARN, f"the settlement log holds together, but {snapshot.chain_why}", "CHAIN")
    control.self_test(state)
    state.out.wake(Nanos(state.now + snapshot.beat), "beat")
    state.out.notice(Level.INFO, f"{MODES.get(snapshot.mode, snapshot.mode)} session opened", "OPENED")
    state.out.dirty(*taping.ACCOUNT_VIEWS, topics.MARKETS, topics.SETTLEMENTS, topics.STATIONS, topics.FEEDS)


def _venues(state: State, snapshot: Snapshot) -> None:
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
            rostering.take_in(state, instrument)
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
        watching.follow(state, desk)
        if desk.facts.trades:
            desk.why = "waiting for a picture of the account"
            asking.look(state, desk)


def _fills(state: State, snapshot: Snapshot) -> None:
    for row in snapshot.venue_fills:
        state.traded.add(row.trade_id)
        if unpriced.fee_of(row.tag):
            state.unpriced.add(row.instrument)
        one = state.register.get(row.order)
        if one is not None:
            answering.restored(state, one, row)
    for one in state.register:
        if inflight.on_venue(one) and not one.ended:
            answering.settle_order(one)


def _cash(state: State, snapshot: Snapshot) -> None:
    """Paper: what our own double entry says; an account that is not there yet gets its deposit."""
    if state.session.mode == LIVE:
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


def _seed(state: State, snapshot: Snapshot) -> None:
    """Give accounts of the embedded exchange their first money, unless the ledger knows them."""
    known = {row.account for row in snapshot.cash}
    for deposit in snapshot.seed_cash:
        if deposit.account not in known and AT not in deposit.account:
            moves = state.exchange.deposit(deposit.account, deposit.amount)
            state.out.keep(rows.cash(moves, state.now))


def _limits(state: State, snapshot: Snapshot) -> None:
    """Put the limits into force; live, shares of a balance wait until a venue has told it."""
    state.limits = Limits(results.equity(state), snapshot.limits)
    state.limits_kept = snapshot.limits
    state.limits_wait = snapshot.mode == LIVE and bool(state.desks)
    if not state.limits_wait:
        control.keep_limits(state, snapshot.limits)
