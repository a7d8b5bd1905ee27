from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, Qt

from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import MINUTE, SECOND, Nanos
from engine.views import topics
from engine.views.updown import FillMark, Point, UpDownView, WindowChip
from tests.widgets import account_views as views
from widgets import paint, theme
from widgets.chart import Axes
from widgets.cockpit import CockpitPanel
from widgets.cockpit_chart import free, odds_now, placed
from widgets.cockpit_face import HOUSE, _house_words, column_px, columns, fitted, size_of
from widgets.cockpit_facts import clock, facts

START = Nanos(1_783_107_000 * SECOND)
ONE, NEXT = InstrumentId(POLYMARKET, "0x1"), InstrumentId(POLYMARKET, "0x2")


def view(**changes) -> UpDownView:
    path = tuple(
        Point(Nanos(START + n * SECOND), 68_214.5 + 3 * (n % 9) - n / 10, 0.5 + n / 500, 0.49 + n / 600)
        for n in range(100)
    )
    fields = {
        "instrument": ONE, "asset": "btc", "interval": "5m", "start": START, "end": Nanos(START + 5 * MINUTE),
        "now": Nanos(START + 108 * SECOND), "runs": True, "source_text": "chain.link", "spot": 68_236.4,
        "spot_age_s": 0.02, "rate": 41.0, "vwap": 68_229.7, "strike": 68_214.5, "strike_source": "Binance, a proxy",
        "beta": -1.2, "pairs": 64, "z": 0.38, "sigma": 6.1e-5, "sigma_year": 0.343, "samples": 112, "p_up": 0.647,
        "bid": 0.60, "ask": 0.62, "up_edge": 1.06, "down_edge": -6.39, "stale": "", "house": "UP",
        "house_at": Nanos(START + 60 * SECOND), "regime": "Ambiguous", "dominant": 0.68, "path": path,
        "fills": (FillMark(Nanos(START + 61 * SECOND), True, 0.57, 10.0),),
        "windows": (WindowChip(ONE, "BTC 5m 19:30", True), WindowChip(NEXT, "BTC 5m 19:35", False)),
    }  # fmt: skip
    return UpDownView(**fields | changes)


BARE = {
    "spot": None, "spot_age_s": None, "vwap": None, "strike": None, "strike_source": "", "z": None, "sigma": None,
    "sigma_year": None, "p_up": None, "bid": None, "ask": None, "up_edge": None, "down_edge": None, "house": "",
    "house_at": None, "dominant": None, "path": (), "fills": (),
}  # fmt: skip


@pytest.fixture
def panel(qtbot):
    panel = CockpitPanel()
    qtbot.addWidget(panel)
    panel.resize(1290, 430)
    panel.show()
    panel.set_link(1)
    panel.turned = []
    panel.selected.connect(panel.turned.append)
    panel.render(topics.SPINE, views.spine())
    panel.render(topics.UPDOWN, view())
    return panel


def test_the_columns_say_price_strike_distance_and_value():
    said = [(value, [words for words, _ in lines]) for _, value, _, lines in facts(view())]
    assert said == [
        ("68\u00a0236.40", ["▲ 21.90 above strike", "20 ms · 41.0 trades/s", "VWAP 60 s  68\u00a0229.70"]),
        ("68\u00a0214.50", ["Binance, a proxy", "basis β −1.20 (n 64)", "tie resolves Up"]),
        ("+0.38 σ", ["σ 6.1e-05 /√s", "34.3 % a year", "EWMA n 112  valid"]),
        ("64.7 %", ["book 60 / 62", "Up ask edge +1.06c", "Dn ask edge −6.39c"]),
    ]


def test_what_is_not_known_is_a_dash_and_nothing_is_made_up(panel):
    bare = view(**BARE)
    assert [value for _, value, *_ in facts(bare)] == ["—", "—", "—", "—"]
    assert facts(bare)[1][3][0][0] == "not seen: no trades"
    panel.render(topics.UPDOWN, bare)
    assert not panel.grab().isNull()


def test_a_proxy_and_an_old_price_stand_out():
    assert facts(view())[1][3][0] == ("Binance, a proxy", "warn")
    assert facts(view(spot_age_s=7.0))[0][3][1][1] == "warn"
    assert facts(view(strike_source="oracle, as published"))[1][3][0][1] == "text.muted"


@pytest.mark.parametrize(
    ("left", "words"), [(192, "03:12"), (0.4, "00:01"), (0, "00:00"), (3_600, "1:00:00"), (14_399, "3:59:59")]
)
def test_the_ring_counts_whole_seconds_up(left, words):
    assert clock(Nanos(int(left * SECOND))) == words


def test_it_turns_the_linked_docks_to_a_window_once_and_to_the_next_when_that_begins(panel):
    panel.render(topics.UPDOWN, view())
    assert panel.turned == [ONE]
    panel.render(topics.UPDOWN, view(instrument=NEXT))
    assert panel.turned == [ONE, NEXT]


def test_docks_that_were_turned_elsewhere_stay_there_when_the_next_window_begins(panel):
    other = InstrumentId(POLYMARKET, "0xeth")
    panel.set_instrument(ONE)
    panel.set_instrument(other)
    panel.render(topics.UPDOWN, view(instrument=NEXT))
    assert panel.turned == [ONE], "a ladder that the trader turned to another window is not taken from under the hand"
    panel.set_instrument(NEXT)
    panel.render(topics.UPDOWN, view(instrument=ONE))
    assert panel.turned == [ONE, ONE]


def test_windows_are_reached_by_keys_and_a_right_click_turns_nothing(panel, qtbot):
    panel.set_instrument(ONE)
    assert panel.windows.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.keyClick(panel.windows, Qt.Key.Key_Right)
    assert panel.turned[-1] == NEXT
    count = len(panel.turned)
    qtbot.mouseClick(panel.windows, Qt.MouseButton.RightButton, pos=panel.windows.places()[0][0].center())
    assert len(panel.turned) == count


def test_no_window_is_cut_off_and_the_one_that_is_looked_at_is_seen(panel):
    many = [InstrumentId(POLYMARKET, f"0x{n}") for n in range(6)]
    panel.render(topics.UPDOWN, view(windows=tuple(WindowChip(one, "BTC 5m 19:30", True) for one in many)))
    panel.resize(420, 430)
    panel.set_instrument(many[5])
    places = panel.windows.places()
    assert all(place.right() < panel.windows.width() for place, *_ in places)
    assert many[5] in [one.instrument for *_, one in places]


def test_a_click_on_a_name_turns_them_too(panel, qtbot):
    panel.grab()
    place = panel.windows.places()[1][0]
    qtbot.mouseClick(panel.windows, Qt.MouseButton.LeftButton, pos=QPoint(place.center()))
    assert panel.turned[-1] == NEXT


def test_a_value_by_a_spot_price_of_long_ago_is_not_shown_as_one_of_now(panel):
    panel.render(topics.UPDOWN, view(spot_age_s=47.0))
    assert (panel.state, panel.why[:18]) == ("stale", "Binance is silent:")
    panel.render(topics.UPDOWN, view(spot_age_s=0.3))
    assert panel.state == "live"


def test_why_it_is_stale_hides_no_number_and_no_name(panel):
    panel.render(topics.UPDOWN, view(spot_age_s=47.0))
    strip = panel._dock_state.strip
    assert strip.isVisible()
    for part in (panel.face, panel.windows):
        assert not strip.geometry().intersects(QRect(part.mapTo(panel, QPoint(0, 0)), part.size()))


def test_a_window_that_has_ended_is_not_called_the_next(panel):
    chips = (WindowChip(ONE, "BTC 5m 19:25", running=False, over=True), WindowChip(NEXT, "BTC 5m 19:30", running=True))
    panel.render(topics.UPDOWN, view(windows=chips))
    panel.grab()
    assert [words for words, _ in panel.windows.words()] == ["BTC 5m 19:25Z over", "BTC 5m 19:30Z"]


def test_no_window_and_a_stale_book_say_so(panel):
    panel.render(topics.UPDOWN, view(stale="its link is down"))
    assert (panel.state, panel.why) == ("stale", "its link is down")
    panel.render(topics.UPDOWN, None)
    assert panel.state == "empty"


def test_the_chart_ends_at_the_numbers_above_it(panel):
    shown = panel.face.view
    assert shown.path[-1].p_up != shown.p_up
    headline, book = facts(shown)[3][1], facts(shown)[3][3][0][0]
    assert (headline, book) == ("64.7 %", "book 60 / 62")
    assert [words for _, words, _ in odds_now(shown)] == ["61.0 %", headline]
    assert odds_now(replace(shown, p_up=None, ask=None)) == [], "of what is not known now nothing is said to hold"
    before = panel.chart.grab().toImage()
    panel.render(topics.UPDOWN, replace(shown, p_up=0.2))
    assert panel.chart.grab().toImage() != before


def test_no_tag_stands_over_half_a_number_of_the_axis():
    axes = Axes(QRect(0, 0, 800, 100), 0, 1, 0.0, 1.0)
    tags = [(0.50, "50.0 %", "buy"), (0.54, "54.0 %", "fair")]
    assert placed(axes, tags) == [0.50, pytest.approx(0.67)], "the second gives way"
    assert [tick for tick in (0.25, 0.5, 0.75) if free(axes, tick, tags)] == [0.25]
    assert free(axes, 0.5, [])


@pytest.mark.parametrize(("mid", "fair"), [(0.925, 0.982), (0.982, 0.925), (0.04, 0.01), (0.01, 0.04), (1.0, 1.0)])
def test_near_the_end_of_the_axis_no_tag_hides_the_other(mid, fair):
    """The one that gave way was held at the axis' end, half over the other: of 92.5 % the lower edge was left."""
    axes = Axes(QRect(0, 0, 800, 60), 0, 1, 0.0, 1.0)
    first, second = placed(axes, [(mid, "", "buy"), (fair, "", "fair")])
    assert all(0.0 <= at <= 1.0 for at in (first, second))
    assert abs(first - second) >= 17 / 60 - 1e-9
    assert mid == fair or (first < second) is (mid < fair)


def test_it_is_spoken(panel):
    assert "Strike 68\u00a0214.50" in panel.face.accessibleDescription()


def test_every_size_is_drawn(panel):
    for size in ((1290, 430), (900, 300), (640, 200)):
        panel.resize(*size)
        panel.render(topics.UPDOWN, replace(view(), now=Nanos(START + 290 * SECOND)))
        assert not panel.grab().isNull()


def test_the_houses_side_is_told_in_as_many_words_as_there_is_room_for():
    told, room = [], 999
    for _ in range(3):
        words, wide = _house_words(view(), 0, room)
        assert wide <= room
        told.append(words)
        room = wide - 1
    assert [words.count(":") for words in told] == [2, 1, 0]
    assert told[-1] == _house_words(view(), 0, 5)[0] == "UP"


@pytest.mark.parametrize("wide", [560, 680, 780, 816, 900, 1290])
def test_no_number_is_cut_off(qtbot, wide):
    font = theme.current().number(11)
    room = column_px(wide)
    hard = view(spot=87_428.8, strike=87_472.13, vwap=87_427.14, up_edge=-36.42, down_edge=32.45, rate=141.0)
    for _, _, _, lines in facts(hard):
        for words, _ in lines:
            shown = fitted(words, font, room)
            assert paint.width(shown, font) <= room
            assert [d for d in words if d.isdigit()][-2:] == [d for d in shown if d.isdigit()][-2:]


@pytest.mark.parametrize("wide", [340, 446, 560, 700, 900, 1290])
def test_no_large_number_runs_into_the_next_one(panel, wide) -> None:
    """In a window of 1024 pixels the price ran into the strike, and that into the distance."""
    panel.resize(wide, 430)
    panel.render(topics.UPDOWN, view(spot=100_958.07, strike=100_925.0, z=-10.24))
    shown, known = columns(wide), facts(panel.face.view)
    px = size_of([known[at] for at in shown if at != HOUSE], wide)
    font = theme.current().number(px, 500)
    assert all(paint.width(known[at][1], font) <= column_px(wide) for at in shown if at != HOUSE)
    assert 3 in shown
    said = panel.face.toolTip()
    assert all(known[at][1] in said for at in {0, 1, 2, 3} - shown)
    assert bool(said) == bool({0, 1, 2} - shown)
