"""The window as a trader meets it: keys, docks, operator's market, and leaving."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.workspaces import SMALL_BELOW
from engine.core.commands import CreateMarket, Halt, Role
from engine.core.order import Status
from engine.core.units import HOUR
from engine.store.profile import Lock
from engine.views import topics
from tests.app.program import CALM, CTRL, LEFT, PLAIN, SHIFT, SMALL, WIDE, Program, program
from widgets.create_market import CreateMarketDialog
from widgets.market_lines import MARKET

TOLD = Qt.KeyboardModifier(CTRL | SHIFT)
FAR_OUT = "872743ba4ffffff"
"""In the middle of Lake Michigan."""
KEYS = {"L": "ladder", "B": "board", "T": "ticket", "M": "map", "P": "positions", "O": "orders", "G": "gates"}


@pytest.mark.limit(30)
async def test_cancel_all_and_reduce_only_answer_their_keys(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        desk.key(Qt.Key.Key_R, TOLD, widget=desk.window)
        await desk.until(lambda: desk.state.session.reduce_only)
        desk.click(desk.dock("ladder").grid, await desk.still(desk.buy_cell))
        await desk.breathe(0.3)
        assert desk.held() == 0
        desk.key(Qt.Key.Key_R, TOLD, widget=desk.window)
        await desk.until(lambda: not desk.state.session.reduce_only)
        asked = []
        desk.window.risk.intent.connect(asked.append)
        desk.key(Qt.Key.Key_X, TOLD, widget=desk.window)
        assert [type(one).__name__ for one in asked] == ["CancelAll"]
        await desk.breathe()


@pytest.mark.limit(30)
async def test_keys_reach_every_dock_and_workspace(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        for size in (WIDE, SMALL):
            desk.window.resize(*size)
            await desk.breathe()
            for letter, name in KEYS.items():
                desk.key(getattr(Qt.Key, f"Key_{letter}"), CTRL, widget=desk.window)
                dock = desk.dock(name)
                assert dock.isVisible(), name
                assert dock.isAncestorOf(QApplication.focusWidget()), name
        desk.key(Qt.Key.Key_6, CTRL, widget=desk.window)
        assert desk.window.current().name == "Settle"
        desk.key(Qt.Key.Key_L, CTRL, widget=desk.window)  # the workspace that has the dock comes with it
        assert desk.window.current().name == "Weather"
        desk.key(Qt.Key.Key_6, CTRL, widget=desk.window)
        desk.key(Qt.Key.Key_1, CTRL, widget=desk.window)
        assert desk.window.current().name == "Weather"


def _focused(desk) -> int:
    at = QApplication.focusWidget()
    return next(i for i, dock in enumerate(desk.window.current().seen()) if dock.isAncestorOf(at))


@pytest.mark.limit(30)
async def test_f6_goes_round_the_docks_and_back(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        many = len(desk.window.current().seen())
        desk.window.reach("markets")
        went = []
        for _ in range(many):
            desk.key(Qt.Key.Key_F6, widget=desk.window)
            went.append(_focused(desk))
        assert went == [*range(1, many), 0]
        desk.key(Qt.Key.Key_F6, SHIFT, widget=desk.window)
        assert _focused(desk) == many - 1


@pytest.mark.limit(30)
async def test_f11_fills_the_screen_and_gives_it_back(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        desk.key(Qt.Key.Key_F11, widget=desk.window)
        assert desk.window.isFullScreen()
        desk.key(Qt.Key.Key_F11, widget=desk.window)
        assert not desk.window.isFullScreen()
        await desk.ready()


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
@pytest.mark.limit(40)
async def test_an_operator_lists_a_market_through_the_dialog(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.menu("Act as operator")
        await desk.until(lambda: desk.state.session.roles.get("you") is Role.OPERATOR)
        await desk.until(lambda: desk.window.role == "operator")
        before = set(desk.state.exchange.markets)
        spot = desk.dock("map")
        desk.click(spot.canvas, spot.canvas.rect().center())
        await desk.breathe()
        await desk.menu("New market…")
        dialog = desk.bridge.sheets.listing
        await desk.until(dialog.isVisible)
        assert dialog.typed().cell
        desk.type(dialog.levels, "80-81, 82-83, 84-85")
        await desk.until(dialog.confirm.isEnabled)
        shown = dialog.consequences.view
        assert shown.stations and shown.tier in {"A", "B", "C"}  # noqa: PT018 - one answer
        assert None not in (shown.iqr, shown.reference, shown.b, shown.subsidy, shown.subsidies_after)
        assert shown.subsidies_after - shown.subsidy > 0
        assert shown.subsidies_after <= shown.subsidies_limit
        assert sum(price for _, price in shown.prices) == pytest.approx(1.0)
        desk.click(dialog.confirm)
        await desk.until(lambda: set(desk.state.exchange.markets) - before)
        (made,) = set(desk.state.exchange.markets) - before
        assert float(desk.state.exchange.markets[made].b) == pytest.approx(shown.b)
        listed = desk.dock("markets").list
        await desk.until(lambda: any(line.market == made for line in listed.lines))


async def listing(desk: Program) -> CreateMarketDialog:
    """Open the dialog of a new market as an operator does."""
    await desk.ready()
    await desk.menu("Act as operator")
    await desk.until(lambda: desk.window.role == "operator")
    await desk.menu("New market…")
    return desk.bridge.sheets.listing


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
@pytest.mark.limit(40)
async def test_a_cell_without_a_station_names_the_nearest_and_how_far_it_is(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        dialog = await listing(desk)
        desk.bridge.sheets.picked(FAR_OUT)
        desk.type(dialog.levels, "80-81")
        await desk.until(lambda: dialog.consequences.view is not None and dialog.consequences.view.refused)
        assert not dialog.confirm.isEnabled()
        assert " km" in dialog.why.text()
        assert any(station in dialog.why.text() for station in desk.state.stations)
        desk.click(dialog.cancel)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
@pytest.mark.limit(40)
async def test_a_market_of_another_city_begins_at_that_citys_midnight(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        dialog = await listing(desk)
        for station, hour in (("KNYC", 5), ("KLAX", 8), ("KMDW", 6)):
            desk.bridge.sheets.picked(desk.state.stations[station].cell)
            desk.type(dialog.levels, "80-81")
            assert dialog.read().opens // HOUR % 24 == hour
            await desk.until(lambda: dialog.consequences.view is not None)
            assert not dialog.consequences.view.refused.startswith("No official value")
        desk.click(dialog.cancel)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
@pytest.mark.limit(30)
async def test_a_trader_cannot_list_a_market(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        menu = await desk.opened_menu()
        assert not next(one for one in menu.actions() if one.text() == "New market…").isEnabled()
        menu.close()
        assert not desk.dock("markets").new.isVisible()
        before = set(desk.state.exchange.markets)
        some = next(iter(desk.state.exchange.markets.values()))
        desk.bridge.ask(CreateMarket(contract=some.contract, b=100.0))
        await desk.breathe()
        assert set(desk.state.exchange.markets) == before
        notices = desk.terminal.view(topics.NOTICES).rows
        assert any("only an operator" in row.text for row in notices)


@pytest.mark.limit(30)
async def test_two_clicks_in_a_moment_are_one_order(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        grid = desk.dock("ladder").grid
        at = (await desk.still(desk.buy_cell)).center()
        QTest.mouseClick(grid, LEFT, PLAIN, at)
        QTest.mouseDClick(grid, LEFT, PLAIN, at)
        await desk.until(lambda: desk.held() > 0)
        await desk.breathe(0.3)
        assert len(desk.orders(Status.FILLED)) == 1
        assert desk.held() == 10


@pytest.mark.limit(30)
async def test_the_ladder_of_a_closed_market_takes_no_order(tmp_path) -> None:
    async with program(tmp_path, "--demo", "--speed", "3600") as desk:
        await desk.ready()
        first = min(desk.state.exchange.markets.values(), key=lambda market: market.contract.closes)
        await desk.until(lambda: first.status != "open")

        def listed() -> list:
            return [one for one in desk.dock("markets").list.lines if one.market == first.id and one.kind == MARKET]

        await desk.until(listed)  # on a busy machine the list is some hours of such a day behind
        await desk.take(listed()[0])
        ladder = desk.dock("ladder")
        await desk.until(lambda: ladder.view.status != "open")
        for side in ("bid", "ask"):
            desk.click(ladder.grid, ladder.grid.cell_rect(ladder.grid.first + 3, side))
        await desk.breathe(0.3)
        assert desk.orders() == []


@pytest.mark.limit(30)
async def test_toasts_cover_nothing_that_sends(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        for size, dock, part in ((WIDE, "ticket", "money"), (SMALL, "ladder", "footer"), (SMALL, "ticket", "money")):
            desk.window.resize(*size)
            desk.window.reach(dock)
            desk.window.tell(f"one of {size}")
            desk.window.tell(f"two of {size}")
            await desk.breathe()
            sends = getattr(desk.dock(dock), part)
            for toast in desk.window.toasts.toasts:
                assert not desk.covered(sends, toast), (size, dock)
                assert not desk.covered(desk.dock(dock), toast), (size, dock)
                assert not desk.covered(desk.window.status, toast)


@pytest.mark.limit(30)
async def test_crossing_1600_pixels_loses_no_dock(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        for width in (SMALL_BELOW - 1, SMALL_BELOW, 1366, 1920):
            desk.window.resize(width, 900)
            for place, one in enumerate(desk.window.workspaces):
                desk.window.choose(place)
                await desk.breathe()
                held = {panel for stack in one.host.stacks for panel in stack.panels}
                assert held == set(one.docks.values())
                for name, dock in one.docks.items():
                    one.show_dock(name)
                    assert dock.isVisible(), (name, width)
        desk.window.choose(0)
        await desk.take(await desk.outcome())
        await desk.buy()


@pytest.mark.limit(30)
async def test_closing_the_window_winds_the_session_up(tmp_path) -> None:
    threads = set(threading.enumerate())
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        await desk.buy()
        session = desk.terminal.session
        desk.window.close()
        await desk.until(lambda: session.host.stopped)
    assert all(task.done() for task in session.tasks)
    assert not [one for one in set(threading.enumerate()) - threads if not one.name.startswith("atmx-worker")]
    with Lock(desk.profile.lock):
        pass
    session.host.ask(Halt(why="too late"))
    assert not session.kernel.state.session.halted_by


@pytest.mark.limit(30)
async def test_tabs_say_how_much_is_held_now_and_no_number_of_a_while_ago(tmp_path) -> None:
    """Behind the blotter the positions said 0 while one was held, as when they were seen last."""
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        positions, fills = desk.dock("positions"), desk.dock("fills")
        await desk.until(lambda: positions.count() == 0)
        desk.window.reach("fills")
        await desk.breathe()
        desk.window.reach("orders")
        await desk.take(await desk.outcome())
        await desk.buy()
        await desk.until(lambda: positions.count() == 1)
        assert not positions.isVisible()
        tabs = dict(desk.dock("orders")._header.tabs)
        assert tabs[positions.title] == 1
        assert tabs[fills.title] is None
        desk.window.reach("fills")
        await desk.until(lambda: dict(fills._header.tabs)[fills.title] == 1)
