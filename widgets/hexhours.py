"""The strip under the map: the run it is computed from, and a slider over the hours of the market's window.

The slider's last place is the whole window as it stands; the ones before are hours. Arrows go hour by hour, Page Up
and Page Down six hours, Home to the first hour and End back to the whole.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget
from typing_extensions import override

from engine.core.units import HOUR
from widgets import formats, paint, theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent

    from engine.core.units import Nanos
    from engine.views.weather import CellsView

ALL: Final = "all"
"""What the place of the whole window is called on the scale."""
_PAGE: Final = 6
_EDGE: Final = 12
_LABEL_PX: Final = 26
_KNOB: Final = 5.0
_VALID_PX: Final = 176
"""Room for what is shown, at the right."""
_RUN_PX: Final = 196
_NARROW: Final = 560
"""Below this width only the run's name stands beside the slider."""


class HourSlider(QSlider):
    """Picks one hour, or the whole window."""

    hour_chosen = Signal(object)
    """Nanos of the hour's start; None for the whole window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._hours: tuple[Nanos, ...] = ()
        self._offset = 0
        self._now: Nanos | None = None
        self.setRange(0, 0)
        self.setPageStep(_PAGE)
        self.setAccessibleName("Hour shown on the map")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.valueChanged.connect(self._chosen)

    def hour(self) -> Nanos | None:
        """Return the hour picked; None for the whole window."""
        return self._hours[self.value()] if self.value() < len(self._hours) else None

    def pick(self, hour: Nanos | None) -> None:
        """Go to an hour, or to the whole window, without saying that it was chosen."""
        self.blockSignals(True)
        self.setValue(self._hours.index(hour) if hour in self._hours else len(self._hours))
        self.blockSignals(False)
        self._describe()
        self.update()

    def show_hours(self, hours: tuple[Nanos, ...], now: Nanos, offset_hours: int) -> None:
        """Take the hours there are, and the time; what was picked stays picked as long as it is one of them."""
        if (hours, offset_hours) != (self._hours, self._offset):
            hour = self.hour()
            self.blockSignals(True)
            self._hours, self._offset = hours, offset_hours
            self.setRange(0, len(hours))
            self.blockSignals(False)
            self.pick(hour)
        if now // (HOUR // 60) != (self._now or 0) // (HOUR // 60):
            self._now = now
            self.update()
        self.setEnabled(bool(hours))

    def x_of(self, place: float) -> float:
        """Return where a place lies: hours from 0, the whole window behind the last."""
        return _EDGE + place * (self.width() - 2 * _EDGE) / max(1, self.maximum())

    @override
    def sizeHint(self) -> QSize:
        return QSize(260, theme.current().size("slider"))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(90, theme.current().size("slider"))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.setValue(self.value() + (1 if event.angleDelta().y() > 0 else -1))
        event.accept()

    def _go(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            share = (event.position().x() - _EDGE) / max(1, self.width() - 2 * _EDGE)
            self.setValue(round(share * self.maximum()))
        event.accept()

    def _chosen(self) -> None:
        self._describe()
        self.update()
        self.hour_chosen.emit(self.hour())

    def _describe(self) -> None:
        hour = self.hour()
        words = "the whole window" if hour is None else formats.local(hour, self._offset, "%H:%M")
        self.setAccessibleDescription(words)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        line = 13
        if not self._hours:
            paint.text(p, self.rect(), "no hours known", look.ui(10), look.colour("text.dim"), paint.CENTRE)
            return
        left, right, knob = self.x_of(0), self.x_of(self.maximum()), self.x_of(self.value())
        p.fillRect(QRectF(left, line, right - left, 2), look.colour("line.control"))
        p.fillRect(QRectF(left, line, knob - left, 2), look.mix("surface.dock", "buy", 0.6))
        self._scale(p, line)
        self._mark_now(p, line)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(look.pen("buy", 2.0))
        p.setBrush(look.colour("surface.dock"))
        p.drawEllipse(QPointF(knob, line + 1), _KNOB, _KNOB)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if self.hasFocus():
            paint.box(p, self.rect().adjusted(0, 1, -1, -1), None, look.colour("buy"), look.radius())

    def _scale(self, p: QPainter, line: int) -> None:
        look = theme.current()
        font = look.number(look.type("micro"))
        room = (self.width() - 2 * _EDGE) / max(1, self.maximum())
        every = next((n for n in (1, 2, 3, 6, 12, 24) if n * room >= _LABEL_PX), 24)
        last = self.maximum()
        for place in range(last + 1):
            clock = "" if place == last else formats.local(self._hours[place], self._offset, "%H")
            told = place == last or (int(clock) % every == 0 and (last - place) * room >= _LABEL_PX)
            x = round(self.x_of(place))
            p.fillRect(x, line + 6, 1, 4 if told else 2, look.colour("line.control"))
            if told:
                words = clock or ALL
                paint.text_at(p, x - paint.width(words, font) / 2, self.height() - 4, words, font,
                              look.colour("text.muted"))  # fmt: skip

    def _mark_now(self, p: QPainter, line: int) -> None:
        """Draw the time as a dashed tick between the hours, where it lies within them."""
        now = self._now
        if now is None or not self._hours[0] <= now < self._hours[-1] + HOUR:
            return
        before = bisect_right(self._hours, now) - 1
        x = round(self.x_of(before + (now - self._hours[before]) / HOUR))
        p.setPen(theme.current().pen("fair", 1.0, (2, 2)))
        p.drawLine(x, 3, x, line + 10)


class RunStrip(QWidget):
    """The forecast the map is computed from, the slider, and what the values are valid for."""

    def __init__(self, now: Callable[[], Nanos] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._view: CellsView | None = None
        self._said: tuple[str, str, str] | None = None
        self.slider = HourSlider()
        self.setFixedHeight(theme.current().size("slider"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(_RUN_PX, 0, _VALID_PX, 0)
        self._row.addWidget(self.slider)

    def show_run(self, view: CellsView) -> None:
        """Take the run of a view, and its hours."""
        self._view = view
        self.setToolTip(formats.tip(view.origin))
        self.slider.show_hours(view.hours, view.now, view.utc_offset_hours)
        words = self.words()
        if words != self._said:
            self._said = words
            self._make_room()
            self.update(QRegion(self.rect()) - QRegion(self.slider.geometry()))

    def words(self) -> tuple[str, str, str]:
        """Return the run, its time and age, and what the values are valid for."""
        view = self._view
        if view is None:
            return "", "", ""
        run = formats.plain(view.run, 24) or "no forecast"
        at = view.run_at
        age = formats.DASH if at is None or self._now is None else formats.since(at, self._now())
        told = f"{formats.utc(at, '%H:%M')} · {age}" if at is not None else formats.DASH
        if view.hour is not None:
            return run, told, f"valid {formats.local(view.hour, view.utc_offset_hours, '%a %H')} h"
        ends = formats.local(view.closes, view.utc_offset_hours, "%H:%M")
        return run, told, f"valid {view.window}, to {ends}" if view.window else ""

    @override
    def resizeEvent(self, event: object) -> None:
        self._make_room()

    def _make_room(self) -> None:
        """Give the slider what the words leave."""
        run, told, valid = self._said or ("", "", "")
        look = theme.current()
        left = 31 + paint.width(run, look.ui(11, 500)) + 10
        narrow = self.width() < _NARROW
        left += 0 if narrow else paint.width(told, look.number(11)) + 12
        right = 10 if narrow and self.width() < _NARROW - 160 else paint.width(valid, look.ui(11)) + 20
        self._row.setContentsMargins(round(left), 0, round(right), 0)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        if self._view is None:
            return
        slider = self.slider.geometry()
        paint.icon(p, 10, (self.height() - 13) // 2, "clock", "text.muted")
        y = round(paint.baseline(0, self.height(), 11))
        run, told, valid = self.words()
        x = paint.text_at(p, 31, y, run, look.ui(11, 500), look.colour("text.strong")) + 10
        if x + paint.width(told, look.number(11)) < slider.left():
            paint.text_at(p, x, y, told, look.number(11), look.colour("text.muted"))
        room = QRect(slider.right() + 8, 0, self.width() - slider.right() - 18, self.height())
        if room.width() > 40:
            paint.text(p, room, valid, look.ui(11), look.colour("text.default"), paint.RIGHT, elide=True)
