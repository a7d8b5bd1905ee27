"""Dialogs of the alert rules: one rule, and the quiet hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCompleter, QDialog, QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from engine.views.alarms import (
    ABOVE,
    BELOW,
    CHANNEL_WORDS,
    CHANNELS,
    FIELDS,
    LONGEST,
    NEEDS_SUBJECT,
    WORDS,
    Hours,
    Kind,
    Rule,
    clock,
    levelled,
    minute,
    refusal,
    unit,
)
from widgets import formats, theme
from widgets.controls import FlatButton
from widgets.fields import Choice, Field, Segments

Subjects = Mapping[Kind, Sequence[tuple[str, str]]]
"""What a rule of a kind can look at: key and words."""
_ALL: Final = "all"
_HINTS: Final = {
    Kind.PRICE: "of YES, in cents; looked at once a second",
    Kind.EDGE: "the better of both sides after fees, in cents",
    Kind.OVERROUND: "what all asks of an event sum to beyond 100 c",
    Kind.STATION: "as far as the station's reports go",
    Kind.FEED: "told at once, also when it was so from the start",
    Kind.PNL: "a loss is a level below 0; told at once",
    Kind.ORDER: "each order is told of once",
    Kind.SETTLEMENT: "each market is told of once",
    Kind.VOL: "of chains that are looked at, per cent a year",
    Kind.GREEKS: "of all that is held of an underlying, over all venues",
}


class _Dialog(QDialog):
    """A form over one line of why not, and two buttons."""

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(False)
        self.form = QFormLayout()
        self.form.setSpacing(8)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.why = _label("", "danger.text")
        self.why.setWordWrap(True)
        self.keep = FlatButton("Keep", "filled")
        self.leave = FlatButton("Close")
        self.leave.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.why, 1)
        foot.addWidget(self.leave)
        foot.addWidget(self.keep)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 16)
        box.setSpacing(14)
        box.addLayout(self.form)
        box.addStretch(1)
        box.addLayout(foot)

    def add(self, words: str, field: QWidget | QHBoxLayout) -> QLabel:
        """Add a line to the form."""
        label = _label(words, "text.muted")
        self.form.addRow(label, field)
        return label

    def refuse(self, why: str) -> None:
        """Say why it cannot be; nothing when it can."""
        self.why.setText(formats.plain(why))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.dock"))


class RuleDialog(_Dialog):
    """Makes or changes one rule; `given` has it, and whoever takes it answers with `refuse` or `accept`."""

    given = Signal(object)
    """A `Rule`; its id is empty for a new one."""

    def __init__(self, rule: Rule | None, subjects: Subjects, parent: QWidget | None = None) -> None:
        super().__init__("Alert rule", parent)
        self._id = "" if rule is None else rule.id
        self._subjects = subjects
        self._on = rule is None or rule.on
        self.kind = Choice("Kind")
        for kind in Kind:
            self.kind.addItem(WORDS[kind], kind)
        self.subject = Choice("What it looks at")
        self.subject.setEditable(True)
        self.subject.setInsertPolicy(Choice.InsertPolicy.NoInsert)
        completer = self.subject.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.field = Choice("Which value")
        self.way = Segments("Met", ((ABOVE, "at or above"), (BELOW, "at or below")))
        self.level = Field("Level")
        self.level.setMaxLength(16)
        self.hint = _label("", "text.dim")
        self.name = Field("Name", number=False)
        self.name.setMaxLength(LONGEST)
        self.name.setPlaceholderText("its own words without one")
        self.urgent = _check("Urgent: passes quiet hours and a mute")
        self.channels = {name: _check(CHANNEL_WORDS[name]) for name in CHANNELS}
        self._lay_out()
        self.kind.currentIndexChanged.connect(lambda _at: self._turn())
        self.field.currentIndexChanged.connect(lambda _at: self._dress())
        self.keep.clicked.connect(self._give)
        self._show(rule)

    def _lay_out(self) -> None:
        self.add("Kind", self.kind)
        self.add("Looks at", self.subject)
        self.add("Value", self.field)
        level = QHBoxLayout()
        level.setSpacing(8)
        level.addWidget(self.way, 1)
        level.addWidget(self.level, 1)
        self.add("Met", level)
        self.add("", self.hint)
        self.add("Name", self.name)
        row = QHBoxLayout()
        row.setSpacing(6)
        for one in self.channels.values():
            row.addWidget(one)
        row.addStretch(1)
        self.add("Told by", row)
        self.add("", self.urgent)
        self.resize(560, 360)

    def rule(self) -> Rule:
        """Return the rule that the fields stand for."""
        kind = self._kind()
        key, words = self._chosen()
        return Rule(
            id=self._id,
            kind=kind,
            field=str(self.field.currentData()),
            subject=key,
            about=words,
            way=self.way.value() or ABOVE,
            level=self._level(),
            name=self.name.text().strip(),
            on=self._on,
            urgent=self.urgent.isChecked(),
            channels=tuple(name for name, one in self.channels.items() if one.isChecked()),
        )

    def _kind(self) -> Kind:
        return Kind(self.kind.currentData())

    def _chosen(self) -> tuple[str, str]:
        """Return key and words of the subject; what was typed stands where it is one of the list."""
        typed = self.subject.currentText().strip()
        at = next((i for i in range(self.subject.count()) if self.subject.itemText(i) == typed), -1)
        key = self.subject.itemData(at) if at >= 0 else typed[:LONGEST]
        return ("", "") if key in {_ALL, ""} else (str(key), formats.plain(typed, LONGEST))

    def _level(self) -> Decimal | None:
        if not self._has_level():
            return None
        try:
            found = Decimal(self.level.text().strip().replace("−", "-").replace(",", "."))
        except InvalidOperation:
            return None
        return found if found.is_finite() else None

    def _has_level(self) -> bool:
        return levelled(self._kind(), str(self.field.currentData()))

    def _show(self, rule: Rule | None) -> None:
        if rule is not None:
            self.kind.setCurrentIndex(self.kind.findData(rule.kind))
        self._turn()
        chosen = ("sound", "tray") if rule is None else rule.channels
        for name, one in self.channels.items():
            one.setChecked(name in chosen)
        if rule is None:
            return
        self.field.setCurrentIndex(max(0, self.field.findData(rule.field)))
        at = self.subject.findData(rule.subject or _ALL)
        if at >= 0:
            self.subject.setCurrentIndex(at)
        else:
            self.subject.setEditText(rule.about or rule.subject)
            self.subject.insertItem(0, rule.about or rule.subject, rule.subject)
        self.way.set_value(rule.way)
        self.level.setText("" if rule.level is None else f"{rule.level:f}")
        self.name.setText(rule.name)
        self.urgent.setChecked(rule.urgent)

    def _turn(self) -> None:
        """Offer what the kind can look at."""
        kind = self._kind()
        self.field.clear()
        for key, words in FIELDS[kind]:
            self.field.addItem(words, key)
        self.subject.clear()
        if kind not in NEEDS_SUBJECT:
            self.subject.addItem("all of them", _ALL)
        for key, words in self._subjects.get(kind, ()):
            self.subject.addItem(formats.plain(words, LONGEST), key)
        self.subject.setEnabled(kind is not Kind.PNL)
        self._dress()

    def _dress(self) -> None:
        has = self._has_level()
        self.way.setEnabled(has)
        self.level.setEnabled(has)
        self.level.set_unit(unit(self._kind(), str(self.field.currentData())))
        self.hint.setText(_HINTS[self._kind()])
        self.refuse("")

    def _give(self) -> None:
        rule = self.rule()
        why = refusal(rule)
        self.refuse(why)
        if not why:
            self.given.emit(rule)


class HoursDialog(_Dialog):
    """Sets the quiet hours."""

    given = Signal(object)
    """`Hours`."""

    def __init__(self, hours: Hours, zones: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__("Quiet hours", parent)
        self.on = _check("Let nothing be heard between these hours; it is still shown and kept")
        self.on.setChecked(hours.on)
        self.starts, self.ends = Field("From", number=True), Field("Until", number=True)
        self.starts.setText(clock(hours.starts))
        self.ends.setText(clock(hours.ends))
        self.zone = Choice("Zone")
        self.zone.setEditable(True)
        for name in zones:
            self.zone.addItem(name, name)
        self.zone.setEditText(hours.zone)
        self.urgent = _check("Urgent rules pass quiet hours and a mute")
        self.urgent.setChecked(hours.urgent_passes)
        self.add("", self.on)
        self.add("From", self.starts)
        self.add("Until", self.ends)
        self.add("On the clock of", self.zone)
        self.add("", self.urgent)
        self.keep.clicked.connect(self._give)
        self.resize(520, 260)

    def _give(self) -> None:
        try:
            starts, ends = minute(self.starts.text()), minute(self.ends.text())
        except ValueError as e:
            self.refuse(str(e))
            return
        zone = self.zone.currentText().strip()
        found = Hours(
            on=self.on.isChecked(), zone=zone, starts=starts, ends=ends, urgent_passes=self.urgent.isChecked()
        )
        self.given.emit(found)


def _check(words: str) -> FlatButton:
    """Return a button that stays pressed."""
    found = FlatButton(words)
    found.setCheckable(True)
    return found


def _label(words: str, colour: str) -> QLabel:
    label = QLabel(words)
    look = theme.current()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(look.ui(11))
    palette = label.palette()
    palette.setColor(label.foregroundRole(), look.colour(colour))
    label.setPalette(palette)
    return label
