"""What our positions on venues are worth after each beat, whatever moved since the one before."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import BookSnapshot, Listed, StatusChanged, Trade
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Instrument
from engine.core.units import Leg, Lots, Ticks
from engine.kernel import exposing
from tests.engine.kernel.venue import SYMBOLS, Session, family, instrument

ONE = InstrumentId(KALSHI, SYMBOLS[0])
MOVES = st.lists(
    st.tuples(st.sampled_from(["beat", "book", "trade", "fill", "result", "list"]), st.integers(1, 97)), max_size=14
)


def worth(session: Session) -> Decimal:
    """Return what all positions are worth less what they cost, from nothing that was kept."""
    found = Decimal(0)
    for one, leg, held in session.state.book.held():
        yes = exposing.mark(session.state.listings[one])
        if yes is not None:
            found += held.qty * (yes if leg is Leg.YES else 1 - yes) - held.cost
    return found


@given(MOVES)
def test_after_each_beat_positions_are_worth_what_their_markets_say(moves: list[tuple[str, int]]) -> None:
    session = Session()
    session.trade(session.place(qty=2), 2)
    for number, (what, cents) in enumerate(moves):
        at, price = session.at, Ticks(100 * cents)
        match what:
            case "book":  # at 97 there is no bid: the last trade counts
                bids = () if cents == 97 else ((price, Lots(500)),)
                asks = ((Ticks(price + 200), Lots(500)),)
                session.tell(BookSnapshot(at=at, instrument=ONE, bids=bids, asks=asks))
            case "trade":
                session.tell(
                    Trade(at=at, instrument=ONE, price=price, lots=Lots(100), taker=None, trade_id=f"t{number}")
                )
            case "fill":
                order = session.place(qty=1)
                if not order.ended:
                    session.trade(order, 1)
            case "result":
                session.tell(
                    StatusChanged(at=at, instrument=ONE, status="determined", result="yes" if cents % 2 else "no")
                )
            case "list":
                some: tuple[Instrument, ...] = tuple(instrument(n) for n in range(len(SYMBOLS)))
                session.tell(Listed(at=at, family=family(), instruments=some))
        session.run(1.1)
        assert session.state.unrealised == worth(session)
        assert session.state.unrealised == sum(session.state.venue_worth.values(), Decimal(0))
