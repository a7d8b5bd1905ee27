"""The registry of strategies: what each line does, why it is silent, what it earned; switched and told from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from typing_extensions import override

from engine.core.commands import SetStrategy, StrategyState
from engine.core.ids import StrategyId, Topic
from engine.views import topics
from engine.views.strategies import StrategiesView, StrategyDetail, StrategyLine
from widgets import formats, paint, theme
from widgets.strategy_sheet import ParameterSheet, SwitchRow
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu, QWidget

COLOURS: Final = {"off": "text.dim", "shadow": "mode.replay", "paper": "mode.paper", "live": "mode.live"}
_HELP: Final = (
    "One row a strategy. Off is not asked; shadow is asked, and what would have come of it is kept; paper sends where "
    "money is not real; live sends in a live session while it is armed. Why not names the condition or the gate that "
    "blocks. Enter on a row opens its parameters; PnL is after fees, in the shadow what it would have been."
)


class StrategiesPanel(TablePanel[StrategyLine]):
    """Strategies dock. Emits SetStrategy and SetParameter."""

    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__("Strategies", COLUMNS, lambda r: r.name, row_px=row_px, help_text=_HELP, parent=parent)
        self._view: StrategiesView | None = None
        self._open = StrategyId("")
        self.switch = SwitchRow()
        self.sheet = ParameterSheet()
        self.switch.wanted.connect(self._switch)
        self.switch.parameters.connect(self._toggle)
        self.sheet.intent.connect(self.intent)
        self.put(above=self.switch, below=self.sheet)
        self.table.chosen.connect(lambda _row: self._dress())
        self.table.opened.connect(lambda row, _key: self._show_sheet(row.name))

    @override
    def topics(self) -> frozenset[Topic]:
        own = {topics.STRATEGIES, topics.SPINE}
        return frozenset(own | ({topics.strategy(self._open)} if self._open else set()))

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, StrategiesView):
            self._view = view
            self.table.rows.set_rows(view.rows)
            self.set_count(len(view.rows))
            on = sum(row.state != "off" for row in view.rows)
            self.set_subtitle(f"{on} on" if on else "all off")
            self.show_extent(any_rows=bool(view.rows), words="This program has no strategy.")
            if self.table.selected_row() is None and view.rows:
                self.table.select(view.rows[0].name)
            self._dress()
        elif isinstance(view, StrategyDetail):
            self.sheet.show_detail(view)
        else:
            self.take_clock(topic, view)

    def chosen_row(self) -> StrategyLine | None:
        """Return the row that the switch acts on."""
        return self.table.selected_row()

    def _dress(self) -> None:
        if self._view is not None:
            self.switch.show_line(self.chosen_row(), self._view, opened=bool(self._open))
        row = self.chosen_row()
        if self._open and row is not None and row.name != self._open:
            self._show_sheet(row.name)

    def _switch(self, to: str, typed: str) -> None:
        row = self.chosen_row()
        if row is not None:
            self.intent.emit(SetStrategy(strategy=row.name, to=StrategyState(to), typed=typed))

    def _toggle(self) -> None:
        row = self.chosen_row()
        self._show_sheet(StrategyId("") if self._open or row is None else row.name)

    def _show_sheet(self, name: StrategyId) -> None:
        if name == self._open:
            return
        self._open = name
        self.sheet.clear()
        self.sheet.setVisible(bool(name))
        self.retarget()
        self._dress()
        if not name:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def row_menu(self, menu: QMenu, row: StrategyLine) -> None:
        for state in ("off", "shadow", "paper"):
            action = menu.addAction(state.capitalize())
            action.setEnabled(state != row.state or bool(row.halted))
            action.triggered.connect(lambda _=False, to=state: self._switch(to, ""))
        menu.addAction("Parameters").triggered.connect(lambda: self._show_sheet(row.name))


def _name(row: StrategyLine) -> Cell:
    return Cell(formats.plain(row.title, 40), "text.strong", bold=True, tip=formats.plain(row.help, 400))


def _state(row: StrategyLine) -> Cell:
    if row.halted:
        return Cell("HALTED", "danger", tip=formats.plain(row.halted, 400), filled=True)
    idle = row.state in {"paper", "live"} and not row.sends
    tip = "In this session it sends nothing: what would come of it is kept" if idle else ""
    return Cell(row.state.upper(), COLOURS.get(row.state, "text.muted"), tip=tip, filled=row.state == "live")


def _side(row: StrategyLine) -> Cell:
    if not row.side:
        return Cell(formats.DASH, "text.dim")
    return Cell(formats.plain(row.side, 12), "buy" if row.side in {"UP", "YES", "BUY"} else "sell", bold=True)


def _signed(value: float | None, places: int) -> Cell:
    colour = "text.dim" if value is None else paint.pnl_colour(value)
    return Cell(formats.number(value, places, signed=True), colour)


def _orders(row: StrategyLine) -> Cell:
    if row.orders is None:
        return Cell(formats.DASH, "text.dim")
    limit = "" if row.orders_limit is None else f" / {row.orders_limit}"
    full = row.orders_limit is not None and row.orders >= row.orders_limit
    tip = "Of this window" if limit else "Today"
    return Cell(f"{row.orders}{limit}", "warn" if full else "text.default", tip=tip)


def _cooldown(row: StrategyLine) -> Cell:
    return Cell(formats.DASH if row.cooldown_s is None else f"{formats.number(row.cooldown_s, 1)} s", "text.muted")


def _net(row: StrategyLine) -> Cell:
    if row.net is None or (not row.fills and not row.net):
        return Cell(formats.DASH, "text.dim", tip="Nothing traded" if not row.fills else "A position has no price")
    kind = "" if row.sends or row.state == "off" else "would be: "
    tip = f"{kind}realised {formats.amount(row.realised)}, fees {formats.amount(-row.fees)}, fills {row.fills}"
    return Cell(formats.amount(row.net), paint.pnl_colour(row.net), tip=tip)


def _markout(row: StrategyLine, at: int) -> Cell:
    one = row.markouts[at] if at < len(row.markouts) else None
    if one is None or one.cents is None:
        return Cell(formats.DASH, "text.dim")
    words = f"{one.count} fills, {one.seconds} s after"
    return Cell(formats.number(one.cents, 2, signed=True), paint.pnl_colour(one.cents), tip=words)


def _why(row: StrategyLine) -> Cell:
    if row.state == "off" and not row.halted:
        return Cell("switched off", "text.dim")
    refused = ", ".join(f"{gate} {count}" for gate, count in row.refusals[:8])
    tip = "; ".join(part for part in (row.why, f"refused by {refused}" if refused else "") if part)
    hot = bool(row.halted or row.held or (row.code and row.code.isupper()))
    text = row.why or (f"{row.last_said}" if row.last_said else formats.DASH)
    return Cell(formats.plain(text), "warn" if hot else "text.muted", tip=formats.plain(tip, 400))


COLUMNS: Final[tuple[Column[StrategyLine], ...]] = (
    Column(key="strategy", header="strategy", width=142, kind=WORD, cell=_name, sort=lambda r: r.title),
    Column(key="state", header="state", width=74, kind=CHIP, cell=_state, sort=lambda r: r.state),
    Column(
        key="trigger", header="trigger", width=96, kind=WORD, priority=4,
        cell=lambda r: Cell(formats.plain(r.trigger, 40), "text.muted"), sort=lambda r: r.trigger,
    ),
    Column(key="side", header="side", width=50, kind=WORD, priority=2, cell=_side, sort=lambda r: r.side),
    Column(
        key="fair", header="fair %", width=54, priority=3,
        cell=lambda r: Cell(formats.DASH if r.fair is None else formats.number(100 * r.fair, 1)), sort=lambda r: r.fair,
        value=lambda r: None if r.fair is None else 100 * r.fair,
    ),
    Column(
        key="ask", header="ask c", width=48, priority=3,
        cell=lambda r: Cell(formats.exact(None if r.ask is None else 100 * r.ask, 2)), sort=lambda r: r.ask,
        value=lambda r: None if r.ask is None else 100 * r.ask,
    ),
    Column(key="edge", header="edge c", width=56, folds=2, cell=lambda r: _signed(r.edge, 2), sort=lambda r: r.edge),
    Column(
        key="z", header="z", width=52, priority=5, cell=lambda r: Cell(formats.number(r.z, 2, signed=True)),
        sort=lambda r: r.z,
    ),
    Column(
        key="size", header="size %", width=52, priority=6,
        cell=lambda r: Cell(formats.DASH if r.size is None else formats.number(100 * r.size, 2)), sort=lambda r: r.size,
        value=lambda r: None if r.size is None else 100 * r.size,
    ),
    Column(key="orders", header="orders", width=62, folds=1, cell=_orders, sort=lambda r: r.orders),
    Column(key="cooldown", header="cooldown", width=66, priority=7, cell=_cooldown, sort=lambda r: r.cooldown_s),
    Column(
        key="exposure", header="exposure $", width=72, priority=8,
        cell=lambda r: Cell(formats.amount(r.exposure, signed=False) if r.exposure else formats.DASH),
        sort=lambda r: r.exposure,
    ),
    Column(key="m5", header="5 s c", width=52, priority=9, cell=lambda r: _markout(r, 0)),
    Column(key="m60", header="1 m c", width=52, priority=9, cell=lambda r: _markout(r, 1)),
    Column(key="m300", header="5 m c", width=52, priority=9, cell=lambda r: _markout(r, 2)),
    Column(key="pnl", header="PnL $", width=66, cell=_net, sort=lambda r: r.net),
    Column(
        key="last", header="last intent", width=170, kind=WORD, priority=10,
        cell=lambda r: Cell(formats.plain(r.last) or formats.DASH, "text.muted", tip=formats.plain(r.last_said)),
    ),
    Column(
        key="intents", header="intents", width=60, kind=CODE, priority=11,
        cell=lambda r: Cell(formats.count(r.intents), "text.muted", tip=f"digest {r.digest}"),
    ),
    Column(key="why", header="why not", width=220, kind=WORD, stretch=True, least=120, cell=_why),
)  # fmt: skip
