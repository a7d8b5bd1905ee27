"""The Hedge dock: what is open by underlying against its bands, what would hedge it where, and what is on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import HedgeNow
from engine.core.ids import InstrumentId, Topic
from engine.views import topics
from engine.views.hedging import HedgeLine, HedgingView
from engine.views.sheet import Sheet
from engine.views.status import SpineView
from widgets import formats, keymap
from widgets.controls import OrderButton
from widgets.fields import Segments
from widgets.hedging_meters import Meters, due
from widgets.hedging_venues import Venues
from widgets.ladder_strips import MODE_WORDS
from widgets.panel import TOO_SOON, Panel
from widgets.states import EMPTY, LIVE, LOADING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QKeyEvent


HELP: Final = (
    "Net greeks of all venues against their bands: inside them nothing is done. Γ is coins for one per cent. Below "
    "stand the hedge that is due, why it stands as it does, and every instrument that could take it with its price "
    "after fees, funding and slippage; a diamond marks what the router chose. Gamma is never hedged by itself: the "
    "best option for it is only named. Hedge now brings delta to the middle of its band at once and tries failed "
    "hedges again.\n\n"
    "H hedges now, arrow keys go to the next underlying."
)


class HedgeBody(QWidget):
    """Holds the parts of the dock and its keys."""

    acted = Signal(str)
    """An action of the area ``hedges``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Hedge")

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = keymap.current().action("hedges", keymap.key_of(event))
        if action and not event.isAutoRepeat():
            self.acted.emit(action)
        else:
            super().keyPressEvent(event)


class HedgingPanel(Panel):
    """Hedge dock. Emits HedgeNow."""

    area = "hedges"
    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Hedge", help_text=HELP, parent=parent)
        self._view: HedgingView | None = None
        self._mode = "paper"
        self._of = ""
        """The underlying that is shown, or was until nothing of it was held any more."""
        self.coins = Segments("Underlying", (), height=20)
        self.meters, self.venues = Meters(), Venues()
        self.now = OrderButton("Hedge now", hint=keymap.hint("hedges.now"))
        body, head, foot = HedgeBody(), QWidget(), QWidget()
        row, last, layout = QHBoxLayout(head), QHBoxLayout(foot), QVBoxLayout(body)
        row.setContentsMargins(8, 3, 8, 0)
        row.addWidget(self.coins)
        row.addStretch(1)
        last.setContentsMargins(8, 3, 8, 6)
        last.addWidget(self.now)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part, stretch in ((head, 0), (self.meters, 0), (self.venues, 1), (foot, 0)):
            layout.addWidget(part, stretch)
        self._head = head
        self.set_body(body)
        self.coins.chosen.connect(self._choose)
        self.now.clicked.connect(self._hedge)
        self.guard(self.now)
        body.acted.connect(self._act_on)
        self.set_state(LOADING, "Waiting for the hedger")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.HEDGING, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, HedgingView):
            self._view = view
            names = tuple((one.underlying, formats.plain(one.underlying, 8)) for one in view.lines)
            self.coins.set_choices(names)
            held = {name for name, _ in names}
            if self._of not in held and (not self._of or not names):  # else the button would mean another one unasked
                self._of = names[0][0] if names else ""
            self.coins.set_value(self._of if self._of in held else "")
            self._head.setVisible(len(names) > 1 or self._of not in held)
            if names:
                self.set_state(LIVE)
            else:
                self.set_state(EMPTY, "Nothing is held that could be hedged.")
            self._draw()
        elif isinstance(view, SpineView) and view.mode != self._mode:
            self._mode = view.mode
            self._draw()

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Options of an underlying turn nothing here: which one is shown is chosen above."""

    def line(self) -> HedgeLine | None:
        """Return the underlying that is shown."""
        lines = () if self._view is None else self._view.lines
        return next((one for one in lines if one.underlying == self._of), None)

    def _choose(self, underlying: str) -> None:
        self._of = underlying
        self.coins.set_value(underlying)
        self._head.setVisible(self._view is not None and len(self._view.lines) > 1)
        self._draw()

    def _draw(self) -> None:
        line, view = self.line(), self._view
        if line is None or view is None:
            self.now.setEnabled(False)
            if self._of:
                over = f"Nothing of {formats.plain(self._of, 8)} is held any more"
                self.meters.clear()
                self.venues.clear()
                self.set_subtitle(over)
                self.now.set_words(f"{over}: choose another")
                self.now.setToolTip("")
            return
        self.meters.show_line(line, view)
        self.venues.show_line(line, view)
        why = line.breaks or line.why or view.why
        self.set_subtitle(" · ".join(one for one in (line.underlying, f"hedger {view.state}", why) if one))
        words, _ = due(line)
        mode = MODE_WORDS.get(self._mode, "PAPER")
        able = line.action in {"buy", "sell"} and view.sends
        self.now.setEnabled(able)
        self.now.set_words(f"{mode} Hedge to the middle: {words}" if able else words)
        self.now.setToolTip(formats.tip(why))
        self.meters.setToolTip(formats.tip(why))

    def _hedge(self) -> None:
        line = self.line()
        if line is not None and self.now.isEnabled():
            self.intent.emit(HedgeNow(underlying=line.underlying))

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        return {"hedges.next": lambda: self._step(1), "hedges.previous": lambda: self._step(-1)}

    def _step(self, way: int) -> None:
        names = [one.underlying for one in (() if self._view is None else self._view.lines)]
        if names:
            at = names.index(self._of) if self._of in names else (-1 if way > 0 else 0)
            self._choose(names[(at + way) % len(names)])

    def _act_on(self, action: str) -> None:
        if action == "hedges.now":
            if self.may_trade():
                self._hedge()
            else:
                self.tell(TOO_SOON)
        else:
            self.acts()[action]()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self.hold_off()
        return super().event(event)

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (self.sheet,)

    def sheet(self) -> Sheet:
        """Return what could take each underlying's hedge, one row an instrument."""
        headers = (
            "underlying", "spot $", "delta", "gamma", "vega $", "band", "action", "size", "venue", "instrument", "side",
            "price $", "fee bps", "funding bps", "all in $", "chosen", "why not",
        )  # fmt: skip
        rows = tuple(
            (
                line.underlying, line.spot, line.delta, line.gamma, line.vega, line.band, line.action, line.size,
                formats.plain(one.venue), formats.plain(one.instrument.symbol), one.side, one.price, one.fee_bps,
                one.funding_bps, one.all_in, one.chosen, formats.plain(one.why_not),
            )
            for line in (() if self._view is None else self._view.lines)
            for one in line.venues
        )  # fmt: skip
        return Sheet("Hedge", headers, rows)
