from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtWidgets import QMenu

from engine.core.commands import Reconcile
from engine.core.events import LinkReport
from engine.core.ids import BINANCE, KALSHI, POLYMARKET, VenueId
from engine.core.units import Money, Nanos
from engine.views import topics
from engine.views.connections import ConnectionLine, ConnectionsView, LinkLine
from widgets import formats
from widgets.connections import ConnectionsPanel
from widgets.tables import NOTHING

AT = Nanos(1_783_000_000_000_000_000)


def line(venue=KALSHI, title="Kalshi", state="live", **more):
    facts = {
        "why": "",
        "links": (LinkLine(channel="market", up=True, since=AT, why=""),),
        "report": None,
        "age_s": 0.4,
        "books_live": 6,
        "books_stale": 0,
        "trades": True,
        "reconciled": True,
        "cash": Money(Decimal("9981.25")),
        "collateral": "USD",
        "can": (),
    }
    return ConnectionLine(venue=venue, title=title, state=state, **(facts | more))


@pytest.fixture
def panel(qtbot):
    panel = ConnectionsPanel()
    qtbot.addWidget(panel)
    panel.resize(1500, 240)
    panel.show()
    report = LinkReport(at=AT, venue=KALSHI, latency_ms=38.4, gaps=2, reconnects=1, skew_ms=-12.0, write_room=0.1)
    down = (LinkLine(channel="market", up=False, since=AT, why="the venue closed the connection"),)
    rows = (
        line(report=report),
        line(POLYMARKET, "Polymarket", "stale", age_s=41.0, books_stale=3, reconciled=False, cash=None),
        line(BINANCE, "Binance", "down", links=down, trades=False, age_s=None),
    )
    panel.render(topics.CONNECTIONS, ConnectionsView(rows=rows, mode="paper", armed_until=None, now=AT))
    return panel


def cell(panel, at, key):
    return panel.table.rows.cell(at, [column.key for column in panel.table.rows.columns].index(key))


def test_each_row_says_what_was_measured(panel):
    said = [cell(panel, 0, key).text for key in ("venue", "state", "latency", "age", "gaps", "skew", "write", "cash")]
    assert said == ["Kalshi", "LIVE", "38 ms", "0.4 s", "2", "−12 ms", "90 %", formats.money(Decimal("9981.25"))]
    assert cell(panel, 0, "write").colour == "warn"
    assert panel.count() == 3


def test_what_was_not_measured_is_a_dash(panel):
    said = [cell(panel, 1, key).text for key in ("latency", "gaps", "skew", "write", "cash", "keys")]
    assert said == ["—"] * 6


def test_a_dead_venue_says_why_and_a_stale_one_how_many_books(panel):
    assert cell(panel, 2, "why").text == "the venue closed the connection"
    assert cell(panel, 2, "account").text == "prices only"
    assert cell(panel, 1, "books").text == "6 live · 3 stale"
    assert cell(panel, 1, "account").text == "not reconciled"


def test_the_menu_reads_the_account_tests_and_opens_keys(panel, qtbot):
    asked, wanted = [], []
    panel.intent.connect(asked.append)
    panel.keys_wanted.connect(lambda venue: wanted.append(("keys", venue)))
    panel.test_wanted.connect(lambda venue: wanted.append(("test", venue)))
    menu = QMenu(panel)
    panel.row_menu(menu, panel.table.rows.row(0))
    for action in menu.actions():
        action.trigger()
    assert asked == [Reconcile(venue=KALSHI)]
    assert wanted == [("test", "kalshi"), ("keys", "kalshi")]
    menu = QMenu(panel)
    panel.row_menu(menu, panel.table.rows.row(2))
    assert [action.isEnabled() for action in menu.actions()] == [False, True, False]


def test_hostile_words_are_shown_as_words(panel):
    row = line(why="<img src=file:///x>‮", state="down")
    panel.render(topics.CONNECTIONS, ConnectionsView(rows=(row,), mode="paper", armed_until=None, now=AT))
    assert "‮" not in cell(panel, 0, "why").text
    assert cell(panel, 0, "why").text.startswith("<img")


def test_without_venues_it_says_so(qtbot):
    panel = ConnectionsPanel()
    qtbot.addWidget(panel)
    panel.render(topics.CONNECTIONS, ConnectionsView(rows=(), mode="demo", armed_until=None, now=AT))
    assert panel.state == "empty"


def weather(**more):
    facts = {
        "trades": False, "reconciled": False, "cash": None, "collateral": "", "books_live": 0, "links": (),
        "report": LinkReport(at=AT, venue=VenueId("iem"), read_room=0.25, host="127.0.0.1:80"), "age_s": 130.0,
        "stations": 7, "next_at": Nanos(AT + 60_000_000_000), "told": "reports: news 2 m ago, answered 4 s ago",
    }  # fmt: skip
    return line(VenueId("iem"), "IEM", **(facts | more))


def test_a_weather_service_has_a_row_without_what_only_venues_have(panel, qtbot):
    panel.render(topics.CONNECTIONS, ConnectionsView(rows=(weather(),), mode="paper", armed_until=None, now=AT))
    said = {key: cell(panel, 0, key).text for key in ("state", "age", "books", "next", "read", "account", "why")}
    assert said == {
        "state": "LIVE", "age": formats.age(130.0), "books": "7 stations", "next": "13:47:40Z", "read": "75 %",
        "account": "weather", "why": "reports: news 2 m ago, answered 4 s ago",
    }  # fmt: skip
    assert {cell(panel, 0, key).text for key in ("latency", "gaps", "errors", "overflow", "skew", "cash")} == {"—"}
    assert cell(panel, 0, "write") == NOTHING  # it takes no orders
    menu = QMenu()
    qtbot.addWidget(menu)
    panel.row_menu(menu, weather())
    with qtbot.waitSignal(panel.ask_wanted):
        menu.actions()[0].trigger()


def test_a_weather_service_that_fails_says_when_it_is_tried_again(panel):
    row = weather(state="down", why="IEM: cannot be reached")
    panel.render(topics.CONNECTIONS, ConnectionsView(rows=(row,), mode="paper", armed_until=None, now=AT))
    assert cell(panel, 0, "why").text == "IEM: cannot be reached · next try 13:47:40Z"


def test_a_weather_service_that_fails_says_its_last_error(panel):
    row = weather(state="down", why="IEM: HTTP 503 to /cgi-bin/request/asos.py", next_at=None, stations=1)
    panel.render(topics.CONNECTIONS, ConnectionsView(rows=(row,), mode="paper", armed_until=None, now=AT))
    assert cell(panel, 0, "why").text == "IEM: HTTP 503 to /cgi-bin/request/asos.py"
    assert (cell(panel, 0, "next").text, cell(panel, 0, "books").text) == ("—", "1 station")
