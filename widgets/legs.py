"""Positions by leg: what we hold in options with its greeks, and a plan of legs that is only thought of."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, Topic
from engine.core.units import MINUTE, Nanos, Side
from engine.views import topics
from engine.views.options import ExpiriesView, GreeksView, LegGreeks
from widgets import formats, option_legs, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Choice, Field, Segments
from widgets.option_chain import WantedLeg, WantedOrder
from widgets.option_legs import HELD, PLAN, Forwards, Planned, Position, Row
from widgets.states import EMPTY, LIVE, LOADING
from widgets.tablepanel import TablePanel
from widgets.tables import WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

BOTH: Final = "both"
SHOWN: Final = ((BOTH, "Both"), (HELD, "Held"), (PLAN, "Plan"))
FIRST: Final = Decimal(1)
"""Units of a leg that is added."""
HELP: Final = (
    "Every position in options, futures and perpetuals of one underlying with its greeks, and below them the legs of a "
    "plan: add these in the chain (Shift+B, Shift+S or its menu), give them another size, turn their side, or take "
    "them out. Payoff shows what is chosen here: both together, what is held, or the plan alone. Greeks are of the "
    "whole leg in dollars; Δ is coins. A plan is nothing but arithmetic: to trade a leg, put it into the ticket."
)


def _number(value: float | None, places: int, *, signed: bool = False, colour: str = "text.default") -> Cell:
    return Cell(formats.number(value, places, signed=signed), "text.dim" if value is None else colour)


def _name(row: Row) -> Cell:
    return Cell(row.name, "fair" if row.source == PLAN else "text.strong", bold=True, tip=row.doubt)


def _qty(row: Row) -> Cell:
    words = formats.number(row.qty, max(0, min(4, -_exponent(row.qty))), signed=True)
    return Cell(words, "buy" if row.qty > 0 else "sell")


def _exponent(value: Decimal) -> int:
    found = value.normalize().as_tuple().exponent
    return found if isinstance(found, int) else 0


def _price(row: Row, value: float | None, colour: str = "text.default") -> Cell:
    size = 0.0 if value is None else abs(value)
    places = 4 if row.currency == row.underlying else 0 if size >= 10_000.0 else 1
    if 0.0 < size < 10.0:  # an option on a cheap coin is not worth 0.0
        places = max(places, formats.decimals(size, 4))
    return _number(value, places, colour=colour)


def _result(row: Row) -> Cell:
    if row.unrealised is None:
        return Cell(formats.DASH, "text.dim")
    return Cell(formats.amount(row.unrealised), paint.pnl_colour(row.unrealised))


COLUMNS: Final[tuple[Column[Row], ...]] = (
    Column(key="leg", header="leg", width=118, kind=WORD, stretch=True, least=96, cell=_name, sort=lambda r: r.name),
    Column(key="qty", header="qty", width=52, cell=_qty, sort=lambda r: r.qty),
    Column(key="average", header="avg", width=60, priority=3, cell=lambda r: _price(r, r.average),
           sort=lambda r: r.average),
    Column(key="mark", header="mark", width=60, priority=2, cell=lambda r: _price(r, r.mark), sort=lambda r: r.mark),
    Column(key="iv", header="IV %", width=44, priority=4, cell=lambda r: _number(_points(r.iv), 1),
           sort=lambda r: _points(r.iv)),
    Column(key="delta", header="Δ", width=50, cell=lambda r: _number(r.delta, 2, signed=True), sort=lambda r: r.delta),
    Column(key="gamma", header="Γ e−5", width=54, priority=1,
           cell=lambda r: _number(None if r.gamma is None else 1e5 * r.gamma, 2, signed=True),
           sort=lambda r: r.gamma, value=lambda r: r.gamma, exported="gamma"),
    Column(key="vega", header="V $", width=52, priority=1, cell=lambda r: _number(r.vega, 1, signed=True),
           sort=lambda r: r.vega),
    Column(key="theta", header="Θ $/d", width=56, priority=1, cell=lambda r: _number(r.theta, 1, signed=True),
           sort=lambda r: r.theta),
    Column(key="unrealised", header="unreal $", width=72, cell=_result, sort=lambda r: r.unrealised),
)  # fmt: skip


def _points(vol: float | None) -> float | None:
    return None if vol is None else 100.0 * vol


class LegsFoot(QWidget):
    """What can be done about the selected leg of the plan; beside it why something could not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(32)
        self.said = ""
        self.size_field = Field("Size of the leg", parent=self)
        self.size_field.setFixedWidth(70)
        self.flip, self.remove = FlatButton("Other side"), FlatButton("Remove")
        self.clear, self.ticket = FlatButton("Clear plan"), FlatButton("To ticket")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(6)
        for one in (self.size_field, self.flip, self.remove, self.ticket):
            row.addWidget(one)
        row.addStretch(1)
        row.addWidget(self.clear)

    def say(self, words: str) -> None:
        """Write a sentence where there is room for it."""
        self.said = words
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        left = self.ticket.x() + self.ticket.width() + 10
        room = QRect(left, 0, self.clear.x() - left - 8, self.height())
        paint.text(p, room, self.said, look.ui(11), look.colour("text.muted"), elide=True)


class LegsPanel(TablePanel[Row]):
    """Positions by leg dock."""

    count_ages = True

    rests_ms = 500
    position_changed = Signal(object)
    """A `Position`, or None while there is none."""
    order_wanted = Signal(object)
    """A `WantedOrder`."""
    plan_changed = Signal(object)
    """The plan as it is now, a tuple of `Planned`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Positions by leg", COLUMNS, lambda r: (r.source, r.instrument), help_text=HELP, parent=parent)
        self.plan: tuple[Planned, ...] = ()
        self._held: tuple[LegGreeks, ...] = ()
        self._view: GreeksView | None = None
        self._forwards: Forwards = {}
        self._spots: dict[str, float] = {}
        self._told: object = ()
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(6)
        self.which = Segments("Legs", SHOWN, height=20)
        self.coins = Choice("Underlying")
        self.coins.setFixedWidth(78)
        row.addWidget(self.which)
        row.addStretch(1)
        row.addWidget(self.coins)
        self.foot = LegsFoot()
        self.put(above=head, below=self.foot)
        self.table.subject = "legs"
        self.which.chosen.connect(lambda _: self._show())
        self.coins.activated.connect(lambda _: self._show())
        self.table.chosen.connect(self._chosen)
        self.foot.size_field.returnPressed.connect(self._resize)
        self.foot.flip.clicked.connect(lambda: self._change(option_legs.flipped))
        self.foot.remove.clicked.connect(
            lambda: self._change(lambda plan, one: option_legs.resized(plan, one, Decimal(0)))
        )
        self.foot.clear.clicked.connect(self.clear_plan)
        self.foot.ticket.clicked.connect(self._to_ticket)
        self._dress_foot()

    # What it shows

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.GREEKS, topics.EXPIRIES})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, GreeksView):
            self._view, self._held, self.now = view, view.legs, view.now
            for one in view.rows:
                if one.index is not None:
                    self._spots[one.underlying] = one.index
        elif isinstance(view, ExpiriesView):
            self._forwards = option_legs.forwards_of(view)
            self.now = Nanos(max(self.now, view.now))
            for (underlying, _), forward in sorted(self._forwards.items(), reverse=True):
                if self._view is None or all(row.underlying != underlying for row in self._view.rows):
                    self._spots[underlying] = forward
        self._show()

    def underlying(self) -> str:
        """Return what the legs shown are on."""
        return self.coins.currentText()

    def _offer(self) -> None:
        names = list(dict.fromkeys((*(one.underlying for one in self._held), *(one.underlying for one in self.plan))))
        if names != [self.coins.itemText(n) for n in range(self.coins.count())]:
            before = self.coins.currentText()
            self.coins.clear()
            self.coins.addItems(names)
            if before in names:
                self.coins.setCurrentText(before)
        self.coins.setVisible(len(names) > 1)

    def _show(self) -> None:
        self._offer()
        of, which = self.underlying(), self.which.value()
        spot = self._spots.get(of)
        held = [one for one in self._held if one.underlying == of and which != PLAN]
        plan = [one for one in self.plan if one.underlying == of and which != HELD]
        rows = [option_legs.held_row(one) for one in held]
        rows += [option_legs.plan_row(one, spot, self._forwards, self.now) for one in plan]
        self.table.rows.set_rows(rows, _total(rows) if len(rows) > 1 else None)
        self.set_count(len(rows))
        self.set_subtitle(of)
        if self._view is not None or self.plan:
            words = "No leg yet. Choose an option in the chain and press Shift+B, or trade one."
            if not rows and not self._held and not self.plan:
                self.set_state(EMPTY, words)
            elif self.state in {EMPTY, LOADING}:
                self.set_state(LIVE)
        self.table.nothing = "No leg of this kind."
        self._dress_foot()
        minute = Nanos(self.now - self.now % MINUTE)  # curves need not be drawn anew for a second
        self._tell(option_legs.position(of, spot, held, plan, self._forwards, minute))

    def _tell(self, found: Position | None) -> None:
        if found != self._told:
            self._told = found
            self.position_changed.emit(found)

    # What the trader does

    def add_leg(self, wanted: WantedLeg) -> None:
        """Take an option into the plan: bought at the ask, sold at the bid."""
        leg = option_legs.planned(wanted, FIRST)
        plan = leg if isinstance(leg, str) else option_legs.add(self.plan, leg)
        if isinstance(plan, str) or isinstance(leg, str):
            self.foot.say(plan if isinstance(plan, str) else "")
            return
        self.foot.say("")
        self.plan = plan
        self.plan_changed.emit(plan)
        self.now = Nanos(max(self.now, wanted.view.now))
        if wanted.view.index is not None:
            self._spots.setdefault(leg.underlying, wanted.view.index)
        if wanted.view.forward is not None:
            self._forwards.setdefault((leg.underlying, leg.expires), wanted.view.forward)
        self._show()
        self.coins.setCurrentText(leg.underlying)
        if self.which.value() == HELD:
            self.which.set_value(BOTH)
        self._show()
        self.table.select((PLAN, leg.instrument))

    def clear_plan(self) -> None:
        """Take all legs out of the plan."""
        self.plan = ()
        self.plan_changed.emit(())
        self.foot.say("")
        self._show()

    def take_plan(self, plan: tuple[Planned, ...]) -> None:
        """Take a plan that was kept; nobody is told."""
        self.plan = plan[: option_legs.MOST]
        self._show()

    def _picked(self) -> Planned | None:
        row = self.table.selected_row()
        if row is None or row.source != PLAN:
            return None
        return next((one for one in self.plan if one.instrument == row.instrument), None)

    def _change(self, how: object) -> None:
        one = self._picked()
        if one is not None and callable(how):
            self.plan = how(self.plan, one.instrument)
            self.plan_changed.emit(self.plan)
            self._show()
            self.table.select((PLAN, one.instrument))

    def _resize(self) -> None:
        qty = formats.typed(self.foot.size_field.text())
        wrong = qty is None or not 0 <= qty <= option_legs.LARGEST
        self.foot.size_field.set_wrong(wrong)
        if qty is not None and not wrong:
            self._change(lambda plan, one: option_legs.resized(plan, one, qty))

    def _to_ticket(self) -> None:
        one = self._picked()
        if one is not None:
            side = Side.BUY if one.qty > 0 else Side.SELL
            self.order_wanted.emit(WantedOrder(one.instrument, side, one.price, abs(one.qty)))

    def _chosen(self, row: object) -> None:
        if isinstance(row, Row):
            self.selected.emit(row.instrument)
            self._dress_foot(fill=True)

    def _dress_foot(self, *, fill: bool = False) -> None:
        one = self._picked()
        for button in (self.foot.flip, self.foot.remove, self.foot.ticket, self.foot.size_field):
            button.setEnabled(one is not None)
        self.foot.clear.setEnabled(bool(self.plan))
        if one is None or fill or not self.foot.size_field.hasFocus():
            self.foot.size_field.setText("" if one is None else f"{abs(one.qty):f}")
            self.foot.size_field.set_wrong(False)

    @override
    def row_menu(self, menu: QMenu, row: Row) -> None:
        if row.source == PLAN:
            menu.addAction("Other side").triggered.connect(lambda: self._change(option_legs.flipped))
            menu.addAction("To ticket").triggered.connect(self._to_ticket)

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Select the leg of an instrument that another dock turned to; one of the two that is selected stays."""
        row = self.table.selected_row()
        if row is not None and row.instrument == instrument:
            return
        for source in (HELD, PLAN):
            if self.table.rows.place_of((source, instrument)) is not None:
                self.table.blockSignals(True)
                self.table.select((source, instrument))
                self.table.blockSignals(False)
                self._dress_foot(fill=True)
                return


def _total(rows: list[Row]) -> dict[str, Cell]:
    """Return the sums; unknown as soon as one leg's is."""
    found = {"leg": Cell("Net", "text.strong", bold=True)}
    for key, places, scale in (("delta", 2, 1.0), ("gamma", 2, 1e5), ("vega", 1, 1.0), ("theta", 1, 1.0)):
        values = [getattr(row, key) for row in rows]
        total = None if None in values else scale * sum(values)
        found[key] = Cell(
            formats.number(total, places, signed=True), "text.dim" if total is None else "text.strong", bold=True
        )
    results = [row.unrealised for row in rows]
    known = None if None in results else sum((one for one in results if one is not None), Decimal(0))
    found["unrealised"] = Cell(
        formats.amount(known), "text.dim" if known is None else paint.pnl_colour(known), bold=True
    )
    return found
