"""Exchange oversight: whether the house can pay, who holds much, and conduct that an operator should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.views import topics
from engine.views.oversight import OversightLine, OversightView
from widgets import formats, theme
from widgets.states import LIVE
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, METER, WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.core.ids import Topic

HELP: Final = (
    "Our own exchange, as its operator answers for it: its means, positions from a quarter of the limit on, and trades"
    " or withdrawn orders of the last ten minutes that look odd. A flag accuses nobody and stops nothing."
)
KINDS: Final = {"MEANS": "Means", "POSITION": "Position", "ROUND_TRIPS": "Round trips", "WITHDRAWN": "Withdrawn orders"}
TONES: Final = {"OK": "good", "NEAR": "warn", "LOOK": "danger"}
_RANK: Final = {"LOOK": 0, "NEAR": 1, "OK": 2}


def _words(text: str, help_text: str = "", tone: str = "text.default") -> Cell:
    return Cell(formats.plain(text, 160), tone, tip=formats.plain(help_text or text, 300))


def _figures(text: str, tone: str = "text.default") -> Cell:
    words = formats.rewritten(formats.plain(text, 160))
    return Cell(words, tone, tip=words)


COLUMNS: Final[tuple[Column[OversightLine], ...]] = (
    Column(key="state", header="state", width=64, kind=CHIP, sort=lambda r: _RANK[r.state],
           cell=lambda r: Cell(r.state, TONES[r.state])),
    Column(key="kind", header="what", width=104, kind=WORD, sort=lambda r: r.kind,
           cell=lambda r: _words(KINDS[r.kind], r.help, "text.muted")),
    Column(key="who", header="who", width=180, least=110, kind=WORD, stretch=True, sort=lambda r: r.who,
           cell=lambda r: _words(r.who, r.help, "text.strong")),
    Column(key="where", header="where", width=130, kind=WORD, priority=3, sort=lambda r: r.where,
           cell=lambda r: _words(r.where or formats.DASH)),
    Column(key="measured", header="measured", width=120, kind=CODE, cell=lambda r: _figures(r.measured)),
    Column(key="bar", header="bar", width=84, kind=CODE, priority=2, cell=lambda r: _figures(r.bar, "text.muted")),
    Column(key="share", header="used", width=72, kind=METER, priority=4, sort=lambda r: r.share,
           cell=lambda r: Cell("" if r.share is None else f"{r.share:.0%}", TONES[r.state], share=r.share)),
    Column(key="at", header="last", width=72, kind=CODE, priority=5, sort=lambda r: r.at, when=lambda r: r.at,
           cell=lambda r: _words(formats.DASH if r.at is None else formats.utc(r.at), tone="text.muted")),
)  # fmt: skip


class OversightPanel(TablePanel[OversightLine]):
    """The oversight dock."""

    rests_ms = 1_000

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Exchange oversight", COLUMNS, lambda r: (r.kind, r.who, r.where),
            row_px=theme.current().size("tableRowNormal"), help_text=HELP, parent=parent,
        )  # fmt: skip
        self.put()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.OVERSIGHT, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, OversightView):
            self.take_clock(topic, view)
            return
        self.table.rows.set_rows(view.rows)
        self.set_subtitle(f"{view.flags} to look at" if view.flags else "nothing to look at")
        self.set_state(LIVE)
