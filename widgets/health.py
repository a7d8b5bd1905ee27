"""Services: how each part of the program does that runs by itself, since when, and how often it began again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.units import SECOND
from engine.views import topics
from engine.views.health import HealthView, ServiceLine
from widgets import formats, theme
from widgets.states import EMPTY, LIVE, LOADING
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.core.ids import Topic

_HELP: Final = (
    "One line a part: ok, busy where work waits longer than it should, down, or off once it has done its work. The age "
    "is how long it has been so. The same lines are served at /health where the local server is on."
)
TONES: Final = {"ok": "good", "busy": "warn", "down": "danger", "off": "text.muted"}
_RANK: Final = {state: n for n, state in enumerate(("down", "busy", "ok", "off"))}


def _age(row: ServiceLine) -> str:
    return formats.DASH if row.age_s is None else formats.duration(int(row.age_s) * SECOND)


COLUMNS: Final[tuple[Column[ServiceLine], ...]] = (
    Column(key="state", header="state", width=64, kind=CHIP, sort=lambda r: _RANK.get(r.state, 0),
           cell=lambda r: Cell(r.state.upper(), TONES.get(r.state, "danger"))),
    Column(key="name", header="service", width=150, least=96, kind=WORD, sort=lambda r: r.name,
           cell=lambda r: Cell(formats.plain(r.name, 60), "text.strong", bold=True)),
    Column(key="age", header="since", width=76, sort=lambda r: r.age_s, value=lambda r: r.age_s, exported="age s",
           cell=_age),
    Column(key="restarts", header="restarts", width=64, sort=lambda r: r.restarts,
           cell=lambda r: Cell(formats.DASH, "text.dim") if r.restarts is None
           else Cell(formats.count(r.restarts), "warn" if r.restarts else "text.muted")),
    Column(key="why", header="what it says", width=240, kind=WORD, stretch=True, least=80,
           cell=lambda r: Cell(formats.plain(r.why, 200), "text.muted", tip=formats.plain(r.why, 400))),
)  # fmt: skip


class HealthPanel(TablePanel[ServiceLine]):
    """The services dock."""

    rests_ms = 1_000

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__("Services", COLUMNS, lambda r: r.name, row_px=row_px, help_text=_HELP, parent=parent)
        self.put()
        self.set_state(LOADING, "Waiting for the session")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.HEALTH})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if not isinstance(view, HealthView):
            self.set_state(EMPTY, "A replay has no services: nothing runs beside it.")
            return
        down = sum(row.state == "down" for row in view.rows)
        self.table.rows.set_rows(view.rows)
        self.set_subtitle(f"{down} down" if down else "all in order")
        self.set_state(LIVE)
