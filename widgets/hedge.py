"""The dialog for a hedge: what is feared on the left, the basket that would pay for it on the right.

Not modal: the map stays in reach, and its selection is the place. Every change is a draft that the engine answers
with the exact cost of the basket as it could be bought now; only an answered draft can be bought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.contract import Metric, Unit
from widgets import formats, paint, theme
from widgets.draft_dialog import DraftDialog
from widgets.fields import Choice, Field, Segments
from widgets.hedge_terms import LONGEST, METRICS, Typed, terms, where
from widgets.market_terms import UNIT_NAMES, UNITS

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.core.ids import Cell
    from engine.views.hedge import HedgeDone, HedgeDraft, HedgeLeg, HedgeLine, HedgeView
    from widgets.hedge_terms import Find

BUY: Final = "Buy basket"
MOST_LINES: Final = 9
"""Purchases drawn; the sums are of all."""


def facts(view: HedgeView | None) -> tuple[tuple[str, str, str], ...]:
    """Return what a basket costs and pays as (name, value, colour); dashes while it is unknown."""
    values = (
        ("Cost at the touch", None if view is None else view.at_the_touch, "text.default"),
        ("Exact cost", None if view is None else view.cost, "text.default"),
        ("Fees", None if view is None else view.fee, "text.default"),
        ("You pay, and lose at most", None if view is None else view.total, "text.strong"),
        ("Pays if it happens in every cell", None if view is None else view.pays_all, "text.strong"),
        ("Pays at least if in one cell", None if view is None else view.pays_any, "text.default"),
        ("Pays if in none", None if view is None else view.pays_none, "text.default"),
    )
    return tuple((name, formats.money(value), "text.dim" if value is None else tone) for name, value, tone in values)


def told(line: HedgeLine) -> tuple[str, str]:
    """Return a purchase in two lines of plain text: what is bought, and what it rests on."""
    legs = f"{formats.quantity(line.qty)} {line.leg.value} · {formats.plain(line.title, 60)}"
    prices = formats.DASH if line.average is None else f"{formats.number(line.average, 2)} c"
    moves = "" if line.after is None else f", {formats.number(line.before, 1)} to {formats.number(line.after, 1)} c"
    share = formats.percent(line.weight, 0)
    return legs, f"{share} · {formats.number(line.km, 1)} km · {formats.plain(line.station, 30)} · {prices}{moves}"


def became(leg: HedgeLeg) -> tuple[str, str]:
    """Return what became of a purchase, and in which colour."""
    if leg.state == "bought":
        return f"bought {formats.quantity(leg.bought)}, fee {formats.money(leg.fee)}", "profit"
    if leg.state == "waiting":
        return "sent, not yet confirmed", "text.muted"
    words = {"refused": "refused", "unsent": "not sent"}.get(leg.state, "outcome not known yet")
    return f"{words}: {formats.plain(leg.why, 160)}" if leg.why else words, "danger.text"


def results(done: HedgeDone) -> tuple[tuple[str, str, str], ...]:
    """Return what was bought of a basket as (name, value, colour)."""
    bought = sum(leg.state == "bought" for leg in done.legs)
    return (
        ("Bought", f"{bought} of {len(done.legs)}", "text.strong"),
        ("Paid, and lost at most", formats.money(done.paid), "text.strong"),
        ("Pays if it happens in every cell", formats.money(done.pays_all), "text.strong"),
    )


class BasketPicture(QWidget):
    """The purchases of a basket with their costs, and what it pays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: HedgeView | None = None
        self.done: HedgeDone | None = None
        self.setMinimumSize(380, 360)
        self.setAccessibleName("What this basket would cost and pay")

    def show_view(self, view: HedgeView | None) -> None:
        """Show an answer, or dashes while one is awaited."""
        if view != self.view or self.done is not None:
            self.view, self.done = view, None
            self.setAccessibleDescription(", ".join(f"{name} {value}" for name, value, _ in facts(view)))
            self.update()

    def show_done(self, done: HedgeDone) -> None:
        """Show what becomes of the purchases."""
        self.done = done
        self.setAccessibleDescription(", ".join(f"{leg.title} {became(leg)[0]}" for leg in done.legs))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        p.fillRect(0, 0, 1, self.height(), look.colour("line.border"))
        paint.text(p, QRect(12, 6, self.width() - 24, 20), "Basket", look.ui(11, 600), look.colour("text.strong"))
        if self.done is not None:
            self._done(p, self.done)
            return
        y = 26
        lines = () if self.view is None else self.view.lines
        for line in lines[:MOST_LINES]:
            self._line(p, y, line)
            y += 36
        rest = len(lines) - MOST_LINES
        if rest > 0 or not lines:
            words = f"and {rest} more" if rest > 0 else formats.DASH
            paint.text(p, QRect(12, y, self.width() - 24, 18), words, look.ui(11), look.colour("text.dim"))
            y += 18
        y += 6
        for name, value, tone in facts(self.view):
            self._row(p, QRect(12, y, self.width() - 24, 20), name, value, tone)
            y += 20

    def _done(self, p: QPainter, done: HedgeDone) -> None:
        look = theme.current()
        y = 26
        for leg in done.legs[:MOST_LINES]:
            what = f"{formats.quantity(leg.qty)} {leg.leg.value} · {formats.plain(leg.title, 60)}"
            cost = formats.money(leg.cost)
            self._row(p, QRect(12, y, self.width() - 24, 18), what, cost, "text.strong", "text.default")
            words, tone = became(leg)
            row = QRect(12, y + 17, self.width() - 24, 16)
            paint.text(p, row, words, look.ui(10), look.colour(tone), elide=True)
            y += 36
        if len(done.legs) > MOST_LINES:
            words = f"and {len(done.legs) - MOST_LINES} more"
            paint.text(p, QRect(12, y, self.width() - 24, 18), words, look.ui(11), look.colour("text.dim"))
            y += 18
        y += 6
        for name, value, tone in results(done):
            self._row(p, QRect(12, y, self.width() - 24, 20), name, value, tone)
            y += 20

    def _line(self, p: QPainter, y: int, line: HedgeLine) -> None:
        look = theme.current()
        what, rests = told(line)
        self._row(p, QRect(12, y, self.width() - 24, 18), what, formats.money(line.cost), "text.strong", "text.default")
        row = QRect(12, y + 17, self.width() - 24, 16)
        paint.text(p, row, rests, look.number(10), look.colour("text.muted"), elide=True)

    def _row(self, p: QPainter, row: QRect, name: str, value: str, tone: str, ink: str = "text.muted") -> None:
        look = theme.current()
        used = paint.text(p, row, value, look.number(11, 500), look.colour(tone), paint.RIGHT)
        row.setWidth(max(0, row.width() - round(used) - 8))
        paint.text(p, row, name, look.ui(11), look.colour(ink), elide=True)


class HedgeDialog(DraftDialog):
    """Say what is feared, see what would pay for it, buy it. A draft is a `HedgeDraft`; `show_view` answers it.

    Parameters
    ----------
    find : callable, optional
        Knows places by their names: stations, cities, markets.
    """

    def __init__(self, parent: QWidget | None = None, find: Find | None = None) -> None:
        super().__init__("Hedge a place", BUY, parent)
        self._find = find
        self.shown: HedgeView | None = None
        """The answer that is shown; what is bought must not cost more."""
        self._make_fields()
        self._lay_out()
        self._wire()
        self._metric_chosen()

    def _make_fields(self) -> None:
        self.place = Field("Place", number=False)
        self.place.setPlaceholderText("click the map, or 41.79, -87.75 or KMDW")
        self.measured = Choice("What is feared")
        for metric, name in METRICS.items():
            self.measured.addItem(name, metric)
        self.measured.setCurrentIndex(self.measured.findData(Metric.PRECIPITATION))
        self.unit = Segments("Unit", [("mm", "mm")])
        self.side = Segments("The loss comes when it is", [("above", "above"), ("below", "below")])
        self.level = Field("Level", unit="mm")
        self.level.setPlaceholderText("the market's own")
        self.loss = Field("Loss", unit="$")
        self.loss.setText("100")
        self.budget = Field("Most to pay", unit="$")
        self.budget.setPlaceholderText("no limit")
        self.cells = Segments("Cells at most", [(n, n) for n in ("1", "2", "3")])
        self.cells.set_value("3")
        self.basket = BasketPicture()
        self.notes, self.buy = self.note, self.confirm

    def _lay_out(self) -> None:
        rows = (
            ("Place", self.place),
            ("Feared", self.measured),
            ("Unit", self.unit),
            ("When", self.side),
            ("Level", self.level),
            ("Loss", self.loss),
            ("Budget", self.budget),
            ("Cells", self.cells),
        )
        self.lay_out(rows, self.basket, 220, (760, 470))

    def _wire(self) -> None:
        self.measured.currentIndexChanged.connect(self._metric_chosen)
        self.unit.chosen.connect(self._unit_chosen)
        for choice in (self.side, self.cells):
            choice.chosen.connect(self.changed)
        for field in (self.place, self.level, self.loss, self.budget):
            field.textEdited.connect(self.changed)
            field.setMaxLength(LONGEST)

    # What the window calls

    def set_cell(self, cell: Cell | None, title: str = "") -> None:
        """Take the map's selection as the place; `title` says where it is. None leaves what is there."""
        if cell is not None and cell != self.place.text():
            self.place.setText(cell)
            self.place.setToolTip(formats.tip(title))
            self.changed()

    def set_metric(self, metric: Metric, unit: Unit) -> None:
        """Take what the map is about."""
        at = self.measured.findData(metric)
        if at >= 0:
            self.measured.setCurrentIndex(at)
            self.unit.set_value(unit.value if unit in UNITS[metric] else UNITS[metric][0].value)
            self._unit_chosen()

    def show_view(self, view: HedgeView) -> None:
        """Take what the draft would cost and pay."""
        if not self.answered():
            return
        self.shown = view
        self.basket.show_view(view)
        self.notes.setText("\n".join(formats.plain(note, 160) for note in view.notes[:6]))
        self.say(formats.plain(view.refused, 200))
        self.buy.set_words(BUY if view.total is None else f"{BUY} {formats.money(view.total)}")
        self.buy.setEnabled(not view.refused and bool(view.lines))

    def show_done(self, done: HedgeDone) -> None:
        """Take what becomes of the purchases. Any change to a field begins anew."""
        if self.shown is not None:
            self.basket.show_done(done)
            good = all(leg.state in {"bought", "waiting"} for leg in done.legs)
            self.notes.setText(formats.plain(done.words, 400) if good else "")
            self.say("" if good else formats.plain(done.words, 400))

    # Its own life

    def typed(self) -> Typed:
        """Return the fields as they stand."""
        return Typed(
            place=self.place.text(),
            metric=Metric(self.measured.currentData()),
            unit=Unit(self.unit.value()),
            above=self.side.value() == "above",
            level=self.level.text(),
            loss=self.loss.text(),
            budget=self.budget.text(),
            most_cells=int(self.cells.value() or "3"),
        )

    def _metric_chosen(self) -> None:
        units = UNITS[Metric(self.measured.currentData())]
        self.unit.set_choices([(u.value, UNIT_NAMES[u]) for u in units])
        if self.unit.value() not in {u.value for u in units}:
            self.unit.set_value(units[0].value)
        self._unit_chosen()

    def _unit_chosen(self) -> None:
        self.level.set_unit(UNIT_NAMES[Unit(self.unit.value())])
        self.changed()

    @override
    def changed(self) -> None:
        self.shown = None
        super().changed()

    @override
    def after_confirming(self) -> None:
        self.buy.set_words("Buying…")  # it stays: what each purchase did is shown here

    @override
    def typed_fields(self) -> dict[str, Field]:
        return {"place": self.place, "level": self.level, "loss": self.loss, "budget": self.budget}

    @override
    def read(self) -> HedgeDraft:
        found = where(self.place.text(), self._find)
        self.place.setToolTip(formats.tip(found.title))
        return terms(self.typed(), self._find)
