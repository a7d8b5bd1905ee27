"""The markets dock on screen: filter, fold, star, choose."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from engine.core.commands import Role, SetPhase
from engine.core.ids import InstrumentId
from engine.views import topics as t
from tests.widgets import views_sample as sample
from widgets import paint, theme
from widgets.market_paint import cell
from widgets.markets import NEW, PHASES, MarketsPanel
from widgets.markets_list import COLUMNS

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Trader:
    """The dock on screen and what it told."""

    def __init__(self, qtbot, view=None):
        self.panel = MarketsPanel()
        self.list = self.panel.list
        self.selected: list[object] = []
        self.panel.selected.connect(self.selected.append)
        qtbot.addWidget(self.panel)
        self.panel.resize(292, 480)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.render(t.MARKETS, sample.markets() if view is None else view)

    @property
    def names(self):
        return [line.name for line in self.list.lines]

    def click(self, name, x=60, button=LEFT):
        rect = self.list.line_rect(self.names.index(name))
        QTest.mouseClick(self.list.viewport(), button, NONE, QPoint(x, rect.center().y()))

    def key(self, key):
        QTest.keyClick(self.list, key)


@pytest.fixture
def markets(qtbot):
    return Trader(qtbot)


def test_the_first_market_is_open_at_first_and_stays_closed_once_closed(markets) -> None:
    assert "86–87" in markets.names
    markets.click("Chicago", x=8)
    assert "86–87" not in markets.names
    markets.panel.render(t.MARKETS, sample.markets())
    assert "86–87" not in markets.names


def test_a_click_on_an_outcome_selects_its_instrument(markets) -> None:
    markets.click("86–87")
    assert markets.selected == [sample.bracket(2)]
    assert markets.list.marked(markets.list.lines[markets.names.index("86–87")])


def test_a_click_on_a_market_opens_it_and_selects_its_likeliest_outcome(markets) -> None:
    markets.click("Chicago", x=8)
    markets.click("Chicago")
    assert markets.selected == [sample.bracket(2)]
    assert "86–87" in markets.names


def test_the_arrow_only_folds(markets) -> None:
    markets.click("Austin", x=8)
    assert markets.selected == []
    assert "88–89" in markets.names


def test_keys_move_choose_fold_and_star(markets) -> None:
    markets.list.setFocus()
    markets.key(Qt.Key.Key_Down)
    assert markets.list.lines[markets.list.at].name == "Chicago"
    markets.key(Qt.Key.Key_Down)
    markets.key(Qt.Key.Key_Down)
    markets.key(Qt.Key.Key_Return)
    assert markets.selected == [sample.bracket(1)]
    markets.key(Qt.Key.Key_Asterisk)
    assert next(line for line in markets.list.lines if line.name == "Chicago").starred
    markets.key(Qt.Key.Key_Left)
    assert "84–85" not in markets.names


def with_one_more(view):
    """Return a list with another market before all others."""
    first = view.rows[0]
    one = InstrumentId(first.instrument.venue, "NEW")
    new = msgspec.structs.replace(first, instrument=one, market="NEW", event="New one", label="")
    return msgspec.structs.replace(view, rows=(new, *view.rows))


def test_the_keyboard_stays_on_its_market_when_another_is_listed_above(markets) -> None:
    """A window of Up/Down is listed every five minutes: Enter then took the market that had come under the keyboard."""
    view = sample.markets()
    markets.key(Qt.Key.Key_Down)
    for _ in range(4):
        markets.key(Qt.Key.Key_Down)
    name = markets.names[markets.list.at]
    wanted = markets.list.lines[markets.list.at].instrument
    markets.panel.render(t.MARKETS, with_one_more(view))
    assert "New one" in markets.names
    assert markets.names[markets.list.at] == name
    markets.key(Qt.Key.Key_Return)
    assert markets.selected[-1] == wanted


def test_what_is_listed_above_moves_no_line_under_the_pointer(markets) -> None:
    view, bar = sample.markets(), markets.list.verticalScrollBar()
    markets.panel.resize(292, 200)
    bar.setValue(3 * markets.list.row)
    under = markets.names[markets.list.index_at(30)]
    markets.panel.render(t.MARKETS, with_one_more(view))
    assert markets.names[markets.list.index_at(30)] == under


def test_up_never_rests_on_a_section(markets) -> None:
    markets.list.setFocus()
    for _ in range(40):
        markets.key(Qt.Key.Key_Up)
    assert markets.list.lines[markets.list.at].name == "Chicago"
    for _ in range(40):
        markets.key(Qt.Key.Key_Down)
    assert markets.list.lines[markets.list.at].name == "CHI rain > 25 mm"


def test_slash_filters_and_return_goes_back(markets) -> None:
    markets.list.setFocus()
    markets.key(Qt.Key.Key_Slash)
    assert markets.panel.filter.hasFocus()
    QTest.keyClicks(markets.panel.filter, "miami")
    assert markets.names == ["Weather · daily high", "Miami", "88–89"]
    QTest.keyClick(markets.panel.filter, Qt.Key.Key_Return)
    assert markets.list.hasFocus()


def test_stars_are_told_and_can_be_shown_alone(markets) -> None:
    told = []
    markets.panel.starred_changed.connect(told.append)
    markets.panel.star("ATMX-KMIA")
    assert told == [("ATMX-KMIA",)]
    QTest.mouseClick(markets.panel.only, LEFT)
    assert markets.names == ["Weather · daily high", "Miami"]
    markets.panel.set_stars(["ATMX-KDEN"])
    assert markets.names == ["Weather · daily high", "Denver"]


def test_only_an_operator_can_list_a_market(markets) -> None:
    told = []
    markets.panel.new_market.connect(lambda: told.append(1))
    assert not markets.panel.new.isVisible()
    markets.panel.set_role(Role.OPERATOR)
    assert markets.panel.new.isVisible()
    assert markets.panel.new.text() == NEW
    QTest.mouseClick(markets.panel.new, LEFT)
    assert told == [1]


def test_an_empty_list_says_so(qtbot) -> None:
    markets = Trader(qtbot, sample.markets(rows=()))
    assert (markets.panel.state, markets.panel.why) == ("empty", "No markets are listed.")


def test_following_a_link_opens_the_market_without_telling(markets) -> None:
    markets.click("Chicago", x=8)
    markets.panel.show_chosen(sample.bracket(3))
    assert "88–89" in markets.names
    assert markets.selected == []


def test_hostile_names_stay_plain_and_inside_their_column(qtbot) -> None:
    row = sample.market_row(event="<b>" + "x" * 500, station="\n" * 9, label="\u202eabc")
    markets = Trader(qtbot, sample.markets(rows=(row,)))
    assert all(len(name) <= 60 for name in markets.names)
    assert not any("\u202e" in name for name in markets.names)
    markets.panel.grab()


def test_numbers_fit_their_columns(markets) -> None:
    look = theme.current()
    markets.list.now = sample.NOW
    wide = dict(COLUMNS)
    for line in markets.list.lines:
        for name in wide if line.kind != "section" else ():
            text, _ = cell(line, name, markets.list.now, markets.list.extra)
            assert paint.width(text, look.number(11, 500)) <= wide[name] - 6, (name, text)


def test_an_operator_brings_a_market_to_a_later_phase_and_never_back(qtbot) -> None:
    rows = tuple(msgspec.structs.replace(row, phase=2) for row in sample.markets().rows)
    markets = Trader(qtbot, msgspec.structs.replace(sample.markets(), rows=rows))
    asked = []
    markets.panel.intent.connect(asked.append)
    line = markets.list.lines[markets.names.index("Denver")]
    menu = QMenu(markets.panel)
    markets.panel.fill(menu, line)
    assert not any(action.text() in PHASES.values() for action in menu.actions())  # a trader may not
    markets.panel.set_role(Role.OPERATOR)
    menu = QMenu(markets.panel)
    markets.panel.fill(menu, line)
    later = [action for action in menu.actions() if action.text() in PHASES.values()]
    assert [action.text() for action in later] == [PHASES[3]]
    later[0].trigger()
    assert asked == [SetPhase(market=line.market, phase=3)]
    markets.list.grab()
