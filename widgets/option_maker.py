"""The option maker's dock: one row an option that it makes, why it is silent where it is, its fills and their edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import InstrumentId, StrategyId, Topic
from engine.views import topics
from engine.views.option_quoter import OptionQuoterLine, OptionQuoterView
from widgets import formats, paint
from widgets.quoter import AGAIN, QuoterFoot, QuoterHead, words_of
from widgets.states import LIVE, LOADING
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, METER, WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu, QWidget

MAKER: Final = StrategyId("option_maker")
CHIPS: Final = {
    "QUOTING": "good", "ONE_SIDE": "warn", "BLOCKED": "danger", "PULLED": "danger", "WAITING": "warn",
    "SHADOW": "mode.replay", "OFF": "text.dim",
}  # fmt: skip
WORDS: Final = {"ONE_SIDE": "ONE SIDE"}
HELP: Final = (
    "One row an option that the options market maker quotes, prices in what the option is quoted in. Wanted is what it "
    "would rest, ours what works at the venue. Where a side is missing the note says why. Edge is what fills brought "
    "against the mark of their moment, fees taken off, since the session began; a fill without a young mark counts in "
    "no edge. Name options in the field below; Pull takes every quote back."
)


def _price(value: float | None, row: OptionQuoterLine, colour: str = "text.default") -> Cell:
    places = 4 if row.mark is not None and row.mark < 5.0 else 2
    return Cell(formats.number(value, places), "text.dim" if value is None else colour)


def _best(row: OptionQuoterLine) -> Cell:
    bid, ask = (_price(one, row).text for one in (row.best_bid, row.best_ask))
    return Cell(f"{bid} / {ask}", "text.muted", tip="Best prices of the book")


def _ours(value: float | None, wanted: float | None, row: OptionQuoterLine, colour: str) -> Cell:
    """Return what works, or dimmed what would; the other one in the tip where they differ."""
    if value is None:
        return Cell(_price(wanted, row).text, "text.dim", tip="" if wanted is None else "Wanted; nothing rests")
    cell = _price(value, row, colour)
    return cell if wanted in {None, value} else Cell(cell.text, "warn", tip=f"Wanted: {_price(wanted, row).text}")


def _held(row: OptionQuoterLine) -> Cell:
    if not row.held:
        return Cell("0", "text.muted")
    return Cell(formats.quantity(row.held, signed=True), "buy" if row.held > 0 else "sell")


def _room(row: OptionQuoterLine) -> Cell:
    share = None if not row.room else min(1.0, float(abs(row.held) / row.room))
    return Cell("", "text.default", share=share, tip=f"{row.held:f} of {row.room:f} units either way")


def _edge(row: OptionQuoterLine) -> Cell:
    if row.edge is None:
        return Cell(formats.DASH, "text.dim", tip="No fill with a young mark in this session")
    tip = f"Of {row.marked} of {row.fills} fills, fees of {formats.money(row.fees)} taken off"
    return Cell(formats.amount(row.edge), paint.pnl_colour(row.edge), tip=tip)


def _note(row: OptionQuoterLine) -> Cell:
    colours = {"BLOCKED": "danger.text", "QUOTING": "text.muted", "SHADOW": "text.muted", "OFF": "text.muted"}
    return Cell(formats.plain(row.note, 160), colours.get(row.state, "warn"), tip=formats.plain(row.note))


COLUMNS: Final[tuple[Column[OptionQuoterLine], ...]] = (
    Column(key="name", header="option", width=172, kind=WORD, sort=lambda r: r.name,
           cell=lambda r: Cell(formats.plain(r.name, 60), "text.strong", bold=True,
                               tip=formats.plain(r.instrument.symbol))),
    Column(key="venue", header="venue", width=66, kind=WORD, priority=6, sort=lambda r: r.venue,
           cell=lambda r: Cell(formats.plain(r.venue, 24), "text.muted")),
    Column(key="state", header="state", width=82, kind=CHIP, sort=lambda r: r.state,
           cell=lambda r: Cell(WORDS.get(r.state, r.state), CHIPS.get(r.state, "text.muted"))),
    Column(key="iv", header="IV %", width=48, priority=4, sort=lambda r: r.iv,
           cell=lambda r: Cell(formats.number(None if r.iv is None else 100.0 * r.iv, 1), "text.muted")),
    Column(key="mark", header="mark", width=66, priority=2, cell=lambda r: _price(r.mark, r, "fair")),
    Column(key="bid", header="our bid", width=66, cell=lambda r: _ours(r.bid, r.want_bid, r, "buy")),
    Column(key="best", header="best", width=112, kind=CODE, priority=1, cell=_best),
    Column(key="ask", header="our ask", width=66, cell=lambda r: _ours(r.ask, r.want_ask, r, "sell")),
    Column(key="half", header="half", width=56, priority=5, cell=lambda r: _price(r.half, r)),
    Column(key="skew", header="lean", width=56, priority=5,
           cell=lambda r: _price(r.skew, r, "text.muted")),
    Column(key="held", header="held", width=52, cell=_held, sort=lambda r: r.held),
    Column(key="room", header="of room", width=64, kind=METER, priority=3, cell=_room),
    Column(key="delta", header="Δ", width=56, priority=4, sort=lambda r: r.delta,
           cell=lambda r: Cell(formats.number(r.delta, 3, signed=True), "text.muted")),
    Column(key="vega", header="V $/pt", width=56, priority=5, sort=lambda r: r.vega,
           cell=lambda r: Cell(formats.number(r.vega, 1, signed=True), "text.muted")),
    Column(key="fills", header="fills", width=42, sort=lambda r: r.fills, cell=lambda r: formats.count(r.fills)),
    Column(key="edge", header="edge $", width=66, sort=lambda r: r.edge, cell=_edge),
    Column(key="note", header="note", width=160, kind=WORD, stretch=True, least=80, cell=_note),
)  # fmt: skip


class OptionMakerPanel(TablePanel[OptionQuoterLine]):
    """Option maker dock. Emits SetParameter and SetStrategy for the options market maker."""

    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Option maker", COLUMNS, lambda r: r.instrument, help_text=HELP, parent=parent)
        self._view: OptionQuoterView | None = None
        self.head, self.foot = QuoterHead("Options"), QuoterFoot(widens=False)
        self.table.nothing = "No option is made: name one above, or add the linked one."
        self._linked = ""
        self.put(above=self.head, below=self.foot)
        self.head.field.returnPressed.connect(lambda: self._name(self.head.names()))
        self.head.add.clicked.connect(lambda: self._name(f"{self.head.names()} {self._linked}"))
        self.head.add.setEnabled(False)
        self.foot.pause.clicked.connect(self._pause)
        self.foot.pull.clicked.connect(self._pull)
        self.table.chosen.connect(self._chosen)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.OPTION_QUOTER, topics.STRATEGIES, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if not isinstance(view, OptionQuoterView):
            self.take_clock(topic, view)
            return
        self._view = view
        self.table.rows.set_rows(view.rows)
        self.set_count(len(view.rows))
        counts = {word: sum(row.state == word for row in view.rows) for word in CHIPS}
        said = [f"{n} {WORDS.get(word, word).lower()}" for word, n in counts.items() if n]
        self.set_subtitle(formats.plain(view.why) if view.why and view.rows else ", ".join(said) or view.state)
        if self.state == LOADING:
            self.set_state(LIVE)
        self.head.show_names(view.markets)
        self.foot.show_facts(view.facts, off=view.state == "off", pulled=view.pulled)

    @override
    def row_menu(self, menu: QMenu, row: OptionQuoterLine) -> None:
        menu.addAction("Stop making this option").triggered.connect(lambda: self._drop(row))

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Take the linked market, so that it can be added."""
        self._linked = instrument.symbol
        self.head.add.setEnabled(True)

    def _drop(self, row: OptionQuoterLine) -> None:
        if self._view is not None:
            self._name(" ".join(one for one in words_of(self._view.markets) if one != row.instrument.symbol))

    def _name(self, text: str) -> None:
        self._tell("markets", " ".join(dict.fromkeys(words_of(text))))

    def _chosen(self, row: object) -> None:
        if isinstance(row, OptionQuoterLine):
            self.selected.emit(row.instrument)

    def _pause(self) -> None:
        if self._view is None:
            return
        if not self.foot.stop_or_start(self.foot.pause, stopped=self._view.state == "off"):
            self.tell(AGAIN)
        else:
            to = StrategyState.PAPER if self._view.state == "off" else StrategyState.OFF
            self.intent.emit(SetStrategy(strategy=MAKER, to=to))

    def _pull(self) -> None:
        if self._view is None:
            return
        if not self.foot.stop_or_start(self.foot.pull, stopped=self._view.pulled):
            self.tell(AGAIN)
        else:
            self._tell("pull", "off" if self._view.pulled else "on")

    def _tell(self, name: str, value: str) -> None:
        self.intent.emit(SetParameter(strategy=MAKER, name=name, value=value))
