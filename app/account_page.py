"""The accounts page put together: keys from the key ring, balances from the engine, limits from both.

Limits are derived by the rule that the engine starts with (`engine.risk.limits`): shares of the balance of all
accounts together. They are put into force only where they are tighter; a looser one needs the settings, and a reason.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from typing_extensions import override

from app.key_kinds import FIELDS, wanted
from engine.core.commands import SetLimit
from engine.core.units import SECOND
from engine.risk.limits import SPECS, Limits
from engine.sources.services import TITLES
from engine.venues.ccxt.endpoints import exchange_of
from engine.views import topics
from engine.views.connections import ConnectionsView
from engine.views.status import SpineView
from widgets import accounts as page
from widgets import formats
from widgets.accounts import AccountLine, AccountsDialog, LimitLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.boot import Session
    from app.dialogs import Dialogs
    from app.key_desk import Tried
    from app.keys import KeyRing
    from app.window import Window
    from engine.core.commands import AnyCommand
    from engine.core.ids import Topic, VenueId
    from engine.core.units import Money, Nanos
    from engine.views.connections import ConnectionLine
    from widgets.frame import FrameClock

PLACES = {
    "keyring": "system's keyring",
    "file": "encrypted file",
    "session": "this session",
    "environment": "environment",
}


class Shown(AccountsDialog):
    """The page, drawn anew while it is open."""

    rests_ms = 500

    def __init__(self, parent: Window, refresh: Callable[[], None]) -> None:
        super().__init__(parent)
        self._refresh = refresh

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.SPINE, topics.CONNECTIONS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Show how all stands now."""
        self._refresh()


class AccountPage:
    """Opens the page and does what is asked there."""

    def __init__(
        self, session: Session, window: Window, clock: FrameClock, dialogs: Dialogs, ask: Callable[[AnyCommand], None]
    ) -> None:
        self._session, self._window, self._clock = session, window, clock
        self._dialogs, self._ask = dialogs, ask
        self._given: dict[VenueId, tuple[str, frozenset[str], bool]] = {}
        """Where the keys of each are, which fields are given, and whether they are locked: a keyring is slow."""
        self.dialog: Shown | None = None

    def open(self) -> None:
        """Show the page."""
        if self.dialog is None:
            self.dialog = Shown(self._window, self.refresh)
            self.dialog.test_wanted.connect(self._dialogs.test)
            self.dialog.keys_wanted.connect(self._dialogs.open_keys)
            self.dialog.tighten_wanted.connect(self._tighten)
            self._dialogs.keys_changed.connect(self.look_at_keys)
            self._clock.add(self.dialog)
        self.look_at_keys()
        self.dialog.show()
        self.dialog.raise_()

    def look_at_keys(self) -> None:
        """Ask the key ring anew, then show what it said."""
        ring: KeyRing = self._dialogs.ring
        names = dict.fromkeys((*FIELDS, *(name for name in self._session.kernel.state.desks if exchange_of(name))))
        self._given = {name: (*ring.given(name), ring.locked(name)) for name in names}
        self.refresh()

    def refresh(self) -> None:
        """Show how all stands now."""
        if self.dialog is None:
            return
        view = self._session.kernel.view
        connections, spine = view(topics.CONNECTIONS), view(topics.SPINE)
        if not isinstance(connections, ConnectionsView) or not isinstance(spine, SpineView):
            return
        rows = accounts(connections, self._given, self._dialogs.tests, self._session.clock.now())
        state = self._session.kernel.state
        balance = None if state.limits_wait else spine.equity
        limits = derived(balance, state.limits.values())
        self.dialog.show_lines(rows, limits, balance_words(balance, connections))

    def _tighten(self) -> None:
        """Put the derived limits into force where they are the tighter ones."""
        if self.dialog is None:
            return
        for line in self.dialog.limits.rows.rows():
            if line.state == page.LOOSER and line.derived is not None:
                self._ask(SetLimit(gate=line.code, value=line.derived, why="derived from the balance"))


def accounts(
    view: ConnectionsView,
    given: Mapping[VenueId, tuple[str, frozenset[str], bool]],
    tests: Mapping[VenueId, Tried],
    now: Nanos,
) -> list[AccountLine]:
    """Return a line for each venue of the session, and for each other that takes keys."""
    lines = {row.venue: row for row in view.rows if row.stations is None}
    names = list(dict.fromkeys([*lines, *given]))
    return [_account(name, lines.get(name), given.get(name), tests.get(name), now) for name in names]


def _account(
    name: VenueId,
    row: ConnectionLine | None,
    given: tuple[str, frozenset[str], bool] | None,
    tried: Tried | None,
    now: Nanos,
) -> AccountLine:
    place, fields, locked = given or ("", frozenset(), False)
    keys = page.NONE if not wanted(name) else page.PRESENT if place else page.LOCKED if locked else page.MISSING
    bad = None if tried is None else next((text for text, good in tried.lines if not good), None)
    said = "" if tried is None else bad or "; ".join(text for text, _ in tried.lines[-4:])
    title = row.title if row is not None else TITLES.get(name) or name.title()
    return AccountLine(
        venue=name,
        title=title,
        keys=keys,
        fields=tuple(one.label for one in wanted(name) if one.name in fields),
        place=PLACES.get(place, ""),
        balance=None if row is None else row.cash,
        collateral="" if row is None else row.collateral,
        age_s=None if row is None or row.cash_at is None else (now - row.cash_at) / SECOND,
        entered=row is not None and row.cash is not None and row.cash_at is None,
        tested=said,
        good=bad is None,
        tested_s=None if tried is None else (now - tried.at) / SECOND,
    )


def derived(balance: Money | None, in_force: Mapping[str, Decimal]) -> list[LimitLine]:
    """Return the limits that follow from the balance of all accounts, with the sum that each comes from."""
    return list(_derived(balance, in_force))


def _derived(balance: Money | None, in_force: Mapping[str, Decimal]) -> Iterator[LimitLine]:
    values = None if balance is None else Limits(balance).values()
    now = None if balance is None else Limits(balance)
    for code, spec in SPECS.items():
        if not spec.of_equity:
            continue
        share = f"{(100 * spec.start).normalize():f}".replace("-", formats.MINUS)
        held = in_force[code]
        if values is None or now is None or balance is None:
            yield LimitLine(code, f"{share} % of the balance", formats.DASH, None, held, page.WAITS)
            continue
        value = values[code]
        start = f"{spec.start:f}".replace("-", formats.MINUS)
        words = f"{start} × {formats.money(balance)} = {formats.money(value)}"
        other = page.TIGHTER if now.tightens(code, held) else page.LOOSER
        state = page.IN_FORCE if held == value else other
        yield LimitLine(code, f"{share} % of the balance", words, value, held, state)


def balance_words(balance: Money | None, view: ConnectionsView) -> str:
    """Return how the balance is made up, in a sentence."""
    if balance is None:
        return "The balance is not known yet: no limit can be derived from it."
    parts = [f"{row.title} {formats.number(row.cash, 2)}" for row in view.rows if row.cash is not None]
    made = f", of it free at venues: {', '.join(parts)}" if parts else ""
    rest = "Limits are rounded down to the cent."
    return f"Balance {formats.money(balance)}: cash of all accounts and positions at their marks{made}. {rest}"
