"""Everything the engine knows, owned by one object and changed by `step` alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.commands import Role
from engine.core.ids import (
    YOU,
    AccountId,
    Cell,
    FamilyId,
    InstrumentId,
    MarketId,
    StationId,
    StrategyId,
    VenueId,
)
from engine.core.units import HOUR, MINUTE, NO_MONEY, SECOND, Money, Nanos
from engine.exchange.conduct import Conduct
from engine.exchange.exchange import Exchange
from engine.kernel.diary import Diary
from engine.kernel.notices import Notices
from engine.kernel.options.holding import Options
from engine.kernel.outbox import Outbox
from engine.kernel.rfq.memory import Desk as RfqDesk
from engine.kernel.session import GateMemory, Session
from engine.kernel.strategies.seats import Strategies
from engine.orders.register import Order, Register
from engine.portfolio.book import Book
from engine.risk.limits import SPECS, Limits
from engine.weather.alerts import Alerts
from engine.weather.observed import Observed

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.contract import Verdict
    from engine.core.effects import Changed
    from engine.core.events import GridForecast, OrderEvent, SourceReport, StationForecast
    from engine.core.ids import OrderId, Topic
    from engine.core.instrument import Family
    from engine.core.snapshot import FillRow, MarketNoteRow, PnlPoint, SettlementRow, StationRow
    from engine.core.trade import Booked
    from engine.exchange.market import Market
    from engine.exchange.rules import ExchangeRules
    from engine.kernel.desks import Desk, Listing, Pending, Shifted
    from engine.kernel.envelope import Envelope
    from engine.kernel.modelling import Opinion
    from engine.kernel.moving import Moving
    from engine.kernel.project.hexagons import Drawn
    from engine.portfolio.correlated import Group
    from engine.portfolio.groups import Swing
    from engine.portfolio.position import Position
    from engine.risk.flow import Flow

TAPE_NS: Final = 600_000_000_000
"""How long traded volume stays on a ladder's rows."""
TRAIL_ROOM: Final = 720
"""Price points kept a market: an hour, a point every five seconds."""
FILLS_ROOM: Final = 200
CURVE_ROOM: Final = 2_000
PRESSED_NS: Final = 2 * MINUTE
"""How long a press is remembered: the minute that is counted, and as long as an order may wait to be sent."""
HOURS_ROOM: Final = 24 * 8
"""More than the week that results are counted over."""


class Printed(msgspec.Struct, gc=False):
    """One trade on a ladder's tape."""

    at: Nanos
    ticks: int
    qty: Decimal
    bought: bool
    """It lifted the price of YES."""
    mine: bool = False


class Heard(msgspec.Struct, gc=False):
    """One piece of news of an order of ours on the embedded exchange, told once it is on disk."""

    event: OrderEvent
    fill: FillRow | None = None
    """Of a `Filled`."""


class Release(msgspec.Struct, gc=False):
    """What a commit lets us say."""

    booked: Booked | None = None
    """A trade of ours."""
    settled: SettlementRow | None = None
    positions: tuple[Position, ...] = ()
    """What the settlement made of ours; none while it is disputed."""
    cash: Money = NO_MONEY
    """What a settlement, or what was `heard`, moved into our account, or out of it."""
    heard: tuple[Heard, ...] = ()
    market: MarketId | None = None
    text: str = ""
    code: str = ""
    level: int = 20


class Shown(NamedTuple):
    """What every trade of a market touches on the screen; all but `market` and `views` are by outcome."""

    market: Market
    views: dict[Topic, Changed]
    """Of its prices."""
    traded: tuple[dict[Topic, Changed], ...]
    ours: tuple[dict[Topic, Changed], ...]
    filled: tuple[dict[Topic, Changed], ...]
    trails: tuple[deque[tuple[Nanos, float]], ...]
    tapes: tuple[deque[Printed], ...]


Wanted = tuple[InstrumentId, StrategyId | None]
"""An instrument, and the strategy that orders in it; None is the trader."""


@dataclass(slots=True)
class Envelopes:
    """Room for orders that was measured beforehand: what stands, and what was asked for, which alone is made."""

    ready: dict[Wanted, Envelope | None] = field(default_factory=dict)
    """None where something stands in every order's way."""
    wanted: dict[Wanted, Place | None] = field(default_factory=dict)
    """With the last order."""
    bare: list[tuple[Wanted, Envelope]] = field(default_factory=list)
    """Envelopes against which what is likely to come is still to be held."""
    likely: list[Place] = field(default_factory=list)
    """Orders that were laid out and may come next, the likeliest last; each is told once (`Kernel.foresee`)."""
    spent: object = None
    """What stood last; to let it go takes as long as half an order, and is left for an idle moment."""

    def lapse(self) -> None:
        """Let none stand: something of ours changed."""
        if self.ready:
            self.spent, self.ready, self.bare = (self.ready, self.bare, self.likely), {}, []
            self.likely = []


class State:
    """The kernel's memory."""

    def __init__(self, rules: ExchangeRules) -> None:
        self.now = Nanos(0)
        self.events = 0
        self.turn = 0
        """Counts what may change what an order is held against: every event but a change of a book and a trade of
        others, and whatever a strategy says to one of these."""
        self.session = Session()
        self.exchange = Exchange(rules)
        self.register = Register()
        self.book = Book()
        self.limits = Limits(NO_MONEY)
        self.limits_kept: tuple[tuple[str, Decimal], ...] = ()
        """Those of the ledger."""
        self.limits_wait = False
        """Live: no balance is known yet to take shares of."""
        self.notices = Notices()
        self.out = Outbox(self.notices)
        self.observed = Observed()
        self.stations: dict[StationId, StationRow] = {}
        self.stations_in: dict[int, dict[Cell, tuple[StationId, ...]]] = {}
        """The stations of each of the map's cells, by resolution; worked out when a map is first drawn."""
        self.stations_around: dict[Cell, tuple[StationId, ...]] = {}
        """Those within the map's reach of a market's cell."""
        self.hexagons: dict[tuple[MarketId, Nanos | None], Drawn] = {}
        """Lines of maps that were drawn, of markets and hours."""
        self.tiers: dict[Cell, str] = {}
        """What evidence there would be in cells of maps that were drawn."""
        self.station_forecasts: dict[StationId, StationForecast] = {}
        self.grids: dict[str, dict[tuple[Nanos, Nanos], GridForecast]] = {}
        """Newest grid of each metric and window."""
        self.grid_cells: dict[tuple[str, Nanos, Nanos], dict[Cell, int]] = {}
        """Index of each cell in a grid, made when it is first asked for."""
        self.alerts = Alerts()
        """Of the weather service: what stands, and what was over within a day."""
        self.alert_cells = 0
        """Entries of their areas."""
        self.alert_turn = 0
        """Counts the changes of what stands."""
        self.alerts_change = Nanos(0)
        """When the next alert begins to stand, is over, or is forgotten."""
        self.bells: dict[StationId, None] = {}
        """Stations whose crossings are to be told."""
        self.opinions: dict[MarketId, Opinion | None] = {}
        """The model's, until a report or a forecast overtakes them."""
        self.released: dict[str, Release] = {}
        """What each commit we wait for lets us say."""
        self.hearings = 0
        """Commits that let us say what became of orders where others rest."""
        self.foreseen: dict[OrderId, Order] = {}
        """Orders of ours there that have not ended, as they will be once all that is being written is on disk."""
        self.turnover = [0, 0]
        """Trades of the embedded exchange in this session: those that sold YES or bought NO, and the others."""
        self.conduct = Conduct()
        """Of every account of the embedded exchange, lately."""
        self.unsaid = 0
        """Trades of ours among them: orders that are neither on a venue nor lost."""
        self.fills: deque[FillRow] = deque(maxlen=FILLS_ROOM)
        self.fills_known = 0
        """Those and the ones before them that went."""
        self.settlements: list[SettlementRow] = []
        """The newest records; those before of markets that were let go are in the ledger alone."""
        self.settlements_gone = 0
        """How many those are."""
        self.verdicts: dict[MarketId, Verdict] = {}
        self.settled_at: dict[MarketId, Nanos] = {}
        self.attempts: dict[MarketId, int] = {}
        self.waiting: dict[MarketId, str] = {}
        """Why a closed market has not settled yet."""
        self.unpriced: set[InstrumentId] = set()
        """Of which a fill bore a fee that is not known in dollars: results after fees are provisional."""
        self.contested: dict[MarketId, str] = {}
        """What settled markets would have come to by reports that came since, where that is something else."""
        self.shown: dict[MarketId, Shown] = {}
        self.trails: dict[InstrumentId, deque[tuple[Nanos, float]]] = {}
        self.tapes: dict[InstrumentId, deque[Printed]] = {}
        self.pressed: deque[tuple[int, tuple[object, ...]]] = deque()
        """Orders of ours of the last minutes: when pressed, in that order, and what makes two alike; `press` adds."""
        self.curve: deque[PnlPoint] = deque(maxlen=CURVE_ROOM)
        self.hours: deque[PnlPoint] = deque(maxlen=HOURS_ROOM)
        """The last point of each hour."""
        self.losses: dict[MarketId, Money] = {}
        """Our worst loss on each market where we hold anything."""
        self.loss: Money = NO_MONEY
        """Sum of `losses`."""
        self.worth: dict[MarketId, Decimal] = {}
        """Our positions on each market at their marks, less what they cost."""
        self.unrealised = Decimal(0)
        """Sum of `worth`."""
        self.total: Money = NO_MONEY
        """Realised + unrealised - fees, as last computed."""
        self.beat = Nanos(SECOND)
        self.beat_at = Nanos(0)
        """The last one."""
        self.place = ""
        self.utc_offset_hours = 0
        """Local standard time of the desk's place; its midnight starts the day."""
        self.kept_curve_at = Nanos(0)
        self.day_base: Money = NO_MONEY
        self.week_base: Money = NO_MONEY
        self.day_from = Nanos(0)
        self.gates: dict[str, GateMemory] = {}
        self.declined = 0
        """Orders of other accounts that the exchange declined."""
        self.next_order = 1
        self.next_trade = 1
        self.chain_next = 0
        self.chain_head = "0" * 64
        self.linked: MarketId | None = None
        self.desks: dict[VenueId, Desk] = {}
        self.sources: dict[str, SourceReport] = {}
        """The services that tell of the weather, as they last did."""
        self.listings: dict[InstrumentId, Listing] = {}
        self.families: dict[FamilyId, Family] = {}
        self.salt = ""
        """Of this ledger; client ids of orders on venues begin with it."""
        self.awaited = ""
        """What the commit of the last usual order will say back."""
        self.pending: dict[OrderId, Pending] = {}
        """Orders on venues that wait for their row to be on disk; nothing of them has left."""
        self.moving: dict[OrderId, Shifted] = {}
        """Amendments that wait for the same."""
        self.shifting: dict[OrderId, Moving] = {}
        """Orders that are taken back to be placed elsewhere, where the venue cannot amend."""
        self.leaving: dict[InstrumentId, Nanos] = {}
        """Positions to be closed once the orders in their instrument have ended, and until when that is tried."""
        self.venue_losses: dict[str, Money] = {}
        """Our worst loss on each family or instrument of venues, open orders included."""
        self.venue_loss: Money = NO_MONEY
        """Sum of `venue_losses`."""
        self.venue_worth: dict[InstrumentId, Decimal] = {}
        """Our positions on venues at their marks, less what they cost."""
        self.swings: dict[Cell, Swing] | None = None
        """What we hold on venues in each cell, and how far open orders could move it; None until it is asked for."""
        self.event_groups: dict[str, tuple[Group, ...]] = {}
        """The groups of each event, made when they are first asked for."""
        self.flows: dict[StrategyId, Flow] = {}
        """What each strategy did lately."""
        self.traded: set[str] = set()
        """Fills on venues that are booked, as the ledger keys them."""
        self.absences: dict[OrderId, int] = {}
        """How often a venue that was asked for an order did not have it."""
        self.taken_back: set[OrderId] = set()
        """Orders on venues that we asked to cancel: should one turn out to work, it is asked again."""
        self.flagged: dict[FamilyId, str] = {}
        """Families whose results cannot be right, and why: what they pay is provisional."""
        self.rostered: set[FamilyId] = set()
        """Families that are in the ledger."""
        self.strategies = Strategies()
        self.diary = Diary()
        self.market_notes: dict[MarketId, MarketNoteRow] = {}
        """What the trader wrote to settlements: one a market, bounded in length."""
        self.options = Options()
        """Options, futures and perpetuals."""
        self.rfq = RfqDesk()
        """Requests for quotes, our quotes, and the trades that came of them."""
        self.envelopes = Envelopes()
        """What the gates would find of one more order, while nothing of ours changes."""

    def operator(self, account: AccountId = YOU) -> bool:
        """Whether an account may create markets and rule."""
        return self.session.roles.get(account) is Role.OPERATOR

    def told_limit(self, code: str) -> Decimal | None:
        """Return a limit to be shown; None while it waits for the balances that it is a share of."""
        spec = SPECS.get(code)
        if spec is None or (self.limits_wait and spec.of_equity and code not in dict(self.limits_kept)):
            return None
        return self.limits[code]

    def press(self, at: int, like: tuple[object, ...]) -> None:
        """Note when an order of ours was pressed; an order that waited to be sent was pressed before others."""
        pressed = self.pressed
        while pressed and at - pressed[0][0] > PRESSED_NS:
            pressed.popleft()
        if not pressed or at >= pressed[-1][0]:
            pressed.append((at, like))
            return
        later = []
        while pressed and pressed[-1][0] > at:
            later.append(pressed.pop())
        pressed.append((at, like))
        pressed.extend(reversed(later))

    def remember(self, point: PnlPoint) -> None:
        """Put a point on the curve; the last one of each hour outlives the curve, for the week's result."""
        self.curve.append(point)
        if self.hours and self.hours[-1].at // HOUR == point.at // HOUR:
            self.hours[-1] = point
        else:
            self.hours.append(point)

    def trail(self, instrument: InstrumentId) -> deque[tuple[Nanos, float]]:
        """Return the recent prices of an instrument, in cents."""
        found = self.trails.get(instrument)
        if found is None:
            found = self.trails[instrument] = deque(maxlen=TRAIL_ROOM)
        return found

    def tape(self, instrument: InstrumentId) -> deque[Printed]:
        """Return the recent trades of an instrument."""
        found = self.tapes.get(instrument)
        if found is None:
            found = self.tapes[instrument] = deque(maxlen=2_000)
        return found
