"""Requests for quotes as a list of cards: what is asked, what we say to it, how long that stands, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.units import SECOND
from widgets import formats, keymap, option_columns, paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

    from engine.core.units import Nanos
    from engine.views.rfq import RfqLine

CARD: Final = 118
GAP: Final = 6
HURRY_S: Final = 10.0
"""Left of a quote or a request from which its clock is yellow."""
COLOURS: Final = {
    "PENDING": "warn", "QUOTED": "buy", "EXECUTED": "profit", "HEDGED": "profit", "FAILED": "danger.text",
    "CANCELLED": "text.muted",
}  # fmt: skip
RUNNING: Final = frozenset({"PENDING", "QUOTED"})
"""States with a clock."""
SAID: Final = {
    "PENDING": "PENDING, not quoted yet", "QUOTED": "QUOTED, waiting for the taker", "EXECUTED": "EXECUTED, hedging",
    "HEDGED": "HEDGED", "FAILED": "FAILED", "CANCELLED": "CANCELLED",
}  # fmt: skip


def asked(line: RfqLine) -> str:
    """Return what the taker wants of us: ``Sell to taker C 76 000 31 JUL``, of several legs what becomes of the first.

    Until a request is priced the taker may have said nothing of his side; and an option that expired is listed no
    more, so that nothing is known of it but how many there were.
    """
    way = "Side not told:"
    if line.our_side:
        way = "Sell to taker" if line.taker_side == "buy" else "Buy from taker"
    if not line.legs:
        return f"{way} options that are not listed"
    first = line.legs[0]
    ends = option_columns.expiry_words(first.expires)
    name = f"{'P' if first.put else 'C'} {formats.exact(first.strike)} {ends} {first.underlying}"
    more = len(line.legs) - 1
    return f"{way} {formats.plain(name, 40)}" + (f" and {more} more leg{'s' * (more > 1)}" if more else "")


def left_s(line: RfqLine, now: Nanos) -> float | None:
    """Return the seconds that our quote, or the request where there is none, still stands; None without an end."""
    until = line.valid_until if line.state == "QUOTED" and line.valid_until is not None else line.until
    return None if until is None else max(0.0, (until - now) / SECOND)


def clock_words(seconds: float | None) -> str:
    """Return seconds as on a clock, ``0:21``; empty where nothing ends."""
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def signed_words(line: RfqLine) -> tuple[str, str]:
    """Return how the quote stands and in which colour: a DUMMY is never taken for one that is signed."""
    return {
        "signed": ("signed", "text.muted"), "paper": ("paper, unsigned", "text.muted"),
        "DUMMY": ("DUMMY: no price, never signed", "warn"),
    }.get(line.signed, ("unsigned", "text.dim"))  # fmt: skip


def facts(line: RfqLine) -> tuple[tuple[str, str, str], ...]:
    """Return name, words and colour of what a card says in two columns."""
    edge = formats.DASH if line.edge_bps is None else f"{formats.number(line.edge_bps, 0, signed=True)} bps"
    apr = formats.DASH if line.apr is None else f"{formats.number(line.apr, 1)} %"
    return (
        ("our quote", formats.number(line.our_quote, 2), "text.strong" if line.our_quote is not None else "text.dim"),
        (
            "hedge at",
            formats.number(line.hedge_price, 2),
            "text.default" if line.hedge_price is not None else "text.dim",
        ),
        ("fair", formats.number(line.fair, 2), "fair" if line.fair is not None else "text.dim"),
        ("edge", edge, "text.default" if line.edge_bps is not None else "text.dim"),
        ("APR", apr, "text.default" if line.apr is not None else "text.dim"),
        ("hedged", formats.percent(line.hedged, 0), "text.default" if line.hedged is not None else "text.dim"),
    )


class RfqCards(QWidget):
    """Cards of equal height, newest first; one is chosen."""

    chosen = Signal(str)
    """A trace."""
    acted = Signal(str)
    """An action of the area ``rfq``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[RfqLine, ...] = ()
        self.trace = ""
        self.first = 0
        self._now = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(260, CARD // 2)
        self.setAccessibleName("Requests for quotes")

    def show_rows(self, rows: tuple[RfqLine, ...], now: Nanos) -> None:
        """Show requests; what was chosen stays, else the newest is."""
        self.rows, self._now = rows, now
        before = self.trace
        if all(one.trace != before for one in rows):
            self.trace = rows[0].trace if rows else ""
        if self.trace != before:
            self.chosen.emit(self.trace)
        self.first = max(0, min(self.first, len(rows) - self.visible()))
        self._speak()
        self.update()

    def show_time(self, now: Nanos) -> None:
        """Let clocks run on: between two events nothing else tells that a quote's time is nearly out."""
        if now > self._now:
            self._now = now
            if any(one.state in RUNNING for one in self.rows):
                self.update()

    def line(self) -> RfqLine | None:
        """Return the chosen request."""
        return next((one for one in self.rows if one.trace == self.trace), None)

    def visible(self) -> int:
        """Return how many cards are wholly visible."""
        return max(1, (self.height() - GAP) // (CARD + GAP))

    def card(self, index: int) -> QRect:
        """Return where a card lies."""
        return QRect(GAP, GAP + (index - self.first) * (CARD + GAP), self.width() - 2 * GAP, CARD)

    def choose(self, trace: str) -> None:
        """Choose a request and bring it into sight."""
        at = next((n for n, one in enumerate(self.rows) if one.trace == trace), -1)
        if at >= 0 and trace != self.trace:
            self.trace = trace
            self.first = min(max(self.first, at - self.visible() + 1), at)
            self._speak()
            self.chosen.emit(trace)
            self.update()

    def _speak(self) -> None:
        line = self.line()
        words = "" if line is None else f"{asked(line)}, {line.size}, {SAID[line.state]}"
        self.setAccessibleDescription(words)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        for n, one in enumerate(self.rows):
            if self.card(n).contains(event.position().toPoint()):
                self.choose(one.trace)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        way = 1 if event.angleDelta().y() > 0 else -1
        self.first = max(0, min(self.first - way, len(self.rows) - self.visible()))
        self.update()
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = keymap.current().action("rfq", keymap.key_of(event))
        way = {"rfq.up": -1, "rfq.down": 1}.get(action, 0)
        if way and self.rows:
            at = next((n for n, one in enumerate(self.rows) if one.trace == self.trace), 0)
            self.choose(self.rows[max(0, min(len(self.rows) - 1, at + way))].trace)
        elif action and not way:
            if not event.isAutoRepeat():
                self.acted.emit(action)
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        for n in range(self.first, min(len(self.rows), self.first + self.visible() + 1)):
            self._paint(p, self.card(n), self.rows[n])

    def _paint(self, p: QPainter, card: QRect, line: RfqLine) -> None:
        look, chosen = theme.current(), line.trace == self.trace
        over = line.state in {"HEDGED", "CANCELLED"}
        ground = look.colour("surface.dock" if over else "surface.header")
        paint.box(p, card, ground, look.colour("buy" if chosen else "line.border"), look.radius())
        inner = card.adjusted(8, 4, -8, -4)
        self._head(p, QRect(inner.x(), inner.y(), inner.width(), 18), line)
        self._time(p, QRect(inner.x(), inner.y() + 20, inner.width(), 2), line)
        row = QRect(inner.x(), inner.y() + 25, inner.width(), 18)
        size = formats.exact(line.size) if line.size % 1 else formats.number(line.size, 1)
        used = paint.text(p, row, size, look.number(11), look.colour("text.strong"), paint.RIGHT)
        left = row.adjusted(0, 0, -round(used) - 8, 0)
        paint.text(p, left, asked(line), look.ui(12, 500), look.colour("text.default"), elide=True)
        self._facts(p, QRect(inner.x(), inner.y() + 44, inner.width(), 45), line)
        self._foot(p, QRect(inner.x(), inner.bottom() - 18, inner.width(), 18), line)

    def _head(self, p: QPainter, row: QRect, line: RfqLine) -> None:
        look = theme.current()
        seconds = left_s(line, self._now)  # type: ignore[arg-type]
        running = line.state in RUNNING
        words = clock_words(seconds) if running else line.state
        colour = COLOURS[line.state]
        if running:
            colour = "warn" if seconds is not None and seconds <= HURRY_S else "text.default"
        used = paint.text(p, row, words, look.number(12, 600), look.colour(colour), paint.RIGHT)
        base = round(paint.baseline(row.y(), row.height(), 11))
        x = paint.text_at(
            p, row.x(), base, formats.plain(line.id, 14), look.number(11, 600), look.colour("text.strong")
        )
        taker = f"{formats.plain(line.source, 12)} · taker {formats.plain(line.taker, 12) or formats.DASH}"
        room = QRect(round(x) + 8, row.y(), row.width() - round(x - row.x()) - round(used) - 16, row.height())
        paint.text(p, room, taker, look.ui(10), look.colour("text.muted"), elide=True)

    def _time(self, p: QPainter, bar: QRect, line: RfqLine) -> None:
        """Draw how much of its time is left, and for what is over a line in its colour."""
        look = theme.current()
        p.fillRect(bar, look.colour("line.border"))
        seconds = left_s(line, self._now)  # type: ignore[arg-type]
        until = line.valid_until if line.state == "QUOTED" and line.valid_until is not None else line.until
        if line.state not in RUNNING:
            p.fillRect(bar, look.colour(COLOURS[line.state]))
        elif seconds is not None and until is not None and until > line.at:
            share = min(1.0, seconds * SECOND / (until - line.at))
            colour = "warn" if seconds <= HURRY_S else COLOURS[line.state]
            p.fillRect(bar.x(), bar.y(), round(bar.width() * share), bar.height(), look.colour(colour))

    def _facts(self, p: QPainter, room: QRect, line: RfqLine) -> None:
        look, half = theme.current(), room.width() // 2
        for n, (name, words, colour) in enumerate(facts(line)):
            cell = QRect(room.x() + (n % 2) * (half + 8), room.y() + (n // 2) * 15, half - 8, 15)
            used = paint.text(p, cell, words, look.number(11), look.colour(colour), paint.RIGHT)
            left = cell.adjusted(0, 0, -round(used) - 4, 0)
            paint.text(p, left, name, look.ui(10), look.colour("text.muted"), elide=True)

    def _foot(self, p: QPainter, row: QRect, line: RfqLine) -> None:
        look = theme.current()
        words, colour = signed_words(line)
        used = paint.text(p, row, words, look.ui(10), look.colour(colour), paint.RIGHT)
        said = SAID[line.state] + (f": {formats.plain(line.why, 120)}" if line.why else "")
        if not line.why and line.hedge_plan:
            said += f" · {formats.plain(line.hedge_plan, 80)}"
        left = row.adjusted(0, 0, -round(used) - 8, 0)
        paint.text(p, left, said, look.ui(11, 500), look.colour(COLOURS[line.state]), elide=True)
