"""Our account held against the venue's: at the start, after every gap, and as long as an order has no known outcome.

Until that is done no new order passes (`RECONCILED`); cancels do. What is missing becomes ordinary events. Where a
position differs in two pictures in a row, with nothing under way in that instrument, the venue's word is booked for
all to see.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.events import Canceled, Lost, Rejected
from engine.core.ids import InstrumentId, OrderId, VenueOrderId
from engine.core.order import Status
from engine.core.snapshot import LIVE
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side
from engine.kernel import answering, asking, control, determining, exposing, inflight, moving, reshowing
from engine.kernel.desks import ACCOUNT, Link
from engine.kernel.options import holding
from engine.maths import contracts
from engine.orders import bearable, reconcile
from engine.portfolio.netting import Traded
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import Conclude, Reconcile
    from engine.core.events import LinkChanged, Pictured, Seen
    from engine.core.ids import VenueId
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State
    from engine.orders.reconcile import Gap
    from engine.orders.register import Order

ZERO: Final = Decimal(0)
ANSWERED_WITHIN: Final = 5 * SECOND
"""A request of ours without any news for so long is asked about."""
UNHEARD: Final = 20 * SECOND
"""An order that was sent and not heard of at all for so long has no known outcome."""
STANDING: Final = frozenset({Status.WORKING, Status.PARTIAL})
"""Nothing is asked of an order in these, unless an amendment got lost."""
ADJUSTED: Final = "reconciled"
"""Tag of a fill that books a difference."""


def link_changed(state: State, event: LinkChanged) -> None:
    """The account's link came up or went down: either way, what happened meanwhile is not known."""
    desk = state.desks[event.venue]
    was = desk.links.get(ACCOUNT)
    desk.links[ACCOUNT] = Link(event.up, event.at if was is None or was.up != event.up else was.since, event.why)
    desk.reconciled, desk.differs = False, {}
    if event.up:
        desk.why, desk.looks = "waiting for a picture of the account", 0
        asking.look(state, desk)
    else:
        desk.why = event.why or "its account link is down"
    reshowing.venue(state, desk.venue)


def again(state: State, asked: Reconcile) -> None:
    """The trader wants the account looked at again."""
    desk = state.desks.get(asked.venue)
    if desk is None or not desk.facts.trades:
        state.out.notice(Level.INFO, f"{asked.venue} has no account in this session", "RECONCILED")
        return
    desk.looks = 0
    asking.look(state, desk)


def due(state: State, venue: VenueId) -> None:
    """A picture that was put off is due."""
    desk = state.desks.get(venue)
    if desk is None or desk.look_due is None or state.now < desk.look_due:
        return
    desk.look_due = None
    lost = [one for one in inflight.open_on(state, venue) if one.status is Status.LOST]
    for one in lost:
        if state.absences.get(one.id, 0) >= reconcile.ABSENCES and desk.reconciled:
            asking.look(state, desk, only=one)
            return
    asking.look(state, desk)


def beat(state: State) -> None:
    """Ask about requests that were not answered, and again where no picture came."""
    for desk in state.desks.values():
        if not desk.facts.trades:
            continue
        if desk.looking is not None and state.now - desk.looking.since > desk.real(asking.PATIENCE):
            desk.looking = None
            asking.doubt(state, desk, "the picture of the account did not come")
        if not state.register.waiting:
            continue
        silent = False
        for one in inflight.open_on(state, desk.venue):
            if one.id in state.pending or _stands(state, one):
                continue
            silent = silent or state.now - one.moved_at > desk.real(ANSWERED_WITHIN)
            if one.status is Status.SENT and state.now - one.moved_at > desk.real(UNHEARD):
                lose(state, one, "no answer came")
        if silent:
            asking.soon(state, desk)


def _stands(state: State, one: Order) -> bool:
    """Whether nothing is asked of an order. One that we wanted back and the venue kept is still asked back."""
    return one.status in STANDING and one.amending is None and one.id not in state.taken_back


def lose(state: State, one: Order, why: str) -> None:
    """Call an order's outcome unknown."""
    answering.take(state, Lost(at=state.now, order=one.id, why=why))


def pictured(state: State, event: Pictured) -> None:
    """The venue's word on our account."""
    desk = state.desks.get(event.venue)
    if desk is None:
        return
    asked = desk.looking
    whole = asked is not None and event.asked_at >= asked.since  # not one of before the last gap, come late
    if whole:
        desk.looking = None
    if not event.ok:
        asking.doubt(state, desk, event.why[: answering.LONGEST] or "the account could not be read")
        return
    if wrong := bearable.picture(event):
        asking.doubt(state, desk, f"{wrong}, which cannot be")
        return
    named = asked.orders if asked is not None and whole else frozenset()
    ours = _ours(state, desk, named)
    gap, traded = reconcile.compare(event, ours), _traded(state, desk, event.asked_at)
    for one in gap.events:
        answering.take(state, one)
        determining.late(state, one)
    _short(state, event, ours)
    _strays(state, desk, gap)
    _external(state, desk, event)
    _absent(state, gap, alone=len(named) == 1)
    if event.cash is not None and state.session.mode == LIVE:
        desk.cash, desk.cash_at = event.cash, event.at
        gap.later = gap.later or traded  # it may be the cash of before or after
    differ = _positions(state, desk, event, gap)
    _concluded(state, desk, gap, differ, whole=whole)


def _ours(state: State, desk: Desk, named: frozenset[OrderId]) -> reconcile.Ours:
    orders = {one.id: one for one in state.register if one.place.instrument.venue == desk.venue}
    return reconcile.Ours(
        orders=orders,
        by_client={one.client: one.id for one in orders.values() if one.client},
        by_venue={one.venue_order: one.id for one in orders.values() if one.venue_order},
        booked=lambda order, trade: answering.key_of(orders[order], trade) in state.traded,
        waiting=frozenset(state.pending),
        named=named,
        taken_back=frozenset(state.taken_back),
        settles=desk.real(reconcile.SETTLES),
    )


def _short(state: State, event: Pictured, ours: reconcile.Ours) -> None:
    """Move no order on of which the venue says that it traded more than its fills tell: what is left is not known."""
    if not state.shifting:
        return
    for seen in event.orders:
        one = state.register.get(reconcile.owner(seen, ours) or OrderId(""))
        if one is not None and one.ended and seen.filled is not None and seen.filled > one.filled:
            moving.give_up(state, one.id, "it traded more there than its fills tell")


def _strays(state: State, desk: Desk, gap: Gap) -> None:
    """Take back what must not work there: orders that ended for us, and those asked back before."""
    for one, seen in gap.stray:
        one.venue_order = one.venue_order or seen.venue_order
        text = f"order {one.id} was {one.status.value} and works on {desk.venue} all the same; it is taken back"
        state.out.notice(Level.DANGER, text, "STRAY_ORDER", one.place.instrument.symbol)
        inflight.withdraw(state, one)
    for one in gap.again:
        if not one.ended:
            inflight.ask_back(state, one)


def _external(state: State, desk: Desk, event: Pictured) -> None:
    """Show orders that work there and are not ours."""
    ours = _ours(state, desk, frozenset())
    found: dict[VenueOrderId, Seen] = {
        seen.venue_order or VenueOrderId(seen.client): seen
        for seen in event.orders
        if seen.status == "working" and reconcile.owner(seen, ours) is None
    }
    for key, seen in found.items():
        if key not in desk.external:
            symbol = "" if seen.instrument is None else seen.instrument.symbol[:40]
            text = f"an order that is not from here works on {desk.venue} {symbol}".rstrip()
            state.out.notice(Level.WARN, text, "EXTERNAL_ORDER", symbol)
    if found != desk.external:
        desk.external = found
        state.out.dirty(topics.ORDERS, topics.CONNECTIONS)


def _absent(state: State, gap: Gap, *, alone: bool) -> None:
    """Count the pictures that do not show an order; enough of them, and a look for it alone, end it."""
    for one in gap.absent:
        if one.ended:
            continue
        seen = state.absences.get(one.id, 0) + 1
        state.absences[one.id] = seen
        if seen <= reconcile.ABSENCES or not alone:
            if one.status is not Status.LOST:
                lose(state, one, "the venue does not show it")
                state.absences[one.id] = seen
            continue
        if one.venue_order:
            answering.take(state, Canceled(at=state.now, order=one.id, why="the venue no longer has it"))
        else:
            text = f"the venue was asked {seen} times and never had it"
            answering.take(state, Rejected(at=state.now, order=one.id, code="absent", text=text))


def _positions(state: State, desk: Desk, event: Pictured, gap: Gap) -> bool:
    """Hold positions against the venue's; return whether a difference keeps the gate closed until the next look.

    Where something is under way it may be no difference at all, which only the next picture can tell.
    """
    if event.positions is None:
        desk.differs = {}
        return False
    held = {(one.symbol, leg.value): Decimal(p.qty) for one, leg, p in state.book.held() if one.venue == desk.venue}
    theirs = {(p.instrument.symbol, p.leg.value): Decimal(p.qty) for p in event.positions if p.qty}
    averages = {(p.instrument.symbol, p.leg.value): p.average for p in event.positions}
    busy = _busy(state, desk, event.asked_at)
    before, desk.differs = desk.differs, {}
    for (symbol, leg), (mine, other) in reconcile.differences(held, theirs).items():
        instrument = InstrumentId(desk.venue, symbol)
        if instrument in busy:
            gap.later = True
            continue
        words = f"{mine.normalize():f} {leg} here, {other.normalize():f} there"
        if before.get(instrument, "").find(words) >= 0:
            _adjust(state, instrument, Leg(leg), mine, other, averages.get((symbol, leg)))
        else:
            known = desk.differs.get(instrument, "")
            desk.differs[instrument] = f"{known}; {words}" if known else words
    return bool(desk.differs)


def _traded(state: State, desk: Desk, since: Nanos) -> bool:
    """Whether a fill on a venue was booked since a picture was asked for."""
    for row in reversed(state.fills):
        if row.at < since:
            return False
        if row.instrument.venue == desk.venue:
            return True
    return False


def _busy(state: State, desk: Desk, since: Nanos) -> set[InstrumentId]:
    """Return the instruments in which something is under way, or happened after a picture was asked for."""
    found = {one.place.instrument for one in inflight.open_on(state, desk.venue) if one.status is Status.LOST}
    return found | {row.instrument for row in state.fills if row.at >= since and row.instrument.venue == desk.venue}


def _adjust(
    state: State, instrument: InstrumentId, leg: Leg, mine: Decimal, other: Decimal, average: Decimal | None
) -> None:
    """Book a position as the venue has it; the price is the venue's average, or ours, or the mark."""
    qty, side = Qty(abs(other - mine)), Side.BUY if other > mine else Side.SELL
    listing = state.listings.get(instrument)
    if listing is not None and contracts.is_derivative(listing.instrument):
        _adjust_signed(state, listing, Traded(side, leg, qty, Money(ZERO)), average, mine, other)
        return
    price = _price(state, instrument, leg, average)
    text = (
        f"{instrument.symbol[:40]}: {mine.normalize():f} {leg.value} were held here and {other.normalize():f} on"
        f" {instrument.venue}; the difference was booked at {100 * price:.2f}c"
    )
    state.out.notice(Level.DANGER, text, "POSITION_DIFFERS", instrument.symbol)
    key = f"{instrument.venue}:{ADJUSTED}:{instrument.symbol}:{leg.value}:{state.now}"
    cost = Money((qty * price).quantize(Decimal("0.000001")))
    answering.book(
        state, instrument, Traded(side, leg, qty, cost), Money(ZERO), key=key, order="", tag=ADJUSTED, paid=False
    )


def _adjust_signed(
    state: State, listing: Listing, traded: Traded, average: Decimal | None, mine: Decimal, other: Decimal
) -> None:
    """Book a derivative's position as the venue has it, at the venue's average, or ours, or its price now."""
    one = listing.instrument
    quoted, _ = holding.price(listing)
    known = (average, holding.average(state, listing), quoted)
    price = next((p for p in known if p is not None and p.is_finite() and p > 0), None)
    cost = None if price is None else contracts.cost(one, price, traded.qty, holding.index(listing))
    held = "long" if traded.leg is Leg.YES else "short"
    words = f"{one.id.symbol[:40]}: {mine.normalize():f} {held} here and {other.normalize():f} on {one.id.venue}"
    if cost is None or price is None:
        text = f"{words}; it is booked once the venue has said what the contract is worth"
        state.out.notice(Level.DANGER, text, "POSITION_DIFFERS", one.id.symbol)
        return
    text = f"{words}; the difference was booked at {price.normalize():f}"
    state.out.notice(Level.DANGER, text, "POSITION_DIFFERS", one.id.symbol)
    key = f"{one.id.venue}:{ADJUSTED}:{one.id.symbol}:{traded.leg.value}:{state.now}"
    booked = traded._replace(cost=cost, price=price)
    answering.book(state, one.id, booked, Money(ZERO), key=key, order="", tag=ADJUSTED, paid=False)


def _price(state: State, instrument: InstrumentId, leg: Leg, average: Decimal | None) -> Decimal:
    ours = state.book.get(instrument, leg).average
    listing = state.listings.get(instrument)
    yes = None if listing is None else exposing.mark(listing)
    marked = None if yes is None else yes if leg is Leg.YES else 1 - yes
    found = next((one for one in (average, ours, marked) if one is not None and one.is_finite()), ZERO)
    return min(max(found, ZERO), Decimal(1))


def _concluded(state: State, desk: Desk, gap: Gap, differ: bool, *, whole: bool) -> None:
    """Open the gate, or say why it stays closed, and ask again for what is still unknown."""
    why = ""
    if gap.short:
        why = f"order {gap.short[0].id} traded more there than its fills tell"
        for one in gap.short:
            if not one.ended and one.status is not Status.LOST:
                lose(state, one, "its fills are not all known")
    elif differ:
        why = f"a position differs: {next(iter(desk.differs.values()))}"
    elif not desk.account_up:
        why = desk.link(ACCOUNT).why or "its account link is down"
    elif not whole and not desk.reconciled:
        why = desk.why or "waiting for a newer picture of the account"
    was = desk.reconciled
    desk.reconciled, desk.why = not why, why
    lost = any(one.status is Status.LOST for one in inflight.open_on(state, desk.venue))
    if why or lost or gap.later or not whole:
        asking.soon(state, desk)
    else:
        desk.looks = 0
    if desk.reconciled and not was:
        state.out.notice(Level.INFO, f"the account on {desk.facts.title} is reconciled", "RECONCILED", desk.venue)
    control.start_limits(state)
    if desk.reconciled != was:
        reshowing.venue(state, desk.venue)
    state.out.dirty(topics.CONNECTIONS, topics.GATES, topics.SPINE, topics.FEEDS)


def conclude(state: State, asked: Conclude) -> None:
    """The trader looked at the venue: the order is not there."""
    one = state.register.get(asked.order)
    if one is None or one.status is not Status.LOST:
        what = "is not known" if one is None else f"is {one.status.value}"
        state.out.notice(Level.INFO, f"order {asked.order} {what}: there is nothing to conclude", "CONCLUDE")
        return
    if not asked.why.strip():
        state.out.notice(Level.WARN, "what was seen at the venue has to be said", "CONCLUDE")
        return
    text = f"concluded by {asked.by}: {asked.why.strip()[:200]}"
    if one.filled or one.venue_order:
        answering.take(state, Canceled(at=state.now, order=one.id, why=text))
    else:
        answering.take(state, Rejected(at=state.now, order=one.id, code="concluded", text=text))
    state.out.notice(Level.WARN, f"order {one.id} is taken for gone, {text}", "CONCLUDE", one.place.instrument.symbol)
