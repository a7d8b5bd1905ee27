"""step(event) -> effects: all of trading as one deterministic function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import CreateMarket, Place
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
from engine.core.ids import EMBEDDED
from engine.exchange.rules import ExchangeRules
from engine.kernel import (
    answering,
    commanding,
    control,
    dealing,
    determining,
    drafting,
    feeding,
    laying,
    leaving,
    linking,
    measuring,
    moving,
    observing,
    opening,
    reconciling,
    releasing,
    rostering,
    timing,
    usual,
    warning,
)
from engine.kernel.desks import ACCOUNT, DIRECTORY, MARKET
from engine.kernel.outbox import NO_VIEWS
from engine.kernel.project import router, ticket
from engine.kernel.rfq import desk as rfq
from engine.kernel.rfq import hedge_by_hand, hedging, twins
from engine.kernel.state import State
from engine.kernel.strategies import host, intents, registry
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.effects import AnyEffect, Likely
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, Topic
    from engine.strategies.base import Strategy
    from engine.views.market import MarketDraft, SubsidyPreview
    from engine.views.preview import Preview

FAULT: Final = "FAULT"
"""Who halts trading when the kernel fails."""
LONGEST: Final = 200
"""Characters of why it did."""


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
        out.at = state.now  # begins as `out` does, without the call
        if type(event) is BookDelta:  # most of what ever happens; ends so, too
            found, shown = state.listings.get(event.instrument), NO_VIEWS
            if found is not None:
                shown = feeding.delta(state, found, event)
                if found.on_quote and not found.stale:
                    context = state.strategies.context
                    for one in found.on_quote:
                        said = one.on_quote(context, found)  # type: ignore[arg-type] # who is asked has one
                        if said:
                            intents.take(state, said)
            if not (out.effects or out.views):
                return shown or []
            out.shown = shown
        else:
            out.shown = NO_VIEWS
            if out.effects or out.views:  # of a step that failed
                out.begin(state.now)
            if type(event) is Trade:  # most of the rest
                _traded(state, event)
            else:
                state.turn += 1
                busy = state.leaving or state.shifting
                if type(event) is Asked:
                    place = event.command
                    if state.envelopes.ready and not busy:
                        done = usual.asked(state, event)
                        if done is not None:
                            return done
                    if type(place) is Place and place.instrument.venue == EMBEDDED:
                        commanding.order(state, place, event.pressed_at)
                    else:
                        self._take(event)
                elif type(event) is Kept:
                    if event.what == state.awaited and not busy:
                        done = usual.kept(state, event)
                        if done is not None:
                            return done
                    state.envelopes.lapse()
                    releasing.kept(state, event)
                else:
                    self._take(event)
            if not (state.leaving or state.shifting):
                return out.end()
            state.envelopes.lapse()
            if state.leaving:
                leaving.go_on(state)
            if state.shifting:
                for moved in moving.go_on(state):
                    dealing.place(state, moved.place, moved.pressed_at)
        return out.end()

    def prepare(self) -> bool:
        """Measure room for an order beforehand, in an idle moment; False where there is nothing to do.

        Decides nothing and changes no effect: what is measured is thrown away as soon as anything of ours moves.
        """
        return measuring.prepare(self.state)

    def foresee(self) -> Likely | None:
        """Return an order that may come next, the likeliest first and each once; None where none is laid out.

        Its gateway may put it into words, in an idle moment. Changes no effect.
        """
        return laying.foreseen(self.state)

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
        envelopes = state.envelopes
        if envelopes.ready and not (type(event) is Asked and type(event.command) is Place):
            envelopes.lapse()
        match event:
            case Asked():
                commanding.take(state, event.command, event.pressed_at)
                envelopes.lapse()
            case Observed():
                observing.observed(state, event)
            case Due():
                timing.due(state, event.what)
            case StationForecast() | GridForecast():
                observing.forecast(state, event)
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
            case BookDelta() | Trade() | Kept():
                pass  # `step` has taken it in
            case LinkReport():
                linking.report(state, event)
            case SourceReport():
                observing.source(state, event)
            case LinkChanged():
                _link(state, event)
            case Opened():
                opening.session(state, event, self._strategies)
            case Listed():
                rostering.listed(state, event)
                host.watch(state)
            case StatusChanged():
                determining.status_changed(state, event)
                if event.instrument in state.rfq.twins and event.status == "settled":
                    twins.settled(state, event)
            case GridChanged():
                rostering.grid_changed(state, event)
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
                determining.late(state, event)
                if event.order in state.rfq.by_order:
                    hedging.moved(state, event)
                if type(event) is Filled and state.options.held:
                    hedge_by_hand.look(state)


def _traded(state: State, event: Trade) -> None:
    """Take a trade in, and ask the strategies that watch them."""
    found = state.listings.get(event.instrument)
    if found is not None and feeding.trade(state, found, event) and found.on_trade:
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
            linking.link_changed(state, event)
        if event.channel in {ACCOUNT, ""}:
            reconciling.link_changed(state, event)
            if event.up and state.rfq.asked:
                rfq.linked(state, event.venue)
        if event.channel == DIRECTORY:
            linking.directory(state, event)
    state.out.dirty(topics.FEEDS)
