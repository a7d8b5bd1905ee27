"""The market maker's dock: one row a market, what made its quotes, and the three ways of holding it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import InstrumentId, StrategyId, Topic
from engine.views import topics
from engine.views.quoter import QuoterLine, QuoterView
from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Field
from widgets.states import LIVE, LOADING
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, METER, WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QMenu

MAKER: Final = StrategyId("market_maker")
CHIPS: Final = {
    "QUOTING": "good", "WIDENED": "warn", "PULLED": "danger", "LEARNING": "mode.replay", "WAITING": "warn",
    "SHADOW": "mode.replay", "OFF": "text.dim",
}  # fmt: skip
_HELP: Final = (
    "One row a market that the market maker quotes. q / qmax is inventory over its room; γ is fear, λ structure, σ the "
    "poison in the flow; δ is the skew in logits and r the price it would trade at. Marked are the fills of this "
    "session whose first markout has come, adverse the part of them that it regretted. Name markets in the field "
    "below; Pull takes every quote back."
)
ROW_PX: Final = 27
UNDO_MS: Final = 1_000
"""How long after a press that took quotes back the same button brings none: who is in a hurry presses it twice."""
AGAIN: Final = "Stopped. Press once more in a second to quote again."


def _number(value: float | None, places: int, colour: str = "text.default", *, signed: bool = False) -> Cell:
    return Cell(formats.number(value, places, signed=signed), "text.dim" if value is None else colour)


def words_of(text: str) -> list[str]:
    """Return the names in a list of markets, however they are parted."""
    return text.replace(",", " ").replace(";", " ").split()


def _price(cents: float | None, colour: str) -> Cell:
    return _number(cents, 0 if cents is None else _places(cents), colour)


def _places(cents: float) -> int:
    """Return the decimals of a price; a venue may have tenths of a cent."""
    return 0 if abs(cents - round(cents)) < 1e-6 else 1


def _name(row: QuoterLine) -> Cell:
    return Cell(formats.plain(row.name, 60), "text.strong", bold=True, tip=formats.plain(row.instrument.symbol))


def _held(row: QuoterLine) -> Cell:
    if not row.held:
        return Cell("0", "text.muted")
    return Cell(formats.quantity(row.held, signed=True), "buy" if row.held > 0 else "sell")


def _room(row: QuoterLine) -> Cell:
    share = None if row.filled is None else abs(row.filled)
    tip = "" if row.room is None else f"{row.held:f} of {row.room:.0f} net shares"
    return Cell("", "text.default", share=share, tip=tip)


def _best(row: QuoterLine) -> Cell:
    if row.best_bid is None or row.best_ask is None:
        return Cell(formats.DASH, "text.dim")
    words = " / ".join(formats.exact(one, 2) for one in (row.best_bid, row.best_ask))
    return Cell(words, "text.muted", tip="Of the others")


def _against(row: QuoterLine) -> Cell:
    """Return how far our quotes stand outside of the others' best."""
    if row.bid is None or row.ask is None or row.best_bid is None or row.best_ask is None:
        return Cell(formats.DASH, "text.dim")
    below, above = row.bid - row.best_bid, row.ask - row.best_ask
    words = (formats.number(one, _places(one), signed=True) for one in (below, above))
    return Cell(" / ".join(words), "text.muted")


def _sigma(row: QuoterLine) -> Cell:
    colour = {"PULLED": "danger.text", "WIDENED": "warn"}.get(row.state if "oxi" in row.note else "", "text.default")
    return Cell(formats.number(row.sigma, 2), colour)


def _adverse(row: QuoterLine) -> Cell:
    if row.adverse is None:
        return Cell(formats.DASH, "text.dim")
    colour = "danger.text" if row.adverse > 0.6 else "warn" if row.adverse > 0.4 else "text.default"
    return Cell(f"{100 * row.adverse:.0f} %", colour, tip=f"Of {row.fills} marked fills")


def _note(row: QuoterLine) -> Cell:
    text = row.note
    if row.state == "LEARNING":
        text = f"{row.phase}, {row.learnt} of {row.wanted} returns"
    return Cell(formats.plain(text), "warn" if row.state in {"WIDENED", "PULLED"} else "text.muted", tip=row.note)


def _pnl(row: QuoterLine) -> Cell:
    if row.unrealised is None:
        return Cell(formats.DASH, "text.dim")
    return Cell(formats.amount(row.unrealised), paint.pnl_colour(row.unrealised))


COLUMNS: Final[tuple[Column[QuoterLine], ...]] = (
    Column(
        key="market", header="market", width=170, kind=WORD, sort=lambda r: r.name,
        cell=_name,
    ),
    Column(
        key="venue", header="venue", width=76, kind=WORD, priority=6, sort=lambda r: r.venue,
        cell=lambda r: Cell(formats.plain(r.venue, 24), "text.muted"),
    ),
    Column(key="kind", header="type", width=38, kind=CODE, priority=7, cell=lambda r: Cell(r.kind, "text.muted")),
    Column(key="p", header="p", width=48, cell=lambda r: _number(r.price, 1), sort=lambda r: r.price),
    Column(key="q", header="q", width=52, cell=_held, sort=lambda r: r.held),
    Column(key="room", header="q / qmax", width=74, kind=METER, priority=5, cell=_room, sort=lambda r: r.filled),
    Column(key="gamma", header="γ dyn", width=48, priority=4, cell=lambda r: _number(r.gamma, 2)),
    Column(key="lambda", header="λ", width=44, priority=4, cell=lambda r: _number(r.structure, 2)),
    Column(key="sigma", header="σ tox", width=48, cell=_sigma, sort=lambda r: r.sigma),
    Column(key="skew", header="δ logit", width=56, priority=3, cell=lambda r: _number(r.skew, 2, signed=True)),
    Column(key="r", header="r %", width=48, cell=lambda r: _number(r.reservation, 1, "fair")),
    Column(key="half", header="half c", width=48, priority=3, cell=lambda r: _number(r.half, 1)),
    Column(key="bid", header="our bid", width=52, cell=lambda r: _price(r.bid, "buy")),
    Column(key="best", header="best", width=70, kind=CODE, priority=1, cell=_best),
    Column(key="ask", header="our ask", width=52, cell=lambda r: _price(r.ask, "sell")),
    Column(key="against", header="vs best", width=66, kind=CODE, priority=5, cell=_against),
    Column(key="fills", header="marked", width=50, priority=2, cell=lambda r: formats.count(r.fills)),
    Column(key="adverse", header="adverse", width=56, priority=2, cell=_adverse, sort=lambda r: r.adverse),
    Column(key="pnl", header="unreal $", width=62, priority=1, cell=_pnl, sort=lambda r: r.unrealised),
    Column(
        key="state", header="state", width=84, kind=CHIP, sort=lambda r: r.state,
        cell=lambda r: Cell(r.state, CHIPS.get(r.state, "text.muted"), tip=formats.plain(r.note)),
    ),
    Column(key="note", header="note", width=150, kind=WORD, stretch=True, least=60, cell=_note),
)  # fmt: skip


class QuoterHead(QWidget):
    """The field in which markets are named."""

    def __init__(self, word: str = "Markets", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._word = word
        self.setFixedHeight(30)
        self.field = Field(f"{word} to make", number=False, parent=self)
        self.field.setMaxLength(400)
        self.field.setPlaceholderText(f"Symbols of {word.lower()} to make, with commas between; Enter sets them")
        self.add = FlatButton("Add linked market")
        row = QHBoxLayout(self)
        row.setContentsMargins(64, 3, 8, 3)
        row.setSpacing(6)
        row.addWidget(self.field, 1)
        row.addWidget(self.add)

    def show_names(self, names: str) -> None:
        """Show what is made; what is being typed stays, though its window is left for another."""
        if not self.field.hasFocus() and not self.field.isModified():
            self.field.setText(names)
            self.field.setCursorPosition(0)  # its beginning is seen where it is longer than the field

    def names(self) -> str:
        """Return what stands in the field, which is asked for with that."""
        self.field.setModified(False)
        return self.field.text()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.border"))
        paint.text(p, QRect(8, 0, 52, self.height()), self._word, look.ui(11), look.colour("text.muted"), elide=True)


class QuoterFoot(QWidget):
    """The facts of the maker on the left, its three buttons on the right."""

    def __init__(self, parent: QWidget | None = None, *, widens: bool = True) -> None:
        super().__init__(parent)
        self.setFixedHeight(32)
        self.facts: tuple[tuple[str, str], ...] = ()
        self.pause = FlatButton("Pause")
        self.widen = FlatButton("Widen x2")
        self.pull = FlatButton("Pull all", "danger")
        self.rests = {one: QTimer(one, singleShot=True, interval=UNDO_MS) for one in (self.pause, self.pull)}
        """Run since a button stopped quoting."""
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(6)
        row.addStretch(1)
        for one in (self.pause, self.widen, self.pull):
            row.addWidget(one)
        self.widen.setVisible(widens)

    def stop_or_start(self, button: FlatButton, *, stopped: bool) -> bool:
        """Note that Pause or Pull was pressed; return whether it counts: not where it would undo itself at once."""
        if stopped:
            return not self.rests[button].isActive()
        self.rests[button].start()
        return True

    def show_view(self, view: QuoterView) -> None:
        """Take in how the maker stands."""
        self.widen.set_words("Widen x2" if view.widen <= 1.0 else "As usual")
        self.show_facts(view.facts, off=view.state == "off", pulled=view.pulled)

    def show_facts(self, facts: tuple[tuple[str, str], ...], *, off: bool, pulled: bool) -> None:
        """Take in the facts of a maker, and what its buttons would do."""
        self.facts = facts
        self.pause.set_words("Quote on paper" if off else "Pause")
        self.pull.set_words("Quote again" if pulled else "Pull all")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        x, end = 8.0, self.pause.x() - 12
        for name, value in self.facts:
            wide = paint.width(name, look.ui(11)) + paint.width(value, look.number(11)) + 22
            if x + wide > end:
                break
            paint.text(p, QRect(round(x), 0, 400, self.height()), name, look.ui(11), look.colour("text.muted"))
            at = round(x + paint.width(name, look.ui(11)) + 6)
            paint.text(p, QRect(at, 0, 400, self.height()), value, look.number(11), look.colour("text.default"))
            x += wide


class QuoterPanel(TablePanel[QuoterLine]):
    """Quoter dock. Emits SetParameter and SetStrategy for the market maker."""

    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Quoter", COLUMNS, lambda r: r.instrument, row_px=ROW_PX, help_text=_HELP, parent=parent)
        self._view: QuoterView | None = None
        self.head, self.foot = QuoterHead(), QuoterFoot()
        self.table.nothing = "No market is made: name one above, or add the linked one."
        self._linked = ""
        self.put(above=self.head, below=self.foot)
        self.head.field.returnPressed.connect(lambda: self._name_markets(self.head.names()))
        self.head.add.clicked.connect(lambda: self._name_markets(f"{self.head.names()}, {self._linked}"))
        self.head.add.setEnabled(False)
        self.foot.pause.clicked.connect(self._pause)
        self.foot.widen.clicked.connect(self._widen)
        self.foot.pull.clicked.connect(self._pull)
        self.table.chosen.connect(self._chosen)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.QUOTER, topics.STRATEGIES, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, QuoterView):
            self._view = view
            self.table.rows.set_rows(view.rows)
            self.set_count(len(view.rows))
            said = [f"{sum(row.state == word for row in view.rows)} {word.lower()}" for word in CHIPS]
            self.set_subtitle(", ".join(one for one in said if not one.startswith("0 ")) or view.state)
            if self.state == LOADING:
                self.set_state(LIVE)
            self.head.show_names(view.markets)
            self.foot.show_view(view)
        else:
            self.take_clock(topic, view)

    @override
    def row_menu(self, menu: QMenu, row: QuoterLine) -> None:
        menu.addAction("Stop making this market").triggered.connect(lambda: self._drop(row))

    def _drop(self, row: QuoterLine) -> None:
        if self._view is None:
            return
        one = row.instrument
        gone = {one.symbol, f"{one.venue}/{one.symbol}"}
        self._name_markets(" ".join(n for n in words_of(self._view.markets) if n not in gone))

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Take the linked market, so that it can be added."""
        self._linked = f"{instrument.venue}/{instrument.symbol}"
        self.head.add.setEnabled(True)

    def _name_markets(self, text: str) -> None:
        self._tell("markets", ", ".join(dict.fromkeys(words_of(text))))

    def _chosen(self, row: object) -> None:
        if isinstance(row, QuoterLine):
            self.selected.emit(row.instrument)

    def _pause(self) -> None:
        if self._view is None:
            return
        if not self.foot.stop_or_start(self.foot.pause, stopped=self._view.state == "off"):
            self.tell(AGAIN)
        else:
            to = StrategyState.PAPER if self._view.state == "off" else StrategyState.OFF
            self.intent.emit(SetStrategy(strategy=MAKER, to=to))

    def _widen(self) -> None:
        if self._view is not None:
            self._tell("widen", "2" if self._view.widen <= 1.0 else "1")

    def _pull(self) -> None:
        if self._view is None:
            return
        if not self.foot.stop_or_start(self.foot.pull, stopped=self._view.pulled):
            self.tell(AGAIN)
        else:
            self._tell("pull", "off" if self._view.pulled else "on")

    def _tell(self, name: str, value: str) -> None:
        self.intent.emit(SetParameter(strategy=MAKER, name=name, value=value))
