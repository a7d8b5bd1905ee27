"""Coming back after an end that was none: what the banner says, and when the start is a safe one."""

from __future__ import annotations

import pytest

from app.alive import FILE, QUICK_IN_A_ROW
from app.comeback import NO_LIVE, Comeback
from engine.core.commands import StrategyState
from tests.app.program import CALM, program
from tests.widgets import account_views as views
from widgets.welcome import Welcome


def _comeback(folder, *, safe=False, watched=True) -> Comeback:
    return Comeback(folder, safe=safe, watched=watched)


def test_after_a_clean_end_there_is_nothing_to_say(tmp_path) -> None:
    first = _comeback(tmp_path)
    assert (first.words(), first.safe) == ("", False)
    first.end()
    assert _comeback(tmp_path).words() == ""


def test_orders_whose_fate_is_unknown_are_followed_until_they_are_known(tmp_path) -> None:
    _comeback(tmp_path)
    one = _comeback(tmp_path)
    assert one.words().startswith("Not shut down cleanly at ")
    assert "No order's fate is unknown." in one.words(views.spine(unknown=0))
    assert "Reconciling 2 unknown orders" in one.words(views.spine(unknown=2))
    assert "Reconciling 1 unknown order " in one.words(views.spine(unknown=1))
    assert "Every order is known again." in one.words(views.spine(unknown=0))


def test_two_quick_ends_start_safe_where_somebody_looks(tmp_path) -> None:
    for _ in range(QUICK_IN_A_ROW):
        assert not _comeback(tmp_path).safe
    headless = _comeback(tmp_path, watched=False)
    assert not headless.safe
    one = _comeback(tmp_path)
    assert one.safe
    assert "within seconds of its start twice" in one.words()
    assert "no strategies" in one.words()
    one.end()
    assert not _comeback(tmp_path).safe


def test_asked_for_it_is_safe_and_says_what_that_means(tmp_path) -> None:
    one = _comeback(tmp_path, safe=True)
    assert one.safe
    assert one.words() == "Safe mode: default layout, no strategies, no live desk; start again for the normal way."


@pytest.mark.limit(40)
async def test_safe_mode_asks_no_strategy_and_opens_no_live_desk(tmp_path) -> None:
    from engine.core.commands import SetStrategy

    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        assert not desk.window.banner.isVisible()
        seats = desk.state.strategies.seats
        name = next(iter(seats))
        desk.bridge.ask(SetStrategy(strategy=name, to=StrategyState.SHADOW))
        await desk.until(lambda: seats[name].state is StrategyState.SHADOW)
    assert not (tmp_path / FILE).exists()
    async with program(tmp_path, *CALM, "--safe") as desk:
        await desk.ready()
        assert all(seat.state is StrategyState.OFF for seat in desk.state.strategies.seats.values())
        assert "Safe mode" in desk.window.banner.text()
        desk.click(desk.window.banner.dismiss)
        assert not desk.window.banner.isVisible()
    async with program(tmp_path / "live", "--desk", "live", "--safe") as desk:
        await desk.until(lambda: desk.window.findChild(Welcome) is not None)
        page = desk.window.findChild(Welcome)
        assert page._note == NO_LIVE
        page.live.click()
        await desk.breathe()
        assert desk.terminal.session is None


@pytest.mark.limit(30)
async def test_a_session_that_was_killed_is_told_of_at_the_next_start(tmp_path) -> None:
    _comeback(tmp_path)  # and its process was killed
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        assert desk.window.banner.isVisible()
        assert "Not shut down cleanly" in desk.window.banner.text()
        assert "No order's fate is unknown." in desk.window.banner.text()
    assert not (tmp_path / FILE).exists()
