"""The accounts page: each venue's keys and balance, and the limits as they follow from all balances together.

No key is ever shown: a field that has a value is dots. Whoever opens it gives what it shows and does what it asks.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.tables import CHIP, WORD, Cell, Column
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QMenu

SIZE: Final = 1_080, 620
DOTS: Final = "••••"
PRESENT: Final = "PRESENT"
MISSING: Final = "MISSING"
LOCKED: Final = "LOCKED"
NONE: Final = "TAKES NONE"
_KEY_TONES: Final = {PRESENT: "profit", MISSING: "text.muted", LOCKED: "warn", NONE: "text.dim"}
IN_FORCE: Final = "AS DERIVED"
TIGHTER: Final = "TIGHTER"
LOOSER: Final = "LOOSER"
WAITS: Final = "WAITS"
_LIMIT_TONES: Final = {IN_FORCE: "profit", TIGHTER: "buy", LOOSER: "warn", WAITS: "text.muted"}


class AccountLine(NamedTuple):
    """One venue, or one weather service that takes a key."""

    venue: str
    title: str
    keys: str
    """One of PRESENT, MISSING, LOCKED and NONE."""
    fields: tuple[str, ...]
    """Names of the fields that have a value."""
    place: str
    """Where they are kept, in words."""
    balance: Decimal | None
    collateral: str
    age_s: float | None
    """Since the venue said so; None where our own ledger does, or nobody has."""
    entered: bool
    """The balance is our own ledger's."""
    tested: str
    """What the last read-only test found; empty before one."""
    good: bool
    tested_s: float | None
    """Since that test."""


class LimitLine(NamedTuple):
    """One limit that follows from the balance."""

    code: str
    rule: str
    """Such as ``15 % of the balance``."""
    sum: str
    """Such as ``0.15 × $1 000.00 = $150.00``."""
    derived: Decimal | None
    in_force: Decimal
    state: str
    """One of IN_FORCE, TIGHTER, LOOSER (than derived) and WAITS."""


def _fields(row: AccountLine) -> Cell:
    words = ", ".join(f"{name} {DOTS}" for name in row.fields)
    return Cell(words or formats.DASH, "text.muted", tip="What is kept is never shown")


def _balance(row: AccountLine) -> Cell:
    if row.balance is None:
        return Cell(formats.DASH, "text.dim", tip="Nobody has said")
    return Cell(formats.number(row.balance, 2), "text.strong", tip=row.collateral)


def _age(row: AccountLine) -> Cell:
    if row.balance is None:
        return Cell(formats.DASH, "text.dim")
    if row.entered:
        return Cell("our ledger", "text.muted", tip="Paper money is entered in our own ledger: it has no age")
    return Cell(formats.age(row.age_s), "warn" if row.age_s is None or row.age_s > 120 else "text.muted")


def _tested(row: AccountLine) -> Cell:
    if not row.tested:
        return Cell(formats.DASH, "text.dim")
    ago = "" if row.tested_s is None else f"{formats.age(row.tested_s)} ago: "
    words = formats.plain(f"{ago}{row.tested}", 200)
    return Cell(words, "profit" if row.good else "danger.text", tip=words)


ACCOUNTS: Final[tuple[Column[AccountLine], ...]] = (
    Column(key="venue", header="account", width=110, kind=WORD, sort=lambda r: r.title,
           cell=lambda r: Cell(formats.plain(r.title, 30), "text.strong", bold=True)),
    Column(key="keys", header="keys", width=92, kind=CHIP, sort=lambda r: r.keys,
           cell=lambda r: Cell(r.keys, _KEY_TONES.get(r.keys, "text.muted"))),
    Column(key="fields", header="what is kept", width=210, least=110, kind=WORD, cell=_fields),
    Column(key="place", header="where", width=130, kind=WORD, priority=3,
           cell=lambda r: Cell(r.place or formats.DASH, "text.muted")),
    Column(key="balance", header="balance", width=96, cell=_balance, sort=lambda r: r.balance,
           value=lambda r: r.balance),
    Column(key="unit", header="in", width=52, kind=WORD, priority=2,
           cell=lambda r: Cell(formats.plain(r.collateral, 12) if r.balance is not None else "", "text.muted")),
    Column(key="age", header="read", width=80, cell=_age, value=lambda r: r.age_s, exported="read, s ago"),
    Column(key="tested", header="read-only test", width=240, least=100, kind=WORD, stretch=True, cell=_tested),
)  # fmt: skip
LIMITS: Final[tuple[Column[LimitLine], ...]] = (
    Column(key="gate", header="limit", width=160, kind=WORD, sort=lambda r: r.code,
           cell=lambda r: Cell(r.code, "text.strong", bold=True)),
    Column(key="rule", header="rule", width=170, kind=WORD, cell=lambda r: Cell(r.rule, "text.muted")),
    Column(key="sum", header="from the balance", width=240, least=160, kind=WORD, stretch=True,
           cell=lambda r: Cell(r.sum, "text.default")),
    Column(key="derived", header="derived $", width=96, sort=lambda r: r.derived, value=lambda r: r.derived,
           cell=lambda r: formats.number(r.derived, 2)),
    Column(key="force", header="in force $", width=96, sort=lambda r: r.in_force, value=lambda r: r.in_force,
           cell=lambda r: Cell(formats.number(r.in_force, 2), "text.strong")),
    Column(key="state", header="in force is", width=96, kind=CHIP, sort=lambda r: r.state,
           cell=lambda r: Cell(r.state, _LIMIT_TONES.get(r.state, "text.muted"))),
)  # fmt: skip


class AccountsDialog(QDialog):
    """Accounts and what follows from them."""

    test_wanted = Signal(str)
    """A venue whose account is to be read, and nothing else."""
    keys_wanted = Signal(str)
    tighten_wanted = Signal()
    """Put derived limits into force where they are the tighter ones."""
    sheet_wanted = Signal(object, str)
    """As of a dock."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Accounts")
        self.setModal(False)
        row_px = theme.current().size("tableRowNormal")
        self.accounts: RowsTable[AccountLine] = RowsTable(ACCOUNTS, lambda row: row.venue, row_px)
        self.limits: RowsTable[LimitLine] = RowsTable(LIMITS, lambda row: row.code, row_px)
        self.accounts.setAccessibleName("Accounts")
        self.limits.setAccessibleName("Limits from the balance")
        self.accounts.nothing = "No venue is wired in this session."
        self.test = FlatButton("Test, read-only", "filled")
        self.keys = FlatButton("Keys…")
        self.tighten = FlatButton("Tighten to the derived limits")
        self.close_button = FlatButton("Close")
        self.balance = _Words()
        self.note = _Words()
        self._lay_out()
        self.test.clicked.connect(lambda: self._about(self.test_wanted))
        self.keys.clicked.connect(lambda: self._about(self.keys_wanted))
        self.tighten.clicked.connect(self.tighten_wanted)
        self.close_button.clicked.connect(self.reject)
        self.accounts.opened.connect(lambda row, _key: self.keys_wanted.emit(row.venue))
        self.accounts.menu_actions = self._menu

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(6)
        above, below = QHBoxLayout(), QHBoxLayout()
        for row, parts in ((above, (self.note, self.keys, self.test)), (below, (self.balance, self.tighten))):
            row.setSpacing(6)
            row.addWidget(parts[0], 1)
            for one in parts[1:]:
                row.addWidget(one)
        box.addLayout(above)
        box.addWidget(self.accounts, 1)
        box.addLayout(below)
        box.addWidget(self.limits, 2)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        box.addLayout(foot)
        self.note.say("The test reads the account and can place nothing. Double-click a line to give its keys.")
        self.resize(*SIZE)

    @override
    def sizeHint(self) -> QSize:
        """Return the size at which every column of both tables has its room."""
        return QSize(*SIZE)

    def show_lines(self, accounts: Sequence[AccountLine], limits: Sequence[LimitLine], balance: str) -> None:
        """Show how all stands now."""
        self.accounts.rows.set_rows(tuple(accounts))
        self.limits.rows.set_rows(tuple(limits))
        self.balance.say(balance)
        self.tighten.setEnabled(any(one.state == LOOSER for one in limits))
        if self.accounts.selected_row() is None and accounts:
            self.accounts.select(accounts[0].venue)

    def _about(self, signal: object) -> None:
        row = self.accounts.selected_row()
        if row is not None:
            signal.emit(row.venue)  # type: ignore[attr-defined]  # one of its own signals

    def _menu(self, menu: QMenu, row: AccountLine) -> None:
        menu.addAction("Test, read-only").triggered.connect(lambda: self.test_wanted.emit(row.venue))
        keys = menu.addAction("Keys…")
        keys.setEnabled(row.keys != NONE)
        keys.triggered.connect(lambda: self.keys_wanted.emit(row.venue))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.dock"))


class _Words(QWidget):
    """One line of plain words."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.setMinimumHeight(theme.current().size("button"))

    def say(self, words: str) -> None:
        """Show other words."""
        clean = formats.plain(words, 500)
        if clean != self.words:
            self.words = clean
            self.setAccessibleName(clean)
            self.setToolTip(formats.tip(clean, 500))
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        room = QRect(0, 0, self.width(), self.height())
        paint.text(QPainter(self), room, self.words, look.ui(11), look.colour("text.muted"), elide=True)
