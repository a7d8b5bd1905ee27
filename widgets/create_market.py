"""The operator's dialog for a new market: terms on the left, what they would mean on the right.

Not modal: the map stays in reach, and its selection is the cell. Every change is a draft that the engine
answers with stations, liquidity and worst-case subsidy; only an answered draft can be confirmed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.contract import Metric, Unit
from engine.core.units import Nanos
from engine.maths import inventory, marchetypes
from engine.maths.marchetypes import Information, Resolution
from engine.views.market import MarketDraft, SubsidyPreview
from widgets import formats, paint, theme
from widgets.draft_dialog import DraftDialog
from widgets.fields import Choice, Field, Segments
from widgets.market_terms import METRIC_NAMES, SETTLES_BY, UNIT_NAMES, UNITS, Typed, day_of, kind_of, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from engine.core.ids import Cell

DAYS: Final = 8
"""How many days ahead a window may begin."""
TIERS: Final = {
    "A": "A: a station within 5 km",
    "B": "B: a station within 15 km",
    "C": "C: two within 25 km, or one within 40 km",
}
PHASES: Final = (("1", "1 curve"), ("2", "2 with orders"), ("3", "3 b falls"))
KNOWN: Final = (("", formats.DASH), *((one.value, one.value) for one in Information))
ENDS: Final = ((Resolution.END.value, "on its date"), (Resolution.ANYTIME.value, "at any time"))
EXAMPLES: Final = {True: "84-85, 86-87, 88-89", False: "88"}


def facts(view: SubsidyPreview | None) -> tuple[tuple[str, str, str], ...]:
    """Return what a draft would mean as (name, value, colour); dashes while it is unknown."""
    if view is None:
        names = ("Tier", "Forecast IQR", "Median or reference", "Liquidity b", "Worst-case subsidy", "All subsidies")
        return tuple((name, formats.DASH, "text.dim") for name in names)
    limit = formats.money(view.subsidies_limit)
    after = formats.money(view.subsidies_after)
    over = view.subsidies_after is not None and view.subsidies_after > view.subsidies_limit
    rows = (
        ("Tier", TIERS.get(view.tier, formats.plain(view.tier, 40)) or formats.DASH, "text.default"),
        ("Forecast IQR", formats.number(view.iqr, 2), "text.default"),
        ("Median or reference", formats.number(view.reference, 2), "text.default"),
        ("Liquidity b", f"{formats.number(view.b, 1)} shares" if view.b is not None else formats.DASH, "text.strong"),
        ("Worst-case subsidy", formats.money(view.subsidy), "text.strong"),
        ("All subsidies", f"{after} of {limit}", "danger.text" if over else "text.default"),
    )
    return tuple((name, value, "text.dim" if value == formats.DASH else tone) for name, value, tone in rows)


def kinds(view: SubsidyPreview | None, chosen: str) -> tuple[tuple[str, str, bool], ...]:
    """Return the six marchetypes as (what it is, its parameters, whether it is the chosen one).

    λ is that of the likeliest outcome at its opening price, alone and then with the participants that count as a
    crowd; what prices did since has no part in it. A dash before there is a price.
    """
    price = None if view is None or not view.prices else max(price for _, price in view.prices)
    ends = dict(ENDS)
    rows = []
    for one in marchetypes.MARCHETYPES.values():
        beta, alpha = one.beta.start, one.alpha.start
        shape = {"beta": beta, "alpha": alpha, "reference": one.reference, "floor": one.floor}
        alone, crowd = (
            None if price is None else inventory.structure(price, many, **shape).factor for many in (0.0, one.reference)
        )
        name = f"{one.code}  {one.information.value}, {ends[one.resolution.value]}"
        lifts = f"λ {formats.number(alone, 2)} → {formats.number(crowd, 2)} at {one.reference:3.0f}"
        shown = f"β {formats.number(beta, 2)}  α {formats.number(alpha, 1)}  {lifts}"
        rows.append((name, shown, one.code == chosen))
    return tuple(rows)


class Consequences(QWidget):
    """Stations, liquidity, opening prices and subsidy of the draft."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: SubsidyPreview | None = None
        self.kind = ""
        self.setMinimumSize(340, 520)
        self.setAccessibleName("What this market would mean")

    def show_view(self, view: SubsidyPreview | None) -> None:
        """Show an answer, or dashes while one is awaited."""
        if view != self.view:
            self.view = view
            self.setAccessibleDescription(", ".join(f"{name} {value}" for name, value, _ in facts(view)))
            self.update()

    def show_kind(self, kind: str) -> None:
        """Mark the marchetype that was chosen; empty marks none."""
        if kind != self.kind:
            self.kind = kind
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        p.fillRect(0, 0, 1, self.height(), look.colour("line.border"))
        y = self._lines(p, 6, "Stations", () if self.view is None else self.view.stations)
        for name, value, tone in facts(self.view):
            row = QRect(12, y, self.width() - 24, 20)
            used = paint.text(p, row, value, look.number(11, 500), look.colour(tone), paint.RIGHT)
            row.setWidth(max(0, row.width() - round(used) - 8))
            paint.text(p, row, name, look.ui(11), look.colour("text.muted"), elide=True)
            y += 20
        y = self._kinds(p, y + 6)
        self._prices(p, y, () if self.view is None else self.view.prices)

    def _lines(self, p: QPainter, y: int, title: str, texts: Sequence[str]) -> int:
        look = theme.current()
        paint.text(p, QRect(12, y, self.width() - 24, 20), title, look.ui(11, 600), look.colour("text.strong"))
        y += 20
        for text in texts[:6] or (formats.DASH,):
            row = QRect(12, y, self.width() - 24, 18)
            paint.text(p, row, formats.plain(text, 80), look.number(11), look.colour("text.default"), elide=True)
            y += 18
        return y + 6

    def _kinds(self, p: QPainter, y: int) -> int:
        look = theme.current()
        title = QRect(12, y, self.width() - 24, 20)
        paint.text(p, title, "Marchetypes", look.ui(11, 600), look.colour("text.strong"))
        y += 20
        for name, shown, chosen in kinds(self.view, self.kind):
            row = QRect(12, y, self.width() - 24, 17)
            if chosen:
                p.fillRect(row.adjusted(-4, 0, 4, 0), look.colour("surface.hover"))
            ink = look.colour("text.strong" if chosen else "text.muted")
            used = paint.text(p, row, shown, look.number(10, 600 if chosen else 400), ink, paint.RIGHT)
            row.setWidth(max(0, row.width() - round(used) - 8))
            paint.text(p, row, name, look.number(10, 600 if chosen else 400), ink, elide=True)
            y += 17
        return y + 6

    def _prices(self, p: QPainter, y: int, prices: Sequence[tuple[str, float]]) -> None:
        """Opening prices as bars on one scale."""
        look = theme.current()
        title = QRect(12, y, self.width() - 24, 20)
        paint.text(p, title, "Opening prices", look.ui(11, 600), look.colour("text.strong"))
        y += 20
        most = max((price for _, price in prices), default=1.0) or 1.0
        tall = 16
        room = max(0, (self.height() - y - 4) // tall)
        for label, price in prices[:room]:
            font = look.number(10)
            name = paint.elided(formats.plain(label, 24), font, 66)
            paint.text(p, QRect(12, y, 68, tall), name, font, look.colour("text.default"))
            wide = round((self.width() - 12 - 84 - 52) * price / most)
            bar = look.mix("surface.header", "buy", "impliedBarSelected")
            p.fillRect(84, y + 3, max(1, wide), tall - 6, bar)
            cell = QRect(0, y, self.width() - 12, tall)
            paint.text(p, cell, f"{formats.number(price * 100, 1)} c", font, look.colour("text.strong"), paint.RIGHT)
            y += tall


class CreateMarketDialog(DraftDialog):
    """Fill in a contract, see what it would mean, confirm it. A draft is a `MarketDraft`; `show_preview` answers it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("New market", "Confirm", parent)
        self._cell = ""
        self._offset = 0
        self._today = date(1970, 1, 1)
        self._make_fields()
        self._lay_out()
        self._wire()
        self._metric_chosen()

    def _make_fields(self) -> None:
        self.cell = Field("Cell", number=False)
        self.cell.setReadOnly(True)
        self.cell.setPlaceholderText("pick a cell on the map")
        self.measured = Choice("Metric")
        for metric, name in METRIC_NAMES.items():
            self.measured.addItem(name, metric)
        self.unit = Segments("Unit", [("F", "°F")])
        self.kind = Segments("Outcomes", [("brackets", "brackets"), ("threshold", "threshold")])
        self.levels = Field("Brackets or threshold", number=False)
        self.day = Choice("Day on which the window begins")
        self.hours = Field("Length of the window", unit="h")
        self.hours.setText("24")
        self.settles = Choice("Who gives the stations' values")
        for key, name in SETTLES_BY.items():
            self.settles.addItem(name, key)
        self.liquidity = Segments("Liquidity", [("forecast", "from forecast"), ("manual", "by hand")])
        self.b = Field("Liquidity b", unit="shares")
        self.b.setText("100")
        self.prior = Segments("Opening prices", [("forecast", "from forecast"), ("even", "even")])
        self.phase = Segments("Phase", PHASES)
        self.known = Segments("Information", KNOWN)
        self.ends = Segments("Resolution", ENDS)
        self.consequences = Consequences()
        self.rule = self.note

    def _lay_out(self) -> None:
        rows = (
            ("Cell", self.cell),
            ("Metric", self.measured),
            ("Unit", self.unit),
            ("Outcomes", self.kind),
            ("Levels", self.levels),
            ("Day", self.day),
            ("Window", self.hours),
            ("Settles by", self.settles),
            ("Liquidity", self.liquidity),
            ("b", self.b),
            ("Prices", self.prior),
            ("Phase", self.phase),
            ("Information", self.known),
            ("Resolution", self.ends),
        )
        self.lay_out(rows, self.consequences, 240, (780, 620))

    def _wire(self) -> None:
        self.measured.currentIndexChanged.connect(self._metric_chosen)
        self.day.currentIndexChanged.connect(self.changed)
        self.settles.currentIndexChanged.connect(self.changed)
        self.kind.chosen.connect(self._kind_chosen)
        self.liquidity.chosen.connect(self.changed)
        for choice in (self.unit, self.prior, self.phase, self.known, self.ends):
            choice.chosen.connect(self.changed)
        for field in (self.levels, self.hours, self.b):
            field.textEdited.connect(self.changed)
            field.setMaxLength(240)

    # What the window calls

    def set_cell(self, cell: Cell | None, title: str = "") -> None:
        """Take the map's selection; `title` says where it is."""
        if (cell or "") != self._cell:
            self._cell = cell or ""
            self.cell.setText(self._cell)
            self.cell.setToolTip(formats.tip(title))
            self.changed()

    def set_clock(self, now: Nanos, utc_offset_hours: int) -> None:
        """Offer the days from today on, in local standard time; a chosen day that is still offered stays chosen."""
        today = day_of(now, utc_offset_hours)
        if (today, utc_offset_hours) == (self._today, self._offset) and self.day.count():
            return
        self._today, self._offset = today, utc_offset_hours
        chosen = self.day.currentData()
        self.day.blockSignals(True)
        self.day.clear()
        for ahead in range(DAYS):
            day = today + timedelta(days=ahead)
            name = {0: "today, ", 1: "tomorrow, "}.get(ahead, "")
            self.day.addItem(f"{name}{day.strftime('%a')} {day.day} {day.strftime('%b %Y')}", day)
        ahead = (chosen - today).days if isinstance(chosen, date) else -1
        self.day.setCurrentIndex(ahead if 0 <= ahead < DAYS else 1)
        self.day.blockSignals(False)
        self.changed()

    def show_preview(self, view: SubsidyPreview) -> None:
        """Take what the draft would mean."""
        if not self.answered():
            return
        self.consequences.show_view(view)
        self.rule.setText(formats.plain(view.rule, 700))
        self.say(formats.plain(view.refused, 200))
        over = view.subsidies_after is not None and view.subsidies_after > view.subsidies_limit
        if over and not view.refused:
            self.say("The sum of all worst-case subsidies would pass its limit")
        self.confirm.setEnabled(not view.refused and not over)

    # Its own life

    def typed(self) -> Typed:
        """Return the fields as they stand."""
        day = self.day.currentData()
        hours = self.hours.text().strip()
        return Typed(
            cell=self._cell,
            metric=Metric(self.measured.currentData()),
            unit=Unit(self.unit.value()),
            bracketed=self.kind.value() == "brackets",
            threshold=self.levels.text(),
            brackets=self.levels.text(),
            day=day if isinstance(day, date) else self._today,
            hours=int(hours) if hours.isdecimal() else 0,
            utc_offset_hours=self._offset,
            by_hand=self.liquidity.value() == "manual",
            b=self.b.text(),
            even=self.prior.value() == "even",
            settles_by=str(self.settles.currentData()),
            phase=int(self.phase.value()),
            information=self.known.value(),
            resolution=self.ends.value(),
        )

    def _metric_chosen(self) -> None:
        units = UNITS[Metric(self.measured.currentData())]
        self.unit.set_choices([(u.value, UNIT_NAMES[u]) for u in units])
        if self.unit.value() not in {u.value for u in units}:
            self.unit.set_value(units[0].value)
        self._kind_chosen()

    def _kind_chosen(self) -> None:
        self.levels.setPlaceholderText(EXAMPLES[self.kind.value() == "brackets"])
        self.changed()

    @override
    def typed_fields(self) -> dict[str, Field]:
        return {"hours": self.hours, "liquidity": self.b, "threshold": self.levels, "brackets": self.levels}

    @override
    def read(self) -> MarketDraft:
        return terms(self.typed())

    @override
    def changed(self) -> None:
        self.b.setEnabled(self.liquidity.value() == "manual")
        self.consequences.show_kind(kind_of(self.known.value(), self.ends.value()))
        super().changed()
