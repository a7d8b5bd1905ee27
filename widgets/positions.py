"""Positions: what we hold, what it is worth at its mark, what it can still lose and win."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from typing_extensions import override

from engine.core.commands import Flatten
from engine.core.ids import Topic
from engine.core.units import SECOND
from engine.views import topics
from engine.views.account import PROVISIONAL, PositionLine, PositionsView
from widgets import formats, paint
from widgets.fills import result
from widgets.tablepanel import TablePanel
from widgets.tables import WORD, Cell, Column, quoted

if TYPE_CHECKING:
    from decimal import Decimal

    from PySide6.QtWidgets import QMenu, QWidget

_HELP: Final = (
    "One line for each leg of each outcome held. Mark names where its price comes from; net is unrealised and "
    "realised less fees. Enter turns the linked docks to the market; the context menu flattens it."
)


class Held(NamedTuple):
    """A position and how long its market still trades."""

    line: PositionLine
    left: int | None
    """Nanoseconds, in whole seconds."""


COLUMNS: Final[tuple[Column[Held], ...]] = (
    Column(
        key="market",
        header="market",
        width=200,
        least=110,
        kind=WORD,
        stretch=True,
        cell=lambda r: Cell(formats.plain(r.line.name), "text.strong", bold=True, tip=formats.plain(r.line.name)),
        sort=lambda r: r.line.name,
    ),
    Column(key="side", header="side", width=52, kind=WORD, cell=lambda r: _leg(r.line), sort=lambda r: r.line.leg),
    Column(
        key="qty",
        header="qty",
        exported="qty shares",
        width=58,
        cell=lambda r: formats.quantity(r.line.qty),
        sort=lambda r: r.line.qty,
    ),
    Column(
        key="average",
        header="avg c",
        width=84,
        folds=2,
        cell=lambda r: formats.priced(r.line.average, 1, r.line.currency),
        sort=lambda r: r.line.average,
    ),
    Column(
        key="mark",
        header="mark c",
        width=84,
        folds=1,
        cell=lambda r: formats.priced(r.line.mark, 1, r.line.currency),
        sort=lambda r: r.line.mark,
    ),
    Column(
        key="from",
        header="from",
        width=48,
        kind=WORD,
        priority=8,
        cell=lambda r: Cell(formats.plain(r.line.mark_from, 12), "text.muted"),
    ),
    Column(
        key="unreal",
        header="unreal $",
        width=66,
        folds=3,
        cell=lambda r: result(r.line.unrealised),
        sort=lambda r: r.line.unrealised,
    ),
    Column(
        key="real",
        header="real $",
        width=58,
        priority=5,
        cell=lambda r: result(r.line.realised),
        sort=lambda r: r.line.realised,
    ),
    Column(
        key="fees",
        header="fees $",
        width=54,
        priority=6,
        cell=lambda r: Cell(formats.amount(None if r.line.fees is None else -r.line.fees), "text.muted"),
        sort=lambda r: r.line.fees,
        value=lambda r: None if r.line.fees is None else -r.line.fees,
    ),
    Column(key="net", header="net $", width=76, cell=lambda r: net(r.line.net), sort=lambda r: r.line.net),
    Column(
        key="maxLoss",
        header="max loss $",
        width=72,
        priority=3,
        cell=lambda r: formats.amount(None if r.line.max_loss is None else -r.line.max_loss),
        sort=lambda r: r.line.max_loss,
        value=lambda r: None if r.line.max_loss is None else -r.line.max_loss,
    ),
    Column(
        key="maxWin",
        header="max win $",
        width=72,
        priority=7,
        cell=lambda r: formats.amount(r.line.max_win),
        sort=lambda r: r.line.max_win,
    ),
    Column(
        key="closes",
        header="close in",
        width=76,
        priority=4,
        cell=lambda r: Cell("closed", "text.dim") if r.left == 0 else formats.duration(r.left),
        sort=lambda r: r.line.closes,
        when=lambda r: r.line.closes,
        exported="closes",
    ),
    Column(
        key="source",
        header="source",
        width=96,
        kind=WORD,
        priority=9,
        cell=lambda r: Cell(formats.plain(r.line.source), "text.muted", tip=formats.plain(r.line.source)),
    ),
)


class PositionsPanel(TablePanel[Held]):
    """Positions dock. Emits Flatten, once asked in place."""

    rests_ms = 100

    def __init__(self, *, cents: bool = True, parent: QWidget | None = None) -> None:
        """Make it; without `cents` the headers of prices name no unit, and each price its own."""
        super().__init__(
            "Positions",
            quoted(COLUMNS, cents=cents),
            lambda r: (r.line.instrument, r.line.leg),
            help_text=_HELP,
            parent=parent,
        )
        self._view: PositionsView | None = None
        self.put()
        self.table.chosen.connect(lambda row: self.selected.emit(row.line.instrument))
        self.table.opened.connect(lambda row, _key: self.selected.emit(row.line.instrument))
        self.set_link(0)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.POSITIONS, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, PositionsView):
            self._view = view
        else:
            self.take_clock(topic, view)
        self._show()

    def _show(self) -> None:
        view = self._view
        if view is None:
            return
        self.table.rows.set_rows([Held(line, self._left(line)) for line in view.rows], totals(view))
        self.set_count(len(view.rows))
        self.show_extent(any_rows=bool(view.rows), words="No positions yet.")

    def _left(self, line: PositionLine) -> int | None:
        return max(0, line.closes - self.now) // SECOND * SECOND if self.now and line.closes is not None else None

    def flatten(self, row: Held | None) -> None:
        """Ask, in place, whether to sell what is held of a market; None means all of them."""
        name = formats.plain(row.line.name, 60) if row is not None else "all positions"
        market = row.line.market if row is not None else None
        self.ask(f"Sell {name} at what the market pays?", "Flatten", lambda: self.intent.emit(Flatten(market=market)))

    @override
    def row_menu(self, menu: QMenu, row: Held) -> None:
        menu.addAction("Flatten this market…").triggered.connect(lambda: self.flatten(row))
        menu.addAction("Flatten all positions…").triggered.connect(lambda: self.flatten(None))


def net(value: Decimal | None, *, bold: bool = False) -> Cell:
    """Return the cell of a net result: arrow, sign and colour."""
    return Cell(formats.arrowed(value), paint.pnl_colour(value), bold=bold)


def totals(view: PositionsView) -> dict[str, Cell] | None:
    """Return the last row; none without positions."""
    if not view.rows:
        return None
    name = f"Total{PROVISIONAL}" if view.provisional else "Total"
    return {
        "market": Cell(name, "text.strong", bold=True),
        "unreal": result(view.unrealised),
        "real": result(view.realised),
        "fees": Cell(formats.amount(-view.fees), "text.muted"),
        "net": net(view.net, bold=True),
        "maxLoss": Cell(formats.amount(-view.max_loss)),
    }


def _leg(line: PositionLine) -> Cell:
    return Cell(line.leg, "buy" if line.leg in {"YES", "LONG"} else "sell", bold=True)
