"""A session with options on a venue that takes orders, one that only asks for quotes, and a perpetual: all by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.effects import DropQuote, Follow, Look, Row, SignQuote, Submit
from engine.core.events import (
    Accepted,
    BookSnapshot,
    Canceled,
    Filled,
    LinkChanged,
    Listed,
    Marked,
    Pictured,
    QuoteRequested,
    QuoteStood,
    QuoteTaken,
)
from engine.core.fee_rule import FeeRule
from engine.core.ids import DERIBIT, DERIVE, FamilyId, InstrumentId, VenueId, VenueOrderId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.quotes import Quote, QuoteFill, QuoteLeg, QuoteRequest
from engine.core.snapshot import Snapshot, VenueRow
from engine.core.units import DAY, SECOND, Lots, Money, Nanos, Qty, Side, Ticks
from engine.kernel.rfq import finding
from engine.kernel.rfq.memory import Asked
from engine.maths import black, contracts
from engine.strategies import rfq_desk
from tests.engine.kernel.desk import Desk

RYSK = VenueId("rysk")
START = Nanos(1_791_000_000 * SECOND)
EXPIRES = Nanos(START + 10 * DAY)
SPOT = Decimal(3_000)
IV = 0.6
FEE = FeeRule(kind="of_underlying", rate=Decimal("0.0003"), maker_rate=Decimal("0.0003"), cap=Decimal("0.125"))
PERP_FEE = FeeRule(kind="of_value", rate=Decimal("0.0005"))
ANY = (Band(Ticks(1), Ticks(10**9), Ticks(1)),)
ROWS = (
    VenueRow(id=DERIBIT, title="Deribit", can=("POST_ONLY", "AMEND", "SHORT"), orders_per_second=50.0),
    VenueRow(id=DERIVE, title="Derive", can=("POST_ONLY", "AMEND", "SHORT"), orders_per_second=50.0),
    VenueRow(id=RYSK, title="Rysk", trades=False, can=("QUOTE_REQUESTS",)),
)
YEAR = 365 * DAY


def option(venue: VenueId, strike: int, put: bool = False, **terms: Any) -> Instrument:
    """An option on ETH: in dollars, by the cent."""
    symbol = f"ETH-{strike}-{'P' if put else 'C'}"
    given: dict[str, Any] = {
        "title": f"ETH {strike} {'put' if put else 'call'}", "payoff": Payoff.PUT if put else Payoff.CALL,
        "unit": Decimal("0.01"), "lot": Decimal("0.1"), "least": Qty(Decimal("0.1")), "step": Decimal("0.1"),
        "grid": ANY, "fee": FEE, "expires": EXPIRES, "closes": EXPIRES, "underlying": "ETH",
        "exercise": Decimal(strike),
        "settles_in": "USDC", "family": FamilyId(f"{venue}:ETH"),
    } | terms  # fmt: skip
    return Instrument(id=InstrumentId(venue, symbol), **given)


def perpetual(venue: VenueId, **terms: Any) -> Instrument:
    """A linear perpetual on ETH."""
    given: dict[str, Any] = {
        "title": "ETH perpetual", "payoff": Payoff.LINEAR, "unit": Decimal("0.1"), "lot": Decimal("0.01"),
        "least": Qty(Decimal("0.01")), "step": Decimal("0.01"), "grid": ANY, "fee": PERP_FEE, "underlying": "ETH",
        "settles_in": "USDC", "family": FamilyId(f"{venue}:ETH"),
    } | terms  # fmt: skip
    return Instrument(id=InstrumentId(venue, "ETH-PERP"), **given)


STRIKES = (2_800, 3_000, 3_200)
BOARD = tuple(option(DERIBIT, k, put) for k in STRIKES for put in (False, True))
PERP = perpetual(DERIBIT)
PERP_2 = perpetual(DERIVE)
FINE = {"lot": Decimal("0.000001"), "step": Decimal("0.000001")}
ASKED = tuple(option(RYSK, k, put, **FINE) for k in STRIKES for put in (False, True))
CALL, PUT = option(RYSK, 3_000).id, option(RYSK, 2_800, True).id
HEDGE_CALL, HEDGE_PUT = option(DERIBIT, 3_000).id, option(DERIBIT, 2_800, True).id


def worth(one: Instrument, spot: Decimal = SPOT, at: Nanos = START) -> float:
    """Return what an option is worth at the world's volatility."""
    years = max((one.expires or 0) - at, 0) / YEAR
    return black.option(float(spot), float(one.exercise or 0), IV, years, put=one.payoff is Payoff.PUT).price


class World(Desk):
    """The session; disks answer at once unless `holding`."""

    def __init__(
        self, state: StrategyState | None = StrategyState.PAPER, *, at: Nanos = START, **terms: Any
    ) -> None:  # fmt: skip
        snapshot = Snapshot(
            profile="test", mode="paper", account_name="paper", place="Chicago", utc_offset_hours=-6,
            beat=Nanos(60 * SECOND), venues=ROWS, salt="abcdef012345",
        )  # fmt: skip
        self.spot = SPOT
        self.signed: list[Quote] = []
        self.dropped: list[Quote] = []
        self.orders: list[Submit] = []
        self.follows: list[Follow] = []
        super().__init__(msgspec.structs.replace(snapshot, **terms), at=at)
        self.connect()
        self.list_all()
        if state is not None and self.seat.state is StrategyState.OFF:
            self.ask(SetStrategy(strategy=rfq_desk.NAME, to=state))
            self.tell(max_size="100", max_delta="100", max_vega="100000", max_premium="1000000")

    @property
    def seat(self) -> Any:
        """The desk's line."""
        return self.state.strategies.seats[rfq_desk.NAME]

    def left(self, effect: Any) -> None:
        """Take note of what leaves, and say how the accounts are."""
        match effect:
            case SignQuote(quote=quote):
                self.signed.append(quote)
            case DropQuote(quote=quote):
                self.dropped.append(quote)
            case Submit():
                self.orders.append(effect)
            case Follow():
                self.follows.append(effect)
            case Look(venue=venue):
                self.do(Pictured(at=self.at, venue=venue, asked_at=self.at))
            case _:
                pass

    def tell(self, **values: str) -> None:
        """Set parameters of the desk."""
        for name, value in values.items():
            self.ask(SetParameter(strategy=rfq_desk.NAME, name=name, value=value))

    def connect(self) -> None:
        """Bring every link up."""
        for row in ROWS:
            for channel in ("market", "account"):
                self.do(LinkChanged(at=self.at, venue=row.id, up=True, channel=channel))

    def list_all(self) -> None:
        """List every instrument, mark it and give it a book."""
        for some in ((*BOARD, PERP), (PERP_2,), ASKED):
            venue = some[0].id.venue
            family = Family(id=FamilyId(f"{venue}:ETH"), title="ETH", members=tuple(one.id for one in some))
            self.do(Listed(at=self.at, family=family, instruments=some))
        self.quote()

    def quote(self, size: int = 100, half: float = 0.01) -> None:
        """Mark everything and give it a book of two levels a side around what it is worth."""
        for one in (*BOARD, PERP, PERP_2):
            self.mark(one)
            self.book(one, size, half)

    def mark(self, one: Instrument) -> None:
        """Mark an instrument at the world's spot and volatility."""
        linear = one.payoff is Payoff.LINEAR
        price = float(self.spot) if linear else worth(one, self.spot, self.at)
        self.do(
            Marked(
                at=self.at, instrument=one.id, price=Decimal(repr(round(price, 4))), index=self.spot, forward=self.spot,
                mark_iv=None if linear else IV, funding=0.0001 if linear else None,
            )
        )  # fmt: skip

    def book(self, one: Instrument, size: int = 100, half: float = 0.01) -> None:
        """Give an instrument a book of `size` lots a level."""
        mid = float(self.spot) if one.payoff is Payoff.LINEAR else worth(one, self.spot, self.at)
        wide = half if one.payoff is not Payoff.LINEAR else 0.0001
        unit = float(one.unit)
        bid, ask = max(1, int(mid * (1 - wide) / unit)), int(mid * (1 + wide) / unit) + 1
        more = max(1, int(mid * 0.02 / unit))
        bids = [(Ticks(bid), Lots(size))] + ([(Ticks(bid - more), Lots(size))] if bid > more else [])
        asks = [(Ticks(ask), Lots(size)), (Ticks(ask + more), Lots(size))]
        self.do(BookSnapshot(at=self.at, instrument=one.id, bids=tuple(bids), asks=tuple(asks)))

    def alive(self) -> None:
        """Let every venue say something, so that none is silent."""
        for venue in (PERP, PERP_2):
            self.mark(venue)

    def request(
        self, legs: tuple[QuoteLeg, ...] | None = None, qty: str = "1", side: Side = Side.BUY, name: str = "r-1",
        **terms: Any,
    ) -> Asked:  # fmt: skip
        """Let a taker ask; `side` is ours."""
        some = (QuoteLeg(instrument=CALL, side=Side.BUY),) if legs is None else legs
        given = {"taker": "0x00", "expires": None} | terms
        request = QuoteRequest(venue=RYSK, id=name, legs=some, qty=Qty(Decimal(qty)), sides=(side,), **given)
        self.alive()
        self.do(QuoteRequested(at=self.at, request=request))
        return self.state.rfq.asked[f"rfq:rysk:{name}"]

    def stands(self, quote: Quote, status: str = "open", **terms: Any) -> None:
        """Let the venue say how a quote stands."""
        asked = quote.request.id
        self.do(QuoteStood(at=self.at, venue=RYSK, request=asked, client=quote.client, status=status, **terms))

    def taken(self, quote: Quote, trade: str = "t-1", **terms: Any) -> QuoteTaken:
        """Let a taker take a quote."""
        fills = []
        for leg in quote.legs:
            listing = self.state.listings[leg.instrument]
            buy = (quote.side is Side.BUY) is (leg.side is Side.BUY)
            qty = Qty(quote.qty * leg.ratio)
            assert leg.price is not None
            cost = contracts.cost(listing.instrument, leg.price, qty, self.spot)
            assert cost is not None
            fills.append(
                QuoteFill(
                    trade_id=f"{trade}:{leg.instrument.symbol}", instrument=leg.instrument,
                    side=Side.BUY if buy else Side.SELL, price=leg.price, qty=qty, cost=cost, fee=Money(Decimal(0)),
                    at=self.at,
                )
            )  # fmt: skip
        event = QuoteTaken(
            **({"at": self.at, "venue": RYSK, "request": quote.request.id, "client": quote.client, "trade": trade,
                "legs": tuple(fills)} | terms)
        )  # fmt: skip
        self.do(event)
        return event

    def fills(self, order: Submit, qty: Decimal | None = None, *, cancel: bool = True) -> None:
        """Let an order fill at its limit, and end what is left of it."""
        place, number = order.order.place, order.order.order
        self.do(Accepted(at=self.at, order=number, venue_order=VenueOrderId(f"v-{number}")))
        assert place.qty is not None
        assert place.price is not None
        done = place.qty if qty is None else Qty(qty)
        one = self.state.listings[place.instrument].instrument
        price = place.price * one.unit
        if done:
            cost = contracts.cost(one, price, done, self.spot)
            assert cost is not None
            free = Money(Decimal(0))
            self.do(
                Filled(at=self.at, order=number, trade_id=f"f-{number}", price=price, qty=done, cost=cost, fee=free)
            )  # fmt: skip
        if done < place.qty and cancel:
            self.do(Canceled(at=self.at, order=number))

    def steps(self, trace: str = "rfq:rysk:r-1") -> list[str]:
        """Return what the event log on disk says of a trace, in its order: one search."""
        found = (row for keep in self.rows for row in keep.rows if isinstance(row, Row) and row.table == "traces")
        return [str(row.values["what"]) for row in found if row.values["trace"] == trace]

    def net(self, instrument: InstrumentId) -> Decimal:
        """Return what is held, short negative."""
        return finding.held(self.state, instrument)
