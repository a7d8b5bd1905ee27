import time

import pytest
import shiboken6
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.core.ids import Topic
from engine.core.units import Nanos
from widgets import frame
from widgets.frame import FrameClock, percentile

LADDER, BOARD = Topic("ladder", "CHI/0"), Topic("board", "CHI")


class FakePanel:
    def __init__(self, *topics, visible=True, log=None):
        self.watched = frozenset(topics)
        self.visible = visible
        self.drawn = []
        self.log = log if log is not None else []

    def isVisible(self):
        return self.visible

    def topics(self):
        return self.watched

    def render(self, topic, view):
        self.drawn.append(view)
        self.log.append(self)


@pytest.fixture
def clock_of(qapp):
    made = []

    def make(view_of, hertz=200, now=None):
        clock = FrameClock(view_of, hertz, now)
        made.append(clock)
        return clock

    yield make
    for clock in made:
        clock.stop()


def test_a_thousand_changes_are_one_repaint_of_the_last_state(qtbot, clock_of):
    state = {"n": 0}
    clock, panel = clock_of(lambda topic: state["n"]), FakePanel(LADDER)
    clock.add(panel)
    qtbot.waitUntil(lambda: panel.drawn == [0])
    for state["n"] in range(1, 1001):
        clock.mark(LADDER)
    qtbot.waitUntil(lambda: len(panel.drawn) == 2)
    assert panel.drawn == [0, 1000]


def test_a_mark_of_the_whole_counts_for_what_shows_a_part_of_it(qtbot, clock_of):
    part = Topic("board", "CHI@7")
    clock, panel, other = clock_of(lambda topic: topic), FakePanel(part), FakePanel(Topic("board", "NYC@7"))
    panel.whole, other.whole = (lambda: BOARD), (lambda: Topic("board", "NYC"))
    clock.add(panel)
    clock.add(other)
    qtbot.waitUntil(lambda: (panel.drawn, other.drawn) == ([part], list(other.watched)))
    clock.mark(BOARD)
    qtbot.waitUntil(lambda: panel.drawn == [part, part])
    assert len(other.drawn) == 1


def test_a_hidden_panel_stays_owed_and_is_drawn_when_shown(qtbot, clock_of):
    clock, shown, hidden = clock_of(lambda topic: topic), FakePanel(LADDER), FakePanel(LADDER, visible=False)
    clock.add(shown)
    clock.add(hidden)
    qtbot.waitUntil(lambda: len(shown.drawn) == 1)
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: len(shown.drawn) == 2)
    assert hidden.drawn == []
    hidden.visible = True
    clock.wake()
    qtbot.waitUntil(lambda: hidden.drawn == [LADDER])
    assert len(shown.drawn) == 2


def test_one_that_shows_itself_by_what_it_is_given_is_drawn_hidden(qtbot, clock_of):
    clock, sheet = clock_of(lambda topic: topic), FakePanel(LADDER, visible=False)
    sheet.draws_hidden = True
    clock.add(sheet)
    qtbot.waitUntil(lambda: sheet.drawn == [LADDER])


def test_a_panel_s_own_signals_reach_the_clock(qtbot, clock_of):
    class Telling(QObject, FakePanel):
        shown = Signal()
        retargeted = Signal(object)

        def __init__(self):
            QObject.__init__(self)
            FakePanel.__init__(self, LADDER, visible=False)

    clock, panel = clock_of(lambda topic: topic), Telling()
    clock.add(panel)
    panel.visible = True
    panel.shown.emit()
    qtbot.waitUntil(lambda: panel.drawn == [LADDER])
    panel.watched = frozenset({BOARD})
    panel.retargeted.emit(panel)
    qtbot.waitUntil(lambda: panel.drawn == [LADDER, BOARD])
    clock.remove(panel)
    panel.retargeted.emit(panel)
    assert panel not in clock._owed


def test_a_view_is_built_once_a_frame_for_all_who_watch_it(qtbot, clock_of):
    built = []
    clock = clock_of(lambda topic: built.append(topic) or len(built))
    panels = [FakePanel(LADDER) for _ in range(3)]
    for panel in panels:
        clock.add(panel)
    qtbot.waitUntil(lambda: all(panel.drawn for panel in panels))
    assert built == [LADDER]
    assert [panel.drawn for panel in panels] == [[1], [1], [1]]


def test_nobody_watching_means_no_view(qtbot, clock_of):
    built = []
    clock, panel = clock_of(built.append), FakePanel(LADDER)
    clock.add(panel)
    qtbot.waitUntil(lambda: len(panel.drawn) == 1)
    clock.mark(BOARD)
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: len(panel.drawn) == 2)
    assert BOARD not in built


def test_the_loop_runs_between_two_panels_of_a_frame(qtbot, clock_of):
    log = []
    clock = clock_of(lambda topic: topic)
    panels = [FakePanel(LADDER, log=log) for _ in range(4)]
    for panel in panels:
        clock.add(panel)

    clock._tick()  # the first slice by hand: the rest must wait for the loop
    assert len(log) == 1
    qtbot.waitUntil(lambda: len(log) == 4)
    assert log == panels


def test_a_panel_that_turns_to_another_topic_is_drawn_afresh(qtbot, clock_of):
    clock, panel = clock_of(lambda topic: topic), FakePanel(LADDER)
    clock.add(panel)
    qtbot.waitUntil(lambda: panel.drawn == [LADDER])
    panel.watched = frozenset({BOARD})
    clock.retarget(panel)
    qtbot.waitUntil(lambda: panel.drawn == [LADDER, BOARD])
    clock.mark(LADDER)
    clock.mark(BOARD)
    qtbot.waitUntil(lambda: len(panel.drawn) == 3)
    assert panel.drawn[-1] == BOARD


def test_a_removed_panel_is_left_alone(qtbot, clock_of):
    clock, kept, gone = clock_of(lambda topic: topic), FakePanel(LADDER), FakePanel(LADDER)
    clock.add(kept)
    clock.add(gone)
    clock.remove(gone)
    clock.remove(gone)
    clock.retarget(gone)
    qtbot.waitUntil(lambda: len(kept.drawn) == 1)
    assert gone.drawn == []


def test_a_mark_while_drawing_is_another_frame(qtbot, clock_of):
    clock, panel = clock_of(lambda topic: topic), FakePanel(LADDER)

    def render(topic, view):
        panel.drawn.append(view)
        if len(panel.drawn) == 1:
            clock.mark(LADDER)

    panel.render = render
    clock.add(panel)
    qtbot.waitUntil(lambda: len(panel.drawn) == 2)


def test_frames_and_slices_are_measured(qtbot, clock_of):
    clock = clock_of(lambda topic: topic)
    assert clock.frame_ms(0.5) is None
    assert clock.slice_ms(0.99) is None
    panels = [FakePanel(LADDER), FakePanel(LADDER)]
    for panel in panels:
        clock.add(panel)
    qtbot.waitUntil(lambda: clock.frame_ms(0.5) is not None)
    assert clock.frame_ms(0.99) >= clock.slice_ms(0.99) > 0


def test_now_is_the_session_s_clock(qapp, clock_of):
    assert clock_of(lambda topic: topic, now=lambda: Nanos(7)).now() == 7
    assert clock_of(lambda topic: topic).now() == 0


def test_percentiles():
    assert percentile([], 0.5) is None
    assert percentile(list(range(0, 100_000_000, 1_000_000)), 0.5) == 50.0
    assert percentile([5_000_000], 0.99) == 5.0


def test_a_panel_that_rests_keeps_nobody_waiting_and_is_owed_the_last_state(qtbot, clock_of):
    state = {"n": 0}
    clock = clock_of(lambda topic: state["n"])
    calm, quick = FakePanel(LADDER), FakePanel(LADDER)
    calm.rests_ms = 60_000
    for panel in (calm, quick):
        clock.add(panel)
    qtbot.waitUntil(lambda: calm.drawn == [0] and quick.drawn == [0])
    for state["n"] in range(1, 6):
        clock.mark(LADDER)
        qtbot.waitUntil(lambda: quick.drawn[-1] == state["n"])
    assert calm.drawn == [0]
    calm.rests_ms = 0
    clock.wake()
    qtbot.waitUntil(lambda: calm.drawn == [0, 5])


def test_a_rested_panel_is_drawn_without_another_change(qtbot, clock_of):
    state = {"n": 0}
    clock, calm = clock_of(lambda topic: state["n"]), FakePanel(LADDER)
    calm.rests_ms = 50
    clock.add(calm)
    qtbot.waitUntil(lambda: calm.drawn == [0])
    state["n"] = 1
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: calm.drawn[-1] == 1)


def test_who_never_rests_is_drawn_first(qtbot, clock_of):
    log = []
    clock = clock_of(lambda topic: topic.view)
    calm, quick = FakePanel(LADDER, log=log), FakePanel(LADDER, log=log)
    calm.rests_ms = 1
    clock.add(calm)
    clock.add(quick)
    qtbot.waitUntil(lambda: len(log) == 2)
    assert log == [quick, calm]


def test_a_resting_panel_that_turns_to_another_topic_is_drawn_at_once(qtbot, clock_of):
    clock, panel = clock_of(lambda topic: topic.view), FakePanel(LADDER)
    panel.rests_ms = 60_000
    clock.add(panel)
    qtbot.waitUntil(lambda: len(panel.drawn) == 1)
    clock.retarget(panel)
    qtbot.waitUntil(lambda: len(panel.drawn) == 2)


def test_a_panel_that_ends_without_a_word_stops_nobody(qtbot, clock_of):
    class Seen(QWidget):
        def topics(self):
            return frozenset({LADDER})

        def render(self, topic, view):
            pass

    clock, other, gone = clock_of(lambda topic: topic.view), FakePanel(LADDER), Seen()
    qtbot.addWidget(gone)
    gone.show()
    clock.add(gone)
    clock.add(other)
    qtbot.waitUntil(lambda: len(other.drawn) == 1)
    shiboken6.delete(gone)
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: len(other.drawn) == 2)


def test_the_loop_turns_between_a_view_that_took_long_and_its_drawing(qtbot, clock_of):
    built = []

    def slow(topic):
        built.append(topic)
        time.sleep(0.002)
        return topic

    clock, panel = clock_of(slow), FakePanel(LADDER, BOARD)
    clock.add(panel)
    clock._tick()
    assert built == [BOARD]
    assert panel.drawn == []
    qtbot.waitUntil(lambda: panel.drawn == [BOARD, LADDER])
    assert built == [BOARD, LADDER]


def test_one_that_goes_between_its_view_and_its_drawing_stops_nobody(qtbot, clock_of):
    clock, gone, other = clock_of(lambda topic: time.sleep(0.002)), FakePanel(BOARD), FakePanel(LADDER)
    clock.add(gone)
    clock.add(other)
    clock._tick()
    clock.remove(gone)
    qtbot.waitUntil(lambda: len(other.drawn) == 1)
    assert gone.drawn == []


def test_one_that_turns_between_a_view_and_its_drawing_is_given_none_of_another_topic(qtbot, clock_of):
    def slow(topic):
        time.sleep(0.002)
        return topic

    clock, panel = clock_of(slow), FakePanel(LADDER)
    clock.add(panel)
    clock._tick()
    panel.watched = frozenset({BOARD})
    clock.retarget(panel)
    qtbot.waitUntil(lambda: panel.drawn == [BOARD])


def test_what_a_hidden_panel_missed_is_told_when_it_is_seen_however_much_changed_meanwhile(qtbot, clock_of):
    clock, shown, hidden = clock_of(lambda topic: topic), FakePanel(BOARD), FakePanel(LADDER)
    for panel in (shown, hidden):
        clock.add(panel)
    qtbot.waitUntil(lambda: (shown.drawn, hidden.drawn) == ([BOARD], [LADDER]))
    hidden.visible = False
    clock.mark(LADDER)
    for turn in range(3):
        for n in range(200):
            clock.mark(Topic("ladder", f"{turn}/{n}"))
        clock.mark(BOARD)
        qtbot.waitUntil(lambda drawn=1 + turn: len(shown.drawn) > drawn)
    assert hidden.drawn == [LADDER]
    hidden.visible = True
    clock.wake()
    qtbot.waitUntil(lambda: hidden.drawn == [LADDER, LADDER])


def test_one_that_appears_while_others_are_drawn_is_drawn_after_them(qtbot, clock_of):
    clock, shown, hidden = clock_of(lambda topic: topic), FakePanel(LADDER), FakePanel(LADDER, visible=False)
    clock.add(hidden)
    clock.add(shown)
    qtbot.waitUntil(lambda: len(shown.drawn) == 1)

    def render(topic, view):
        shown.drawn.append(view)
        hidden.visible = True
        clock.wake()

    shown.render = render
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: hidden.drawn == [LADDER])


def test_what_is_shown_seldom_draws_nothing_by_itself_and_comes_with_all_else(qtbot, clock_of, monkeypatch):
    monkeypatch.setattr(frame, "_SELDOM_MS", 60_000)
    clock, table, other = clock_of(lambda topic: topic), FakePanel(BOARD, LADDER), FakePanel(BOARD)
    table.seldom = frozenset({BOARD})
    for panel in (table, other):
        clock.add(panel)
    qtbot.waitUntil(lambda: (table.drawn, other.drawn) == ([BOARD, LADDER], [BOARD]))
    for turn in range(1, 4):
        clock.mark(BOARD)
        qtbot.waitUntil(lambda turn=turn: len(other.drawn) == turn + 1)
    assert table.drawn == [BOARD, LADDER]
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: table.drawn == 2 * [BOARD, LADDER])


def test_what_is_shown_seldom_is_drawn_after_a_while(qtbot, clock_of):
    clock, table = clock_of(lambda topic: topic), FakePanel(BOARD)
    table.seldom = frozenset({BOARD})
    clock.add(table)
    qtbot.waitUntil(lambda: table.drawn == [BOARD])
    clock.mark(BOARD)
    qtbot.waitUntil(lambda: table.drawn == [BOARD, BOARD])


def test_what_is_shown_seldom_comes_as_it_was_built_last_and_anew_with_whoever_has_it_built(
    qtbot, clock_of, monkeypatch
):
    monkeypatch.setattr(frame, "_SELDOM_MS", 60_000)
    built = []

    def view_of(topic):
        built.append(topic)
        return topic, built.count(topic)

    clock, table, other = clock_of(view_of), FakePanel(BOARD, LADDER), FakePanel(BOARD)
    table.seldom = frozenset({BOARD})
    clock.add(table)
    qtbot.waitUntil(lambda: table.drawn == [(BOARD, 1), (LADDER, 1)])
    for turn in range(2, 5):
        clock.mark(BOARD)
        clock.mark(LADDER)
        qtbot.waitUntil(lambda turn=turn: table.drawn[-2:] == [(BOARD, 1), (LADDER, turn)])
    assert built.count(BOARD) == 1
    clock.add(other)
    qtbot.waitUntil(lambda: other.drawn == [(BOARD, 2)])
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: table.drawn[-2:] == [(BOARD, 2), (LADDER, 5)])


def test_what_came_as_it_was_built_before_is_still_owed(qtbot, clock_of, monkeypatch):
    monkeypatch.setattr(frame, "_SELDOM_MS", 60_000)
    state = {BOARD: "old", LADDER: "one"}
    clock, table = clock_of(state.get), FakePanel(BOARD, LADDER)
    table.seldom = frozenset({BOARD})
    clock.add(table)
    qtbot.waitUntil(lambda: table.drawn == ["old", "one"])
    state.update({BOARD: "new", LADDER: "two"})
    clock.mark(BOARD)
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: table.drawn == ["old", "one", "old", "two"])
    monkeypatch.setattr(frame, "_SELDOM_MS", 1)
    clock.wake()
    qtbot.waitUntil(lambda: table.drawn[-1] == "new")


def test_a_hidden_panel_that_tells_when_it_appears_is_not_asked_until_then(qtbot, clock_of):
    class Telling(QObject, FakePanel):
        shown = Signal()

        def __init__(self):
            QObject.__init__(self)
            FakePanel.__init__(self, LADDER, visible=False)
            self.asked = 0

        def isVisible(self):
            self.asked += 1
            return self.visible

    clock, other, hidden = clock_of(lambda topic: topic), FakePanel(LADDER), Telling()
    for panel in (other, hidden):
        clock.add(panel)
    qtbot.waitUntil(lambda: len(other.drawn) == 1)
    before = hidden.asked
    for turn in range(1, 4):
        clock.mark(LADDER)
        qtbot.waitUntil(lambda turn=turn: len(other.drawn) == turn + 1)
    assert hidden.asked == before
    hidden.visible = True
    hidden.shown.emit()
    qtbot.waitUntil(lambda: hidden.drawn == [LADDER])
    hidden.visible = False
    clock.mark(LADDER)
    qtbot.waitUntil(lambda: len(other.drawn) == 5)
    assert hidden.drawn == [LADDER]
