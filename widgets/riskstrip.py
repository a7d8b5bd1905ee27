"""The risk strip: what can be lost, what the day made, what works, and the three buttons that stop things.

Cancel all, Reduce-only and KILL act from the keyboard at once; KILL by mouse wants the button held for
a fifth of a second, so that a slip is not a halt.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget
from typing_extensions import override

from engine.core.commands import CancelAll, Halt, ReduceOnly
from engine.core.ids import Topic
from engine.views import topics
from engine.views.status import SpineGreeks, SpineView
from widgets import formats, keymap, segments, theme
from widgets.controls import FlatButton
from widgets.segments import FIGURES, Bar, Run, Segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

HOLD_MS: Final = 200
"""How long the mouse must hold KILL."""
_NARROW: Final = 1500
_GAP: Final = 14
UNDERLYINGS: Final = 2
"""Whose greeks are told; all of them are in their dock."""


class HoldButton(FlatButton):
    """A button that the mouse must hold and a key presses at once."""

    held = Signal()

    def __init__(self, words: str, kind: str, *, parent: QWidget) -> None:
        super().__init__(words, kind, parent=parent)
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(HOLD_MS)
        self._hold.timeout.connect(self.held)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setDown(True)
            self._hold.start()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.rect().contains(event.position().toPoint()):
            self._let_go()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._let_go()

    @override
    def nextCheckState(self) -> None:
        """Fire: only keys come here, since the mouse is kept from `click`."""
        self.held.emit()

    def _let_go(self) -> None:
        self._hold.stop()
        self.setDown(False)


class RiskStrip(QWidget):
    """28 pixels and a line under the top bar."""

    rests_ms = 100

    intent = Signal(object)
    halt_pressed = Signal()
    """KILL was pressed while already halted: show the sheet."""
    opened = Signal(str)
    """A fact was clicked: ``risk``, ``pnl``, ``orders``, ``positions``, ``gates``, ``greeks`` or ``markets``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: SpineView | None = None
        self._segments: tuple[Segment, ...] = ()
        self._places: list[tuple[QRect, Segment]] = []
        self._worn: tuple[str, bool] | None = None
        """By whom trading is halted and whether orders only reduce, as the buttons say it."""
        self._laid: tuple[object, ...] = ()
        """Where the buttons lie, and the keys they name."""
        self.setFixedHeight(theme.current().size("riskStrip") + 1)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Risk strip")
        self.cancel_all = FlatButton("Cancel all", parent=self)
        self.reduce_only = FlatButton("Reduce-only", parent=self)
        self.kill = HoldButton("KILL", "danger", parent=self)
        self.kill.icon_name = "stop"
        self.cancel_all.clicked.connect(self._cancel_all)
        self.reduce_only.clicked.connect(self._reduce_only)
        self.kill.held.connect(self._kill)
        for action, act in self.acts().items():
            keymap.Bound(action, self, act, Qt.ShortcutContext.ApplicationShortcut)
        keymap.current().changed.connect(self._lay_out)
        self._lay_out()

    def acts(self) -> dict[str, Callable[[], None]]:
        """Return what its three buttons do, by the names of their actions."""
        return {
            "window.cancel_all": self._cancel_all,
            "window.reduce_only": self._reduce_only,
            "window.kill": self._kill,
        }

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take the spine's view."""
        if not isinstance(view, SpineView):
            return
        was, self._view = self._segments, view
        self._segments = facts(view, narrow=self.width() < _NARROW)
        worn = view.halted_by, view.reduce_only
        self._dress(view)
        if worn != self._worn:
            self._worn = worn
            self.update()
        if self._segments == was:
            return
        self.setAccessibleDescription("; ".join(segment.spoken() for segment in self._segments))
        self.update(0, 0, self.width() if self._over() else self.cancel_all.x(), self.height())

    def _over(self) -> bool:
        """Whether the facts reach under the buttons."""
        return any(rect.right() >= self.cancel_all.x() for rect, _ in self._places)

    def _dress(self, view: SpineView) -> None:
        """Let the buttons say what holds now."""
        halted = bool(view.halted_by)
        self.kill.kind = "danger.filled" if halted else "danger"
        self.kill.set_words("HALTED" if halted else "KILL")
        self.kill.setToolTip(
            formats.tip(f"Halted by {view.halted_by}. Show how to release it.")
            if halted
            else f"Stop: no new order leaves, every working order is cancelled. Hold the mouse, or {_key_of_kill()}."
        )
        self.reduce_only.kind = "filled" if view.reduce_only else "outlined"
        self.reduce_only.setToolTip(
            "On: only orders that make a position smaller pass."
            if view.reduce_only
            else "Let only orders pass that make a position smaller."
        )
        self._lay_out()

    def _lay_out(self) -> None:
        narrow = self.width() < _NARROW
        self.cancel_all.hint = "" if narrow else keymap.short_hint("window.cancel_all")
        self.reduce_only.hint = "" if narrow else keymap.short_hint("window.reduce_only")
        self.kill.hint = keymap.short_hint("window.kill")
        x = self.width() - 6
        for button in (self.kill, self.reduce_only, self.cancel_all):
            wide = button.sizeHint().width() + (12 if button is self.kill else 6)
            x -= wide
            button.setGeometry(x, 3, wide, theme.current().size("button"))
            x -= 6
        laid = x, narrow, self.cancel_all.hint, self.reduce_only.hint, self.kill.hint
        if laid != self._laid:
            self._laid = laid
            self.update()

    def _cancel_all(self) -> None:
        self.intent.emit(CancelAll())

    def _reduce_only(self) -> None:
        self.intent.emit(ReduceOnly(on=self._view is None or not self._view.reduce_only))

    def _kill(self) -> None:
        if self._view is not None and self._view.halted_by:
            self.halt_pressed.emit()
        else:
            self.intent.emit(Halt(why="kill switch"))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
        if self._view is not None:
            self._segments = facts(self._view, narrow=self.width() < _NARROW)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        segment = self._segment_at(event.position().toPoint().x())
        if segment is not None:
            self.opened.emit(segment.key)

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            segment = self._segment_at(event.pos().x())
            QToolTip.showText(event.globalPos(), segment.tip if segment is not None else "", self)
            return True
        return super().event(event)

    def _segment_at(self, x: int) -> Segment | None:
        return next((segment for rect, segment in self._places if rect.x() <= x <= rect.right()), None)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        height = look.size("riskStrip")
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, height, self.width(), 1, look.colour("line.border"))
        end = self.cancel_all.x() - 9
        kept = segments.fitting(self._segments, end - 10 - _GAP, _GAP)
        self._places = segments.draw(p, 10, height, kept, _GAP)
        p.fillRect(end, 6, 1, height - 12, look.colour("line.control"))
        if self._over() and not event.region().contains(self.rect()):
            self.update()


def _key_of_kill() -> str:
    return keymap.hint("window.kill") or "give it a key"


def facts(view: SpineView, *, narrow: bool) -> tuple[Segment, ...]:
    """Return the strip's facts, most important first; `narrow` leaves out what a small screen cannot hold."""
    work = (
        Run("Working"),
        _figure(view.working, 14),
        *((Run("Cancelling"), _figure(view.cancelling, 14)) if view.cancelling else ()),
        Run("Unknown"),
        _figure(view.unknown, 14, "warn" if view.unknown else "text.strong"),
        Run("Open"),
        _figure(view.open, 0),
    )
    found = [_at_risk(view), _result("Day", view.day, view.day_limit, 0, None if narrow else view.day_fees)]
    if not narrow:
        found.append(_result("Week", view.week, view.week_limit, 4, None))
    found.append(Segment("orders", work, 2, rule=True, tip="Orders at work, orders whose fate is unknown, positions"))
    found += [_greeks(one, narrow=narrow) for one in view.greeks[:UNDERLYINGS]]
    if view.next_close and not narrow:
        found.append(_next_close(view))
    found.append(_gates(view, rule=narrow or not view.next_close))
    if not view.storage_ok:
        found.append(Segment("storage", (Run("NOT SAVED: reduce-only", "danger.text", weight=600),), rule=True))
    return tuple(found)


def _at_risk(view: SpineView) -> Segment:
    pieces = (
        Run("At risk"),
        Run(formats.money(-view.at_risk), "text.strong", FIGURES, 600, 12),
        Run(f"/ {formats.quantity(view.at_risk_limit)}", "text.muted", FIGURES, px=12, gap=8),
        Bar(_share(view.at_risk, view.at_risk_limit)),
    )
    tip = "Worst loss over all joint outcomes, orders in flight at worst, against its limit"
    return Segment("risk", pieces, tip=tip)


def _result(name: str, value: Decimal, limit: Decimal | None, priority: int, fees: Decimal | None) -> Segment:
    sign = formats.direction(value)
    colour = {1: "profit", -1: "loss"}.get(sign, "text.muted")
    arrow = (Run({1: formats.UP, -1: formats.DOWN}[sign], colour, px=11),) if sign else ()
    paid = (Run("fees", gap=3), Run(formats.number(-fees, 2), "text.muted", FIGURES, px=12)) if fees is not None else ()
    pieces = (
        Run(name),
        *arrow,
        Run(formats.money(value, signed=True), colour, FIGURES, 600, 12),
        *paid,
        Run(f"/ halt {formats.quantity(limit)}", "text.muted", FIGURES, px=12, gap=8),
        Bar(_share(max(Decimal(0), -value), limit)),
    )
    since = "00:00 UTC" if name == "Day" else "Monday 00:00 UTC"
    tip = f"{name}, since {since}: realised and unrealised less fees, and the loss at which trading stops"
    return Segment("pnl", pieces, priority, tip=tip)


def _greeks(one: SpineGreeks, *, narrow: bool) -> Segment:
    """Return what is held of one underlying; what is not known is a dash."""
    figures = [("Δ", one.delta, 2), ("Γ", one.gamma, 3), ("V", one.vega, 0), ("Θ", one.theta, 0)]
    pieces = [Run(formats.plain(one.underlying, 8), "text.strong", gap=7)]
    for name, value, places in figures[: 2 if narrow else 4]:
        colour = "warn" if value is None else "text.default"
        pieces += [Run(name, gap=3), Run(formats.number(value, places, signed=True), colour, FIGURES, px=12, gap=7)]
    tip = f"{one.underlying}: delta in coins, gamma in coins for 1 %, vega in $ a point, theta in $ a day"
    if one.unknown:
        tip += f". Not known of {', '.join(formats.plain(name, 40) for name in one.unknown[:4])}"
    return Segment("greeks", tuple(pieces), 1, rule=True, tip=formats.tip(tip))


def _next_close(view: SpineView) -> Segment:
    left = None if view.next_close_at is None else view.next_close_at - view.now
    pieces = (
        Run("next close"),
        Run(formats.plain(view.next_close, 24), "text.default", FIGURES, px=12, gap=7),
        Run(formats.duration(left), "text.default", FIGURES, px=12),
    )
    return Segment("markets", pieces, 5, rule=True, tip="The market that closes next")


def _gates(view: SpineView, *, rule: bool) -> Segment:
    pieces = [Run("Gates"), Run(f"{view.gates_ok} ok", "text.default", FIGURES, px=12)]
    for many, word, colour in ((view.gates_near, "near", "warn"), (view.gates_refusing, "refusing", "danger.text")):
        if many:
            pieces += [Run("·", px=12, gap=7), Run(f"{many} {word}", colour, FIGURES, px=12)]
    return Segment("gates", tuple(pieces), 3, rule=rule, tip="Risk gates: open the dock for used and limit of each")


def _figure(value: int, gap: int, colour: str = "text.strong") -> Run:
    return Run(formats.count(value), colour, FIGURES, 600, 12, gap)


def _share(used: Decimal, limit: Decimal | None) -> float | None:
    return float(used / abs(limit)) if limit else None
