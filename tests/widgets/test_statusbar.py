import pytest
from PySide6.QtCore import QEvent, QObject, Qt

from engine.views import topics
from engine.views.status import FeedChip, FeedsView
from tests.widgets import account_views as views
from widgets.statusbar import StatusBar


@pytest.fixture
def bar(qtbot):
    bar = StatusBar("1.2.3")
    qtbot.addWidget(bar)
    bar.resize(1360, bar.height())
    bar.render(topics.FEEDS, views.feeds())
    bar.render(topics.SPINE, views.spine())
    bar.render(topics.NOTICES, views.notices(views.notice(1), views.notice(2, level=20)))
    bar.show()
    return bar


def test_what_it_says(bar):
    bar.set_loop_lag(3.2)
    assert [segment.spoken() for segment in bar.feeds()] == ["IEM 2 m", "METAR KMDW 39 m", "HRRR —", "NBM off"]
    said = [" ".join(segment.spoken().split()) for segment in bar.facts()]
    assert said == ["loop 3 ms p99", "journal 10\u00a0432".replace("\u00a0", " "), "1 warning", "v1.2.3"]


def test_a_lag_that_was_not_measured_is_a_dash(bar):
    assert bar.facts()[0].spoken() == "loop — p99"


def test_a_journal_that_is_not_written_is_said(bar):
    bar.render(topics.SPINE, views.spine(storage_ok=False))
    assert "NOT SAVED" in bar.facts()[1].spoken()


def test_clicking_tells_what(qtbot, bar):
    bar.grab()
    rect = next(rect for rect, segment in bar._places if segment.key == "feed:HRRR")
    with qtbot.waitSignal(bar.opened) as told:
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=rect.center())
    assert told.args == ["feed:HRRR"]


def test_where_chips_do_not_fit_those_in_trouble_stay(qtbot, bar):
    chips = [FeedChip(name=f"Feed number {i}", state="live", text="38 ms", tip="") for i in range(20)]
    chips[19] = FeedChip(name="Broken feed", state="down", text="—", tip="")
    bar.render(topics.FEEDS, FeedsView(chips=tuple(chips), demo=False))
    bar.grab()
    shown = [segment.key for _, segment in bar._places]
    assert "feed:Broken feed" in shown
    assert "feeds" in shown
    assert all(a.right() < b.x() for (a, _), (b, _) in zip(bar._places, bar._places[1:], strict=False))


@pytest.mark.parametrize("width", [1360, 1914])
def test_the_last_fact_ends_ten_pixels_from_the_edge(bar, width):
    bar.resize(width, bar.height())
    bar.grab()
    assert bar._places[-1][0].right() == width - 11


class Painted(QObject):
    """Notes which parts of a widget are painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.parts = []
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.parts.append(event.region().boundingRect())
        return False


def test_a_journal_that_grows_has_the_facts_painted_and_no_chip(qtbot, bar):
    qtbot.waitExposed(bar)
    bar.grab()
    painted, last = Painted(bar), max(rect.right() for rect, segment in bar._places if segment.key.startswith("feed:"))
    bar.render(topics.SPINE, views.spine(last_sequence=10_433))
    qtbot.waitUntil(lambda: bool(painted.parts))
    assert all(part.x() > last for part in painted.parts)
    keys = [segment.key for _, segment in bar._places]
    assert "feed:HRRR" in keys
    assert keys[-1] == "version"
    painted.parts.clear()
    bar.render(topics.SPINE, views.spine(last_sequence=10_433))
    qtbot.wait(30)
    assert painted.parts == []


def test_a_journal_that_takes_another_digit_has_all_painted(qtbot, bar):
    qtbot.waitExposed(bar)
    bar.grab()
    painted = Painted(bar)
    bar.render(topics.SPINE, views.spine(last_sequence=1_234_567))
    qtbot.waitUntil(lambda: any(part.x() == 0 for part in painted.parts))
