"""The bridge: docks of one link group turn together, what one dock asks another answers, and the chain is watched."""

from __future__ import annotations

import gc
import sqlite3
import weakref
from contextlib import closing
from decimal import Decimal

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from engine.core.ids import KALSHI, outcome_of
from engine.core.order import Status
from engine.maths import contracts
from engine.store import database
from engine.views import topics
from tests.app.program import CALM, LEFT, PLAIN, RIGHT, program
from widgets.alarms import AlarmsPanel
from widgets.crosshair import Pointed
from widgets.market_lines import OUTCOME


async def _another(desk):
    """Return a line of an outcome that is not the one looked at."""
    lines = desk.dock("markets").list.lines
    return next(line for line in lines if line.kind == OUTCOME and line.instrument != desk.bridge.turning.chosen())


@pytest.mark.limit(30)
async def test_docks_of_one_group_turn_together(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()
        line = await _another(desk)
        await desk.take(line)
        market, _ = outcome_of(line.instrument)
        assert desk.dock("ladder").instrument == line.instrument
        assert desk.dock("ticket").instrument == line.instrument
        assert desk.dock("board").market == market
        assert desk.dock("markets").list.chosen == line.instrument
        await desk.until(lambda: desk.dock("board").grid.chosen_row() is not None)
        assert desk.dock("board").grid.chosen_row().instrument == line.instrument


@pytest.mark.limit(30)
async def test_a_ladder_that_is_turned_under_the_hand_takes_no_key_for_an_order(tmp_path) -> None:
    """As an Up/Down window ends the cockpit turns the linked docks: Enter was meant for the window that ended."""
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()
        ladder, line = desk.dock("ladder"), await _another(desk)
        ladder.setFocus()
        await desk.until(lambda: ladder.isAncestorOf(QApplication.focusWidget()))
        for one in (ladder, desk.dock("ticket")):
            one._since_front.invalidate()
            one.focus_guard_ms = 60_000
        desk.dock("markets").selected.emit(line.instrument)
        assert ladder.instrument == line.instrument
        assert not ladder.may_trade()
        assert desk.dock("ticket").may_trade(), "it has not the keyboard: whoever goes there sees what it holds"


@pytest.mark.limit(30)
async def test_a_dock_knows_what_money_it_is_before_it_is_drawn(tmp_path) -> None:
    """A ladder that had yet to hear of a live session was armed, as on paper."""
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        desk.window.registry.run("window.layout_clone")
        assert desk.dock("ladder").arm.mode == desk.dock("board")._mode == desk.dock("ticket")._mode == "demo"


@pytest.mark.limit(30)
async def test_a_dock_of_another_group_stays_and_one_that_joins_turns(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()
        ladder, first = desk.dock("ladder"), desk.bridge.turning.chosen()
        ladder.set_link(2)
        line = await _another(desk)
        await desk.take(line)
        assert (ladder.instrument, desk.dock("ticket").instrument) == (first, line.instrument)
        ladder.set_link(1)
        assert ladder.instrument == line.instrument


@pytest.mark.limit(30)
async def test_a_position_turns_the_others_but_follows_nothing(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        await desk.buy()
        bought = desk.bridge.turning.chosen()
        await desk.take(await _another(desk))
        assert desk.bridge.turning.chosen() != bought
        assert desk.dock("positions").link() == 0
        desk.dock("positions").selected.emit(bought)
        assert desk.dock("ladder").instrument == bought


@pytest.mark.limit(30)
async def test_the_size_of_the_ladder_is_the_boards(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        desk.dock("ladder").set_size(25)
        assert desk.dock("board")._size == 25


@pytest.mark.limit(30)
async def test_a_market_picked_on_the_map_and_its_station_are_shown(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        spot = desk.dock("map")
        markets = desk.state.exchange.markets
        other = next(m for m in markets if m != outcome_of(desk.bridge.turning.chosen())[0])
        spot.markets_wanted.emit(other)
        assert outcome_of(desk.bridge.turning.chosen())[0] == other
        spot.station_wanted.emit("KORD")
        assert desk.dock("station").isAncestorOf(desk.window.focusWidget())
        spot.markets_wanted.emit("no such market")
        assert outcome_of(desk.bridge.turning.chosen())[0] == other


@pytest.mark.limit(30)
async def test_the_ladders_menu_opens_the_order_in_the_ticket(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        ladder, ticket = desk.dock("ladder"), desk.dock("ticket")
        ladder.set_size(25)
        place = ladder.offered().place
        ladder.ticket.emit(place)
        assert (ticket.form.quantity.text(), ticket.instrument) == ("25", place.instrument)
        assert ticket.isVisible()
        await desk.until(lambda: ticket._card is not None)
        assert desk.orders() == []


@pytest.mark.limit(30)
async def test_records_that_were_edited_on_disk_stop_trading_and_light_the_lamp(day_copy) -> None:
    async with program(day_copy, *CALM) as desk:
        await desk.ready()
        await desk.until(lambda: desk.state.session.chain_records is not None)
        assert desk.state.session.chain_ok
        with closing(sqlite3.connect(day_copy / "ledger-paper.db")) as connection, connection:
            triggers = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
            for name in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute("UPDATE settlements SET body = body || ' ' WHERE seq = 1")
        desk.key(Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier, widget=desk.window)
        desk.bridge.chain.verify()
        await desk.until(lambda: not desk.state.session.chain_ok)
        assert desk.terminal.view(topics.SETTLEMENTS).chain == "broken"
        desk.key(Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier, widget=desk.window)
        await desk.take(await desk.outcome())
        held = desk.held()
        QTest.mouseClick(desk.dock("ladder").grid, LEFT, PLAIN, (await desk.still(desk.buy_cell)).center())
        await desk.breathe(0.3)
        assert desk.held() == held


@pytest.mark.limit(30)
async def test_evidence_is_written_under_the_profile_and_its_place_is_told(day_copy) -> None:
    async with program(day_copy, *CALM) as desk:
        await desk.ready()
        desk.bridge.export_evidence(0)
        assert (day_copy / "exports" / "settlement-0.json").is_file()
        assert any("settlement-0.json" in toast.row.text for toast in desk.window.toasts.toasts)
        desk.bridge.export_evidence(999)
        assert any("999" in toast.row.text for toast in desk.window.toasts.toasts)


@pytest.mark.limit(30)
async def test_a_second_session_goes_on_where_the_first_ended(day, day_copy) -> None:
    before = day.document
    with database.reader(day_copy / "ledger-paper.db") as connection:
        booked = [Decimal(row[0]) for row in connection.execute("SELECT amount FROM cash WHERE account = 'you'")]
    async with program(day_copy, *CALM) as desk:
        await desk.ready()
        listed = [(m.contract.title, m.contract.opens) for m in desk.state.exchange.markets.values()]
        assert len(listed) == len(set(listed))  # none again under another name; a title comes back a day later
        spine = desk.terminal.view(topics.SPINE)
        assert spine.now > max(row.at for row in desk.state.settlements)
        assert spine.cash == sum(booked) != 1_000  # carried over, not deposited again
        shown = {row.id for row in desk.terminal.view(topics.ORDERS).rows}
        assert shown >= {row["id"] for row in before["orders"]}
        held = {(row["instrument"], row["leg"]): row["qty"] for row in before["positions"]}
        now = desk.terminal.view(topics.POSITIONS).rows
        assert {(row.instrument.symbol, row.leg): str(row.qty) for row in now} == held
        await desk.take(await desk.outcome())
        await desk.buy()
        ids = [order.id for order in desk.orders()]
        assert len(ids) == len(set(ids))


@pytest.mark.limit(30)
async def test_the_station_is_seen_from_the_market_and_its_source_opens_as_a_sheet(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()
        market, _ = outcome_of(desk.bridge.turning.chosen())
        station = desk.dock("station")
        await desk.until(lambda: station._view is not None)
        assert station._view.market == market
        station.source_wanted.emit(market)
        sheet = desk.bridge.sheets.source
        assert sheet.isVisible()
        await desk.until(lambda: sheet.question.text() != "" and sheet.prices.rows.rowCount() > 0)
        desk.dock("board").grid.source.click()
        assert desk.bridge.sheets.source is sheet
        sheet.close_button.click()
        assert not sheet.isVisible()


@pytest.mark.limit(30)
async def test_a_station_is_picked_from_all_that_are_known(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()
        station = desk.dock("station")
        station.tools.pick.click()
        assert station.picker.isVisible()
        assert len(station.picker._rows) == len(desk.state.stations)
        assert station.picker.list.rows[0].markets > 0
        station.picker.list.picked.emit("KBOS")
        await desk.until(lambda: station._view is not None and station._view.id == "KBOS")
        assert (station._view.market, station._view.running) == (None, None)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
@pytest.mark.limit(30)
async def test_a_table_is_written_into_the_exports_of_the_profile(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()
        assert desk.window.reach("log")
        QTest.keyClick(desk.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        await desk.until(lambda: QApplication.activePopupWidget() is not None)
        menu = QApplication.activePopupWidget()
        menu.actions()[0].trigger()
        menu.close()
        folder = desk.bridge.session.profile.folder / "exports"
        await desk.until(lambda: any("rows of Log" in toast.row.text for toast in desk.window.toasts.toasts))
        (path,) = folder.glob("log-*.csv")
        assert path.read_text("utf-8-sig").startswith("time UTC,time ns,level,code,subject,message,times\n")


@pytest.mark.limit(40)
async def test_a_ladder_of_a_venue_places_drags_and_takes_back_through_the_whole_program(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.until(lambda: any(one.venue == KALSHI for one in desk.state.listings))
        listed = [one for one in desk.state.listings.values() if one.instrument.id.venue == KALSHI]

        def quoted():
            return [one for one in listed if (one.book.best_bid or 0) >= 1_000 and not one.stale]

        await desk.until(quoted)
        one = quoted()[0]
        desk.bridge.turning.choose(one.instrument.id)
        ladder = desk.dock("ladder")
        await desk.until(lambda: ladder.view is not None and ladder.view.state == "live")
        low = one.book.best_bid // 100 - 4
        await desk.click_row(low, "bid")
        await desk.until(lambda: [o.status for o in desk.orders()] == [Status.WORKING])
        grid = ladder.grid
        await desk.until(lambda: [one.state for one in ladder.view.orders] == ["working"])
        rows = {r.price: i for i, r in enumerate(ladder.view.rows)}
        start = grid.cell_rect(rows[low * 100], "mine").center()
        end = grid.cell_rect(rows[(low - 2) * 100], "mine").center()
        QTest.mousePress(grid, LEFT, PLAIN, start)
        QTest.mouseMove(grid, end)
        QTest.mouseRelease(grid, LEFT, PLAIN, end)
        await desk.until(lambda: desk.orders()[0].place.price == (low - 2) * 100)
        await desk.until(lambda: desk.orders()[0].status is Status.WORKING)
        await desk.until(lambda: ladder.view.orders and ladder.view.orders[0].row == (low - 2) * 100)
        await desk.click_row(low - 2, "mine", RIGHT)
        await desk.until(lambda: [o.status for o in desk.orders()] == [Status.CANCELED])
        assert len(desk.orders()) == 1
        desk.key(Qt.Key.Key_H, widget=grid)
        basket = desk.bridge.sheets.basket
        await desk.until(lambda: basket.isVisible() and basket.told == "nothing is held in this event")
        basket.close()
        board = desk.dock("board")
        await desk.until(lambda: board.grid.rows)
        desk.key(Qt.Key.Key_V, widget=board.grid)
        await desk.until(lambda: all(one.view is not None for one in board.ladders.shown))
        assert len({one.session for one in (ladder, *board.ladders.shown)}) == 1 + len(board.ladders.shown)
        inner = len(desk.bridge.inner)
        desk.window.registry.run("window.layout_clone")
        board = desk.dock("board")
        await desk.until(lambda: board.grid.rows)
        board.toggle_view()
        assert len(desk.bridge.inner) > inner
        option = next(one for one, listing in desk.state.listings.items() if contracts.is_option(listing.instrument))
        watched, name = desk.state.desks[option.venue].watched, f"{option.venue}/{option.symbol}"
        desk.bridge.turning.turn(desk.dock("ladder"), option)
        await desk.until(lambda: name in watched)
        cloned = set(desk.window.current().docks_made().values())
        assert cloned & set(desk.bridge.clock._owed)
        desk.window.registry.run("window.layout_delete")
        assert not cloned & set(desk.bridge.clock._owed), "none of a dead clone's is drawn"
        assert len(desk.bridge.inner) == inner
        await desk.until(lambda: name not in watched)


@pytest.mark.limit(30)
async def test_an_alert_on_a_market_is_made_from_its_line_and_stands_in_the_dock(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        line = await desk.outcome()
        markets, desk_of_alerts = desk.dock("markets"), desk.bridge.alarms
        menu = QMenu()
        markets.fill(menu, line)
        next(one for one in menu.actions() if one.text().startswith("Alert")).trigger()
        menu.deleteLater()
        dialog = desk_of_alerts.rule
        assert dialog.isVisible()
        assert not dialog.isModal()  # KILL works over it
        assert dialog.rule().subject == f"{line.instrument.venue}/{line.instrument.symbol}"
        dialog.keep.click()
        assert "give a level in c" in dialog.why.text()
        dialog.level.setText("1")
        dialog.keep.click()
        dock = next(one for one in desk.window.panels() if isinstance(one, AlarmsPanel))
        assert desk.window.reach("rules")
        await desk.until(lambda: [row.rule.level for row in dock.rules.rows.rows()] == [1])
        await desk.until(lambda: dock.rules.rows.rows()[0].state in {"holds", "watching", "no data"})


@pytest.mark.limit(60)
async def test_the_crosshair_of_a_chart_is_in_the_heat_map_the_tape_and_the_ladder_beside_it(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        chart, heat, tape, ladder = (desk.dock(name) for name in ("chart", "heat", "tape", "ladder"))
        assert chart.instrument == heat.instrument == tape.instrument == ladder.instrument
        desk.window.reach("chart")
        await desk.until(lambda: chart.canvas.view is not None)
        await desk.until(lambda: ladder.view is not None)
        cents = ladder.view.rows[ladder.grid.first + 2].price / 100
        where = Pointed(chart.instrument, chart.canvas.now(), cents)
        chart.pointed.emit(where)
        assert heat.canvas.crosshair()[0] == where.at
        assert ladder.crosshair.mark.isVisible()
        ladder.crosshair.pointed.emit(Pointed(chart.instrument, None, 40.0))
        assert chart.canvas.crosshair() == (None, 40.0)
        heat.set_link(3)
        heat.set_instrument(None)
        chart.pointed.emit(None)
        assert not ladder.crosshair.mark.isVisible()
        assert heat.canvas.crosshair()[0] is None


def _referred() -> dict[int, tuple[int, str]]:
    """Return of each object of ours how many weak references there are to it, and its class."""
    for _ in range(2):
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    ours = (
        one for one in gc.get_objects() if str(getattr(type(one), "__module__", "")).startswith(("app.", "widgets."))
    )
    return {
        id(one): (weakref.getweakrefcount(one), type(one).__qualname__)
        for one in ours
        if type(one).__weakrefoffset__ and not isinstance(one, type)
    }


@pytest.mark.limit(60)
async def test_docks_that_are_gone_leave_nothing_behind_at_what_they_were_wired_to(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        gc.unfreeze()  # else what was there at the start is not told
        window, looks = desk.window, []
        for _ in range(3):
            for place in (0, 2, 4, 5):
                window.choose(place)
                await desk.breathe(0.02)
                window.registry.run("window.layout_clone")
                await desk.until(lambda: window.current().is_clone and window.current().is_made)
                await desk.breathe(0.05)
                window.registry.run("window.layout_delete")
            looks.append(_referred())
        first, last = looks[0], looks[-1]
        grown = {name: n - first[one][0] for one, (n, name) in last.items() if one in first and n > first[one][0] + 1}
        assert grown == {}
