"""A desk for the tests of the kernel: a kernel, its clock and timers, and a disk that answers when it is told to."""

from __future__ import annotations

import heapq
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec

from engine.core import codec
from engine.core.commands import CreateMarket, Place, Role, TakeRole
from engine.core.contract import EvidenceStation, Metric, Unit
from engine.core.effects import Changed, Keep, Notice, Wake
from engine.core.events import Asked, Due, Kept, Observed, Opened
from engine.core.ids import HOUSE, YOU, AccountId, StationId, embedded
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import CashRow, Snapshot, StationRow
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Leg, Money, Nanos, Side
from engine.core.when import instant
from engine.kernel.step import Kernel
from engine.risk.gates import CODES
from engine.store import ledger
from engine.views import topics
from tests.engine.exchange import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.commands import AnyCommand
    from engine.core.contract import Contract
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.exchange.market import Market
    from engine.exchange.rules import ExchangeRules
    from engine.host.replay import JournalRow
    from engine.orders.register import Order
    from engine.views.account import GateRow
    from engine.views.preview import Preview

OPENS = instant("2026-07-03T18:00:00Z")
"""Start of the rain contracts' window, three hours long."""
NOON = Nanos(OPENS + 30 * MINUTE)
"""When a desk is opened."""
CLOSES = Nanos(OPENS + 3 * HOUR)
DAY_OPENS = instant("2026-07-03T06:00:00Z")
"""Start of Chicago's climate day."""
SIM = AccountId("sim-01")
MIDWAY, OHARE = StationId("KMDW"), StationId("KORD")
GAP = Nanos(3 * SECOND)
"""Between two presses: outside the spell of DUPLICATE and of RATE."""
STATIONS = (
    StationRow(
        id="KMDW", name="Chicago Midway", lat=41.786, lon=-87.752, cell=listed.MIDWAY, utc_offset_hours=-6,
        routine_minute=53,
    ),
    StationRow(
        id="KORD", name="Chicago O'Hare", lat=41.96, lon=-87.93, cell=listed.NEAR, utc_offset_hours=-6,
        routine_minute=51,
    ),
)  # fmt: skip
FUNDS = ((YOU, 1_000), (HOUSE, 20_000), (SIM, 5_000), (AccountId("sim-02"), 5_000))
EMPTY = Snapshot(
    profile="test", mode="paper", account_name="paper", place="Chicago", utc_offset_hours=-6, stations=STATIONS,
    beat=Nanos(MINUTE),
)  # fmt: skip
"""What a session is opened with besides the ledger's sums."""
FRESH = msgspec.structs.replace(
    EMPTY, seed_cash=tuple(CashRow(account=who, amount=Money(Decimal(amount))) for who, amount in FUNDS)
)


def rain(name: str = "RAIN", **terms: Any) -> Contract:
    """A YES/NO contract on the afternoon's rain at Midway."""
    return listed.rain(name, **({"opens": OPENS, "closes": CLOSES} | terms))


def high(name: str = "HIGH", **terms: Any) -> Contract:
    """A contract of four brackets on the day's high at Midway."""
    return listed.high(name, **({"opens": DAY_OPENS, "closes": Nanos(DAY_OPENS + DAY)} | terms))


def gust(name: str = "GUST", **terms: Any) -> Contract:
    """A YES/NO contract on the afternoon's strongest gust at Midway."""
    return rain(name, **({"metric": Metric.WIND_GUST, "unit": Unit.KNOT, "threshold": Decimal(25)} | terms))


def two_stations(name: str = "PAIR", **terms: Any) -> Contract:
    """A rain contract that Midway and O'Hare decide together."""
    both = tuple(EvidenceStation(id=s, km=Decimal(4), weight=Decimal("0.5")) for s in (MIDWAY, OHARE))
    return rain(name, **({"stations": both, "min_stations": 2} | terms))


def report(at: Nanos, station: StationId = MIDWAY, **values: Any) -> Reading:
    """A routine report, dry unless it says otherwise."""
    given: dict[str, Any] = {"temp_tenths_c": 250, "precip_hundredths_in": 0, "wind_kt": 8} | values
    return Reading(
        station=station, measured_at=at, kind=ReportKind.ROUTINE, source="IEM", raw=f"METAR {station} {at}", **given
    )


def hours(*hundredths: int, station: StationId = MIDWAY, opens: Nanos = OPENS) -> list[Reading]:
    """Routine reports of the hours of a window, with what fell in each."""
    return [
        report(Nanos(opens + n * HOUR + 53 * MINUTE), station, precip_hundredths_in=amount)
        for n, amount in enumerate(hundredths)
    ]


def climate(high_f: int, day_opens: Nanos = DAY_OPENS) -> Reading:
    """The official report of a climate day."""
    return Reading(
        station=MIDWAY, measured_at=Nanos(day_opens + DAY), kind=ReportKind.CLIMATE, source="CLI",
        raw=f"CLIMDW {high_f}", high_f=high_f, low_f=60,
    )  # fmt: skip


class Desk:
    """One session.

    Keeps go to `ledger`, a callable, and are said to be safe at once; while `holding` is set they wait for `free`.
    """

    def __init__(
        self,
        snapshot: Snapshot = FRESH,
        *,
        at: Nanos = NOON,
        rules: ExchangeRules | None = None,
        ledger: Callable[[Keep], None] | None = None,
    ) -> None:
        self.kernel = Kernel(rules)
        self.state = self.kernel.state
        self.begun = self.at = at
        self.pressed = Nanos(0)
        self.holding = False
        self.held: list[str] = []
        self.journal: list[JournalRow] = []
        self.events: list[Event] = []
        self.said: list[Notice] = []
        """Every notice of the session."""
        self.rows: list[Keep] = []
        """Every keep of the session, trades spelled out."""
        self._ledger = ledger
        self._timers: list[tuple[Nanos, int, str]] = []
        self._ties = count()
        self._intents = count(1)
        self.do(Opened(at=at, snapshot=snapshot))

    def do(self, event: Event) -> list[AnyEffect]:
        """Step an event, and then what the disk says of it; return all effects but the views out of date."""
        effects = self.kernel.step(event)
        self.events.append(event)
        body = codec.encode(event)
        self.journal.append((len(self.journal) + 1, event.at, type(event).__name__, body, codec.digest(effects)))
        done = [e for e in effects if not isinstance(e, Changed)]
        for effect in done:
            match effect:
                case Keep():
                    self._keep(effect)
                case Wake(due=due, what=what):
                    heapq.heappush(self._timers, (due, next(self._ties), what))
                case Notice():
                    self.said.append(effect)
                case _:
                    self.left(effect)
        if not self.holding:
            done += self.free()
        return done

    def left(self, effect: AnyEffect) -> None:
        """Take note of what is to leave; a desk without venues has nothing to do with it."""

    def free(self) -> list[AnyEffect]:
        """Let the disk say that everything so far is safe."""
        self.holding = False
        done: list[AnyEffect] = []
        while self.held:
            done += self.do(Kept(at=self.at, what=self.held.pop(0)))
        return done

    def ask(self, command: AnyCommand, gap: Nanos = GAP) -> list[AnyEffect]:
        """Put a command, `gap` after the last one; timers that fall due before it fire first."""
        self.run(Nanos(self.at + gap))
        self.pressed = Nanos(self.pressed + gap)
        return self.do(Asked(at=self.at, command=command, pressed_at=self.pressed))

    def run(self, until: Nanos) -> None:
        """Let time pass; timers fire in their order."""
        while self._timers and self._timers[0][0] <= until:
            due, _, what = heapq.heappop(self._timers)
            self.at = max(self.at, due)
            self.do(Due(at=self.at, what=what))
        self.at = max(self.at, until)

    def observe(self, readings: Iterable[Reading]) -> None:
        """Let reports arrive now."""
        for reading in readings:
            self.do(Observed(at=self.at, reading=reading))

    def list(self, contract: Contract | None = None, **terms: Any) -> str:
        """Take the operator's role and list a contract; even odds and b 100 unless told otherwise."""
        asked = rain() if contract is None else contract
        if not self.state.operator():
            self.ask(TakeRole(role=Role.OPERATOR))
        self.ask(CreateMarket(contract=asked, **({"b": 100.0} | terms)))
        assert asked.id in self.state.exchange.markets, self.said[-1]
        return asked.id

    def order(self, side: Side = Side.BUY, leg: Leg = Leg.YES, market: str = "RAIN", outcome: int = 0, **terms: Any):
        """An order with an intent of its own."""
        given = {k: Decimal(v) if k in {"qty", "budget"} and isinstance(v, int | str) else v for k, v in terms.items()}
        given.setdefault("intent", f"i-{self.begun}-{next(self._intents)}")
        return Place(instrument=embedded(market, outcome), side=side, leg=leg, **given)  # type: ignore[arg-type]

    def place(self, *args: Any, gap: Nanos = GAP, **terms: Any) -> Order:
        """Send an order of ours and return it as the register has it."""
        place = self.order(*args, **terms)
        before = len(self.state.register)
        self.ask(place, gap)
        assert len(self.state.register) == before + 1, self.said[-1]
        return list(self.state.register)[-1]

    def other(self, *args: Any, by: AccountId = SIM, **terms: Any) -> None:
        """Let another account trade."""
        self.ask(msgspec.structs.replace(self.order(*args, **terms), by=by))

    def preview(self, place: Place) -> Preview:
        """Return the pre-trade card."""
        return self.kernel.preview(place)

    def gate(self, code: str) -> GateRow:
        """Return a gate's lamp."""
        return self.kernel.view(topics.GATES).rows[CODES.index(code)]  # type: ignore[attr-defined]

    def market(self, name: str = "RAIN") -> Market:
        """Return a market of the exchange."""
        return self.state.exchange.markets[name]  # type: ignore[index]

    def settle(self, name: str = "RAIN") -> None:
        """Let time pass until a market has closed and its first attempt to settle was made."""
        self.run(Nanos(self.market(name).contract.closes + 10 * MINUTE))

    def codes(self) -> list[str]:
        """Return the codes of all notices so far."""
        return [note.code for note in self.said]

    def _keep(self, keep: Keep) -> None:
        rows = ledger.plain(keep.rows)
        for_cash = [Decimal(str(r.values["amount"])) for r in rows if r.table == "cash"]
        assert sum(for_cash, Decimal(0)) == 0, keep
        self.rows.append(Keep(rows=tuple(rows), then=keep.then))
        if self._ledger is not None:
            self._ledger(keep)
        if keep.then:
            self.held.append(keep.then)


def total(desk: Desk) -> Decimal:
    """Return all cash and all pots, which nothing but a deposit may change."""
    return desk.state.exchange.total()


def facts(desk: Desk) -> dict[str, Any]:
    """Return everything that must be the same after a restart."""
    state = desk.state
    exchange, session, book = state.exchange, state.session, state.book
    return {
        "cash": dict(sorted(exchange.cash.items())),
        "markets": [
            (m.id, m.status, m.winner, m.record, m.pot, m.sold, m.trades, m.volume, m.last, m.fee_rate, m.created_at)
            for m in exchange.markets.values()
        ],
        "holdings": {who: list(exchange.holdings(who)) for who in sorted(exchange.cash)},
        "exposures": {who: exchange.exposures(who) for who in sorted(exchange.cash)},
        "escrow": {who: exchange.escrow(who) for who in sorted(exchange.cash)},
        "book": sorted((i.symbol, leg.value, p) for i, leg, p in book.every()),
        "sums": (book.realised, book.fees, dict(sorted(state.losses.items())), state.total),
        "orders": [(o.id, o.place.intent, o.status, o.filled, o.fee, o.why) for o in state.register][-100:],
        "fills": list(state.fills),
        "settlements": state.settlements,
        "limits": dict(state.limits.values()),
        "halt": (session.halted_by, session.halted_why, session.halted_at, session.reduce_only),
        "resting": [
            (
                r.order,
                r.place,
                r.at,
                r.account,
                r.market,
                r.outcome,
                r.leg,
                r.side,
                r.price,
                r.lots,
                r.until,
                r.reserved,
            )
            for r in sorted(exchange.hybrid, key=lambda r: r.place)
        ],
        "curves": [
            (m.id, m.phase, m.kind, m.b, m.offset, m.prices, list(m.organic)) for m in exchange.markets.values()
        ],
        "free": {who: exchange.free(who) for who in sorted(exchange.cash)},
        "chain": (state.chain_next, state.chain_head),
        "next": (state.next_order, state.next_trade),
    }
