"""The strip of a ladder with the size of the next order and the position."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRegularExpression, Qt, Signal
from PySide6.QtGui import QPainter, QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.fields import Field, Segments
from widgets.ladder_keys import PRESETS, step
from widgets.ladder_strips import LARGEST, SMALL

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.views.ladder import LadderView, Scale

ONE: Final = Decimal(1)


class SizeStrip(QWidget):
    """The size of the next order, its presets, and the position.

    A size is counted in shares; of a derivative in the steps of its sizes, and shown as what they come to.
    """

    changed = Signal(int)
    done = Signal()
    """The trader has typed a size: back to the grid."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = theme.current()
        self._size = 10
        self._text = formats.DASH
        self._pnl: Decimal | None = None
        self._long = True
        self.shares = True
        """Whether sizes are of shares."""
        self._step = ONE
        self._least = 1
        """Steps of the smallest order."""
        self._of = ""
        """What sizes of a derivative count."""
        self._sizes: dict[tuple[bool, Decimal, int, str], int] = {}
        """The last size of each kind of instrument that was shown."""
        self.box = Field("Size of the next order", parent=self)
        self.box.counts = True
        digits = QRegularExpression(f"[0-9]{{0,{len(str(LARGEST))}}}")  # Qt's own for numbers never ends a typed 0
        self._whole = QRegularExpressionValidator(digits, self.box)
        self.box.setValidator(self._whole)
        self.box.setMaxLength(6)
        self.box.setFixedSize(46, 20)
        self.box.setText(str(self._size))
        self.presets = Segments("Size", self._choices(wide=True), number=True, height=18, parent=self)
        self.presets.set_value(str(self._size))
        self.box.editingFinished.connect(self._typed)
        self.box.returnPressed.connect(self.done)
        self.box.wheeled.connect(self.turn)
        self.presets.chosen.connect(lambda key: self.set_size(int(key)))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(30 + look.space("gapInline"), 0, 0, 1)
        layout.setSpacing(6)
        layout.addWidget(self.box)
        layout.addWidget(self.presets)
        layout.addStretch(1)
        self.setFixedHeight(look.size("sizeStrip") + 1)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def size_now(self) -> int:
        """Return the size of the next order, in shares or steps."""
        return self._size

    def turn(self, way: int) -> None:
        """Step the size up (1) or down (-1)."""
        self.set_size(self._least * step(max(1, self._size // self._least), way))

    def set_preset(self, count: int) -> None:
        """Take so many of the smallest order."""
        self.set_size(self._least * count)

    def _text_of(self, size: int) -> str:
        return f"{(size * self._step).normalize():f}"

    def _scaled(self, scale: Scale | None) -> None:
        """Count in the steps of an instrument: the size that was last used for such a one, at first the smallest."""
        unit = ONE if scale is None else scale.step
        least = 1 if scale is None else max(1, int(-(-scale.least // scale.step)))
        was = self.shares, self._step, self._least, self._of
        now = scale is None, unit, least, "" if scale is None else scale.of
        if was == now:
            return
        self._sizes[was] = self._size
        self.shares, self._step, self._least, self._of = now
        self.box.setValidator(self._whole if scale is None else None)  # type: ignore[arg-type]  # Qt takes none away
        self.box.setMaxLength(6 if scale is None else 9)
        self.box.setFixedSize(46 if scale is None else 58, 20)
        self.presets.set_choices(self._choices(wide=self.width() >= SMALL))
        self._put(self._sizes.get(now, least))  # nobody chose it: other docks keep theirs

    def set_size(self, size: int) -> None:
        """Change the size of the next order."""
        was = self._size
        self._put(size)
        if self._size != was:
            self.changed.emit(self._size)

    def _put(self, size: int) -> None:
        self._size = max(self._least, min(LARGEST, size))
        self.box.setText(self._text_of(self._size))
        self.presets.set_value(str(self._size))

    def show_view(self, view: LadderView) -> None:
        """Take the position and the steps of sizes from a view."""
        self._scaled(view.scale)
        if (view.position_text, view.position_pnl) != (self._text, self._pnl):
            self._text, self._pnl = view.position_text, view.position_pnl
            self._long = view.position >= 0
            self.update(self.presets.geometry().right() + 1, 0, self.width(), self.height())

    def words(self) -> tuple[str, str]:
        """Return the position and its result as shown; a dash where nothing is held."""
        if not self._text:
            return "flat", ""
        if self._text == formats.DASH:
            return self._text, ""
        arrow = formats.arrowed(self._pnl)
        money = formats.money(self._pnl, signed=True)
        return self._text, f"{arrow[0]} {money}" if arrow[0] in f"{formats.UP}{formats.DOWN}" else money

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.presets.set_choices(self._choices(wide=self.width() >= SMALL))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.border"))
        muted = look.colour("text.muted")
        paint.text(p, QRect(8, 0, 30, self.height() - 1), "size", look.ui(11), muted)
        text, pnl = self.words()
        room, free = self.height() - 1, self.width() - 16 - self.presets.geometry().right()
        font = look.number(look.type("label"), 500)
        if paint.width(text + pnl, font) + 9 > free:
            font = look.number(look.type("caption"), 500)  # both legs held: two positions in one line
        if paint.width(text + pnl, font) + 9 > free:
            text = " · ".join(part.partition(" @ ")[0] for part in text.split(" · "))  # a price is never cut
        right = self.width() - 8
        if pnl:
            tone = look.colour(paint.pnl_colour(self._pnl))
            right -= round(paint.text(p, QRect(0, 0, right, room), pnl, font, tone, paint.RIGHT)) + 9
        tone = muted if text in {"flat", formats.DASH} else look.colour("buy" if self._long else "sell")
        left = self.presets.geometry().right() + 8
        cell = QRect(left, 0, right - left, room)
        right -= round(paint.text(p, cell, text, font, tone, paint.RIGHT, elide=True)) + 9
        word = look.ui(11)
        if right - left >= paint.width("position", word):
            paint.text(p, QRect(left, 0, right - left, room), "position", word, muted, paint.RIGHT)

    def _typed(self) -> None:
        text = self.box.text().strip()
        if self.shares:  # whole ones: a comma in them parts thousands, and is refused rather than guessed at
            typed = Decimal(text) if text.isdecimal() else Decimal(0)
        else:
            typed = formats.typed(text) or Decimal(0)
        count = int(typed / self._step) if typed.is_finite() and 0 < typed <= LARGEST * self._step else self._size
        self.set_size(count)

    def _choices(self, *, wide: bool) -> tuple[tuple[str, str], ...]:
        counts = [n * self._least for n in (PRESETS if wide else PRESETS[1:5] if self.shares else PRESETS[:3])]
        return tuple((str(n), self._text_of(n)) for n in counts)
