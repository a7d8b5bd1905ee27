"""Payouts: what settled markets pay us, how far that money has come, and what is held while an outcome is disputed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.units import Nanos
from engine.views import topics
from engine.views.weather import SettlementLine, SettlementsView
from widgets import formats, paint, theme
from widgets.settlement_rows import STEPS, steps_words, tone_of
from widgets.states import EMPTY, LIVE
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, DOTS, WORD, Cell, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from engine.core.ids import Topic

HELP: Final = (
    "Markets of our own exchange that pay us, or hold what is ours: settled, sealed on disk, credited. A disputed one"
    " pays nothing until it is ruled. Venues credit by themselves: see fills and positions there."
)
NOTHING: Final = "No settled market has paid you anything yet."


@dataclass(frozen=True, slots=True)
class Payout:
    """One line, and when its record was sealed."""

    line: SettlementLine
    at: Nanos | None


def payouts(view: SettlementsView) -> list[Payout]:
    """Return the lines that concern our account, newest record first, what is held before all."""
    times = {record.seq: record.at for record in view.records}
    ours = [line for line in view.queue if line.payout or line.held]
    found = [Payout(line, None if line.record is None else times.get(line.record)) for line in ours]
    return sorted(found, key=lambda one: (one.line.held is None, -(one.at or 0), one.line.name))


def total(rows: Sequence[Payout]) -> dict[str, Cell] | None:
    """Return the last row: what all pay, and what of it is credited."""
    if not rows:
        return None
    pays = sum((one.line.payout for one in rows if one.line.payout is not None), Decimal(0))
    credited = sum((_credited(one) or Decimal(0) for one in rows), Decimal(0))
    return {
        "market": Cell("Total", "text.strong", bold=True),
        "pays": Cell(formats.amount(pays), "text.strong", bold=True),
        "credited": Cell(formats.amount(credited), "profit" if credited else "text.muted", bold=True),
    }


def _credited(one: Payout) -> Decimal | None:
    return one.line.payout if one.line.steps >= len(STEPS) else None


def _name(text: str) -> Cell:
    return Cell(formats.plain(text, 80), "text.strong", bold=True, tip=formats.plain(text))


def _pays(one: Payout) -> Cell:
    if one.line.payout is None:
        words = formats.DASH if one.line.held is None else f"held {formats.number(one.line.held, 2)}"
        return Cell(words, "danger.text" if one.line.held is not None else "text.dim")
    return Cell(formats.amount(one.line.payout), paint.pnl_colour(one.line.payout))


def _came(one: Payout) -> Cell:
    value = _credited(one)
    return Cell(formats.amount(value), "text.dim" if value is None else paint.pnl_colour(value))


def _when(one: Payout) -> Cell:
    words = formats.DASH if one.at is None else formats.utc(one.at)
    tip = "" if one.at is None else formats.utc(one.at, "%Y-%m-%d %H:%M:%S")
    return Cell(words, "text.muted", tip=tip)


COLUMNS: Final[tuple[Column[Payout], ...]] = (
    Column(key="market", header="market", width=170, least=110, kind=WORD, stretch=True, sort=lambda r: r.line.name,
           cell=lambda r: _name(r.line.name)),
    Column(key="outcome", header="outcome", width=96, kind=CHIP, priority=2, sort=lambda r: r.line.outcome,
           cell=lambda r: Cell(formats.plain(r.line.outcome, 16), tone_of(r.line.outcome))),
    Column(key="pays", header="pays $", width=84, cell=_pays, sort=lambda r: r.line.payout),
    Column(key="credited", header="credited $", width=76, cell=_came, sort=_credited),
    Column(key="state", header="state", width=104, kind=DOTS, priority=1, sort=lambda r: r.line.steps,
           cell=lambda r: Cell(steps_words(r.line), share=r.line.steps, tip=" → ".join(STEPS))),
    Column(key="at", header="sealed at", width=84, kind=CODE, priority=3, cell=_when, sort=lambda r: r.at,
           when=lambda r: r.at),
)  # fmt: skip


class PayoutsPanel(TablePanel[Payout]):
    """The payouts dock."""

    count_ages = True

    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__("Payouts", COLUMNS, lambda r: r.line.market, row_px=row_px, help_text=HELP, parent=parent)
        self.set_subtitle(" → ".join(STEPS))
        self.put()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.SETTLEMENTS, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, SettlementsView):
            self.take_clock(topic, view)
            return
        rows = payouts(view)
        self.table.rows.set_rows(rows, total(rows))
        self.set_count(len(rows))
        self.set_state(LIVE if rows else EMPTY, "" if rows else NOTHING, icon="inbox")
