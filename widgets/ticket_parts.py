"""The two painted parts of a ticket: the pre-trade card, and the one button that asks for money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QWidget
from typing_extensions import override

from widgets import fill_words, formats, keymap, paint, theme
from widgets.controls import PRESSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPaintEvent

    from engine.views.preview import GateLine, Preview

Line = tuple[str, str, str]
"""Name, value, colour of the value."""
NAMES: Final = (
    "Cost",
    "Fee",
    "Max loss",
    "Max win",
    "Break-even after fees",
    "Model p",
    "Edge",
    "Kelly ¼",
    "Position after",
)
TOTALS: Final = 4
"""Lines before the one that says how likely what waits fills."""
METER_WIDE: Final = 56
GATES_SPOKEN: Final = 4


def lines(card: Preview | None) -> tuple[Line, ...]:
    """Return the lines of a card; without one, or for what is unknown, dashes."""
    if card is None:
        return tuple((name, formats.DASH, "text.dim") for name in NAMES)
    proceeds = card.cost is not None and card.cost < 0
    values = (
        ("Proceeds" if proceeds else NAMES[0], _money(card.cost if not proceeds else -(card.cost or 0)), "text.strong"),
        (NAMES[1], formats.plain(card.fee_words, 40) if card.fee_words else _money(card.fee), "text.default"),
        (NAMES[2], formats.money(card.max_loss, signed=True), paint.pnl_colour(card.max_loss)),
        (NAMES[3], formats.money(card.max_win, signed=True), paint.pnl_colour(card.max_win)),
        (NAMES[4], formats.percent(card.breakeven, 2), "text.default"),
        (NAMES[5], formats.percent(card.model), "fair"),
        (NAMES[6], _edge(card), paint.pnl_colour(card.edge)),
        (NAMES[7], _kelly(card), "text.default"),
        (NAMES[8], formats.plain(card.position_after, 40) or formats.DASH, "text.default"),
    )
    waits: tuple[Line, ...] = ()
    if card.fill is not None:
        name = f"Fills in {fill_words.span(card.fill)}: {fill_words.inputs(card.fill)}"
        waits = ((name, fill_words.share(card.fill), "text.dim" if card.fill.chance is None else "text.strong"),)
    shown = tuple((name, value, "text.dim" if value == formats.DASH else tone) for name, value, tone in values)
    return (*shown[:TOTALS], *waits, *shown[TOTALS:])


def gates_to_show(card: Preview | None, room: int) -> tuple[GateLine, ...]:
    """Return the gates nearest to refusing, the refusing ones first, at most `room`."""
    if card is None:
        return ()
    known = [g for g in card.gates if g.refuses or g.share is not None]
    return tuple(sorted(known, key=lambda g: (not g.refuses, -(g.share or 0.0)))[: max(0, room)])


def _money(value: object) -> str:
    return formats.money(value)  # type: ignore[arg-type]  # Decimal or None: what a Preview holds


def _edge(card: Preview) -> str:
    if card.edge is None:
        return formats.DASH
    cents = f"{formats.number(card.edge, 2, signed=True)}c"
    return cents if card.edge_money is None else f"{cents} = {formats.money(card.edge_money, signed=True)}"


def _kelly(card: Preview) -> str:
    if card.kelly is None:
        return formats.DASH
    size = "" if card.kelly_qty is None else f" = {formats.quantity(int(card.kelly_qty))} ct"
    return formats.percent(card.kelly, 2) + size


class Card(QWidget):
    """What the order would cost, could lose and win, and how near each gate it comes.

    Without its `lines` it is the gates alone, for a ticket that says the rest in words of its own.
    """

    def __init__(self, parent: QWidget | None = None, *, whole: bool = True) -> None:
        super().__init__(parent)
        self.card: Preview | None = None
        self._whole = whole
        self.setAccessibleName("Pre-trade card" if whole else "Gates of the order")
        self.setMinimumSize(210, (len(NAMES) + 1) * self.row if whole else 0)

    @property
    def row(self) -> int:
        """Height of a line."""
        return theme.current().size("ticketCardRow")

    def show_card(self, card: Preview | None) -> None:
        """Show a card, or dashes while one is awaited."""
        if card != self.card:
            self.card = card
            gates = gates_to_show(card, GATES_SPOKEN)
            said = [(one.code, "refuses" if one.refuses else _used(one)) for one in gates]
            spoken = ", ".join(f"{name} {value}" for name, value, *_ in (lines(card) if self._whole else said))
            self.setAccessibleDescription(spoken)
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        wide, y = self.width() - 10, 4
        for name, value, tone in lines(self.card) if self._whole else ():
            font = look.number(11, 500)
            rect = QRect(10, y, wide - 10, self.row)
            used = paint.text(p, rect, value, font, look.colour(tone), paint.RIGHT)
            rect.setWidth(max(0, rect.width() - round(used) - 8))
            paint.text(p, rect, name, look.ui(11), look.colour("text.muted"), elide=True)
            y += self.row
        self._paint_gates(p, y + 4)

    def _paint_gates(self, p: QPainter, y: int) -> None:
        look = theme.current()
        gates = gates_to_show(self.card, (self.height() - y - 4) // 17)
        if gates:
            p.fillRect(10, y - 3, self.width() - 20, 1, look.colour("line.border"))
        for gate in gates:
            tone = "danger.text" if gate.refuses else "warn" if (gate.share or 0) >= 0.7 else "text.default"
            right = self.width() - 10
            rect = QRect(10, y, right - 10, 17)
            used = round(paint.text(p, rect, _used(gate), look.number(10), look.colour("text.muted"), paint.RIGHT))
            bar = QRect(right - max(used, 76) - METER_WIDE - 8, y + 5, METER_WIDE, look.size("meter"))
            paint.meter(p, bar, 1.0 if gate.refuses else gate.share, colour="danger" if gate.refuses else None)
            room = QRect(10, y, bar.x() - 14, 17)
            paint.text(p, room, formats.plain(gate.code, 40), look.number(10, 500), look.colour(tone), elide=True)
            y += 17


def _used(gate: GateLine) -> str:
    if gate.limit is None:
        return formats.number(gate.used, 2)
    whole = gate.limit == int(gate.limit)
    return f"{formats.number(gate.used, 2)} / {formats.number(gate.limit, 0 if whole else 2)}"


class MoneyButton(QAbstractButton):
    """Sends the order it names, refuses it with code and sentence, or asks once whether it is meant."""

    sent = Signal()
    kept = Signal()
    """Esc: the trader thought better of it."""
    early = Signal()
    """A key was not taken: see `may`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ""
        self.manner = "off"
        """off, waits, buy, sell, refused or asks."""
        self.setFixedHeight(theme.current().size("moneyButton"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Send the order")
        self.may: Callable[[], bool] = lambda: True
        """Whether a key is meant, as `Panel.may_trade` says it."""
        self.clicked.connect(self._pressed)

    def show_words(self, words: str, manner: str) -> None:
        """Say something in one of the manners."""
        if (words, manner) != (self.words, self.manner):
            self.words, self.manner = words, manner
            self.setAccessibleName(words)
            self.setToolTip(formats.tip(words))
            self.update()

    def _pressed(self) -> None:
        if self.manner in {"buy", "sell", "asks"}:
            self.sent.emit()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the second press of a pair as one more, but not for the answer to what the first one was asked."""
        if self.manner != "asks":
            super().mouseDoubleClickEvent(event)

    @override
    def sizeHint(self) -> QSize:
        return QSize(200, theme.current().size("moneyButton"))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() in {*PRESSES, Qt.Key.Key_Return, Qt.Key.Key_Enter} and not self.may():
            self.early.emit()
        elif self.manner == "asks" and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.sent.emit()
        elif self.manner == "asks" and event.key() == Qt.Key.Key_Escape:
            self.kept.emit()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        ground, border, ink = {
            "buy": (look.colour("buy"), "buy", "text.onFill"),
            "sell": (look.colour("sell"), "sell", "text.onFill"),
            "refused": (look.mix("surface.dock", "danger", "halt"), "danger", "text.strong"),
            "asks": (look.mix("surface.dock", "warn", "warn"), "warn", "text.strong"),
        }.get(self.manner, (look.colour("surface.raised"), "line.control", "text.muted"))
        paint.box(p, self.rect(), ground, look.colour(border), look.radius())
        if self.manner == "refused":
            paint.hatch(p, self.rect().adjusted(1, 1, -1, -1), look.hatch("halt"))
        key = keymap.hint("ticket.send")
        hint = {"buy": key, "sell": key, "asks": "Enter sends · Esc keeps"}.get(self.manner, "")
        right = self.width() - 10
        if hint:
            keys = look.number(10)
            right -= round(paint.text(p, QRect(0, 0, right, self.height()), hint, keys, look.colour(ink), paint.RIGHT))
        px = look.type("action") if self.manner in {"buy", "sell", "waits"} else look.type("label")
        font = look.ui(px, 700)
        if paint.width(self.words, font) > right - 20:
            font = look.ui(look.type("body"), 600)
        rect = QRect(10, 0, right - 18, self.height())
        fits = paint.width(self.words, font) <= 2 * right - self.width() - 20
        if fits:
            rect = QRect(0, 0, self.width(), self.height())
        if fits or hint:
            paint.text(
                p, rect, self.words, font, look.colour(ink), paint.CENTRE if fits else paint.LEFT, elide=not fits
            )
        else:
            self._say_in_lines(p, rect, look.ui(look.type("label"), 600), look.colour(ink))
        if self.hasFocus():
            paint.box(p, self.rect().adjusted(2, 2, -2, -2), None, look.colour("text.strong"), look.radius())

    def _say_in_lines(self, p: QPainter, room: QRect, font: QFont, ink: QColor) -> None:
        """Write a reason, which may be a sentence, in two lines."""
        said = paint.lines(self.words, font, room.width(), 2, told=True)
        room = room.adjusted(0, 2, 0, -2)
        high = room.height() // len(said)
        for place, line in enumerate(said):
            paint.text(p, QRect(room.left(), room.top() + place * high, room.width(), high), line, font, ink)
