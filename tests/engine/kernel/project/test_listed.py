from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.events import LinkReport
from engine.core.ids import KALSHI, InstrumentId
from engine.core.order import Status
from engine.core.snapshot import FillRow
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side, Ticks
from engine.kernel.project import account, gates, ladder, markets, names, router, status, tape
from engine.kernel.project.listed.account import leaving
from engine.portfolio.position import Position
from engine.views import topics
from engine.views.connections import ConnectionsView
from tests.engine.kernel.project.floor import AT, FAMILY, HIGH, LOW, order, print_trade, state


def hold(found, leg: Leg, qty: int, cost: str) -> None:  # type: ignore[no-untyped-def]
    found.book.settle(LOW, leg, Position(Qty(Decimal(qty)), Money(Decimal(cost))))


def row(view, cents: int):  # type: ignore[no-untyped-def]
    return next(r for r in view.rows if r.price == cents * 100)


def test_a_ladder_shows_the_book_in_contracts() -> None:
    view = ladder.view(state(), LOW.symbol)
    assert view is not None
    assert (view.best_bid, view.best_ask, view.curve, view.state) == (4_000, 4_200, False, "live")
    assert [r.price for r in view.rows] == [Ticks(c * 100) for c in range(99, 0, -1)]
    assert (row(view, 40).bid, row(view, 39).bid, row(view, 39).cum_bid) == (50, 100, 150)
    assert (row(view, 42).ask, row(view, 42).bid, row(view, 41).bid) == (25, None, None)
    assert view.title == "High Chicago · ≤ 83"
    assert view.fair is None


def test_a_finer_price_stands_at_the_cent_that_flatters_nobody() -> None:
    view = ladder.view(state(), HIGH.symbol)
    assert view is not None
    assert (view.best_bid, view.best_ask) == (5_700, 6_100)
    assert row(view, 61).ask == 7


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Status.SENT, "10…"),
        (Status.WORKING, "10"),
        (Status.CANCELING, "10"),
        (Status.AMENDING, "10"),
        (Status.LOST, "10 ?"),
    ],
)
def test_an_order_is_shown_in_its_true_state(one: Status, text: str) -> None:
    found = state()
    order(found, 1, one)
    view = ladder.view(found, LOW.symbol)
    assert view is not None
    assert (row(view, 40).mine_bid, row(view, 40).mine_bid_state, row(view, 40).mine_bid_ids) == (
        text,
        {Status.AMENDING: "moved"}.get(one, one.value),
        ("o-1",),
    )


def test_orders_of_one_price_stand_together_as_the_gravest_of_them() -> None:
    found = state()
    order(found, 1, Status.PARTIAL, filled=4)
    assert row(ladder.view(found, LOW.symbol), 40).mine_bid == "4/10"
    order(found, 2, Status.LOST, qty=5)
    cell = row(ladder.view(found, LOW.symbol), 40)
    assert (cell.mine_bid, cell.mine_bid_state) == ("11(2)", "lost")


def test_an_order_that_moves_stands_at_both_places() -> None:
    found = state()
    order(found, 1, Status.AMENDING).amending = (Ticks(3_800), Qty(Decimal(12)))
    view = ladder.view(found, LOW.symbol)
    old, new = row(view, 40), row(view, 38)
    assert (old.mine_bid, old.mine_bid_state, new.mine_bid, new.mine_bid_state) == ("10", "moved", "12…", "amending")


def test_no_bought_lies_on_the_ask_side_of_yes() -> None:
    found = state()
    order(found, 1, Status.WORKING, price=5_500, leg=Leg.NO)
    cell = row(ladder.view(found, LOW.symbol), 45)
    assert (cell.mine_ask, cell.mine_ask_state, cell.mine_bid_state) == ("10", "working", "")


def test_a_stale_book_says_why_and_a_new_one_waits() -> None:
    found = state()
    found.listings[LOW].stale = "sequence gap"
    view = ladder.view(found, LOW.symbol)
    assert view is not None
    assert (view.state, view.why) == ("stale", "Book stale: sequence gap")
    found.listings[LOW].book_at = None
    assert ladder.view(found, LOW.symbol).state == "loading"  # type: ignore[union-attr]
    found.listings[LOW].status = "closed"
    assert "closed" in ladder.view(found, LOW.symbol).why  # type: ignore[union-attr]
    found.session.halted_by, found.session.halted_why = "KILL", "enough"
    assert ladder.view(found, LOW.symbol).state == "halted"  # type: ignore[union-attr]


def test_a_position_is_marked_at_the_mid_and_left_at_the_bid_after_fees() -> None:
    found = state()
    hold(found, Leg.YES, 20, "7.00")
    view = ladder.view(found, LOW.symbol)
    assert view is not None
    assert (view.position, view.position_pnl, view.average) == (20, Decimal("1.20"), 35.0)
    line = account.positions(found).rows[0]
    assert (line.mark, line.mark_from, line.unrealised, line.name) == (
        41.0,
        "mid",
        Decimal("1.20"),
        "High Chicago ≤ 83",
    )
    # 20 sold at 40c brings 8.00 less 0.07 * 20 * 0.24 = 0.336; at the mid it is worth 8.20
    assert leaving(found.listings[LOW], Leg.YES, Decimal(20)) == Decimal("0.536")
    assert gates.flatten_cost(found) == Decimal("0.536")
    exit_row = row(view, 40).exit
    assert exit_row is not None
    assert exit_row == pytest.approx(Decimal("8.00") - Decimal("0.336") - 7)


def test_more_than_the_book_holds_has_no_price() -> None:
    found = state()
    assert leaving(found.listings[LOW], Leg.NO, Decimal(26)) is None
    assert leaving(found.listings[LOW], Leg.NO, Decimal(25)) is not None


def test_the_tape_tells_sides_and_ours() -> None:
    found = state()
    print_trade(found, 4_000, 300, Side.SELL)
    print_trade(found, 4_200, 500, Side.BUY)
    print_trade(found, 4_100, 700, None)
    found.fills.append(
        FillRow(
            trade_id="t4200",
            order="o-1",  # type: ignore[arg-type]
            at=AT,
            instrument=LOW,
            side=Side.BUY,
            leg=Leg.YES,
            price=Decimal("0.42"),
            qty=Qty(Decimal(5)),
            cost=Money(Decimal("2.1")),
            fee=Money(Decimal(0)),
            realised=Money(Decimal(0)),
        )
    )
    view = tape.view(found, LOW.symbol)
    assert view is not None
    assert [(r.price, r.qty, r.mine) for r in view.rows] == [(4_100, 7, False), (4_200, 5, True), (4_000, 3, False)]
    assert (view.bought, view.sold) == (5, 3)
    cells = ladder.view(found, LOW.symbol)
    assert (row(cells, 42).bought, row(cells, 40).sold, row(cells, 41).sold) == (5, 3, None)


def test_markets_lists_families_with_their_overround() -> None:
    found = state()
    rows = markets.view(found).rows
    assert [(r.label, r.bid, r.ask, r.mid) for r in rows] == [
        ("≤ 83", 4_000, 4_200, 41.0),
        ("≥ 84", 5_700, 6_050, 58.75),
    ]
    assert rows[0].overround == pytest.approx(2.5)
    assert rows[0].market == FAMILY
    assert rows[0].group == "Kalshi · Weather"
    found.listings[LOW].status = found.listings[HIGH].status = "settled"
    assert markets.view(found).rows == ()


def test_names_of_what_is_not_listed_are_bounded() -> None:
    assert names.instrument(state(), InstrumentId(KALSHI, "X" * 500)) == "X" * 80


def test_connections_say_what_was_measured_and_nothing_else() -> None:
    found = state()
    desk = found.desks[KALSHI]
    view = router.view(found, topics.CONNECTIONS)
    assert isinstance(view, ConnectionsView)
    (line,) = view.rows
    assert (line.state, line.report, line.cash, line.books_live) == ("ageing", None, None, 2)
    desk.reconciled = True
    desk.report = LinkReport(at=AT, venue=KALSHI, latency_ms=38.2)
    chip = next(c for c in status.feeds(found).chips if c.name == "Kalshi")
    assert (chip.state, chip.text) == ("live", "38 ms")
    desk.heard_at = Nanos(AT - 31 * SECOND)
    chip = next(c for c in status.feeds(found).chips if c.name == "Kalshi")
    assert (chip.state, chip.text) == ("stale", "31 s")
    desk.links["market"].up, desk.links["market"].why = False, "reset by the venue"
    chip = next(c for c in status.feeds(found).chips if c.name == "Kalshi")
    assert (chip.state, chip.text, chip.tip) == ("down", "—", "reset by the venue")


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Highest temperature in Chicago on Nov 21, 2026?", "Chicago Nov 21"),
        ("Highest temperature in NYC on November 21?", "NYC Nov 21"),
        ("Bitcoin Up or Down - November 21, 17:20-17:25 UTC", "BTC 17:20–17:25Z"),
        ("Bitcoin Up or Down - August 14, 3:00PM-3:05PM ET", "BTC 3:00PM–3:05PM ET"),
        ("Who will win?", "Who will win?"),
    ],
)
def test_titles_made_by_a_pattern_are_shortened(title: str, words: str) -> None:
    assert names.short_title(title) == words
