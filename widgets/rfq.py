"""The RFQ dock: requests as they come, our quotes with their time, and the trader's hand on them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import CloseTrade, EditSpread, ManualTrade, Pass, Quote
from engine.core.ids import Topic
from engine.views import topics
from engine.views.rfq import RfqChain, RfqLine, RfqStep, RfqView
from engine.views.sheet import Sheet, moment
from engine.views.status import SpineView
from widgets import formats, paint, theme
from widgets.controls import FlatButton, OrderButton
from widgets.fields import Field
from widgets.ladder_strips import MODE_WORDS
from widgets.panel import TOO_SOON, Panel
from widgets.rfq_cards import RfqCards
from widgets.rfq_manual import ManualForm
from widgets.states import EMPTY, LIVE, LOADING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QPaintEvent

    from engine.core.ids import InstrumentId
    from engine.core.quotes import QuoteLeg
    from engine.core.units import Qty

MOST_BPS: Final = 10_000
STEPS: Final = 4
"""Lines of the history that are shown under the cards."""
LINE: Final = 17
MOST_LINES: Final = 3
"""Of one step; its whole is in the tool tip."""
HELP: Final = (
    "One card a request, newest first: what the taker wants, our quote and what its hedge would cost, the edge between "
    "them, and how long it stands. Quote prices it now and sends; Pass lets it go by; the field sets another edge for "
    "this one. On paper nothing is signed; a DUMMY has no price to go by and never is. Under the cards stands what "
    "happened to the chosen one. A trade agreed elsewhere is booked by hand and hedged like any other.\n\n"
    "Up and Down choose, Ctrl+Enter quotes, Del passes."
)


class History(QWidget):
    """The last steps of a request."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.steps: tuple[RfqStep, ...] = ()
        self.setFixedHeight(STEPS * LINE + 6)

    def show_steps(self, steps: tuple[RfqStep, ...]) -> None:
        """Show steps, the newest last."""
        if steps != self.steps:
            self.steps = steps
            self.setAccessibleName("; ".join(f"{one.what} {one.text}" for one in steps[-STEPS:]) or "No history")
            self.setToolTip(formats.tip("\n".join(f"{formats.utc(s.at)} {s.what} {s.text}" for s in steps[-12:])))
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        y = 3
        for one, (left, told) in self.laid_out():
            base = round(paint.baseline(y, LINE, 10))
            x = paint.text_at(p, 8, base, f"{formats.utc(one.at)} ", look.number(10), look.colour("text.dim"))
            what = f"{formats.plain(one.what, 12)} "
            paint.text_at(p, x + 2, base, what, look.number(10, 600), look.colour("text.muted"))
            for words in told:
                room = QRect(left, y, self.width() - left - 8, LINE)
                paint.text(p, room, words, look.ui(11), look.colour("text.default"))
                y += LINE

    def laid_out(self) -> list[tuple[RfqStep, tuple[int, list[str]]]]:
        """Return the newest steps that have room, each with where its words begin and its lines; newest last."""
        look, found, used = theme.current(), [], 0
        for one in reversed(self.steps):
            head = f"{formats.utc(one.at)} {formats.plain(one.what, 12)}  "
            left = 8 + round(paint.width(head, look.number(10, 600))) + 6
            most = min(MOST_LINES, STEPS - used)
            if most < 1:
                break
            words = formats.plain(one.text, 160)
            told = paint.lines(words, look.ui(11), self.width() - left - 8, most, told=True)
            found.append((one, (left, told)))
            used += len(told)
        return found[::-1]


class RfqFoot(QWidget):
    """The buttons of the chosen request."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(32)
        self.quote, self.pass_by = OrderButton("Quote"), FlatButton("Pass")
        self.close_trade = FlatButton("Close by hand")
        self.edge = Field("Edge of this request", unit="bps")
        self.edge.setFixedWidth(84)
        self.edge.setMaxLength(7)
        self.edge.setPlaceholderText("edge")
        self.set_edge, self.manual = FlatButton("Set"), FlatButton("By hand…")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(5)
        for one in (self.quote, self.pass_by, self.edge, self.set_edge, self.close_trade):
            row.addWidget(one)
        row.addStretch(1)
        row.addWidget(self.manual)

    def show_line(self, line: RfqLine | None, word: str) -> None:
        """Say what can be done about a request; `word` is the mode."""
        self.quote.setEnabled(line is not None and line.can_quote)
        self.pass_by.setEnabled(line is not None and line.can_pass)
        self.close_trade.setVisible(line is not None and line.can_close)
        for one in (self.edge, self.set_edge):
            one.setEnabled(line is not None and line.can_quote)
        self.quote.set_words(f"{word} {'Quote anew' if line is not None and line.quotes else 'Quote'}")

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, theme.current().colour("line.border"))


class RfqPanel(Panel):
    """RFQ dock. Emits Quote, Pass, EditSpread, ManualTrade and CloseTrade."""

    count_ages = True

    area = "rfq"
    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("RFQ", help_text=HELP, parent=parent)
        self.session = ""
        """Put before the counter of intents, so that keys of two sessions differ."""
        self._view: RfqView | None = None
        self._mode = "paper"
        self._forms = count(1)
        self._intent = ""
        self.cards, self.history, self.foot, self.form = RfqCards(), History(), RfqFoot(), ManualForm()
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part, stretch in ((self.cards, 1), (self.history, 0), (self.form, 0), (self.foot, 0)):
            layout.addWidget(part, stretch)
        body.setFocusProxy(self.cards)
        self.set_body(body)
        self.cards.chosen.connect(lambda _: self._turned())
        self.cards.acted.connect(self._act_on)
        self.foot.quote.clicked.connect(self._quote)
        self.guard(self.foot.quote)
        self.foot.pass_by.clicked.connect(self._pass)
        self.foot.close_trade.clicked.connect(self._ask_close)
        self.foot.set_edge.clicked.connect(self._set_edge)
        self.foot.edge.returnPressed.connect(self._set_edge)
        self.foot.manual.clicked.connect(self.open_form)
        self.form.left.connect(self.form.hide)
        self.form.booked.connect(self._book)
        self.acted.connect(lambda _state, words: self.open_form() if words == "Book by hand" else None)
        self._dress()
        self.set_state(LOADING, "Waiting for the requests")

    # What it shows

    @override
    def topics(self) -> frozenset[Topic]:
        own = {topics.rfq_chain(self.cards.trace)} if self.cards.trace else set()
        return frozenset({topics.RFQ, topics.SPINE, *own})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, RfqView):
            self._show(view)
        elif isinstance(view, RfqChain):
            if view.line.trace == self.cards.trace:
                self.history.show_steps(view.steps)
        elif isinstance(view, SpineView):
            self.cards.show_time(view.now)
            if view.mode != self._mode:
                self._mode = view.mode
                self._dress()

    def _show(self, view: RfqView) -> None:
        self._view = view
        self.cards.show_rows(view.rows, view.now)
        running = sum(one.state in {"PENDING", "QUOTED"} for one in view.rows)
        self.set_count(running)
        parts = [f"desk {formats.plain(view.state, 12)}", "quotes by itself" if view.auto else "quotes on demand"]
        parts += [
            f"{number} {words}" for number, words in ((view.unhedged, "unhedged"), (view.failed, "failed")) if number
        ]
        self.set_subtitle(" · ".join(parts))
        self.setToolTip(formats.tip(view.why))
        if not view.rows and not self.form.isVisible():
            why = f" {formats.plain(view.why)}" if view.why else ""
            self.set_state(EMPTY, f"No request has come yet.{why}", actions=("Book by hand",))
        else:
            self.set_state(LIVE)
        self._dress()

    def _dress(self) -> None:
        self.foot.show_line(self.cards.line(), MODE_WORDS.get(self._mode, "PAPER"))

    def _turned(self) -> None:
        self.history.show_steps(())
        self.foot.edge.clear()
        self._dress()
        self.retarget()

    # What the trader does

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        return {"rfq.pass": self._pass}

    def _act_on(self, action: str) -> None:
        if action == "rfq.quote":
            if self.may_trade():
                self._quote()
            else:
                self.tell(TOO_SOON)
        elif action == "rfq.pass":
            self._pass()

    def _quote(self) -> None:
        line = self.cards.line()
        if line is not None and line.can_quote:
            self.intent.emit(Quote(trace=line.trace))

    def _pass(self) -> None:
        line = self.cards.line()
        if line is not None and line.can_pass:
            self.intent.emit(Pass(trace=line.trace))

    def _set_edge(self) -> None:
        line, edge = self.cards.line(), formats.typed(self.foot.edge.text())
        wrong = edge is None or not 0 <= edge <= MOST_BPS
        self.foot.edge.set_wrong(wrong)
        if line is not None and line.can_quote and edge is not None and not wrong:
            self.intent.emit(EditSpread(trace=line.trace, edge_bps=edge))

    def _ask_close(self) -> None:
        line = self.cards.line()
        if line is not None and line.can_close:
            words = f"The hedge of {formats.plain(line.id, 20)} failed. Close it: what is open of it stays open?"
            self.ask(words, "Close it", lambda: self._close(line.trace))

    def _close(self, trace: str) -> None:
        self.intent.emit(CloseTrade(trace=trace, why="closed by hand in the RFQ dock"))

    def open_form(self) -> None:
        """Show the form of a trade by hand; what is pressed in it from now on is one trade."""
        self._intent = f"manual:{self.session}{next(self._forms)}"
        self.form.show()
        if self.state == EMPTY:
            self.set_state(LIVE)
        self.form.qty.setFocus()

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Take the option that a trade by hand would be in."""
        self.form.set_instrument(instrument)

    def _book(self, legs: tuple[QuoteLeg, ...], qty: Qty, whom: str) -> None:
        self.intent.emit(ManualTrade(intent=self._intent, legs=legs, qty=qty, with_whom=whom))
        self.form.hide()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self.hold_off()
        return super().event(event)

    # What others take of it

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (self.sheet,)

    def sheet(self) -> Sheet:
        """Return the requests, one row each."""
        headers = (
            "received UTC", "received ns", "id", "trace", "source", "taker", "our side", "size", "legs", "our quote $",
            "hedge at $", "edge bps", "edge $", "fair $", "APR %", "signed", "state", "hedged", "why",
        )  # fmt: skip
        rows = tuple(
            (
                *moment(one.at), formats.plain(one.id), one.trace, formats.plain(one.source), formats.plain(one.taker),
                one.our_side, one.size, "; ".join(formats.plain(leg.name, 60) for leg in one.legs), one.our_quote,
                one.hedge_price, one.edge_bps, one.edge, one.fair, one.apr, one.signed, one.state, one.hedged,
                formats.plain(one.why),
            )
            for one in (() if self._view is None else self._view.rows)
        )  # fmt: skip
        return Sheet("RFQ", headers, rows)
