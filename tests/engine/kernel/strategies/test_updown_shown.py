"""What is shown of the Up/Down lines and their windows: rows, cockpit, log."""

from __future__ import annotations

import pytest

from engine.core.effects import Changed
from engine.core.units import SECOND
from engine.core.windows import running
from engine.views import topics
from tests.engine.kernel.strategies.updown_desk import BEGINS, STRIKE, Desk, fill, firing, warmed


def test_every_ten_seconds_the_log_says_where_each_line_stands():
    desk = warmed()
    desk.switch("latency_arb")
    desk.switch("convexity_fade")
    desk.quote_up(0.50, 0.52)
    desk.to(BEGINS + 15 * SECOND)
    notes = [note for note in desk.said if note.code == "DIAGNOSTICS"]
    assert len(notes) == 1
    assert notes[0].text.startswith(f"{running(BEGINS, '5m').slug}: S1 edge, S3 ")


def test_rows_show_what_each_line_sees():
    desk = warmed()
    desk.switch("latency_arb")
    desk.quote_up(0.60, 0.42)
    desk.trade_at(BEGINS + 30 * SECOND, STRIKE + 10.0, 1e-6)
    row = desk.kernel.view(topics.STRATEGIES).rows[0]
    assert row.title == "S1 latency arb"
    assert row.side in {"UP", "DOWN"}
    assert row.edge == pytest.approx(100 * (row.fair - row.ask))
    assert (row.orders, row.orders_limit) == (0, 2)
    assert row.why.startswith("edge ")
    off = desk.kernel.view(topics.STRATEGIES).rows[1]
    assert (off.state, off.fair, off.why) == ("off", None, "")


def test_the_cockpit_shows_the_window_that_runs_and_nothing_that_is_not_known():
    desk = Desk()
    view = desk.kernel.view(topics.UPDOWN)
    assert (view, desk.engine.order) == (None, ()), "a window far ahead is not looked at"
    desk.to(BEGINS - 15 * SECOND)
    desk.engine.watch(desk.state.strategies.context)
    view = desk.kernel.view(topics.UPDOWN)
    assert (view.runs, view.spot, view.strike, view.p_up, view.z, view.house) == (False, None, None, None, None, "")
    desk = warmed()
    firing(desk)
    fill(desk, desk.orders("latency_arb")[0], 33)
    view = desk.kernel.view(topics.UPDOWN)
    assert (view.interval, view.asset, view.runs, view.house) == ("5m", "btc", True, "UP")
    assert (view.strike, view.strike_source, view.spot) == (STRIKE, "Binance, a proxy", STRIKE + 60.0)
    assert view.up_edge == pytest.approx(100 * (view.p_up - 0.60))
    assert [(mark.up, mark.price, mark.qty) for mark in view.fills] == [(True, pytest.approx(0.6), 33.0)]
    assert (view.path[-1].spot, view.path[-1].mid) == (STRIKE, pytest.approx(0.59)), "one step a second, the book's"
    assert [(chip.running, chip.over) for chip in view.windows] == [(True, False)]


def test_the_cockpit_shows_the_book_as_it_is_while_every_line_is_off():
    desk = warmed()
    desk.to(BEGINS + 30 * SECOND)
    for up, down, mid in ((0.60, 0.42, 0.59), (0.72, 0.30, 0.71)):
        desk.trade_at(desk.at + SECOND, STRIKE + 10.0, 1e-6)
        told = desk.quote_up(up, down)
        assert topics.UPDOWN in {one.topic for one in told if isinstance(one, Changed)}
        view = desk.kernel.view(topics.UPDOWN)
        assert (view.bid, view.ask) == (pytest.approx(1 - down), pytest.approx(up))
        assert view.up_edge == pytest.approx(100 * (view.p_up - up))
        assert view.down_edge == pytest.approx(100 * (1 - view.p_up - down))
        desk.trade_at(desk.at + SECOND, STRIKE + 12.0, 1e-6)
        assert desk.kernel.view(topics.UPDOWN).path[-1].mid == pytest.approx(mid)
