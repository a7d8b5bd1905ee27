"""How quick the session is: what an event waits, a step takes, an order needs to its venue and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.views import topics
from engine.views.latency import LatencyLine, LatencyView
from widgets import formats, theme
from widgets.tablepanel import TablePanel
from widgets.tables import WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.core.ids import Topic

_HELP: Final = (
    "Measured in this session, on this machine: one event in eight, and every order that went to a venue. On a "
    "simulated day waiting is reckoned back to real time. Figures are right to about a twelfth."
)
MILLI, WHOLE = 1_000.0, 1_000_000.0


def duration(micros: float | None) -> Cell:
    """Return a duration in the unit that suits it."""
    if micros is None:
        return Cell(formats.DASH, "text.dim")
    if micros < MILLI:
        return Cell(f"{formats.number(micros, 1)} µs" if micros < 100 else f"{micros:.0f} µs")
    return Cell(
        f"{formats.number(micros / MILLI, 1)} ms" if micros < WHOLE else f"{formats.number(micros / WHOLE, 2)} s"
    )


COLUMNS: Final[tuple[Column[LatencyLine], ...]] = (
    Column(
        key="what", header="what", width=130, kind=WORD,
        cell=lambda r: Cell(r.name, "text.strong", bold=True, tip=r.help),
    ),
    Column(key="p50", header="p50, minute", value=lambda r: r.p50_us, exported="p50, minute µs", width=84,
           cell=lambda r: duration(r.p50_us), sort=lambda r: r.p50_us),
    Column(key="p99", header="p99, minute", value=lambda r: r.p99_us, exported="p99, minute µs", width=84,
           cell=lambda r: duration(r.p99_us), sort=lambda r: r.p99_us),
    Column(key="n", header="n", width=56, cell=lambda r: Cell(formats.count(r.count), "text.muted")),
    Column(key="all50", header="p50, session", value=lambda r: r.session_p50_us, exported="p50, session µs", width=88,
           priority=2, cell=lambda r: duration(r.session_p50_us)),
    Column(key="all99", header="p99, session", value=lambda r: r.session_p99_us, exported="p99, session µs", width=88,
           priority=1, cell=lambda r: duration(r.session_p99_us)),
    Column(key="most", header="longest", value=lambda r: r.most_us, exported="longest µs", width=76, priority=3,
           cell=lambda r: duration(r.most_us)),
    Column(
        key="all", header="n, session", width=76, priority=4,
        cell=lambda r: Cell(formats.count(r.session), "text.muted"),
    ),
    Column(
        key="help", header="from … to", width=240, kind=WORD, stretch=True, least=80, priority=5,
        cell=lambda r: Cell(r.help, "text.muted", tip=r.help),
    ),
)  # fmt: skip


class LatencyPanel(TablePanel[LatencyLine]):
    """Latency dock."""

    rests_ms = 500

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__("Latency", COLUMNS, lambda r: r.key, row_px=row_px, help_text=_HELP, parent=parent)
        self.put()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.LATENCY})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, LatencyView):
            self.table.rows.set_rows(view.rows)
            self.show_extent(any_rows=True, words="")
