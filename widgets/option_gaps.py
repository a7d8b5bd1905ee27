"""The dock of the same option on several venues: what buying on one and selling on the other would bring after fees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.views import topics
from engine.views.hedging import GapLine, GapsView
from widgets import formats, paint
from widgets.tablepanel import TablePanel
from widgets.tables import WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.core.ids import Topic

HELP: Final = (
    "One row an option that two venues list and quote: bought at the ask of one, sold at the bid of the other, dollars "
    "for one unit, taker's fees of both sides taken off. What pays most stands first; below 0 it does not pay. Size is "
    "what stands at these prices on both. Nothing is traded from here; a row turns the linked docks to what is bought."
)


def _dollars(value: float, colour: str = "text.default", *, signed: bool = False) -> Cell:
    return Cell(formats.number(value, 2, signed=signed), colour)


COLUMNS: Final[tuple[Column[GapLine], ...]] = (
    Column(key="name", header="option", width=160, kind=WORD, stretch=True, least=110, sort=lambda r: r.name,
           cell=lambda r: Cell(formats.plain(r.name, 60), "text.strong", bold=True)),
    Column(key="buy", header="buy on", width=76, kind=WORD, sort=lambda r: r.buy_on,
           cell=lambda r: Cell(formats.plain(r.buy_on, 24), "buy", tip=formats.plain(r.buy.symbol))),
    Column(key="ask", header="ask $", width=72, cell=lambda r: _dollars(r.ask), sort=lambda r: r.ask),
    Column(key="sell", header="sell on", width=76, kind=WORD, sort=lambda r: r.sell_on,
           cell=lambda r: Cell(formats.plain(r.sell_on, 24), "sell", tip=formats.plain(r.sell.symbol))),
    Column(key="bid", header="bid $", width=72, cell=lambda r: _dollars(r.bid), sort=lambda r: r.bid),
    Column(key="fees", header="fees $", width=58, priority=2, cell=lambda r: _dollars(r.fees), sort=lambda r: r.fees),
    Column(key="gap", header="after fees $", width=80, sort=lambda r: r.gap,
           cell=lambda r: _dollars(r.gap, paint.pnl_colour(r.gap), signed=True)),
    Column(key="bps", header="of spot bps", width=74, priority=1, sort=lambda r: r.gap_bps,
           cell=lambda r: Cell(formats.number(r.gap_bps, 1, signed=True), paint.pnl_colour(r.gap_bps))),
    Column(key="size", header="size", width=54, priority=3, cell=lambda r: formats.number(r.size, 2),
           sort=lambda r: r.size),
)  # fmt: skip


class OptionGapsPanel(TablePanel[GapLine]):
    """Venue gaps dock."""

    count_ages = True

    rests_ms = 1_000

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Venue gaps", COLUMNS, lambda r: (r.buy, r.sell), help_text=HELP, parent=parent)
        self.put()
        self.table.chosen.connect(self._chosen)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.OPTION_GAPS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, GapsView):
            self.table.rows.set_rows(view.rows)
            paying = sum(row.gap > 0.0 for row in view.rows)
            self.set_count(len(view.rows))
            self.set_subtitle(f"{view.compared} compared · {paying} pay after fees")
            self.show_extent(any_rows=bool(view.rows), words="No option is listed and quoted on two venues now.")

    def _chosen(self, row: object) -> None:
        if isinstance(row, GapLine):
            self.selected.emit(row.buy)
