from __future__ import annotations

from decimal import Decimal

import pytest

from engine.views import topics
from engine.views.scenarios import Bar, GroupLine, ScenarioLine, ScenariosView, SpotGrid, SpotLine
from widgets import paint
from widgets.scenarios import ScenariosPanel

LINES = (
    ScenarioLine(key="a", name="CHI high", known=True, mean=-1.25, worst=-6.0, worst_outcome="≤ 50", result=-6.0,
                 outcome="≤ 50"),
    ScenarioLine(key="b", name="BTC 5m", known=False, mean=None, worst=-4.0, worst_outcome="NO", result=-4.0,
                 outcome="NO"),
)  # fmt: skip
SPOT = SpotGrid(
    coin="BTC", spot=108_000.0, windows=2, unknown=1,
    lines=tuple(SpotLine(price=108_000.0 * (1 + n / 100), change=n / 100, result=float(n)) for n in (-1, 0, 1)),
)  # fmt: skip


def view(**changes) -> ScenariosView:
    fields = {
        "members": 500, "law": "a copula", "mean": -1.5, "at_95": -8.0, "at_99": -10.0, "tail": -9.0, "worst": -10.0,
        "best": 6.0, "bars": (Bar(low=-10.0, high=-2.0, count=100), Bar(low=-2.0, high=6.0, count=400)),
        "lines": LINES, "unknown": 1, "unknown_loss": -4.0, "orders": 2, "joint": Decimal(12), "spots": (),
        "groups": (GroupLine(kind="station's day", name="KMDW 21 Nov", events=2, loss=Decimal(11), share=1.1),
                   GroupLine(kind="underlying", name="BTC", events=1, loss=Decimal(4), share=None)),
    }  # fmt: skip
    return ScenariosView(**(fields | changes))


@pytest.fixture
def panel(qtbot):
    made = ScenariosPanel()
    qtbot.addWidget(made)
    made.resize(1_200, 260)
    made.show()
    made.render(topics.SCENARIOS, view())
    return made


def said(table, at, key):
    return table.rows.cell(at, [column.key for column in table.rows.columns].index(key))


def test_each_event_tells_its_mean_its_worst_and_what_it_is_in_the_worst_member(panel) -> None:
    first = [said(panel.events, 0, key).text for key in ("event", "mean", "worst", "if", "story")]
    assert first == ["CHI high", "-1.25", "-6.00", "≤ 50", "≤ 50 -6.00"] or first == [
        "CHI high", "−1.25", "−6.00", "≤ 50", "≤ 50 −6.00",
    ]  # fmt: skip
    assert said(panel.events, 1, "mean").text == "—"
    assert said(panel.events, 1, "story").text.startswith("unknown ")
    assert said(panel.events, 1, "story").colour == "warn"


def test_a_group_beyond_its_limit_is_in_red_and_one_without_a_limit_says_nothing(panel) -> None:
    assert (said(panel.groups, 0, "room").text, said(panel.groups, 0, "room").colour) == ("110 %", "danger")
    assert said(panel.groups, 1, "room").text == "—"
    assert said(panel.groups, 0, "group").tip == "station's day: KMDW 21 Nov"


def test_the_histogram_holds_all_bars_and_zero(panel) -> None:
    low, high = panel.bars.reach()
    assert low < -10.0 < 6.0 < high
    assert panel.bars.x_of(-10.0) > panel.bars.plot().x()
    assert panel.bars.x_of(-10.0) < panel.bars.x_of(0.0) < panel.bars.x_of(6.0) < panel.bars.plot().right()
    picture = panel.bars.grab().toImage()
    tones = {picture.pixelColor(x, picture.height() - 24).name() for x in range(picture.width())}
    assert len(tones) > 2


def test_a_coins_curve_is_shown_only_where_there_is_one(panel) -> None:
    assert not panel.spot.isVisible()
    panel.render(topics.SCENARIOS, view(spots=(SPOT,)))
    assert panel.spot.isVisible()
    before = panel.spot.grab().toImage()
    panel.render(topics.SCENARIOS, view(spots=(SpotGrid(coin="BTC", spot=0.0, windows=1, unknown=1, lines=()),)))
    assert not panel.spot.isVisible()
    assert before.width() > 0


def test_a_narrow_dock_keeps_the_events(panel) -> None:
    panel.resize(500, 200)
    assert panel.events.isVisible()
    assert not panel.bars.isVisible()
    assert not panel.groups.isVisible()
    panel.resize(700, 200)
    assert panel.bars.isVisible()
    assert not panel.groups.isVisible()


def test_nothing_open_says_so_and_before_its_first_view_it_is_loading(qtbot, panel) -> None:
    panel.render(topics.SCENARIOS, view(members=0, lines=(), bars=()))
    assert panel.state == "empty"
    other = ScenariosPanel()
    qtbot.addWidget(other)
    assert other.state == "loading"
    assert other.topics() == {topics.SCENARIOS}


def test_sums_are_spoken(panel) -> None:
    assert "10.00" in panel.sums.accessibleDescription()
    assert panel.sums.toolTip() == "<qt>500 members · 2 open orders · 1 unknown event. a copula</qt>"
    for wide in (1_200, 700, 300):
        panel.sums.resize(wide, panel.sums.height())
        with paint.watched() as cut:
            panel.sums.grab()
        assert cut == []
