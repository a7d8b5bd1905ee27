"""The docks about recorded sessions, drawn from views made here."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from engine.core.units import HOUR, SECOND, Nanos
from engine.core.when import instant
from engine.views import topics
from engine.views.replay import (
    DecisionLine,
    DecisionsView,
    MarkLine,
    RecorderView,
    ReplayView,
    SessionLine,
    StreamLine,
)
from tests.widgets import account_views
from widgets.decisions import DecisionsPanel
from widgets.recorder import RecorderPanel, size
from widgets.replaybar import ReplayBar, moment

START = instant("2026-07-03T19:30:00Z")
VIEW = ReplayView(
    session="20260703T193000Z", first_at=START, last_at=Nanos(START + 8 * HOUR), at=Nanos(START + 2 * HOUR),
    position=400, events=1_600, scanned=1_600, playing=False, speed=10, behind=False, seeking=False, rate=None,
    marks=(MarkLine(at=Nanos(START + HOUR), kind="fill", text="fill M"),), density=(3, 0, 9, 1), differences=0,
    stopped="", cut="",
)  # fmt: skip
LINE = DecisionLine(
    key="o-1#1", at=START, position=12, who="momentum", market="M", now="BUY 6 YES @ 42", recorded="BUY 4 YES @ 42",
    same=False, why="quantity",
)  # fmt: skip


@pytest.fixture(scope="module")
def bar(qapp):
    one = ReplayBar()
    one.resize(1_900, 64)
    one.show()
    one.render(topics.REPLAY, VIEW)
    yield one
    one.close()
    one.deleteLater()


def test_each_button_asks_for_its_own(bar) -> None:
    heard = []
    bar.asked.connect(heard.append)
    for button in (bar.back, bar.play, bar.on, bar.step, bar.decision, bar.fill, bar.mark):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [one.what for one in heard] == ["previous", "play", "next", "step", "decision", "fill", "bookmark"]
    bar.render(topics.REPLAY, replace(VIEW, playing=True))
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert heard[-1].what == "pause"
    bar.render(topics.REPLAY, VIEW)


def test_a_click_on_the_line_seeks_there_and_one_on_a_mark_to_the_mark(bar) -> None:
    heard = []
    bar.asked.connect(heard.append)
    line = bar.line
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.x_of(START + 4 * HOUR)), 24))
    assert heard[-1].what == "share"
    assert heard[-1].value == pytest.approx(0.5, abs=0.005)
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.x_of(START + HOUR)) + 3, 42))
    assert heard[-1].value == pytest.approx(1 / 8)


def test_a_mark_is_told_as_plain_text(bar) -> None:
    bar.render(topics.REPLAY, replace(VIEW, marks=(replace(VIEW.marks[0], text='<b><img src="x">'),)))
    at = QPointF(bar.line.x_of(START + HOUR), 24)
    move = QMouseEvent(
        QEvent.Type.MouseMove, at, bar.line.mapToGlobal(at), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(bar.line, move)
    assert "&lt;img" in QToolTip.text()
    QToolTip.hideText()
    bar.render(topics.REPLAY, VIEW)


def test_keys_play_step_and_mark(bar) -> None:
    heard = []
    bar.asked.connect(heard.append)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Period, Qt.Key.Key_M):
        QTest.keyClick(bar, key)
    QTest.keyClick(bar.line, Qt.Key.Key_Right)
    assert [one.what for one in heard] == ["play", "step", "bookmark", "share"]


def test_times_are_moments_of_the_session() -> None:
    assert moment("20:00", VIEW) == START + 30 * 60 * SECOND
    assert moment("20:00:05", VIEW) == START + (30 * 60 + 5) * SECOND
    assert moment("2026-07-03 20:00", VIEW) == START + 30 * 60 * SECOND
    long = replace(VIEW, last_at=Nanos(START + 24 * HOUR))
    assert moment("02:00", long) == instant("2026-07-04T02:00:00Z")
    assert [moment(text, VIEW) for text in ("25:00", "noon", "", "2026-13-01 10:00")] == [None] * 4


def test_a_journal_that_ends_early_is_told_on_the_bar(bar) -> None:
    """A session with a hole was replayed up to it, and called the same."""
    bar.render(topics.REPLAY, replace(VIEW, cut="entry 1601 is missing"))
    words, colour = bar.facts.words()
    assert words.endswith("the journal ends early: entry 1601 is missing")
    assert colour == "warn"
    bar.render(topics.REPLAY, replace(VIEW, cut="entry 1601 is missing", differences=3))
    assert "3 events differ · the journal ends early" in bar.facts.words()[0]


def test_the_line_of_facts_says_the_most_pressing_thing(bar) -> None:
    said = []
    for view in (
        VIEW, replace(VIEW, scanned=800), replace(VIEW, differences=3), replace(VIEW, stopped="<b>event 7 failed"),
        replace(VIEW, seeking=True), replace(VIEW, playing=True, rate=38_210.0, behind=True),
    ):  # fmt: skip
        bar.render(topics.REPLAY, view)
        said.append(bar.facts.words()[0])
    assert "same digest" in said[0]
    assert "scanned 50 %" in said[1]
    assert "3 events differ" in said[2]
    assert said[3] == "stopped: <b>event 7 failed"
    assert said[4].startswith("seeking")
    assert "38 210 ev/s · as fast as it goes" in said[5].replace("\u202f", " ").replace("\xa0", " ")
    bar.render(topics.REPLAY, VIEW)


def decisions(*rows: DecisionLine) -> DecisionsView:
    return DecisionsView(
        rows=rows, position=0, replayed=2, recorded=2, same=1, different=1, out_of_order=0, complete=True,
        summary="1 different, 1 events with other effects, 0 out of order",
    )  # fmt: skip


def test_decisions_are_told_by_the_clock_of_the_place(qtbot) -> None:
    panel = DecisionsPanel()
    qtbot.addWidget(panel)
    panel.render(topics.DECISIONS, decisions(LINE))
    times = []
    for hours in (-6, -5):
        panel.render(topics.SPINE, account_views.spine(utc_offset_hours=hours))
        times.append(panel.table.rows.cell(0, 0).text)
    assert times[0] != times[1]


def test_a_decision_that_differs_stands_out_and_leads_there(qtbot) -> None:
    panel = DecisionsPanel()
    qtbot.addWidget(panel)
    went = []
    panel.went.connect(went.append)
    same = replace(LINE, key="o-2#1", recorded=LINE.now, same=True, why="")
    untold = replace(LINE, key="o-3#1", recorded="", same=None, why="")
    panel.render(topics.DECISIONS, decisions(LINE, same, untold))
    columns = {one.key: one for one in panel.table.rows.columns}
    shown = [columns["same"].show(row).text for row in (LINE, same, untold)]
    assert shown == ["≠", "=", ""]
    assert columns["recorded"].show(untold).text == "not told"
    assert panel.count() == 1
    panel.table.opened.emit(LINE, "now")
    panel.table.opened.emit(replace(LINE, position=None), "now")
    assert went == [12]
    panel.render(topics.DECISIONS, None)
    assert panel.state == "empty"


def test_the_recorder_shows_what_is_written_and_what_lies_there(qtbot) -> None:
    panel = RecorderPanel()
    qtbot.addWidget(panel)
    wanted = []
    panel.replay_wanted.connect(wanted.append)
    mine = SessionLine(name="20260704T1", began=START, bytes=2_236_416, parts=1, current=True)
    old = replace(mine, name="20260703T1", current=False)
    view = RecorderView(
        session="20260704T1", streams=(StreamLine(name="Books", what="x", rows=1_241, per_second=4.1, gaps=1),),
        rows=1_241, bytes=2_236_416, per_second=4.1, lost=0, waiting=3, disk_left=72_000_000_000, age_s=0.3, parts=1,
        sessions=(mine, old), kept_days=30, total=4_472_832,
    )  # fmt: skip
    panel.render(topics.RECORDER, view)
    facts = {one.key: one.spoken() for one in panel.line.segments()}
    assert facts["size"] == "size 2.2 MB"
    assert facts["disk left"] == "disk left 72.0 GB"
    assert facts["kept"] == "kept 30 days"
    panel.sessions.opened.emit(mine, "name")
    panel.sessions.opened.emit(old, "name")
    assert wanted == ["20260703T1"], "the one that is being recorded is not replayed"
    replaying = replace(view, session="", streams=(), age_s=None, kept_days=None, disk_left=None)
    panel.render(topics.RECORDER, replaying)
    facts = {one.key: one.spoken() for one in panel.line.segments()}
    assert facts["size"] == "size —"
    assert facts["disk left"] == "disk left —"


def test_bytes_in_words() -> None:
    assert [size(n) for n in (None, 12, 1_500, 2_236_416, 72_200_000_000)] == [
        "—", "12 B", "1.5 kB", "2.2 MB", "72.2 GB",
    ]  # fmt: skip
