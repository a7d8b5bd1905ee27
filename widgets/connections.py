"""Connections: how each venue's links do, what is left of its limits, whether our account there is reconciled.

Below the venues stand the services that tell of the weather, in the same columns as far as they have a meaning there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from typing_extensions import override

from engine.core.commands import Reconcile
from engine.core.ids import VISUAL_CROSSING, Topic, VenueId
from engine.views import topics
from engine.views.connections import ConnectionLine, ConnectionsView
from widgets import formats, theme
from widgets.states import LOADING
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, METER, NOTHING, WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu, QWidget

STATES: Final = {"live": "good", "ageing": "warn", "stale": "warn", "down": "danger", "off": "text.dim"}
_RANK: Final = {"down": 0, "stale": 1, "ageing": 2, "live": 3, "off": 4}
_HELP: Final = (
    "One row a venue, then one a weather service. Latency is the median of the last minute; gaps, resyncs and "
    "reconnects count since the session began; used is the share of the rate budget, or of the day's allowance, that "
    "is spent. The age of a weather service is that of its last news; next is when it will be asked again. "
    "Right-click a row to read the account again, to ask a service now, to test every endpoint, or to give keys."
)


class ConnectionsPanel(TablePanel[ConnectionLine]):
    """Connections dock. Emits Reconcile; keys and tests are asked for by signals."""

    count_ages = True

    rests_ms = 250

    keys_wanted = Signal(str)
    """A venue whose keys the trader wants to see or give."""
    test_wanted = Signal(str)
    """A venue whose endpoints are to be tried."""
    ask_wanted = Signal()
    """The weather services are to be asked now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__("Connections", _COLUMNS, lambda r: r.venue, row_px=row_px, help_text=_HELP, parent=parent)
        self.put()
        self.table.opened.connect(lambda row, _key: self._opened(row))
        self.set_state(LOADING, "Waiting for the venues")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.CONNECTIONS, topics.FEEDS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, ConnectionsView):
            self.table.rows.set_rows(view.rows)
            self.set_count(len(view.rows))
            self.show_extent(any_rows=bool(view.rows), words="No venue is wired in this session.", icon="inbox")

    def _opened(self, row: ConnectionLine) -> None:
        if row.stations is None or row.venue == VISUAL_CROSSING:  # the other services take none
            self.keys_wanted.emit(row.venue)

    @override
    def row_menu(self, menu: QMenu, row: ConnectionLine) -> None:
        if row.stations is not None:
            menu.addAction("Ask all weather services now").triggered.connect(lambda: self.ask_wanted.emit())
            if row.venue == VISUAL_CROSSING:
                menu.addAction("Key…").triggered.connect(lambda: self.keys_wanted.emit(row.venue))
            return
        again = menu.addAction("Read the account again")
        again.setEnabled(row.trades)
        again.triggered.connect(lambda: self.intent.emit(Reconcile(venue=VenueId(row.venue))))
        menu.addAction("Test every endpoint").triggered.connect(lambda: self.test_wanted.emit(row.venue))
        keys = menu.addAction("Keys…")
        keys.setEnabled(row.trades)
        keys.triggered.connect(lambda: self.keys_wanted.emit(row.venue))


def _state(row: ConnectionLine) -> Cell:
    return Cell(row.state.upper(), STATES.get(row.state, "text.muted"), tip=formats.plain(row.why, 400))


def _age(row: ConnectionLine) -> Cell:
    late = row.state in {"ageing", "stale"}
    tip = "Since its last frame" if row.stations is None else "Since it last told something new"
    return Cell(formats.age(row.age_s), "warn" if late else "text.muted", tip=tip)


def _latency(row: ConnectionLine) -> Cell:
    value = None if row.report is None else row.report.latency_ms
    return Cell(formats.DASH if value is None else f"{value:.0f} ms")


def _count(row: ConnectionLine, name: str) -> Cell:
    if row.stations is not None:
        return Cell(formats.DASH, "text.dim")
    value = None if row.report is None else getattr(row.report, name)
    return Cell(formats.count(value), "warn" if value and name in {"gaps", "overflow", "errors"} else "text.default")


def _skew(row: ConnectionLine) -> Cell:
    value = None if row.report is None else row.report.skew_ms
    text = formats.DASH if value is None else f"{formats.number(value, 0, signed=True)} ms"
    return Cell(text, "warn" if value is not None and abs(value) > 1_000 else "text.muted", tip="Our clock less theirs")


def _room(row: ConnectionLine, name: str) -> Cell:
    value = None if row.report is None else getattr(row.report, name)
    if row.stations is not None and value is None:
        return NOTHING
    used = None if value is None else 1.0 - value
    return Cell(formats.percent(used, 0), "warn" if used is not None and used > 0.8 else "text.default", used)


def _books(row: ConnectionLine) -> Cell:
    if row.stations is not None:
        return Cell(f"{row.stations} station{'' if row.stations == 1 else 's'}", tip=formats.plain(row.told, 400))
    text = f"{row.books_live} live" + (f" · {row.books_stale} stale" if row.books_stale else "")
    return Cell(text, "warn" if row.books_stale else "text.default")


def _account(row: ConnectionLine) -> Cell:
    if row.stations is not None:
        return Cell("weather", "text.dim")
    if not row.trades:
        return Cell("prices only", "text.dim")
    if row.reconciled:
        return Cell("reconciled", "good")
    return Cell("not reconciled", "warn", tip=formats.plain(row.why, 400))


def _cash(row: ConnectionLine) -> Cell:
    if row.cash is None:
        return Cell(formats.DASH, "text.dim")
    return Cell(formats.money(row.cash), tip=f"Free {formats.plain(row.collateral, 20)}")


def _keys(row: ConnectionLine) -> Cell:
    source = "" if row.report is None else row.report.keys
    return Cell(formats.plain(source, 20) or formats.DASH, "text.muted", tip="Where its keys come from")


def _next(row: ConnectionLine) -> Cell:
    return Cell(formats.utc(row.next_at), "text.muted", tip="When it is asked again, UTC")


def _why(row: ConnectionLine) -> Cell:
    words = row.why or next((link.why for link in row.links if not link.up and link.why), "")
    until = None if row.report is None else row.report.maintenance_until
    if until is not None:
        words = f"maintenance until {formats.utc(until, '%H:%M')}" + (f" · {words}" if words else "")
    if row.stations is not None and row.state in {"down", "ageing"} and row.next_at is not None:
        words = f"{words} · next try {formats.utc(row.next_at)}"
    elif row.stations is not None and not words:
        words = row.told
    grave = row.state in {"down", "stale"}
    return Cell(formats.plain(words), "text.default" if grave else "text.muted", tip=formats.plain(words, 400))


_COLUMNS: Final[tuple[Column[ConnectionLine], ...]] = (
    Column(
        key="venue",
        header="venue",
        width=96,
        kind=WORD,
        cell=lambda r: Cell(formats.plain(r.title, 24), "text.strong"),
        sort=lambda r: r.title,
    ),
    Column(key="state", header="state", width=78, kind=CHIP, cell=_state, sort=lambda r: _RANK.get(r.state)),
    Column(
        key="latency",
        header="latency",
        width=64,
        folds=4,
        cell=_latency,
        sort=lambda r: None if r.report is None else r.report.latency_ms,
        value=lambda r: None if r.report is None else r.report.latency_ms,
        exported="latency ms",
    ),
    Column(
        key="age",
        header="age",
        width=58,
        folds=3,
        cell=_age,
        sort=lambda r: r.age_s,
        value=lambda r: r.age_s,
        exported="age s",
    ),
    Column(key="books", header="books", width=112, kind=CODE, cell=_books, sort=lambda r: r.books_live),
    Column(
        key="next",
        header="next",
        width=72,
        kind=CODE,
        priority=2,
        cell=_next,
        sort=lambda r: r.next_at,
        when=lambda r: r.next_at,
    ),
    Column(key="gaps", header="gaps", width=48, priority=2, cell=lambda r: _count(r, "gaps")),
    Column(key="resyncs", header="resyncs", width=60, priority=5, cell=lambda r: _count(r, "resyncs")),
    Column(key="reconnects", header="reconn", width=58, priority=3, cell=lambda r: _count(r, "reconnects")),
    Column(key="overflow", header="overflow", width=66, priority=6, cell=lambda r: _count(r, "overflow")),
    Column(key="errors", header="unread", width=56, priority=7, cell=lambda r: _count(r, "errors")),
    Column(
        key="skew",
        header="skew",
        width=70,
        priority=4,
        cell=_skew,
        value=lambda r: None if r.report is None else r.report.skew_ms,
        exported="skew ms",
    ),
    Column(key="read", header="reads used", width=74, kind=METER, priority=3, cell=lambda r: _room(r, "read_room")),
    Column(key="write", header="orders used", width=78, kind=METER, priority=3, cell=lambda r: _room(r, "write_room")),
    Column(
        key="cancel", header="cancels used", width=82, kind=METER, priority=8, cell=lambda r: _room(r, "cancel_room")
    ),
    Column(key="account", header="account", width=104, folds=2, kind=WORD, cell=_account, sort=lambda r: r.reconciled),
    Column(
        key="cash", header="free cash", width=86, folds=1, cell=_cash, sort=lambda r: r.cash, value=lambda r: r.cash
    ),
    Column(key="keys", header="keys", width=84, kind=WORD, priority=6, cell=_keys),
    Column(
        key="host",
        header="host",
        width=150,
        kind=CODE,
        priority=9,
        cell=lambda r: Cell(formats.plain("" if r.report is None else r.report.host, 60), "text.muted"),
    ),
    Column(key="why", header="what it says", width=200, kind=WORD, stretch=True, least=80, cell=_why),
)
