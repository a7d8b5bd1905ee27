"""The window as a trader meets it: keys, docks, kill switch, operator's market, and leaving."""

from __future__ import annotations

import asyncio
import threading

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app import idle_docks
from app.window import Window
from app.workspaces import SMALL_BELOW
from engine.core.commands import CreateMarket, Halt, Role
from engine.core.order import Status
from engine.core.units import Nanos
from engine.store.profile import Lock
from engine.views import topics
from tests.app.program import CALM, CTRL, LEFT, PLAIN, SHIFT, meta, program
from widgets.market_lines import MARKET
from widgets.riskstrip import HOLD_MS

WIDE, SMALL = (1920, 1080), (1366, 768)
TOLD = Qt.KeyboardModifier(CTRL | SHIFT)
FAR_OUT = "872743ba4ffffff"
"""In the middle of Lake Michigan."""
KEYS = {"L": "ladder", "B": "board", "T": "ticket", "M": "map", "P": "positions", "O": "orders", "G": "gates"}


def _inside(desk, widget) -> QRect:
    """Return where a widget lies in the window."""
    return QRect(widget.mapTo(desk.window, QPoint(0, 0)), widget.size())


def _covered(desk, widget, by) -> bool:
    return _inside(desk, by).intersects(_inside(desk, widget))


async def _halt(desk) -> None:
    desk.key(Qt.Key.Key_K, TOLD, widget=desk.window)
    await desk.until(desk.window.halt.isVisible)
    await desk.breathe()


@pytest.mark.limit(30)
async def test_kill_by_key_halts_at_once_and_its_sheet_asks_for_the_name(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        await desk.buy()
        await _halt(desk)
        sheet = desk.window.halt
        assert desk.state.session.halted_by == "you"
        assert "HALTED" in desk.window.windowTitle()
        assert desk.window.risk.kill.text() == "HALTED"
        held, before = desk.held(), len(desk.orders())
        desk.click(desk.dock("ladder").grid, await desk.still(desk.buy_cell))
        await desk.breathe(0.3)
        assert (desk.held(), len(desk.orders(Status.FILLED))) == (held, before)

        desk.type(sheet.typed, "somebody else")
        assert not sheet.reset.isEnabled()
        desk.key(Qt.Key.Key_Return, widget=sheet.typed)
        await desk.breathe()
        assert desk.state.session.halted_by
        desk.type(sheet.why, "looked at it")
        desk.type(sheet.typed, desk.state.session.account_name)
        desk.click(sheet.reset)
        await desk.until(lambda: not sheet.isVisible())
        assert not desk.state.session.halted_by
        await desk.until(lambda: desk.dock("ladder").state == "live")
        assert desk.dock("map").isVisible()  # the gates stood there while it was halted
        await desk.buy()
    assert meta(tmp_path)["halted"] == ""


@pytest.mark.limit(30)
async def test_kill_by_mouse_wants_the_button_held(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        kill = desk.window.risk.kill
        QTest.mouseClick(kill, LEFT)
        await desk.breathe(2 * HOLD_MS / 1000)
        assert not desk.state.session.halted_by
        QTest.mousePress(kill, LEFT)
        await desk.until(lambda: desk.state.session.halted_by)
        QTest.mouseRelease(kill, LEFT)
        await desk.until(desk.window.halt.isVisible)


@pytest.mark.limit(40)
async def test_a_halt_outlives_the_session_and_shows_at_both_sizes(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await _halt(desk)
    assert meta(tmp_path)["halted"] == "you"
    async with program(tmp_path, *CALM) as desk:
        await desk.until(lambda: desk.terminal.bridge is not None)
        sheet = desk.window.halt
        for size in (WIDE, SMALL):
            desk.window.resize(*size)
            await desk.until(sheet.isVisible)
            await desk.breathe()
            assert desk.window.rect().contains(_inside(desk, sheet))
            assert not any(_covered(desk, dock, sheet) for dock in desk.window.current().seen())
            assert not _covered(desk, desk.window.risk, sheet)
            assert sheet.rect().contains(sheet.reset.geometry())
            assert sheet.reset.geometry().left() > sheet.typed.geometry().right()


@pytest.mark.limit(40)
async def test_a_halted_market_takes_no_order_from_any_dock(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        assert desk.dock("map").isVisible()
        await _halt(desk)
        await desk.until(lambda: desk.dock("ladder").state == "halted")
        assert desk.dock("gates").isVisible()  # under the sheet, where the map was
        ladder, board, ticket = (desk.dock(name) for name in ("ladder", "board", "ticket"))
        assert not ladder.arm_strip.arm.isChecked()
        assert "HALTED" in ladder.arm_strip.words()
        desk.click(ladder.grid, await desk.still(desk.buy_cell))
        row = board.grid.rows.index(board.grid.chosen_row())
        button = board.grid.columns.button("B", board.grid.row_rect(row).y(), board.grid.row_height)
        desk.click(board.grid, button)
        desk.key(Qt.Key.Key_T, CTRL, widget=desk.window)
        await desk.until(lambda: ticket.money.manner == "refused")
        desk.key(Qt.Key.Key_Return, CTRL, widget=ticket)
        await desk.breathe(0.6)
        desk.window.reach("ladder")
        desk.key(Qt.Key.Key_T)
        await desk.breathe(0.3)
        assert desk.held() == 0
        assert desk.orders(Status.FILLED) == []


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


@pytest.mark.limit(30)
async def test_a_workspace_gives_the_keyboard_to_the_dock_that_had_it_last_else_to_its_first(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        window = desk.window
        window.reach("positions")
        had = window.current().docks["positions"]
        for place in (*range(1, len(window.workspaces)), 0):
            window.choose(place)
            await desk.breathe(0.02)
            dock = window.focused()
            assert dock in window.current().seen(), window.current().name
            assert dock.body().isAncestorOf(QApplication.focusWidget()) or dock.body() is QApplication.focusWidget()
        assert dock is had
        assert not had.may_trade(), "the key that chose, pressed twice, sends nothing"
        window.reach("ticket")
        place, ticket = window.workspaces.index(window.current()), window.current().docks["ticket"]
        fields = [one for one in ticket.findChildren(QLineEdit) if one.isVisible() and one.isEnabled()]
        for field in fields:
            field.setFocus()
            window.choose(place)
            assert QApplication.focusWidget() is field, "what is typed goes on where it was"
        assert len(fields) > 1
        window.choose(0)
        window.top.more.setFocus(Qt.FocusReason.OtherFocusReason)
        window.choose(1)
        assert window.focused() is window.current().seen()[0]
        window.top.search.setFocus(Qt.FocusReason.TabFocusReason)
        window.choose(2)
        assert QApplication.focusWidget() is window.top.search, "who went there by key stays there"


@pytest.mark.limit(60)
async def test_docks_arranged_anew_leave_the_keyboard_where_it_was(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        window = desk.window
        window.resize(*WIDE)
        for halted in (False, True):
            if halted:
                await _halt(desk)
            for name in ("ladder", "ticket", "positions", "map"):
                window.reach(name)
                await desk.breathe(0.02)
                at = QApplication.focusWidget()
                for size in (SMALL, WIDE):
                    window.resize(*size)
                    await desk.breathe(0.02)
                    assert QApplication.focusWidget() is at, (name, size)
                    assert window.focused() in window.current().seen()
        window.current().docks["markets"].list.setFocus()
        window.resize(*SMALL)
        assert window.focused() is window.current().docks["map"], "the list is behind it"
        assert not window.focused().may_trade()


@pytest.mark.limit(30)
async def test_a_dock_that_leaves_its_place_hands_the_keyboard_to_another(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        window = desk.window
        window.resize(*WIDE)
        one = window.current()
        one.unlocked = True
        window.reach("map")
        await _halt(desk)
        assert window.focused() is one.docks["gates"], "the gates stand there during a halt"
        assert one.docks["gates"].body().isAncestorOf(QApplication.focusWidget())
        window.reach("ladder")
        window.moving.close_focused()
        assert "ladder" in one.closed()
        assert window.focused() is one.seen()[0]
        assert not one.seen()[0].may_trade()
        window.reach("board")
        at = QApplication.focusWidget()
        one.open("ladder")
        assert QApplication.focusWidget() is at


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


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
@pytest.mark.limit(40)
async def test_a_cell_without_a_station_names_the_nearest_and_how_far_it_is(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.menu("Act as operator")
        await desk.until(lambda: desk.window.role == "operator")
        await desk.menu("New market…")
        dialog = desk.bridge.sheets.listing
        desk.bridge.sheets.picked(FAR_OUT)
        desk.type(dialog.levels, "80-81")
        await desk.until(lambda: dialog.consequences.view is not None and dialog.consequences.view.refused)
        assert not dialog.confirm.isEnabled()
        assert " km" in dialog.why.text()
        assert any(station in dialog.why.text() for station in desk.state.stations)
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
                assert not _covered(desk, sends, toast), (size, dock)
                assert not _covered(desk, desk.window.status, toast)


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


async def test_docks_of_workspaces_nobody_saw_are_made_later_and_found_before(monkeypatch) -> None:
    window, told = Window(lambda: Nanos(0)), []
    window.set_stars(["DEN"])
    window.choose(0)
    window.adopted.connect(told.append)
    assert [one.is_made for one in window.workspaces] == [True, *(False for _ in window.workspaces[1:])]
    areas = [one.areas() for one in window.workspaces]
    updown = window.workspaces[1]
    assert window.reach("cockpit")
    assert (window.current(), told) == (updown, [updown])
    assert updown.docks["markets"].stars() == window.workspaces[0].docks["markets"].stars() == ("DEN",)
    for pause in ("REST_AFTER_S", "BETWEEN_S"):
        monkeypatch.setattr(idle_docks, pause, 0.0)
    await idle_docks.make(window)
    assert told == list(window.workspaces[1:])
    assert [one.areas() for one in window.workspaces] == areas
    assert len(list(window.panels_made())) == len(list(window.panels()))
    window.wind_up()
    shiboken6.delete(window)


async def test_a_clone_deleted_while_its_docks_are_made_stops_nothing(loop, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(idle_docks, "REST_AFTER_S", 0.0)
    window = Window(lambda: Nanos(0))
    qtbot.addWidget(window)
    clone = window.make(window.workspaces[0].drawn, name="Clone", title="Clone")
    window.adopt(clone)
    for one in window.workspaces[:-1]:
        one._docks, one.is_made = {}, True  # only the clone's are made here
    making = loop.create_task(idle_docks.make(window))
    while not clone._docks:  # noqa: ASYNC110 - no event tells of the first one
        await asyncio.sleep(0.01)
    window.drop(clone)
    await asyncio.wait_for(making, 5)


async def test_a_pinned_dock_made_after_the_first_choice_shows_what_it_held(loop, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(idle_docks, "REST_AFTER_S", 60.0)
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.until(lambda: desk.bridge.turning.chosen() is not None)
        held = desk.bridge.turning.chosen()
        making = next(one for one in desk.window.workspaces if one.name == "Making")
        assert not making.is_made
        desk.window.links.restore({"Making/ladder": 0}, {"Making/ladder": (str(held.venue), held.symbol)})
        desk.window.choose(desk.window.workspaces.index(making))
        assert making.docks["ladder"].instrument == held
