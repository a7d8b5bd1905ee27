"""step(event) -> effects: all of trading as one deterministic function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import (
    Amend,
    Annotate,
    Arm,
    Cancel,
    CancelAll,
    CloseTrade,
    Conclude,
    CreateMarket,
    Disarm,
    EditSpread,
    Flatten,
    Halt,
    HedgeNow,
    ManualTrade,
    NoteMarket,
    Pass,
    Place,
    Quote,
    Reconcile,
    ReduceOnly,
    Release,
    Resettle,
    Ring,
    Rule,
    SelfTest,
    SetLimit,
    SetParameter,
    SetPhase,
    SetStrategy,
    TakeRole,
    Teach,
    Watch,
)
from engine.core.effects import Level
from engine.core.errors import InvariantBroken
from engine.core.events import (
    Alerted,
    AlertsOver,
    Asked,
    BookDelta,
    BookSnapshot,
    BooksStale,
    ChainChecked,
    Due,
    Filled,
    GridChanged,
    GridForecast,
    Kept,
    LinkChanged,
    LinkReport,
    Listed,
    Marked,
    Observed,
    Opened,
    Pictured,
    QuoteRequested,
    QuoteRequestOver,
    QuoteStood,
    QuoteTaken,
    SourceReport,
    StationForecast,
    StatusChanged,
    StoreChanged,
    Trade,
)
from engine.core.ids import MarketId, OrderId, StationId, VenueId
from engine.core.units import HOUR, MINUTE, NO_MONEY, Money, Nanos
from engine.exchange.rules import ExchangeRules
from engine.kernel import (
    answering,
    arming,
    automated,
    control,
    crossing,
    dealing,
    determining,
    drafting,
    exposing,
    feeding,
    following,
    forgetting,
    journal,
    leaving,
    listing,
    measuring,
    modelling,
    moving,
    noting,
    opening,
    reconciling,
    resting,
    results,
    rows,
    settling,
    taping,
    trading,
    venue_rows,
    warning,
    weathering,
    withdrawing,
)
from engine.kernel.desks import ACCOUNT, MARKET
from engine.kernel.options import sensing
from engine.kernel.outbox import NO_VIEWS
from engine.kernel.project import router, ticket
from engine.kernel.rfq import desk as rfq
from engine.kernel.rfq import hedge_by_hand, hedging, twins
from engine.kernel.state import State, restore
from engine.kernel.strategies import accounts, host, registry, switching
from engine.risk.limits import Limits
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.commands import AnyCommand
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, Topic
    from engine.strategies.base import Strategy
    from engine.views.market import MarketDraft, Preview, SubsidyPreview

FAILED: Final = "failed:"
"""Prefix of what the store says of rows that can never be written."""
FAULT: Final = "FAULT"
"""Who halts trading when the kernel fails."""
LONGEST: Final = 200
"""Characters of why it did."""
KEEP_CURVE: Final = MINUTE
"""Between two points of the result that are kept."""


class Kernel:
    """The single writer: nothing else changes what the engine knows."""

    def __init__(self, rules: ExchangeRules | None = None, strategies: tuple[Strategy, ...] | None = None) -> None:
        self.state = State(rules or ExchangeRules())
        self._strategies = registry.build() if strategies is None else strategies

    def step(self, event: Event) -> Sequence[AnyEffect]:
        """Take in one event and return what is to be done, in order.

        Raises
        ------
        InvariantBroken
            On a contradiction of our own making; the kernel must not be stepped again.
        """
        state, at = self.state, event.at
        if at > state.now:
            state.now = at
        state.events += 1
        out = state.out
        if type(event) is BookDelta:  # most of what ever happens; begins and ends as `out` does, without the calls
            out.at, out.shown = state.now, NO_VIEWS
            found = state.listings.get(event.instrument)
            if found is not None:
                feeding.delta(state, found, event)
                if found.on_quote:
                    host.on_quote(state, found)
            if not (out.effects or out.views):
                return out.shown or []
        else:
            out.begin(state.now)
            if type(event) is Trade:  # most of the rest
                _traded(state, event)
            else:
                self._take(event)
            if state.leaving or state.shifting:
                state.envelopes.lapse()
            if state.leaving:
                leaving.go_on(state)
            if state.shifting:
                for one in moving.go_on(state):
                    dealing.place(state, one.place, one.pressed_at)
        return out.end()

    def prepare(self) -> bool:
        """Measure room for an order beforehand, in an idle moment; False where there is nothing to do.

        Decides nothing and changes no effect: what is measured is thrown away as soon as anything of ours moves.
        """
        return measuring.prepare(self.state)

    def fail(self, why: str) -> Sequence[AnyEffect]:
        """Halt after a step that failed, and return what is to be kept and shown; no step may follow."""
        self.state.out.begin(self.state.now)
        control.halt(self.state, FAULT, why.encode("utf-8", "replace").decode()[:LONGEST])
        return self.state.out.end()

    def view(self, topic: Topic) -> object:
        """Return the view of a topic; None when there is nothing to show."""
        return router.view(self.state, topic)

    def preview(self, place: Place) -> Preview:
        """Return what an order would do if it were sent now. Changes nothing."""
        return ticket.preview(self.state, place)

    def draft_market(self, draft: MarketDraft) -> CreateMarket | str:
        """Return the command that lists a draft, or in one sentence why it cannot be listed. Changes nothing."""
        return drafting.command(self.state, draft)

    def preview_market(self, draft: MarketDraft) -> SubsidyPreview:
        """Return what creating a market would mean. Changes nothing."""
        found = drafting.command(self.state, draft)
        if isinstance(found, str):
            return ticket.subsidy(self.state, None, found)
        return ticket.subsidy(self.state, found, "")

    def _take(self, event: Event) -> None:
        state = self.state
        standing = state.envelopes.ready
        if standing and not (type(event) is Asked and type(event.command) is Place):
            standing.clear()
        match event:
            case Asked():
                _command(state, event.command, event.pressed_at)
                if standing:
                    standing.clear()
            case Observed():
                _observed(state, event)
            case Kept():
                _kept(state, event)
            case Due():
                _due(state, event.what)
            case StationForecast() | GridForecast():
                _forecast(state, event)
            case Alerted():
                warning.alerted(state, event)
            case AlertsOver():
                warning.over(state, event)
            case StoreChanged():
                control.store_changed(state, event)
            case ChainChecked():
                control.chain_checked(state, event)
            case BookSnapshot():
                feeding.snapshot(state, event)
                if state.rfq.waiting:
                    rfq.booked(state, event.instrument)
                _quoted(state, event.instrument)
            case BookDelta() | Trade():
                pass  # `step` has taken it in
            case LinkReport():
                feeding.report(state, event)
            case SourceReport():
                weathering.source(state, event)
            case LinkChanged():
                _link(state, event)
            case Opened():
                _open(state, event, self._strategies)
            case Listed():
                feeding.listed(state, event)
                host.watch(state)
            case StatusChanged():
                determining.status_changed(state, event)
                if event.instrument in state.rfq.twins and event.status == "settled":
                    twins.settled(state, event)
            case GridChanged():
                feeding.grid_changed(state, event)
            case Marked():
                feeding.marked(state, event)
                if event.instrument in state.rfq.twins:
                    twins.marked(state, event)
                if state.rfq.waiting:
                    rfq.booked(state, event.instrument)
            case BooksStale():
                feeding.books_stale(state, event)
            case Pictured():
                reconciling.pictured(state, event)
                if state.rfq.trades:
                    hedging.late(state)
            case QuoteRequested() | QuoteRequestOver() | QuoteStood() | QuoteTaken():
                rfq.take(state, event)
                if type(event) is QuoteTaken:
                    hedge_by_hand.look(state)
            case _:
                answering.take(state, event)
                if event.order in state.rfq.by_order:
                    hedging.moved(state, event)
                if type(event) is Filled and state.options.held:
                    hedge_by_hand.look(state)


def _traded(state: State, event: Trade) -> None:
    """Take a trade in, and ask the strategies that watch them."""
    found = state.listings.get(event.instrument)
    if found is not None:
        feeding.trade(state, found, event)
        if found.on_trade:
            host.on_trade(state, found, event)


def _quoted(state: State, instrument: InstrumentId) -> None:
    """Ask the strategies that watch a book."""
    found = state.listings.get(instrument)
    if found is not None and found.on_quote:
        host.on_quote(state, found)


def _link(state: State, event: LinkChanged) -> None:
    """A link of a venue; one of a source of weather only shows."""
    if event.venue in state.desks:
        if event.channel in {MARKET, ""}:
            feeding.link_changed(state, event)
        if event.channel in {ACCOUNT, ""}:
            reconciling.link_changed(state, event)
    state.out.dirty(topics.FEEDS)


def _command(state: State, command: AnyCommand, pressed_at: Nanos) -> None:
    host.set_steady(state, pressed_at)
    match command:
        case Place():
            if command.instrument.venue in state.desks:
                dealing.place(state, command, pressed_at)
            else:
                trading.place(state, command, pressed_at)
        case Cancel():
            withdrawing.cancel(state, command)
        case CancelAll():
            withdrawing.cancel_all(state, command.market)
        case Flatten():
            leaving.flatten(state, command, pressed_at)
        case Halt():
            control.press(state, command)
        case Release():
            control.release(state, command)
        case ReduceOnly():
            control.reduce_only(state, command)
        case SetLimit():
            control.set_limit(state, command)
        case SelfTest():
            control.self_test(state)
        case TakeRole():
            control.take_role(state, command)
        case CreateMarket():
            listing.create(state, command)
        case SetPhase():
            listing.set_phase(state, command)
        case Rule():
            settling.rule(state, command)
        case Resettle():
            settling.resettle(state, command)
        case Amend():
            dealing.amend(state, command, pressed_at)
        case Watch():
            feeding.watch(state, command)
        case Ring():
            crossing.ring(state, command)
        case Arm():
            arming.arm(state, command)
        case Disarm():
            arming.disarm(state, command.why)
        case Reconcile():
            reconciling.again(state, command)
        case Conclude():
            reconciling.conclude(state, command)
        case SetStrategy():
            switching.switch(state, command)
        case SetParameter():
            switching.tell(state, command)
        case Teach():
            switching.teach(state, command)
        case Annotate():
            journal.annotate(state, command)
        case NoteMarket():
            noting.note(state, command)
        case Quote() | Pass() | EditSpread() | ManualTrade() | CloseTrade():
            rfq.ask(state, command)
        case HedgeNow():
            hedge_by_hand.now(state, command)


def _open(state: State, event: Opened, strategies: tuple[Strategy, ...]) -> None:
    if state.events != 1:
        msg = "a session was opened twice"
        raise InvariantBroken(msg)
    snapshot = event.snapshot
    restore(snapshot, state)
    opening.venues(state, snapshot)
    host.open_up(state, strategies, snapshot)
    journal.restore(state, snapshot.journal)
    noting.restore(state, snapshot.market_notes)
    rfq.restore(state, snapshot)
    known = {row.account for row in snapshot.cash}
    for deposit in snapshot.seed_cash:
        if deposit.account not in known and venue_rows.AT not in deposit.account:
            moves = state.exchange.deposit(deposit.account, deposit.amount)
            state.out.keep(rows.cash(moves, state.now))
    state.out.keep((rows.meta("mode", snapshot.mode),))
    results.refresh(state)
    state.limits = Limits(results.equity(state), snapshot.limits)
    state.limits_kept = snapshot.limits
    state.limits_wait = snapshot.mode == exposing.LIVE and bool(state.desks)
    if not state.limits_wait:
        control.keep_limits(state, snapshot.limits)
    results.bases(state)
    for market in list(state.exchange.markets):
        listing.schedule(state, market)
    resting.schedule(state)
    if not snapshot.chain_ok:
        state.out.notice(Level.DANGER, "the settlement log does not verify; no order is let through", "CHAIN")
    control.self_test(state)
    state.out.wake(Nanos(state.now + snapshot.beat), "beat")
    words = {"demo": "Demo day, paper money", "paper": "Paper trading", "live": "Live"}
    state.out.notice(Level.INFO, f"{words.get(snapshot.mode, snapshot.mode)} session opened", "OPENED")
    state.out.dirty(*taping.ACCOUNT_VIEWS, topics.MARKETS, topics.SETTLEMENTS, topics.STATIONS, topics.FEEDS)


def _observed(state: State, event: Observed) -> None:
    reading = event.reading
    station = reading.station
    before = crossing.reached(state, station)
    if not state.observed.add(reading):
        return
    wanted = False
    for market in state.exchange.markets.values():
        if market.status in {"settled", "void"} or all(s.id != station for s in market.contract.stations):
            continue
        wanted = True
        modelling.forget(state, market.id)
        state.out.dirty(topics.board(market.id), topics.cells(market.id))
        state.out.dirty(*(topics.ladder(f"{market.id}/{o}") for o in market.contract.tradable))
    for family in weathering.forget(state, station):
        wanted = wanted or following.is_open(state, family)
        state.out.dirty(topics.board(family.id), topics.cells(family.id))
        state.out.dirty(*(topics.ladder(one.symbol) for one in family.members))
    if wanted:
        state.out.keep((rows.reading(reading),))
        state.out.dirty(topics.MARKETS, topics.SETTLEMENTS, topics.POSITIONS)
    crossing.tell(state, station, before)
    crossing.mark(state, station)
    state.out.dirty(topics.STATIONS, topics.FEEDS)


def _forecast(state: State, event: StationForecast | GridForecast) -> None:
    if isinstance(event, StationForecast):
        state.station_forecasts[StationId(event.station)] = event
        crossing.mark(state, StationId(event.station))
    else:
        state.grids.setdefault(event.metric.value, {})[event.opens, event.closes] = event
        state.grid_cells.pop((event.metric.value, event.opens, event.closes), None)
        if _of_an_hour(state, event):
            return
    modelling.forget(state)
    for market in state.exchange.markets.values():
        if market.status == "open":
            taping.moved(state, market.id)
    state.out.dirty(*(topics.cells(family.id) for family in state.families.values() if family.station))
    state.out.dirty(topics.FEEDS)


def _of_an_hour(state: State, event: GridForecast) -> bool:
    """Whether a forecast is of one hour that no market asks for: only maps show it."""
    if event.closes - event.opens != HOUR:
        return False
    window = event.metric, event.opens, event.closes
    markets = [one for one in state.exchange.markets.values() if one.status == "open"]
    if any((one.contract.metric, one.contract.opens, one.contract.closes) == window for one in markets):
        return False
    state.out.dirty(*(topics.cells(one.id) for one in markets if one.contract.metric is event.metric))
    state.out.dirty(*(topics.cells(family.id) for family in state.families.values() if family.station))
    return True


def _kept(state: State, event: Kept) -> None:
    traded = _safe(state, event.what)
    if event.more:
        some = dict.fromkeys([traded, *[_safe(state, what) for what in event.more]])
        some.pop(None, None)
        if some:
            trading.result_of(state, *some)  # type: ignore[arg-type]
    elif traded is not None:
        trading.result_of(state, traded)
    control.guard(state)


def _safe(state: State, what: str) -> MarketId | None:
    """Take in that something is on disk; return the market of a trade of ours, whose result is to be told."""
    told = state.released.pop(what, None)
    if told is None:
        _safe_elsewhere(state, what)
    elif told.booked is not None:
        trading.release(state, told.booked)
        return told.booked.trade.market
    elif told.settled is not None:
        settling.release(state, told)
    elif told.heard:
        resting.release(state, told)
    else:
        listing.announce(state, told)
    return None


def _safe_elsewhere(state: State, what: str) -> None:
    """Take in that an order on a venue is on disk, or that something can never be."""
    if not what.startswith(FAILED):
        if not dealing.kept(state, what):
            rfq.kept(state, what)
        return
    text = f"{what.removeprefix(FAILED)} can never be written to the ledger; nothing more is let through"
    state.session.storage_ok, state.session.storage_why = False, text
    dealing.never_kept(state, what.removeprefix(FAILED))
    rfq.never_kept(state, what.removeprefix(FAILED))
    control.halt(state, "LEDGER", text)


def _due(state: State, what: str) -> None:
    kind, _, rest = what.partition(":")
    if kind == "beat":
        _beat(state)
    elif kind == "close":
        listing.close(state, MarketId(rest))
    elif kind == "decay":
        listing.decay(state, MarketId(rest))
    elif kind == "rest":
        resting.expire(state, OrderId(rest))
    elif kind == "settle":
        settling.attempt(state, MarketId(rest))
    elif kind == "look":
        reconciling.due(state, VenueId(rest))
    elif kind == "disarm":
        arming.expire(state)
    elif kind == "ask":
        host.due(state, what)
    elif kind == "lapse":
        host.lapse(state, what)
    elif kind == "markouts":
        accounts.due(state, what)
    elif kind == "rfq":
        rfq.due(state)


def _beat(state: State) -> None:
    """Do what time alone asks for."""
    state.out.wake(Nanos(state.now + state.beat), "beat")
    before: Money = state.total
    feeding.beat(state)
    withdrawing.beat(state)
    reconciling.beat(state)
    arming.beat(state)
    warning.beat(state)
    host.beat(state)
    automated.beat(state)
    journal.beat(state)
    if state.options.held:
        sensing.beat(state)
    exposing.remark_all(state)
    results.refresh(state)
    if results.start_of_day(state.now, state.utc_offset_hours) != state.day_from:
        results.bases(state)
        forgetting.forget(state)
    last = state.curve[-1] if state.curve else None
    if last is None or state.total != before or state.now - last.at >= KEEP_CURVE:
        newest = results.point(state)
        state.remember(newest)
        if state.now - state.kept_curve_at >= KEEP_CURVE and (state.total != NO_MONEY or state.fills):
            state.kept_curve_at = state.now
            state.out.keep((rows.pnl(newest),))
        state.out.dirty(topics.PNL, topics.POSITIONS)
    state.out.dirty(topics.SPINE, topics.FEEDS, topics.GATES, topics.ALERTS, topics.SCENARIOS, topics.OVERSIGHT)
    control.guard(state)
