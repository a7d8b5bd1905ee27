"""Pictures of strategies at work: the quoter with markets in its different states, and the registry beside it.

Made by `scenes.py`. The simulated day is played into a real kernel, orders go to the simulator that paper trading
uses, and everything is switched on.
"""

import heapq
import random
from itertools import count

import msgspec

import resources
from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.effects import Keep, Look, Replace, Submit, Wake, Withdraw
from engine.core.events import (
    Asked,
    BookDelta,
    BookSnapshot,
    Due,
    Kept,
    LinkChanged,
    Listed,
    Opened,
    StatusChanged,
    Trade,
)
from engine.core.ids import KALSHI, POLYMARKET
from engine.core.snapshot import Snapshot, StationRow, StrategyMemoryRow
from engine.core.units import HOUR, MINUTE, SECOND, Nanos
from engine.core.when import instant
from engine.kernel.step import Kernel
from engine.maths.toxicity import Toxicity
from engine.orders.simulate import Simulator
from engine.sandbox import day as sandbox
from engine.sandbox import venues
from engine.strategies import maker_terms
from engine.strategies.maker_eye import Learnt, Terms
from engine.venues import registry
from engine.views import topics
from widgets.quoter import QuoterPanel
from widgets.strategies import StrategiesPanel

START = instant("2026-07-03T16:00:00Z")
PLAYED = 3 * HOUR - 90 * SECOND
MARKET = BookDelta | BookSnapshot | Trade | Listed | LinkChanged | StatusChanged
MADE = 4
"""Markets that are made; of all but the last an earlier session has learnt."""


class Day:
    """A kernel that lives through the simulated day, with paper gateways at its venues."""

    def __init__(self):
        rows = tuple(StationRow(**facts) for facts in resources.load_stations())
        world = sandbox.build(sandbox.SEED, rows, start=START)
        self.at = START
        self.kernel = Kernel()
        self.floors = {venue: Simulator(venue, random.Random(7).random) for venue in (KALSHI, POLYMARKET)}
        self.todo, self.ties, self.presses = [], count(), count(1)
        self.events = heapq.merge(world.events(), venues.events(sandbox.SEED, START, rows), key=lambda event: event.at)
        self.later = next(self.events)
        self.step(Opened(at=START, snapshot=Snapshot(
            profile="", mode="demo", account_name="paper", place=world.place, utc_offset_hours=world.utc_offset_hours,
            stations=rows, seed_cash=world.accounts, operators=world.operators,
            venues=tuple(msgspec.structs.replace(row, pace=sandbox.SPEED) for row in registry.ROWS),
            salt="5ce7e5ce7e5c", beat=Nanos(60 * SECOND), strategy_memory=memory(rows),
        )))  # fmt: skip

        for venue in self.floors:
            self.step(LinkChanged(at=START, venue=venue, up=True, channel="account"))

    def run(self, until):
        """Let the day go on until an instant."""
        while True:
            timer = self.todo[0][0] if self.todo else until + 1
            at = min(timer, self.later.at)
            if at > until:
                self.at = until
                return
            self.at = max(self.at, at)
            if timer <= self.later.at:
                heapq.heappop(self.todo)[2]()
            else:
                event, self.later = self.later, next(self.events)
                self.step(event)

    def ask(self, command):
        """Press something."""
        self.step(Asked(at=self.at, command=command, pressed_at=Nanos(next(self.presses) * MINUTE)))

    def step(self, event):
        """Step an event and carry out what the kernel asks."""
        if isinstance(event, MARKET):
            for floor in self.floors.values():
                self.answer(floor, floor.step(event, self.at))
        for effect in self.kernel.step(event):
            if isinstance(effect, Wake):
                self.when(effect.due, lambda what=effect.what: self.step(Due(at=self.at, what=what)))
            elif isinstance(effect, Keep) and effect.then:
                self.when(self.at, lambda what=effect.then: self.step(Kept(at=self.at, what=what)))
            elif isinstance(effect, Submit | Withdraw | Replace | Look):
                floor = self.floors.get(venue_of(effect))
                if floor is not None:
                    self.answer(floor, floor.step(effect, self.at))

    def answer(self, floor, some):
        for one in some:
            self.when(self.at, lambda one=one: self.step(msgspec.structs.replace(one, at=self.at)))
        if floor.next_due is not None:
            self.when(floor.next_due, lambda: self.answer(floor, floor.due(self.at)))

    def when(self, at, work):
        heapq.heappush(self.todo, (max(at, self.at), next(self.ties), work))

    def worth_making(self):
        """Return open brackets of Kalshi with both sides, those in the middle first."""
        found = [
            (abs(listing.book.best_bid - 4_500), one.symbol)
            for one, listing in self.kernel.state.listings.items()
            if one.venue == KALSHI and listing.status == "open" and listing.book.best_bid and listing.book.best_ask
        ]
        return [symbol for _, symbol in sorted(found)]


def venue_of(effect):
    """Return the venue that an effect is for."""
    if isinstance(effect, Look):
        return effect.venue
    known = effect.order.place if isinstance(effect, Submit) else effect.known
    return known.instrument.venue


def memory(rows):
    """Return what an earlier session learnt of every bracket but some."""
    probe = venues.events(sandbox.SEED, START, rows)
    found = []
    for event in probe:
        if event.at > START:
            break
        if isinstance(event, Listed):
            found += [one.id.symbol for one in event.instruments if one.id.venue == KALSHI]
    at = Nanos(START - HOUR)
    learnt = []
    for n, symbol in enumerate(found):
        if n % 4 == 3:
            continue
        market = f"kalshi/{symbol}"
        known = Learnt(market, at / SECOND, Terms().default, 0.02, 400, (0.0, 0.0), Toxicity().saved())
        body = msgspec.json.encode(known).decode()
        learnt.append(StrategyMemoryRow(strategy=maker_terms.NAME, name=market, at=at, body=body))
    return tuple(learnt)


def pictures(folder, picture):
    """Take the pictures; `picture` draws a widget with views by topic and saves it."""
    day = Day()
    day.run(Nanos(START + 2 * MINUTE))
    for seat in list(day.kernel.state.strategies.seats.values()):
        day.ask(SetStrategy(strategy=seat.name, to=StrategyState.PAPER))
    markets = day.worth_making()[:MADE]
    day.ask(SetParameter(strategy=maker_terms.NAME, name="markets", value=", ".join(markets)))
    day.run(Nanos(START + PLAYED))
    kernel = day.kernel
    picture(QuoterPanel(), kernel, (topics.SPINE, topics.QUOTER), (1500, 260), folder / "quoter.png")
    picture(StrategiesPanel(), kernel, (topics.SPINE, topics.STRATEGIES), (1500, 330), folder / "strategies.png")
