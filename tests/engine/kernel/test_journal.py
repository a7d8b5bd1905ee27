"""The journal: every order with what it was sent on, scored by what came of it; the trader's notes; a restart."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Annotate
from engine.core.events import StatusChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import SECOND, Leg, Side
from engine.kernel import journal
from engine.kernel.project import journal as projected
from engine.views import topics
from tests.engine.kernel.desk import Desk
from tests.engine.kernel.options.world import World, call
from tests.engine.kernel.venue import BOOK, SYMBOLS, Session, opened

ONE = InstrumentId(KALSHI, SYMBOLS[0])
MIDDLE = (BOOK[0][0][0] + BOOK[1][0][0]) / 2 / 10_000


def entries(session):
    return list(session.state.diary.entries.values())


def view(session):
    return session.kernel.view(topics.JOURNAL)


def lifted() -> Session:
    """Return a session whose order has filled whole, of a fee of 17 cents."""
    session = Session(opened())
    order = session.place(Side.BUY, 10, 4_800)
    session.trade(order, 10, Decimal("0.17"))
    session.run(3)
    return session


def test_an_order_is_in_the_journal_within_a_beat_with_the_ages_and_the_market_of_its_moment() -> None:
    session = lifted()
    (one,) = entries(session)
    assert (one.instrument, one.side, one.leg, one.qty) == (ONE, Side.BUY, Leg.YES, 10)
    assert one.price == pytest.approx(0.48)
    assert one.market == pytest.approx(MIDDLE)
    assert one.book_age is not None
    assert one.book_age == 6 * SECOND, "the books came when the session began"
    assert one.report_age is None, "nothing is known of a station"
    assert one.reason == f"buy 10 YES at 48c, market {100 * MIDDLE:.1f}c"


def test_a_refused_order_is_no_entry() -> None:
    session = Session(opened())
    session.place(Side.BUY, 10_000_000, 4_800)
    session.run(3)
    assert entries(session) == []


def test_it_is_scored_at_the_settlement_and_against_the_closing_line() -> None:
    session = lifted()
    for _ in range(100):
        session.run(3)
        session.beat()
        session.quote()
    assert entries(session)[0].later is not None
    at = session.at
    session.do(StatusChanged(at=at, instrument=ONE, status="closed"))
    (one,) = entries(session)
    assert one.close == pytest.approx(MIDDLE)
    assert one.paid is None
    session.do(StatusChanged(at=at, instrument=ONE, status="settled", result="yes"))
    (one,) = entries(session)
    assert (one.paid, one.settled_at) == (1.0, at)
    (row,) = view(session).rows
    assert row.line == pytest.approx(100 * MIDDLE - row.average)
    assert row.won is True
    assert row.result == pytest.approx(float(row.filled) * (1 - row.average / 100) - float(row.fee))


def test_a_note_and_tags_are_kept_and_what_is_too_long_is_refused_in_a_sentence() -> None:
    session = lifted()
    (one,) = entries(session)
    session.ask(
        Annotate(order=one.order, note="  Jump before the METAR.\nWould take again. ", tags=("metar", " jump "))
    )
    assert (entries(session)[0].note, entries(session)[0].tags) == (
        "Jump before the METAR.\nWould take again.", ("metar", "jump"),
    )  # fmt: skip
    for asked, said in (
        (Annotate(order=one.order, note="x" * 1_001), "a note is at most 1000"),
        (Annotate(order=one.order, note="", tags=("a b",)), "at most 8 tags"),
        (Annotate(order=one.order, note="", tags=("x" * 25,)), "at most 8 tags"),
        (Annotate(order="o-none", note="x"), "has no order 'o-none'"),
    ):
        session.ask(asked)
        assert said in session.said[-1].text
    assert entries(session)[0].tags == ("metar", "jump")
    assert {card.name for card in view(session).cards} >= {"all", "#metar", "#jump"}


def test_a_session_goes_on_with_what_the_ledger_has() -> None:
    first = lifted()
    first.ask(Annotate(order=entries(first)[0].order, note="held", tags=("a",)))
    again = Session(opened(journal=tuple(entries(first))))
    assert entries(again) == entries(first)
    again.do(StatusChanged(at=again.at, instrument=ONE, status="settled", result="no"))
    assert entries(again)[0].paid == 0.0


def test_a_position_of_the_embedded_exchange_is_scored_by_its_outcome() -> None:
    desk = Desk()
    market = desk.list()
    desk.place(qty=5)
    desk.run(desk.at + 61 * SECOND)
    (one,) = list(desk.state.diary.entries.values())
    assert one.average is None, "what has filled is read from the order until it is settled"
    journal.market_closing(desk.state, desk.state.exchange.markets[market])
    journal.market_settled(desk.state, market, None)
    assert next(iter(desk.state.diary.entries.values())).paid is None, "a void market scores nothing"
    journal.market_settled(desk.state, market, 1)
    (one,) = list(desk.state.diary.entries.values())
    assert one.paid == 0.0
    assert one.close is not None
    assert one.average is not None
    assert one.filled == 5


def test_cards_weigh_by_shares_and_say_nothing_where_nothing_is_known() -> None:
    assert projected.cards(()) == (projected._card("all", ()),)
    empty = projected._card("all", ())
    assert (empty.brier, empty.skill, empty.line, empty.fee_share, empty.result) == (None,) * 5
    base = entries(lifted())[0]
    make = type(base)
    kept = {name: getattr(base, name) for name in base.__struct_fields__}
    some = [
        make(**kept | {"order": "a", "fair": 0.6, "market": 0.5, "paid": 1.0, "average": 0.5, "filled": Decimal(10),
                       "fee": Decimal(1), "close": 0.6, "who": "x", "tags": ("t",)}),
        make(**kept | {"order": "b", "fair": 0.4, "market": 0.5, "paid": 0.0, "average": 0.5, "filled": Decimal(30),
                       "fee": Decimal(1), "close": 0.5, "who": "x", "side": Side.SELL}),
    ]  # fmt: skip
    whole, who, tag = projected.cards(some)
    assert (whole.name, who.name, tag.name) == ("all", "x", "#t")
    assert (whole.orders, whole.scored, tag.orders) == (2, 2, 1)
    assert whole.brier == pytest.approx(0.16)
    assert whole.brier_market == pytest.approx(0.25)
    assert whole.skill == pytest.approx(1 - 0.16 / 0.25)
    assert whole.line == pytest.approx(10 * 10 / 40)
    assert whole.result == pytest.approx(5 + 15 - 2)
    assert whole.fee_share == pytest.approx(2 / 20)
    assert [(one.n, round(one.said, 6), one.came) for one in whole.bins] == [(1, 0.4, 0.0), (1, 0.6, 1.0)]


def test_of_an_option_no_price_is_taken_for_a_chance() -> None:
    world, option = World(), call()
    world.ready(option)
    world.buy(option, "2")
    world.run(2)
    (one,) = list(world.state.diary.entries.values())
    assert (one.price, one.fair, one.market) == (None, None, None)
    assert one.reason == "buy 2 YES"
    (row,) = projected.view(world.state).rows
    assert (row.side, row.currency) == ("BUY", "BTC"), "no leg, and not cents"
    assert (row.price, row.average) == (pytest.approx(0.1), pytest.approx(0.0505))
    assert (row.later, row.line) == (None, None)
    assert (row.fair, row.won, row.brier) == (None, None, None)
