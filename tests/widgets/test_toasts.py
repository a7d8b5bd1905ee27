import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from engine.views import topics
from tests.widgets import account_views as views
from widgets import paint
from widgets.toasts import MOST, Quiet, Toasts


@pytest.fixture
def toasts(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 500)
    toasts = Toasts(window)
    toasts.render(topics.NOTICES, views.notices())
    window.show()
    yield toasts
    for toast in list(toasts.toasts):
        toasts._drop(toast)


def shown(toasts):
    return [toast.row.id for toast in toasts.toasts]


def test_what_was_there_before_is_not_new(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    toasts = Toasts(window)
    toasts.render(topics.NOTICES, views.notices(views.notice(1)))
    assert shown(toasts) == []


def test_new_warnings_are_shown_and_news_is_not(toasts):
    toasts.render(topics.NOTICES, views.notices(views.notice(1, 20, "A"), views.notice(2, 30, "B")))
    assert shown(toasts) == [2]
    toasts.render(topics.NOTICES, views.notices(views.notice(1, 20, "A"), views.notice(2, 30, "B")))
    assert shown(toasts) == [2]


def test_at_most_three_and_the_loudest_stay(toasts):
    toasts.render(topics.NOTICES, views.notices(*(views.notice(i, 40 if i == 1 else 30, f"C{i}") for i in range(1, 6))))
    assert len(toasts.toasts) == MOST
    assert shown(toasts) == [1, 4, 5]


def test_the_same_notice_is_not_repeated(toasts):
    toasts.render(topics.NOTICES, views.notices(*(views.notice(i) for i in range(1, 6))))
    assert len(toasts.toasts) == 1


def test_they_stand_in_the_bottom_right_corner(toasts):
    toasts.show_notice(views.notice(1, 40))
    window = toasts.parentWidget()
    assert toasts.geometry().right() < window.width()
    assert toasts.geometry().bottom() < window.height() - 24
    toasts.grab()


def test_a_click_takes_one_away_and_opens_the_log(qtbot, toasts):
    toasts.show_notice(views.notice(7, 40, text="<b>x</b>"))
    toast = toasts.toasts[0]
    with qtbot.waitSignal(toasts.opened) as told:
        qtbot.mouseClick(toast, Qt.MouseButton.LeftButton)
    assert told.args == [7]
    assert toasts.toasts == []


def test_quiet_grows_from_thirty_seconds_to_three_hundred():
    quiet, row = Quiet(), views.notice(1)
    admitted = [t for t in range(0, 1200, 10) if quiet.admit(row, t)]
    assert admitted == [0, 30, 90, 210, 450, 750, 1050]


def test_after_a_long_silence_it_is_news_again():
    quiet, row = Quiet(), views.notice(1)
    assert quiet.admit(row, 0) == 1
    assert quiet.admit(row, 31) == 2
    assert quiet.admit(row, 1000) == 1


def test_a_long_notice_is_written_on_several_lines(toasts):
    words = "The venue refused the key that signs requests because the account it belongs to is another than this one"
    long = structs.replace(views.notice(1, 30, "A"), text=words)
    toasts.render(topics.NOTICES, views.notices(long))
    (toast,) = toasts.toasts
    assert " ".join(toast.lines) == words
    assert (len(toast.lines), toast.height()) == (2, toast.tall)
    with paint.watched() as cut:
        toast.grab()
    assert cut == []


def test_what_was_told_long_ago_is_forgotten():
    quiet = Quiet()
    for n in range(5_000):
        assert quiet.admit(structs.replace(views.notice(n, 30, ""), text=f"order {n}"), n * 10.0) == 1
    assert len(quiet) < 1_000
