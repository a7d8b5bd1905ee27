"""The Hedge dock: what is open by underlying against its bands, what would hedge it where, and what is on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import HedgeNow
from engine.core.ids import InstrumentId, Topic
from engine.core.units import SECOND
from engine.views import topics
from engine.views.hedging import HedgeLine, HedgeVenueLine, HedgingView
from engine.views.sheet import Sheet
from engine.views.status import SpineView
from widgets import formats, keymap, paint, theme
from widgets.controls import OrderButton
from widgets.fields import Segments
from widgets.ladder_strips import MODE_WORDS
from widgets.panel import TOO_SOON, Panel
from widgets.states import EMPTY, LIVE, LOADING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent


ROW: Final = 20
METERS: Final = 22
WHY: Final = "Why"
WHY_LEFT: Final = 44
WHY_LINES: Final = 3
HELP: Final = (
    "Net greeks of all venues against their bands: inside them nothing is done. Γ is coins for one per cent. Below "
    "stand the hedge that is due, why it stands as it does, and every instrument that could take it with its price "
    "after fees, funding and slippage; a diamond marks what the router chose. Gamma is never hedged by itself: the "
    "best option for it is only named. Hedge now brings delta to the middle of its band at once and tries failed "
    "hedges again.\n\n"
    "H hedges now, arrow keys go to the next underlying."
)


def net(line: HedgeLine) -> tuple[tuple[str, str, float | None, str], ...]:
    """Return name, value, share of the limit (-1 to 1) and limit in words of each greek."""
    delta = line.delta
    usage = None if delta is None or not line.band else max(-1.0, min(1.0, delta / line.band))
    percent = None if line.gamma is None or line.spot is None else line.gamma * line.spot / 100.0
    gamma = None if percent is None or line.gamma_limit <= 0 else max(-1.0, min(1.0, percent / line.gamma_limit))
    band = formats.DASH if line.band is None else f"± {formats.number(line.band, 3)} {line.band_kind}"
    return (
        ("Net Δ", formats.number(delta, 3, signed=True), usage, band),
        ("Net Γ /1 %", formats.number(percent, 3, signed=True), gamma, f"± {formats.number(line.gamma_limit, 2)}"),
        ("Net V $", formats.number(line.vega, 0, signed=True), None, "no band"),
    )  # fmt: skip


def due(line: HedgeLine) -> tuple[str, str]:
    """Return what the hedger would do, in words, and their colour."""
    size = formats.number(line.size, 3)
    said = {
        "none": ("Inside the bands", "profit"),
        "hold": ("Below the venue's least order", "text.muted"),
        "stopped": ("Stopped", "danger.text"),
    }.get(line.action)
    return said if said is not None else (f"{line.action.upper()} {size} {formats.plain(line.underlying, 8)}", "warn")


def facts(line: HedgeLine, view: HedgingView) -> tuple[tuple[str, str, str], ...]:
    """Return name, words and colour of each line between the meters and the venues."""
    words, colour = due(line)
    wait = None if line.next_at is None else max(0.0, (line.next_at - view.now) / SECOND)
    pending = sum(1 for one in view.pending if one.instrument in {v.instrument for v in line.venues})
    found = [
        ("Due", words, colour),
        ("Options / hedges Δ", f"{_coins(line.delta_options)} / {_coins(line.delta_hedges)}", "text.default"),
        ("Working", _working(line.working, pending), "text.default"),
        ("Next at", "any time" if wait is None else f"in {formats.age(wait)}", "text.default"),
        ("Hedged today", f"{formats.money(line.spent, places=0)} of {formats.money(line.spent_limit, places=0)}",
         "text.default"),
    ]  # fmt: skip
    if line.gammas:
        one = line.gammas[0]
        words = (
            f"{one.side} {formats.exact(one.qty, 4)} {formats.plain(one.name, 30)}, then Δ {_coins(one.delta_after)}"
        )
        found.append(("For gamma", words, "fair"))
    why = line.breaks or line.why or view.why
    if why:
        found.append((WHY, formats.plain(why, 160), "warn"))
    return tuple(found)


def _working(coins: float, orders: int) -> str:
    """Return what is under way: in orders of the hedger, or hedges of trades that are not its own."""
    if not orders:
        return f"{_coins(coins)} in hedges of trades" if coins else "no order"
    return f"{_coins(coins)} in {orders} order{'' if orders == 1 else 's'}"


def _coins(value: float | None) -> str:
    return formats.number(value, 3, signed=True)


class Meters(QWidget):
    """Net greeks as two-sided meters, and the lines of facts below them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: HedgeLine | None = None
        self.view: HedgingView | None = None

    def show_line(self, line: HedgeLine, view: HedgingView) -> None:
        """Show an underlying."""
        self.line, self.view = line, view
        spoken = ", ".join(f"{name} {value}" for name, value, _, _ in net(line))
        self.setAccessibleName(f"{formats.plain(line.underlying, 8)}: {spoken}; {due(line)[0]}")
        self._fit()
        self.update()

    def clear(self) -> None:
        """Show none."""
        self.line = self.view = None
        self.setAccessibleName("")
        self.setToolTip("")
        self.update()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """Be as high as the lines of facts, of which the reason takes as many as it needs."""
        if self.line is None or self.view is None:
            return
        told = facts(self.line, self.view)
        rows = sum(len(self.told(words)) if name == WHY else 1 for name, words, _ in told)
        self.setFixedHeight(3 * METERS + ROW * rows + 12)

    def told(self, words: str) -> list[str]:
        """Return the reason in lines as wide as there is room; longer than three it ends in the tool tip."""
        return paint.lines(words, theme.current().ui(11), max(80, self.width() - 16 - WHY_LEFT), WHY_LINES, told=True)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        line, view = self.line, self.view
        if line is None or view is None:
            return
        look = theme.current()
        p = QPainter(self)
        for n, (name, value, share, limit) in enumerate(net(line)):
            row = QRect(8, 4 + n * METERS, self.width() - 16, METERS)
            paint.text(p, row, name, look.ui(11), look.colour("text.default"))
            at = QRect(row.x() + 70, row.y(), 66, row.height())
            paint.text(p, at, value, look.number(12, 600), look.colour("text.strong"), paint.RIGHT)
            wide = min(150, max(50, row.width() - 260))
            bar = QRect(row.x() + 146, row.y() + 7, wide, 8)
            paint.meter_two_sided(p, bar, share, colour=paint.meter_colour(abs(share or 0.0)))
            room = QRect(bar.right() + 8, row.y(), row.right() - bar.right() - 8, row.height())
            paint.text(p, room, limit, look.number(10), look.colour("text.muted"), paint.RIGHT, elide=True)
        top = 3 * METERS + 8
        p.fillRect(0, top - 2, self.width(), 1, look.colour("line.grid"))
        for n, (name, words, colour) in enumerate(facts(line, view)):
            row = QRect(8, top + n * ROW, self.width() - 16, ROW)
            paint.text(p, row, name, look.ui(11), look.colour("text.muted"))
            if name == WHY:  # the last
                for line_no, part in enumerate(self.told(words)):
                    room = row.adjusted(WHY_LEFT, line_no * ROW, 0, line_no * ROW)
                    paint.text(p, room, part, look.ui(11), look.colour(colour), paint.RIGHT)
                continue
            room = row.adjusted(118, 0, 0, 0)
            font = look.ui(11, 600) if name == "Due" else look.number(11)
            paint.text(p, room, words, font, look.colour(colour), paint.RIGHT, elide=True)


class Venues(QWidget):
    """What could take the hedge, cheapest first, and then orders on their way and the last ones."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: HedgeLine | None = None
        self.view: HedgingView | None = None
        self.setMinimumHeight(ROW * 2)
        self.setAccessibleName("Venues of the hedge")

    def show_line(self, line: HedgeLine, view: HedgingView) -> None:
        """Show an underlying."""
        self.line, self.view = line, view
        best = next((one for one in line.venues if one.chosen), None)
        words = (
            "none chosen"
            if best is None
            else f"{formats.plain(best.venue, 20)} chosen at {formats.dollars(best.all_in)}"
        )
        self.setAccessibleDescription(words)
        self.update()

    def clear(self) -> None:
        """Show none."""
        self.line = self.view = None
        self.setAccessibleDescription("")
        self.update()

    def lines(self) -> list[tuple[str, str, str]]:
        """Return words, what stands at the right, and their colour, row by row."""
        line, view = self.line, self.view
        if line is None or view is None:
            return []
        found = [_venue(one, line) for one in line.venues]
        for one in (*view.pending, *view.last[:3]):
            way = f"{one.side.upper()} {formats.quantity(one.filled)} of {formats.quantity(one.qty)}"
            where = f"{formats.plain(one.instrument.symbol, 24)} · {formats.plain(one.venue, 14)}"
            words = f"{formats.utc(one.at)} {way} {where}"
            colour = "warn" if one in view.pending else "text.muted"
            found.append((words, f"{formats.dollars(one.price)} {formats.plain(one.status, 10).lower()}", colour))
        return found

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        for n, (words, right, colour) in enumerate(self.lines()):
            row = QRect(8, 2 + n * ROW, self.width() - 16, ROW)
            if row.bottom() > self.height():
                return
            used = paint.text(p, row, right, look.number(10), look.colour(colour), paint.RIGHT)
            left = row.adjusted(14, 0, -round(used) - 8, 0)
            chosen = self.line is not None and n < len(self.line.venues) and self.line.venues[n].chosen
            if chosen:
                paint.diamond(p, row.x() + 5, row.y() + ROW / 2, 4, look.colour("fair"))
            paint.text(p, left, words, look.ui(11, 500 if chosen else 400), look.colour(colour), elide=True)


def _venue(one: HedgeVenueLine, line: HedgeLine) -> tuple[str, str, str]:
    """Return a venue's line: how much dearer than the cheapest it is, or why it takes no part."""
    name = f"{formats.plain(one.venue, 14)} {formats.plain(one.instrument.symbol, 24)}"
    if one.why_not:
        return f"{name}: {formats.plain(one.why_not, 100)}", formats.DASH, "text.dim"
    price = formats.dollars(one.all_in)
    best = next((v.all_in for v in line.venues if v.all_in is not None and not v.why_not), None)
    gap = (
        ""
        if not best or one.all_in is None or one.all_in == best
        else f" {formats.number(1e4 * abs(one.all_in / best - 1.0), 1)} bp"
    )
    return (
        f"{name}, fee {formats.number(one.fee_bps, 1)} bps",
        f"{price}{gap}",
        "text.strong" if one.chosen else "text.default",
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
