"""Our fills: what was traded, at what price, what it cost and what it brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.ids import Topic
from engine.views import topics
from engine.views.account import FillLine, FillsView
from widgets import formats, paint
from widgets.orders import side_colour
from widgets.tablepanel import TablePanel
from widgets.tables import CODE, WORD, Cell, Column, quoted

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from PySide6.QtWidgets import QWidget

HEAD, TAIL = 6, 10
"""Characters of an id's beginning and end that its column has room for."""
_HELP: Final = (
    "Trades of ours, newest first. Slip is the price against the mid before the trade, in cents a share: "
    "positive is worse. Realised is what the trade closed against the average entry."
)


def result(value: Decimal | None) -> Cell:
    """Return the cell of a result: its sign and its colour."""
    return Cell(formats.amount(value), paint.pnl_colour(value))


def columns(offset: Callable[[], int]) -> tuple[Column[FillLine], ...]:
    """Return the columns; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(
            key="at",
            header="time",
            clock=offset,
            when=lambda r: r.at,
            width=92,
            folds=1,
            kind=CODE,
            cell=lambda r: Cell(
                formats.stamp(r.at, offset()), "text.muted", tip=formats.utc(r.at, "%Y-%m-%d %H:%M:%S")
            ),
            sort=lambda r: r.at,
        ),
        Column(
            key="market",
            header="market",
            width=200,
            least=110,
            kind=WORD,
            stretch=True,
            cell=lambda r: Cell(formats.plain(r.market), "text.strong", bold=True, tip=formats.plain(r.market)),
            sort=lambda r: r.market,
        ),
        Column(
            key="side",
            header="side",
            width=72,
            kind=WORD,
            cell=lambda r: Cell(r.side, side_colour(r.side), bold=True),
            sort=lambda r: r.side,
        ),
        Column(
            key="qty",
            header="qty",
            exported="qty shares",
            width=62,
            cell=lambda r: formats.quantity(r.qty),
            sort=lambda r: r.qty,
        ),
        Column(
            key="price",
            header="price c",
            width=72,
            cell=lambda r: formats.priced(r.price, 2, r.currency),
            sort=lambda r: r.price,
        ),
        Column(
            key="fee",
            header="fee $",
            width=56,
            cell=lambda r: Cell(formats.amount(None if r.fee is None else -r.fee), "text.muted"),
            sort=lambda r: r.fee,
            value=lambda r: None if r.fee is None else -r.fee,
            priority=2,
        ),
        Column(key="slip", header="slip c", width=56, cell=_slip, sort=lambda r: r.slippage, priority=3),
        Column(
            key="real",
            header="real $",
            width=62,
            cell=lambda r: result(r.realised),
            sort=lambda r: r.realised,
            priority=1,
        ),
        Column(
            key="tag",
            header="tag",
            width=72,
            kind=WORD,
            priority=4,
            cell=lambda r: Cell(formats.plain(r.tag), "text.muted"),
        ),
        Column(
            key="id",
            header="id",
            width=124,
            kind=CODE,
            priority=5,
            cell=_id,
            sort=lambda r: r.at,
            value=lambda r: r.trade_id,
        ),
    )


class FillsPanel(TablePanel[FillLine]):
    """Fills dock."""

    count_ages = True

    def __init__(self, *, cents: bool = True, parent: QWidget | None = None) -> None:
        """Make it; without `cents` the headers of prices name no unit, and each price its own."""
        shown = quoted(columns(lambda: self.offset_hours), cents=cents)
        super().__init__("Fills", shown, lambda r: r.trade_id, help_text=_HELP, parent=parent)
        self._view: FillsView | None = None
        self.put()
        self.table.chosen.connect(lambda row: self.selected.emit(row.instrument))
        self.table.opened.connect(lambda row, _key: self.selected.emit(row.instrument))
        self.set_link(0)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.FILLS, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, FillsView):
            self._view = view
        elif not self.take_clock(topic, view):
            return
        else:
            self.table.rows.write_anew()  # their times are of another clock now
        self._show()

    def _show(self) -> None:
        if self._view is None:
            return
        self.table.rows.set_rows(self._view.rows)
        self.set_count(len(self._view.rows))
        self.show_older(len(self._view.rows), self._view.older, "atmx export fills has all")
        self.show_extent(any_rows=bool(self._view.rows), words="No fills yet.")


def _id(row: FillLine) -> Cell:
    """Return both ends of an id that is longer than its column: two of one order differ at the end."""
    words = formats.plain(row.trade_id)
    shown = words if len(words) <= HEAD + TAIL + 1 else f"{words[:HEAD]}…{words[-TAIL:]}"
    return Cell(shown, "text.dim", tip=words)


def _slip(row: FillLine) -> Cell:
    sign = formats.direction(row.slippage)
    colour = {1: "loss", -1: "profit"}.get(sign, "text.dim" if row.slippage is None else "text.muted")
    return Cell(formats.number(row.slippage, 2, signed=True), colour)


def _time(row: FillLine, offset: int) -> Cell:
    return Cell(formats.stamp(row.at, offset), "text.muted", tip=formats.utc(row.at, "%Y-%m-%d %H:%M:%S.%3"))
