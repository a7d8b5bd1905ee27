"""The alert rules put together: rules and channels of the profile, the docks that show them, and their dialogs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

from PySide6.QtCore import QObject, QTimeZone
from PySide6.QtGui import QIcon

from app import ringing
from app.alarms import Alarms
from app.dialogs import REPLAY, REPLAYED
from engine.alarms.seeing import expiry_words, name_of, subject_of
from engine.core.effects import Level
from engine.views import topics
from engine.views.alarms import Hours, Kind, Rule
from engine.views.connections import ConnectionsView
from engine.views.market import MarketsView
from engine.views.options import ExpiriesView
from engine.views.station import StationsView
from widgets import theme
from widgets.alarm_dialog import HoursDialog, RuleDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session
    from app.dialogs import Dialogs
    from app.window import Window
    from engine.core.ids import Topic
    from engine.views.market import MarketRow
    from widgets.alarm_dialog import Subjects
    from widgets.alarms import AlarmsPanel

MOST_SUBJECTS: Final = 2_000
ICON_PX: Final = 32


class AlarmDesk(QObject):
    """Between `Alarms` and the window."""

    def __init__(self, session: Session, window: Window, dialogs: Dialogs, changed: Callable[[Topic], None]) -> None:
        super().__init__(window)
        self._view_of, self._window, self._dialogs = session.kernel.view, window, dialogs
        tray = ringing.Tray(QIcon(theme.current().icon("warn", "warn", ICON_PX)), window)
        tray.clicked.connect(window.raise_)
        self.alarms = Alarms(
            session.profile.folder,
            view=session.kernel.view,
            now=session.clock.now,
            changed=changed,
            ring=dialogs.ring,
            tray=tray,
            toast=window.toasts.show_notice,
            silent=REPLAYED if session.mode == REPLAY else "",
            parent=window,
        )
        dialogs.tested_channel.connect(self.alarms.test)
        self.rule: RuleDialog | None = None
        self.hours: HoursDialog | None = None

    def take_in(self, panel: AlarmsPanel) -> None:
        """Wire a dock."""
        alarms = self.alarms
        panel.new_wanted.connect(lambda: self.edit(None))
        panel.edit_wanted.connect(self.edit)
        panel.given.connect(lambda rule: self._say(alarms.put_rule(rule)))
        panel.deleted.connect(lambda rule_id: self._say(alarms.delete_rule(rule_id)))
        panel.test_wanted.connect(alarms.test)
        panel.keys_wanted.connect(self._dialogs.open_keys)
        panel.switched.connect(lambda name, on: self._say(alarms.switch(name, on)))
        panel.muted.connect(alarms.mute)
        panel.hours_wanted.connect(self.edit_hours)
        panel.cleared.connect(alarms.clear_history)

    def edit(self, rule: Rule | None) -> None:
        """Open the dialog of a rule; None makes a new one."""
        dialog = self.rule = RuleDialog(rule, self.subjects(), self._window)
        dialog.given.connect(lambda given: self._answer(dialog, self.alarms.put_rule(given)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: KILL works over it

    def about(self, row: MarketRow) -> None:
        """Open the dialog of a new rule on an outcome's bid; its level is for the trader to give."""
        words = f"{name_of(row)} ({row.instrument.venue})"
        self.edit(Rule(id="", kind=Kind.PRICE, field="bid", subject=subject_of(row), about=words))

    def edit_hours(self, hours: Hours) -> None:
        """Open the dialog of the quiet hours; a zone that nobody chose yet is the system's."""
        own = bytes(QTimeZone.systemTimeZoneId().data()).decode("ascii", "replace")
        zones = sorted(available_timezones())
        if hours == Hours() and own in zones:
            hours = Hours(zone=own)
        dialog = self.hours = HoursDialog(hours, zones, self._window)
        dialog.given.connect(lambda given: self._answer(dialog, self.alarms.set_hours(given)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: KILL works over it

    def subjects(self) -> Subjects:
        """Return what rules can look at now."""
        markets, feeds, stations = (self._view_of(t) for t in (topics.MARKETS, topics.CONNECTIONS, topics.STATIONS))
        expiries = self._view_of(topics.EXPIRIES)
        rows = markets.rows[:MOST_SUBJECTS] if isinstance(markets, MarketsView) else ()
        in_cents = [row for row in rows if not row.currency]  # of a derivative no rule knows a price
        outcomes = [(subject_of(row), f"{name_of(row)} ({row.instrument.venue})") for row in in_cents]
        every = [(subject_of(row), f"{name_of(row)} ({row.instrument.venue})") for row in rows]
        whole = list({row.market: (str(row.market), row.event or str(row.market)) for row in rows}.values())
        known = stations.rows[:MOST_SUBJECTS] if isinstance(stations, StationsView) else ()
        venues = feeds.rows if isinstance(feeds, ConnectionsView) else ()
        chains = expiries.rows[:MOST_SUBJECTS] if isinstance(expiries, ExpiriesView) else ()
        return {
            Kind.PRICE: outcomes,
            Kind.EDGE: outcomes,
            Kind.ORDER: every,
            Kind.OVERROUND: whole,
            Kind.SETTLEMENT: whole,
            Kind.STATION: [(str(one.id), f"{one.id} {one.name}") for one in known],
            Kind.FEED: [(str(one.venue), one.title) for one in venues],
            Kind.VOL: [(one.key, expiry_words(one)) for one in chains],
            Kind.GREEKS: [(name, name) for name in dict.fromkeys(one.underlying for one in chains)],
        }

    def _answer(self, dialog: RuleDialog | HoursDialog, why: str) -> None:
        dialog.refuse(why)
        if not why:
            dialog.accept()

    def _say(self, why: str) -> None:
        if why:
            self._window.tell(why, Level.WARN)
