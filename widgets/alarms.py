"""The dock of alert rules: rules as they stand, what they told, and the channels that tell it.

It asks for changes by signals: nothing of it goes to the engine. The alerts of the weather service have a dock of
their own (`widgets.alerts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from engine.views import topics
from engine.views.alarms import AlarmsView, ChannelLine, FiredLine, RuleLine, clock
from engine.views.status import SpineView
from widgets import alarm_rows, formats, panel, states, theme
from widgets.controls import FlatButton
from widgets.fields import Segments
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

    from engine.core.ids import Topic
    from engine.views.alarms import Hours

RULES: Final = "rules"
HISTORY: Final = "history"
CHANNELS: Final = "channels"
MUTE_S: Final = 3_600.0
_HELP: Final = (
    "Rules are looked at once a second; what comes and goes between two looks is not seen. A rule is met when what it "
    "looks at becomes so: what is so when it is first looked at only shows, but for feeds and PnL. Told is the first "
    "time at once; what follows is gathered and told together after 30 s, then 60 s, up to five minutes. Messages at "
    "the tray have no amounts. Double-click a rule to change it, a channel to give it its key."
)


class AlarmsPanel(panel.Panel):
    """Alert rules dock."""

    rests_ms = 250

    new_wanted = Signal()
    edit_wanted = Signal(object)
    """A `Rule` that is to be changed."""
    given = Signal(object)
    """A `Rule` as it is to be from now on."""
    deleted = Signal(str)
    """Id of a rule."""
    test_wanted = Signal(str)
    """A channel."""
    keys_wanted = Signal(str)
    switched = Signal(str, bool)
    """A channel, on or off."""
    muted = Signal(float)
    """Seconds; 0 ends it."""
    hours_wanted = Signal(object)
    """The `Hours` as they are."""
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Alert rules", help_text=_HELP, parent=parent)
        self._offset = 0
        self._view: AlarmsView | None = None
        row_px = theme.current().size("tableRowNormal")
        self.rules: RowsTable[RuleLine] = RowsTable(
            alarm_rows.rules(lambda: self._offset), lambda row: row.rule.id, row_px
        )
        self.history: RowsTable[FiredLine] = RowsTable(alarm_rows.history(lambda: self._offset), lambda row: row.id)
        self.channels: RowsTable[ChannelLine] = RowsTable(alarm_rows.CHANNELS, lambda row: row.name, row_px)
        self.part = Segments("Shown", ((RULES, "Rules"), (HISTORY, "History"), (CHANNELS, "Channels")), height=20)
        self.new = FlatButton("New rule…", "filled")
        self.test = FlatButton("Test channel")
        self.clear = FlatButton("Clear history")
        self.hours = FlatButton("Quiet hours…")
        self.mute = FlatButton("Mute 1 h")
        self._lay_out()
        self._wire()
        self.set_state(states.LOADING, "Waiting for the alert rules")

    def _lay_out(self) -> None:
        self.rules.setAccessibleName("Alert rules")
        self.history.setAccessibleName("Alert history")
        self.channels.setAccessibleName("Alert channels")
        self.rules.nothing = "No rule yet: New rule… makes one."
        self.history.nothing = "Nothing was told yet."
        tools = QWidget()
        tools.setFixedHeight(theme.current().size("toolRow") + 4)
        row = QHBoxLayout(tools)
        row.setContentsMargins(6, 2, 6, 2)
        row.setSpacing(6)
        row.addWidget(self.part)
        row.addStretch(1)
        for button in (self.test, self.clear, self.mute, self.hours, self.new):
            row.addWidget(button)
        self._pages = QStackedWidget()
        for table in (self.rules, self.history, self.channels):
            self._pages.addWidget(table)
        body = QWidget()
        box = QVBoxLayout(body)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(tools)
        box.addWidget(self._pages, 1)
        body.setFocusProxy(self.rules)
        self.set_body(body)
        self._turn(RULES)

    def _wire(self) -> None:
        self.part.chosen.connect(self._turn)
        self.new.clicked.connect(lambda: self.new_wanted.emit())
        self.test.clicked.connect(self._test)
        self.clear.clicked.connect(lambda: self.ask("Forget what was told?", "Forget", self.cleared.emit))
        self.mute.clicked.connect(self._mute)
        self.hours.clicked.connect(self._hours)
        self.rules.opened.connect(lambda row, _key: self.edit_wanted.emit(row.rule))
        self.rules.menu_actions = self._rule_menu
        self.channels.menu_actions = self._channel_menu
        self.channels.opened.connect(lambda row, _key: self._keys(row))

    def show_part(self, part: str) -> None:
        """Turn to the rules, the history or the channels."""
        self.part.set_value(part)
        self._turn(part)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.ALARMS, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if isinstance(view, SpineView) and view.utc_offset_hours != self._offset:
            self._offset = view.utc_offset_hours
            for table in (self.rules, self.history):
                table.rows.write_anew()  # their times are of another clock now
        if not isinstance(view, AlarmsView):
            return
        self._view = view
        self.rules.rows.set_rows(view.rules)
        self.history.rows.set_rows(view.history)
        self.channels.rows.set_rows(view.channels)
        self.set_count(len(view.rules))
        self.set_subtitle(_words(view))
        self.mute.set_words("Mute 1 h" if view.muted_s is None else f"Muted {formats.age(view.muted_s)}: end")
        if view.note:
            self.set_state(states.ERROR, view.note, code="FILE")
        elif self.state != states.LIVE:
            self.set_state(states.LIVE)

    def _turn(self, part: str) -> None:
        tables = (RULES, HISTORY, CHANNELS)
        self._pages.setCurrentIndex(tables.index(part) if part in tables else 0)
        self.test.setVisible(part == CHANNELS)
        self.clear.setVisible(part == HISTORY)
        self.new.setVisible(part == RULES)

    def _rule_menu(self, menu: QMenu, row: RuleLine) -> None:
        rule = row.rule
        menu.addAction("Change…").triggered.connect(lambda: self.edit_wanted.emit(rule))
        switched = msgspec.structs.replace(rule, on=not rule.on)
        menu.addAction("Switch off" if rule.on else "Switch on").triggered.connect(lambda: self.given.emit(switched))
        copy = msgspec.structs.replace(rule, id="")
        menu.addAction("Make another like it…").triggered.connect(lambda: self.edit_wanted.emit(copy))
        words = formats.plain(rule.name or rule.words(), 60)
        menu.addAction("Delete…").triggered.connect(
            lambda: self.ask(f"Delete the rule “{words}”?", "Delete", lambda: self.deleted.emit(rule.id))
        )

    def _channel_menu(self, menu: QMenu, row: ChannelLine) -> None:
        menu.addAction("Test").triggered.connect(lambda: self.test_wanted.emit(row.name))
        words = "Switch on" if row.state == "off" else "Switch off"
        menu.addAction(words).triggered.connect(lambda: self.switched.emit(row.name, row.state == "off"))
        if row.keyed:
            menu.addAction("Key…").triggered.connect(lambda: self.keys_wanted.emit(row.name))

    def _keys(self, row: ChannelLine) -> None:
        if row.keyed:
            self.keys_wanted.emit(row.name)
        else:
            self.test_wanted.emit(row.name)

    def _test(self) -> None:
        """Test the chosen channel, or say that one has to be chosen."""
        row = self.channels.selected_row()
        if row is None:
            self.tell("Choose a channel first: a click on its row, then Test channel.")
        else:
            self.test_wanted.emit(row.name)

    def _mute(self) -> None:
        muted = self._view is not None and self._view.muted_s is not None
        self.muted.emit(0.0 if muted else MUTE_S)

    def _hours(self) -> None:
        if self._view is not None:
            self.hours_wanted.emit(self._view.hours)


def _words(view: AlarmsView) -> str:
    """Return what the header says of the hours."""
    if view.muted_s is not None:
        return f"muted for {formats.age(view.muted_s)}"
    if not view.hours.on:
        return ""
    return f"{'quiet now, ' if view.quiet else ''}quiet {_span(view.hours)}"


def _span(hours: Hours) -> str:
    return f"{clock(hours.starts)}–{clock(hours.ends)} {formats.plain(hours.zone, 40)}"
