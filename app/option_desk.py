"""The option docks of a workspace put together: what the chain chooses, others show; what a ticket asks is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.commands import Place
from engine.core.instrument import Payoff
from engine.core.units import Qty, Ticks
from engine.maths import contracts
from engine.views.topics import ChainKey
from widgets.legs import LegsPanel
from widgets.option_chain import OptionsPanel, WantedOrder
from widgets.option_ticket import OptionTicketPanel
from widgets.payoff import PayoffPanel
from widgets.rfq import RfqPanel
from widgets.smile import SmilePanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session
    from app.window import Window
    from engine.core.commands import AnyCommand
    from engine.core.ids import InstrumentId, Topic
    from engine.core.instrument import Instrument
    from widgets.option_chain import WantedLeg
    from widgets.option_legs import Position
    from widgets.option_order import OptionOrder
    from widgets.panel import Panel

FOLLOW = OptionsPanel | SmilePanel | LegsPanel | PayoffPanel | OptionTicketPanel | RfqPanel


class OptionDesk:
    """Wires option docks to one another, by workspace and link group, and their orders to the engine."""

    def __init__(self, session: Session, window: Window, ask: Callable[[AnyCommand], None]) -> None:
        self.session = session
        self.window = window
        self.ask = ask

    def take_in(self, panel: Panel, hand: str) -> None:
        """Wire a dock; `hand` is what its intents begin with."""
        if isinstance(panel, OptionsPanel):
            panel.chain_chosen.connect(lambda key, one=panel: self._chain(one, key))
            panel.leg_wanted.connect(lambda leg, one=panel: self._leg(one, leg))
        if isinstance(panel, OptionsPanel | LegsPanel):
            panel.order_wanted.connect(lambda order, one=panel: self._to_ticket(one, order))
        if isinstance(panel, LegsPanel):
            panel.position_changed.connect(lambda found, one=panel: self._position(one, found))
        if isinstance(panel, PayoffPanel):
            panel.told.connect(lambda topic, view, one=panel: self._feed(one, topic, view))
        if isinstance(panel, OptionTicketPanel | RfqPanel):
            panel.session = hand
        if isinstance(panel, OptionTicketPanel):
            panel.order.connect(lambda order, one=panel: self._send(one, order))
            panel.draft.connect(lambda order, one=panel: self._preview(one, order))

    def turn(self, panel: Panel, instrument: InstrumentId) -> None:
        """Turn a dock to an option; whatever is none turns nothing here."""
        key = self._key(instrument)
        if key and isinstance(panel, FOLLOW):
            if isinstance(panel, OptionTicketPanel):
                panel.set_chain(key)
            panel.set_instrument(instrument)

    def _key(self, instrument: InstrumentId) -> str:
        """Return the key of the chain that an option is in; empty for what is none."""
        listing = self.session.kernel.state.listings.get(instrument)
        one = None if listing is None else listing.instrument
        if one is None or one.payoff not in {Payoff.CALL, Payoff.PUT} or one.expires is None:
            return ""
        return ChainKey(instrument.venue, one.underlying, one.settles_in, one.expires).text

    def _beside(self, panel: Panel) -> list[Panel]:
        """Return the docks of the same workspace and link group."""
        for one in self.window.workspaces:
            if panel in one.docks_made().values():
                return [other for other in one.docks.values() if other.link() == panel.link()]
        return []

    def _chain(self, panel: Panel, key: str) -> None:
        for one in self._beside(panel):
            if isinstance(one, SmilePanel | OptionTicketPanel):
                one.set_chain(key)

    def _leg(self, panel: Panel, leg: WantedLeg) -> None:
        for one in self._beside(panel):
            if isinstance(one, LegsPanel):
                one.add_leg(leg)
                self.window.current().show_dock("legs")
                return

    def _position(self, panel: Panel, found: Position | None) -> None:
        for one in self._beside(panel):
            if isinstance(one, PayoffPanel):
                one.show_position(found)

    def _feed(self, panel: Panel, topic: Topic, view: object) -> None:
        """Have legs that nobody sees follow what is held: the payoff beside them would stay that of long ago."""
        for one in self._beside(panel):
            if isinstance(one, LegsPanel) and not one.isVisible():
                one.render(topic, view)

    def _to_ticket(self, panel: Panel, wanted: WantedOrder) -> None:
        for one in self._beside(panel):
            if isinstance(one, OptionTicketPanel):
                one.set_chain(self._key(wanted.instrument))
                one.load_order(wanted)
                self.window.current().show_dock("option_ticket")
                return

    def takes(self, place: Place) -> bool:
        """Put an order for a derivative into the option ticket that is seen, or say where it is ordered.

        Returns
        -------
        bool
            False of anything else: that is for the ticket of shares.
        """
        listing = self.session.kernel.state.listings.get(place.instrument)
        if listing is None or not contracts.is_derivative(listing.instrument):
            return False
        one = listing.instrument
        tickets = [dock for dock in self.window.current().docks.values() if isinstance(dock, OptionTicketPanel)]
        if not contracts.is_option(one):
            self.window.tell("Futures and perpetuals have no ticket: their ladder sends once it is armed.")
        elif not tickets:
            self.window.tell("The option ticket is in workspace 3; this ladder sends once it is armed.")
        else:
            price = None if place.price is None else float(place.price * one.unit)
            tickets[0].set_chain(self._key(place.instrument))
            wanted = WantedOrder(place.instrument, place.side, price, place.qty, place.tif, place.reduce_only)
            tickets[0].load_order(wanted)
            self.window.current().show_dock("option_ticket")
        return True

    def _preview(self, panel: OptionTicketPanel, order: OptionOrder) -> None:
        listing = self.session.kernel.state.listings.get(order.instrument)
        place = "it is not listed any more" if listing is None else place_of(listing.instrument, order)
        if not isinstance(place, str):
            panel.show_preview(self.session.kernel.preview(place))

    def _send(self, panel: OptionTicketPanel, order: OptionOrder) -> None:
        listing = self.session.kernel.state.listings.get(order.instrument)
        if listing is None:
            panel.say(f"{order.instrument.symbol} is not listed any more")
            return
        place = place_of(listing.instrument, order)
        if isinstance(place, str):
            panel.say(place)
        else:
            self.ask(place)


def place_of(instrument: Instrument, order: OptionOrder) -> Place | str:
    """Return an order as a command, its price in ticks of the instrument; or why it cannot be one."""
    ticks, off = divmod(order.price, instrument.unit)
    if off:
        return f"{order.price.normalize():f} is off the price step of {instrument.unit.normalize():f}"
    if order.qty % instrument.step:
        return f"{order.qty.normalize():f} is off the size step of {instrument.step.normalize():f}"
    if order.qty < Decimal(instrument.least):
        return f"the smallest order is {Decimal(instrument.least).normalize():f}"
    return Place(
        instrument=order.instrument, side=order.side, price=Ticks(int(ticks)), qty=Qty(order.qty), tif=order.tif,
        post_only=order.post_only, reduce_only=order.reduce_only, intent=order.intent, origin="ticket",
    )  # fmt: skip
