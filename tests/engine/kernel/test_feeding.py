from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.effects import Changed, Resnap, Wake
from engine.core.events import (
    BookDelta,
    BookSnapshot,
    BooksStale,
    GridChanged,
    LinkChanged,
    LinkReport,
    Listed,
    Marked,
    StatusChanged,
    Trade,
)
from engine.core.ids import BINANCE, KALSHI, FamilyId, InstrumentId
from engine.core.instrument import Family, Instrument, Payoff, Strike
from engine.core.snapshot import VenueRow
from engine.core.units import SECOND, Leg, Lots, Nanos, Side, Ticks
from engine.kernel.determining import holds, provisional
from engine.views import topics
from tests.engine.kernel.venue import FAMILY, SYMBOLS, Session, instrument, opened

ONE, TWO = (InstrumentId(KALSHI, SYMBOLS[n]) for n in (0, 1))


@pytest.fixture
def session() -> Session:
    return Session()


def delta(session: Session, side: Side = Side.BUY, price: int = 4_900, lots: int = 700, **more) -> list:
    one = more.pop("instrument", ONE)
    return session.do(BookDelta(at=session.at, instrument=one, side=side, price=Ticks(price), lots=Lots(lots), **more))


def stale(session: Session, one: InstrumentId = ONE) -> str:
    return session.state.listings[one].stale


def book(session: Session, one: InstrumentId = ONE):
    found = session.state.listings[one].book
    return found.levels(Side.BUY), found.levels(Side.SELL)


def test_a_delta_sets_a_level_or_adds_to_it(session) -> None:
    delta(session, lots=700)
    delta(session, lots=-200, by=True)
    delta(session, Side.SELL, 5_100, 0)
    assert book(session) == ([(4_900, 500), (4_800, 900)], [(5_200, 800)])
    assert stale(session) == ""


def test_a_lone_change_of_a_book_makes_nothing_anew(session) -> None:
    first, second = delta(session, lots=701), delta(session, lots=702)
    assert first is second
    assert [one.topic for one in first] == list(session.state.listings[ONE].views)


def test_what_else_a_change_brings_comes_first_and_views_once(session) -> None:
    quiet = delta(session, lots=701)
    session.state.listings[ONE].on_quote = (Speaks(),)
    told = delta(session, lots=702)
    assert told[0] == Wake(due=session.at, what="said")
    assert list(told[1:]) == [*quiet, Changed(topic=topics.SPINE)]
    session.state.listings[ONE].on_quote = ()
    assert delta(session, lots=703) is quiet


class Speaks:
    """In a strategy's place, with effects of its own."""

    def on_quote(self, context, market):
        state = context._state
        state.out.dirty(topics.ladder(market.instrument.id.symbol), topics.SPINE)
        state.out.wake(state.now, "said")
        return ()


def test_the_newest_mark_of_an_instrument_counts_by_the_venues_clock(session) -> None:
    def mark(price: str, sent: int) -> list:
        found = Marked(at=session.at, instrument=ONE, price=Decimal(price), mark_iv=0.6, venue_time=Nanos(sent))
        return session.do(found)

    assert Changed(topic=topics.ladder(ONE.symbol)) in mark("0.05", 20)
    assert mark("0.04", 10) == []
    assert session.state.listings[ONE].mark.price == Decimal("0.05")
    unknown = InstrumentId(KALSHI, "NOBODY")
    session.do(Marked(at=session.at, instrument=unknown, price=Decimal(1)))
    assert unknown not in session.state.listings


def test_a_delta_dirties_what_shows_its_book_and_nothing_else(session) -> None:
    effects = delta(session)
    shown = {e.topic for e in effects if isinstance(e, Changed)}
    assert shown == {topics.ladder(SYMBOLS[0]), topics.board(FAMILY), topics.MARKETS}


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"price": 5_100}, "bid and ask meet"),
        ({"price": 5_200}, "bid and ask meet"),
        ({"price": 0}, "outside"),
        ({"price": -100}, "outside"),
        ({"price": 10_000}, "outside"),
        ({"lots": -600, "by": True}, "fell below nothing"),
        ({"lots": -1}, "fell below nothing"),
        ({"best_bid": Ticks(4_800)}, "best prices"),
        ({"best_ask": Ticks(5_000)}, "best prices"),
    ],
)
def test_a_book_that_cannot_be_the_venues_goes_stale_and_is_asked_for_once(session, terms, why) -> None:
    session.run(5)
    effects = delta(session, **terms)
    assert why in stale(session)
    assert [e.instruments for e in effects if isinstance(e, Resnap)] == [(ONE,)]
    assert not [e for e in delta(session) if isinstance(e, Resnap)]
    assert stale(session, TWO) == ""
    session.quote()
    assert stale(session) == ""


def test_a_stale_book_takes_no_deltas_and_is_whole_again_by_a_snapshot_alone(session) -> None:
    before = book(session)
    session.do(BooksStale(at=session.at, venue=KALSHI, instruments=(ONE,), why="a gap"))
    delta(session, lots=1)
    assert book(session) == before
    assert stale(session) == "a gap"
    session.do(BookSnapshot(at=session.at, instrument=ONE, bids=((Ticks(100), Lots(5)),)))
    assert book(session) == ([(100, 5)], [])
    assert stale(session) == ""


def test_a_delta_before_the_first_book_asks_for_it() -> None:
    session = Session(ready=False)
    session.connect()
    session.list()
    assert stale(session) == "no book yet"
    delta(session)
    assert stale(session) == "a change came before the book"
    assert session.sent(Resnap)


@pytest.mark.parametrize(
    ("bids", "asks"),
    [(((5_000, 1),), ((5_000, 1),)), (((0, 1),), ()), ((), ((10_000, 1),)), (((4_900, -1),), ())],
)
def test_a_snapshot_that_cannot_be_leaves_the_book_stale(session, bids, asks) -> None:
    session.do(BookSnapshot(at=session.at, instrument=ONE, bids=bids, asks=asks))
    assert stale(session)


def test_trades_are_kept_and_shown(session) -> None:
    for n in range(3):
        one = Trade(at=session.at, instrument=ONE, price=Ticks(5_000 + n), lots=Lots(5), taker=Side.BUY)
        session.do(one)
    listing = session.state.listings[ONE]
    assert [t.price for t in listing.tape] == [5_000, 5_001, 5_002]
    assert listing.last == one


def test_prices_of_a_coin_are_a_trail_without_a_book() -> None:
    facts = VenueRow(id=BINANCE, title="Binance", trades=False)
    session = Session(opened(venues=(facts,)), ready=False)
    coin = InstrumentId(BINANCE, "BTCUSDT")
    session.do(
        Listed(
            at=session.at,
            family=Family(id=FamilyId("binance:spot"), title="Spot", members=(coin,)),
            instruments=(Instrument(id=coin, title="Bitcoin", payoff=Payoff.LINEAR, unit=Ticks(1)),),  # type: ignore[arg-type]
        )
    )
    for n in range(3):
        session.at = Nanos(session.at + 4 * SECOND)
        session.do(Trade(at=session.at, instrument=coin, price=Ticks(9_000_000 + n), lots=Lots(1)))
    assert len(session.state.listings[coin].trail) == 2


def test_results_that_cannot_be_are_flagged_and_stay_provisional(session) -> None:
    for symbol, result in zip(SYMBOLS, ("yes", "no", "yes", "no"), strict=True):
        session.tell(
            StatusChanged(at=session.at, instrument=InstrumentId(KALSHI, symbol), status="determined", result=result)
        )
    assert session.codes()[-1] == "RESULTS"
    assert "2 were determined YES" in provisional(session.state, session.state.listings[ONE])


def test_exactly_one_yes_of_an_exhaustive_family_is_right(session) -> None:
    for symbol, result in zip(SYMBOLS, ("no", "no", "yes", "no"), strict=True):
        session.tell(
            StatusChanged(at=session.at, instrument=InstrumentId(KALSHI, symbol), status="determined", result=result)
        )
    assert "RESULTS" not in session.codes()
    assert not session.state.flagged


def test_a_result_that_is_no_number_closes_nothing(session) -> None:
    session.trade(session.place(), 10)
    session.tell(StatusChanged(at=session.at, instrument=ONE, status="settled", result="<b>void</b>"))
    assert session.state.book.get(ONE, Leg.YES).qty == 10
    assert session.codes()[-1] == "SETTLED"


def test_what_is_not_listed_and_links_of_other_sources_change_nothing(session) -> None:
    other = InstrumentId(KALSHI, "X")
    before = dict(session.state.listings)
    delta(session, instrument=other)
    session.do(BookSnapshot(at=session.at, instrument=other))
    session.do(Trade(at=session.at, instrument=other, price=Ticks(1), lots=Lots(1)))
    session.do(StatusChanged(at=session.at, instrument=other, status="open"))
    session.do(GridChanged(at=session.at, instrument=other, grid=()))
    session.do(LinkChanged(at=session.at, venue="IEM", up=False))  # type: ignore[arg-type]
    session.do(LinkReport(at=session.at, venue="IEM"))  # type: ignore[arg-type]
    assert session.state.listings == before


def test_the_bracket_that_pays_holds_the_official_value(session) -> None:
    strikes = (Strike(high=50), Strike(low=51, high=52), Strike(low=53, high=54), Strike(low=55))
    for official, wrong in (("53", ""), ("54.0", ""), ("55", "53-54 was determined YES"), ("Lakers", "")):
        session = Session()
        facts = (("expiration_value", official),)
        session.list(*(instrument(n, strike=strikes[n], facts=facts) for n in range(4)))
        for symbol, result in zip(SYMBOLS, ("no", "no", "yes", "no"), strict=True):
            one = InstrumentId(KALSHI, symbol)
            session.tell(StatusChanged(at=session.at, instrument=one, status="determined", result=result))
        assert list(session.state.flagged.values()) == (
            [f"{wrong}, and the official value is {official}"] if wrong else []
        )


def test_a_strike_counts_in_the_step_of_its_unit() -> None:
    cents = Strike(low=5_000_000, high=5_049_999, unit="0.01 $")
    assert [holds(cents, Decimal(v)) for v in ("49999.99", "50000", "50499.99", "50500")] == [False, True, True, False]


def test_a_settled_market_keeps_no_book(session) -> None:
    session.tell(StatusChanged(at=session.at, instrument=ONE, status="settled", result="no"))
    assert session.state.listings[ONE].book.best_bid is None
    assert stale(session)
    assert session.place().why.startswith("MARKET_STATE")
    assert session.place(index=1).status.value == "working"


def test_a_trade_or_mark_from_far_ahead_is_left_out_named_and_counted(session) -> None:
    def traded(ahead: float) -> None:
        when = Nanos(session.at + int(ahead * SECOND))
        session.do(Trade(at=session.at, instrument=ONE, price=Ticks(5_000), lots=Lots(100), venue_time=when))

    found = session.state.listings[ONE]
    traded(10.0)
    assert len(found.tape) == 1
    for _ in range(11):
        traded(3_600.0)
    assert (len(found.tape), found.desk.ahead) == (1, 11)
    told = [note.text for note in session.said if note.code == "VENUE_TIME"]
    each = f"Kalshi: a trade of {SYMBOLS[0]} is from 3,600 s after it came, and is left out;"
    assert told == [f"{each} 1 so far", f"{each} 10 so far"]
    late = Nanos(session.at + 11 * SECOND)
    session.do(Marked(at=session.at, instrument=ONE, price=Decimal("0.5"), venue_time=late))
    session.do(Marked(at=session.at, instrument=ONE, price=Decimal("0.4"), venue_time=session.at))
    assert (found.mark.price, found.desk.ahead) == (Decimal("0.4"), 12)


def test_how_far_ahead_counts_by_the_venues_clock(session) -> None:
    ahead = Nanos(session.at + 120 * SECOND)
    session.do(LinkReport(at=session.at, venue=KALSHI, skew_ms=-115_000.0))
    session.do(Trade(at=session.at, instrument=ONE, price=Ticks(5_000), lots=Lots(100), venue_time=ahead))
    assert len(session.state.listings[ONE].tape) == 1
