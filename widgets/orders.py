"""The blotter: every order of ours with its state in words, and why it was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Cancel, CancelAll
from engine.core.ids import Topic
from engine.views import topics
from engine.views.account import OrderLine, OrdersView
from widgets import formats, keymap, theme
from widgets.fields import Segments
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, WORD, Cell, Column, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QMenu

STATUS_COLOURS: Final = {
    "sent": "order.pending",
    "working": "buy",
    "partial": "buy",
    "amending": "order.pending",
    "canceling": "order.cancelling",
    "lost": "order.unknown",
    "filled": "order.filled",
    "canceled": "text.dim",
    "expired": "text.dim",
    "rejected": "danger.text",
    "refused": "danger.text",
}
FILTERS: Final = (("all", "All"), ("working", "Working"), ("filled", "Filled"), ("refused", "Refused"))
_HELP: Final = (
    "Orders, newest first. Select one and press Delete to cancel it. Working shows what can still trade, "
    "unknown ones included; Refused shows what a gate or the venue did not take, and why."
)


def side_colour(side: str) -> str:
    """Return the colour name of a side such as ``SELL NO``: blue gains from YES, orange from NO."""
    words = side.split()
    if "NO" in words:
        return "buy" if "SELL" in words else "sell"
    return "sell" if "SELL" in words else "buy"


def columns(offset: Callable[[], int]) -> tuple[Column[OrderLine], ...]:
    """Return the blotter's columns; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(
            key="at",
            header="time",
            clock=offset,
            width=92,
            folds=1,
            kind=CODE,
            cell=lambda r: _time(r, offset()),
            sort=lambda r: r.at,
            when=lambda r: r.at,
        ),
        Column(
            key="mode",
            header="mode",
            width=52,
            cell=lambda r: r.mode.upper(),
            kind=WORD,
            priority=12,
            colour="text.muted",
        ),
        Column(
            key="venue",
            header="venue",
            width=76,
            cell=lambda r: r.venue,
            kind=WORD,
            priority=11,
            colour="text.muted",
        ),
        Column(
            key="market",
            header="market",
            width=200,
            least=120,
            kind=WORD,
            cell=lambda r: _words(r.market, "text.strong", bold=True),
            sort=lambda r: r.market,
        ),
        Column(key="side", header="side", width=72, kind=WORD, cell=_side, sort=lambda r: r.side),
        Column(
            key="qty",
            header="qty",
            exported="qty shares",
            width=58,
            cell=lambda r: formats.quantity(r.qty),
            sort=lambda r: r.qty,
        ),
        Column(
            key="filled",
            header="filled",
            exported="filled shares",
            width=58,
            priority=2,
            cell=lambda r: formats.quantity(r.filled),
            sort=lambda r: r.filled,
        ),
        Column(
            key="price",
            header="price c",
            width=80,
            cell=lambda r: formats.priced(r.price, 1, r.currency),
            sort=lambda r: r.price,
        ),
        Column(
            key="average",
            header="avg c",
            width=80,
            priority=3,
            cell=lambda r: formats.priced(r.average, 2, r.currency),
            sort=lambda r: r.average,
        ),
        Column(key="tif", header="tif", width=38, kind=CODE, cell=lambda r: r.tif, priority=8, colour="text.muted"),
        Column(key="state", header="state", width=92, kind=CHIP, cell=_state, sort=lambda r: r.word),
        Column(key="edge", header="edge c", width=56, cell=_edge, sort=lambda r: r.edge, priority=6),
        Column(
            key="fee",
            header="fee $",
            width=52,
            cell=lambda r: formats.number(r.fee, 2),
            sort=lambda r: r.fee,
            priority=7,
        ),
        Column(
            key="why",
            header="gate, reason",
            width=150,
            kind=WORD,
            priority=4,
            stretch=True,
            cell=_why,
        ),
        Column(
            key="origin",
            header="from",
            width=96,
            kind=WORD,
            priority=9,
            cell=lambda r: formats.plain(r.strategy or r.origin, 40),
            colour="text.muted",
        ),
        Column(
            key="id",
            header="id",
            width=64,
            kind=CODE,
            priority=10,
            cell=lambda r: formats.plain(r.id, 24),
            value=lambda r: r.id,
            colour="text.dim",
        ),
    )


class OrdersPanel(TablePanel[OrderLine]):
    """Blotter dock. Emits Cancel and CancelAll."""

    area = "blotter"

    def __init__(self, *, cents: bool = True, parent: QWidget | None = None) -> None:
        """Make it; without `cents` the headers of prices name no unit, and each price its own."""
        shown = quoted(columns(lambda: self.offset_hours), cents=cents)
        super().__init__("Blotter", shown, lambda r: r.id, help_text=_HELP, parent=parent)
        self._view: OrdersView | None = None
        self.filter = Segments("Show", FILTERS, height=20)
        self.filter.chosen.connect(lambda _key: self._show())
        self.put(above=_tool_row(self.filter))
        self.table.nothing = "No order passes the filter."
        keymap.Bound("blotter.cancel", self.table, self.cancel_selected, Qt.ShortcutContext.WidgetShortcut)
        self.table.chosen.connect(lambda row: self.selected.emit(row.instrument))
        self.table.opened.connect(lambda row, _key: self.selected.emit(row.instrument))
        self.set_link(0)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.ORDERS, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, OrdersView):
            self._view = view
            self._show()
        elif self.take_clock(topic, view) and self._view is not None:
            self.table.rows.write_anew()  # their times are of another clock now; what is selected stays

    def cancel_selected(self) -> None:
        """Ask to take back every selected order that has not ended."""
        for row in self.table.selected_rows():
            if not row.ends:
                self.intent.emit(Cancel(order=row.id))

    def _show(self) -> None:
        if self._view is None:
            return
        rows = tuple(row for row in self._view.rows if _passes(row, self.filter.value()))
        self.table.rows.set_rows(rows)
        self.set_count(sum(not row.ends for row in self._view.rows))
        self.show_older(len(self._view.rows), self._view.older, "atmx export orders has all")
        self.show_extent(
            any_rows=bool(self._view.rows), words="No orders yet. Place one from the ladder or the ticket."
        )

    @override
    def row_menu(self, menu: QMenu, row: OrderLine) -> None:
        cancel = menu.addAction("Cancel order")
        cancel.setEnabled(not row.ends)
        cancel.triggered.connect(lambda: self.intent.emit(Cancel(order=row.id)))
        menu.addAction("Cancel all orders").triggered.connect(lambda: self.intent.emit(CancelAll()))


def _tool_row(*parts: QWidget) -> QWidget:
    row = QWidget()
    row.setFixedHeight(theme.current().size("toolRow"))
    layout = QHBoxLayout(row)
    layout.setContentsMargins(6, 3, 6, 3)
    layout.setSpacing(6)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch(1)
    return row


def _passes(row: OrderLine, wanted: str) -> bool:
    if wanted == "working":
        return not row.ends
    if wanted == "filled":
        return row.filled > 0
    return wanted != "refused" or row.status in {"refused", "rejected"}


def _time(row: OrderLine, offset: int) -> Cell:
    return Cell(formats.stamp(row.at, offset), "text.muted", tip=formats.utc(row.at, "%Y-%m-%d %H:%M:%S.%3"))


def _words(text: str, colour: str, *, bold: bool = False) -> Cell:
    clean = formats.plain(text)
    return Cell(clean, colour, bold=bold, tip=clean)


def _side(row: OrderLine) -> Cell:
    return Cell(row.side, side_colour(row.side), bold=True)


def _state(row: OrderLine) -> Cell:
    return Cell(formats.plain(row.word, 20), STATUS_COLOURS.get(row.status, "text.muted"), tip=formats.plain(row.why))


def _why(row: OrderLine) -> Cell:
    """Say why; in the colour of a refusal only where it is one: a cancel that was asked for is none."""
    return _words(row.why, "danger.text" if STATUS_COLOURS.get(row.status) == "danger.text" else "text.muted")


def _edge(row: OrderLine) -> Cell:
    sign = formats.direction(row.edge)
    colour = {1: "profit", -1: "loss"}.get(sign, "text.dim" if row.edge is None else "text.muted")
    return Cell(formats.number(row.edge, 2, signed=True), colour)
