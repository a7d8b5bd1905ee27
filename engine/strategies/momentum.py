"""Momentum on the brackets of daily temperatures: `bracket_momentum` and its eyes, asked by the kernel.

What it proposes of entries comes from books, trades and the weather alone; what it holds, its limits and its bankroll
come in when a proposal is sized. Positions are left and moved along by what it holds.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.ids import StrategyId
from engine.core.snapshot import LIVE
from engine.core.units import SECOND, Leg, Nanos, Qty, Side
from engine.core.when import day_start
from engine.strategies import bracket_leader, bracket_momentum, momentum_orders, momentum_records, readiness
from engine.strategies.base import Deal, Shown, Strategy, Watch
from engine.strategies.bracket_momentum import NOTHING, Gate, Held, Terms
from engine.strategies.context import shown
from engine.strategies.momentum_event import Event
from engine.strategies.momentum_model import MODEL, Advice
from engine.strategies.momentum_terms import (
    DAILY_LOSS,
    NAME,
    NO_BANKROLL,
    NO_FAMILY,
    NO_ROOM,
    NOMINAL,
    NOT_HELD,
    PARAMETERS,
    RANKS,
    REASONS,
)
from engine.strategies.said import NOTHING_SAID, Drop, Note, Record, Said, Want, Why
from engine.strategies.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.events import Trade
    from engine.core.ids import FamilyId, InstrumentId
    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market, Own, Working
    from engine.strategies.readiness import Day

DEMO_S: Final = 10.0
"""Least cadence on a simulated day, whose clock runs a hundred times as fast."""
RECORD_S: Final = 60.0
"""Between two records of an event's features."""
MEMORY: Final = 20.0
"""Cadences after which a price weighs a third."""


class Momentum(Strategy):
    """Bracket momentum over every listed day of temperatures."""

    specs = (
        Spec(
            NAME, "Bracket momentum", "every second",
            "Buys the bracket of a daily temperature that accelerates away from its neighbours while buyers press, at "
            "rest unless they come in a spike; moves inventory along when the distribution migrates.",
            PARAMETERS,
        ),
    )  # fmt: skip
    every = Nanos(SECOND)

    def __init__(self) -> None:
        super().__init__()
        self._advice = Advice()
        self._events: dict[FamilyId, Event] = {}
        self._of: dict[InstrumentId, tuple[Event, int]] = {}
        self._watch = Watch()
        self._known: dict[FamilyId, tuple[Instrument, ...]] = {}
        self._paced = 0.0
        """The cadence that its eyes were made for, seconds."""
        self._mine: set[str] = set()
        """Keys of the orders of this session: of others it is not known how long they may rest."""
        self._sent: list[str] = []
        """What was decided on, of orders sent since the last cadence."""

    @override
    def unready(self, strategy: StrategyId, days: Sequence[Day], bankroll: float | None) -> str:
        """Return which of the bars of `readiness` are not passed."""
        if not bankroll or bankroll <= 0.0:
            return NO_BANKROLL.text
        missed = [one for one in readiness.checks(days, bankroll) if not one.passed]
        said = [readiness.words(one) for one in missed]
        return f"it has not earned it yet: {', '.join(said)}" if said else ""

    @override
    def teach(self, strategy: StrategyId, name: str, body: str) -> str:
        """Take up a classifier's model, or an empty text for none; return what it is."""
        return self._advice.take(body) if name == MODEL else super().teach(strategy, name, body)

    @override
    def recall(self, strategy: StrategyId, name: str, body: str, at: Nanos) -> str:
        """Take up the classifier's model of an earlier session."""
        if name == MODEL:
            self._advice.take(body)
        return ""

    @override
    def woken(self, context: Context) -> None:
        """Forget prices and flow: what stood when it was switched off is not what stands."""
        for one in self._events.values():
            one.eye.forget()

    @override
    def watch(self, context: Context) -> Watch:
        """Return the members of every open family of daily temperatures whose brackets leave nothing out."""
        found = {
            family.id: members for family in context.families() if (members := momentum_orders.members(context, family))
        }
        cadence = self._cadence(context)
        if found == self._known and cadence == self._paced:
            return self._watch
        anew = cadence != self._paced  # what an eye remembers is of its cadence, and so is a model
        changed = [
            one
            for one, members in self._known.items()
            if anew or (found.get(one) != members and not self._renewed(context, one, found.get(one, ())))
        ]
        self._known, self._paced = found, cadence
        entered = {name: self._events[name].entered for name in changed}
        for gone in changed:
            del self._events[gone]
        for name, members in found.items():
            family = context.family(name)
            if name not in self._events and family is not None:
                one = self._events[name] = Event(family, members, MEMORY * cadence)
                one.entered = entered.get(name, one.entered)
        self._of = {m.id: (one, j) for one in self._events.values() for j, m in enumerate(one.members)}
        self._watch = Watch(tuple(self._of), tuple(self._of))
        return self._watch

    def _renewed(self, context: Context, name: FamilyId, members: tuple[Instrument, ...]) -> bool:
        family, one = context.family(name), self._events.get(name)
        return family is not None and one is not None and one.renewed(family, members)

    @override
    def on_quote(self, context: Context, market: Market) -> Sequence[Said]:
        """Take in the best prices."""
        found = self._of.get(market.instrument.id)
        if found is not None:
            quote = momentum_orders.quote(market, self._shown(context))
            found[0].eye.brackets[found[1]].see(quote, context.now / SECOND)
        return NOTHING_SAID

    @override
    def on_trade(self, context: Context, market: Market, trade: Trade) -> Sequence[Said]:
        """Take in a trade."""
        found = self._of.get(trade.instrument)
        if found is not None and trade.taker is not None:
            qty = float(trade.lots * market.instrument.lot)
            found[0].eye.brackets[found[1]].trade(trade.taker is Side.BUY, qty, context.now / SECOND)
        return NOTHING_SAID

    @override
    def on_due(self, context: Context) -> Sequence[Said]:
        """Make the features of every event whose cadence it is, and decide."""
        self.blind = not any(one.seen is not None and one.seen.pooled is not None for one in self._events.values())
        working = context.own(NAME).working
        self._mine.intersection_update(working)
        said: list[Said] = [
            Drop(NAME, key)
            for key, one in working.items()
            if one.settled and (key not in self._mine or one.instrument not in self._of)
        ]
        if not self._events:
            return (*said, NO_FAMILY)
        said += [Note(NAME, text) for text in self._sent]
        self._sent.clear()
        gates: list[Gate | bracket_leader.Gate] = []
        mute: Why | None = None
        cadence, terms = self._cadence(context), self._terms()
        at = context.now / SECOND
        for one in self._events.values():
            if at - one.sampled_s < cadence - 1e-9:
                continue
            one.sampled_s = at
            for j, member in enumerate(one.members):
                market = context.market(member.id)
                if market is None or market.stale or market.status != "open":
                    one.eye.brackets[j].see(None, at)
                elif one.eye.brackets[j].quote is None:
                    one.eye.brackets[j].see(momentum_orders.quote(market, self._shown(context)), at)
            one.seen = one.eye.sample(at, context.sky(one.family))
            if at - one.recorded_s >= RECORD_S:
                one.recorded_s = at
                said.append(Record(NAME, one.family, momentum_records.features(one.members, one.seen)))
            said += self._decided(context, one, terms, gates, working)
            mute = (mute or self._advice.why(cadence, one.memory_s)) if self.values[NAME]["classifier"] else None
        if gates and mute is not None:
            said.append(mute)
        elif gates:
            furthest = max(gates, key=RANKS.__getitem__)
            reason = REASONS.get(furthest)
            if reason is not None:
                said.append(reason)
        return said

    @override
    def size(self, context: Context, want: Want) -> Want | Why:
        """Turn a part of the bankroll into contracts, within bracket, event and day."""
        found = self._of.get(want.instrument)
        if found is None:
            return REASONS[Gate.NO_QUOTES]
        one, j = found
        own = context.own(NAME)
        if want.side is Side.SELL:
            position = own.held.get((want.instrument, want.leg))
            qty = Decimal(math.floor(position.qty)) if position is not None else Decimal(0)
            return want._replace(qty=Qty(min(qty, want.qty or qty))) if qty >= 1 else NOT_HELD
        if want.part is not None and j in one.leaving:
            return REASONS[Gate.LEAVING]
        bankroll = context.bankroll(want.instrument.venue)
        if bankroll is None:
            return NO_BANKROLL
        if self._has_lost(context, own):
            return DAILY_LOSS
        terms = self._terms()
        held = self._held(context, one, own.working)
        spent = math.fsum(h.cost for h in held)
        room = min(terms.bracket_usd - held[j].cost, terms.city_share * bankroll - spent)
        price = float(one.members[j].unit * (want.price or 0))
        if price <= 0.0:
            return NO_ROOM
        most = float(want.qty or 0) if want.part is None else want.part * bankroll / price
        bought = math.floor(min(most, room / price))
        return want._replace(qty=Qty(Decimal(bought)), part=None) if bought >= 1 else NO_ROOM

    @override
    def sent(self, context: Context, want: Want) -> None:
        """Remember what an order was decided on, for the log."""
        self._mine.add(want.key)
        found = self._of.get(want.instrument)
        if found is None or found[0].seen is None:
            return
        one, j = found
        seen, label = found[0].seen, one.members[j].label or one.members[j].title
        wants = () if one.decision is None else one.decision.wants
        mine = next((w for w in wants if w.bracket == j and w.buy is (want.side is Side.BUY)), None)
        self._sent.append(f"{label}: {momentum_records.reasons(seen, j, want, mine)}")

    @override
    def filled(self, context: Context, strategy: StrategyId, instrument: InstrumentId) -> None:
        """Remember when a position began, and forget one that has ended."""
        found = self._of.get(instrument)
        if found is None:
            return
        one = found[0]
        position = context.own(NAME).held.get((instrument, Leg.YES))
        if position is None:
            one.entered.pop(instrument, None)
        elif instrument not in one.entered:
            hazard = None if one.seen is None or one.seen.sky is None else one.seen.sky.hazard_60
            one.entered[instrument] = (context.now / SECOND, hazard)

    @override
    def taken_back(self, context: Context, strategy: StrategyId, instrument: InstrumentId, deal: Deal) -> None:
        """Forget when a position began that never was."""
        self.filled(context, strategy, instrument)

    @override
    def shows(self, context: Context, strategy: StrategyId) -> Shown:
        """Return the bracket with the largest edge among those that were judged."""
        halted = DAILY_LOSS.text if self._has_lost(context, context.own(NAME)) else ""
        best = Shown(text="" if self._events else NO_FAMILY.text, halted=halted)
        top = -math.inf
        for one in self._events.values():
            chances = None if one.seen is None else one.seen.pooled
            if one.seen is None or chances is None:
                continue
            for j, sample in enumerate(one.seen.brackets):
                if sample.ask is None:
                    continue
                edge = chances[j] - sample.ask
                if edge > top:
                    top = edge
                    best = Shown(side="YES", fair=chances[j], ask=sample.ask, edge=edge, halted=halted)
        return best

    def _has_lost(self, context: Context, own: Own) -> bool:
        """Whether the day has lost what it may, with what is open at what it would bring."""
        lost = own.since(day_start(context.now)) + momentum_orders.open_loss(context, own)
        return lost <= -Decimal(str(self.values[NAME]["daily_loss"]))

    def _decided(
        self, context: Context, one: Event, terms: Terms, gates: list[Gate | bracket_leader.Gate],
        working: Mapping[str, Working],
    ) -> list[Said]:  # fmt: skip
        seen = one.seen
        assert seen is not None
        fee = momentum_orders.fee(one.members, context.now)
        none = (NOTHING,) * len(one.members)
        up = None
        if self.values[NAME]["classifier"]:
            up = self._advice.up(seen, self._cadence(context), one.memory_s)
        one.decision = bracket_momentum.decide(seen, none, NOMINAL, one.closes_s, fee, terms, up)
        gates += [one.decision.gate] if one.decision.gate is not None else list(one.decision.gates)
        held = self._held(context, one, working)
        left: tuple[bracket_momentum.Want, ...] = ()
        if any(h.qty >= 1.0 for h in held):
            left = bracket_momentum.leave(seen, held, one.closes_s, fee, terms)
        one.leaving = frozenset(want.bracket for want in left if not want.buy)
        found: list[Said] = []
        for want in (*left, *one.decision.wants):
            said = momentum_orders.intent(one.members[want.bracket], want, terms)
            in_the_way = momentum_orders.in_the_way(said, want, working)
            if in_the_way:
                found += [Drop(NAME, key) for key in in_the_way if working[key].settled]
            elif said.key not in working:
                found.append(said)
        return found

    def _held(self, context: Context, one: Event, working: Mapping[str, Working]) -> tuple[Held, ...]:
        own = context.own(NAME)
        units = {member.id: float(member.unit) for member in one.members}
        costs: dict[InstrumentId, float] = {}
        for order in working.values():
            if order.side is Side.BUY and order.instrument in units:
                left = float(order.qty - order.filled)
                costs[order.instrument] = (
                    costs.get(order.instrument, 0.0) + left * float(order.price) * units[order.instrument]
                )
        found = []
        for member in one.members:
            position = own.held.get((member.id, Leg.YES))
            cost = costs.get(member.id, 0.0)
            if position is None:
                found.append(NOTHING._replace(cost=cost) if cost else NOTHING)
                continue
            since, hazard = one.entered.setdefault(member.id, (context.now / SECOND, None))
            found.append(Held(float(position.qty), float(position.cost) + cost, since, hazard))
        return tuple(found)

    def _shown(self, context: Context) -> tuple[Working, ...]:
        """Return its orders that stand in venues' books; live ones alone do, and nothing is looked up without."""
        return shown(context, context.own(NAME).working.values()) if context.mode == LIVE else ()

    def _cadence(self, context: Context) -> float:
        asked = float(self.values[NAME]["cadence"])
        return max(asked, DEMO_S) if context.mode == "demo" else asked

    def _terms(self) -> Terms:
        said = self.values[NAME]
        return Terms(
            theta=float(said["theta"]), spread_c=float(said["spread"]), volume=float(said["volume"]),
            tolerance=float(said["tolerance"]), close_s=float(said["close"]), stale_s=float(said["stale"]),
            maker_c=float(said["maker_edge"]), taker_c=float(said["taker_edge"]), horizon_s=float(said["horizon"]),
            hold_s=float(said["hold"]), bracket_usd=float(said["bracket"]), city_share=float(said["city"]) / 100.0,
            use_filter=said["fair"] == "filter", likely=float(said["likely"]),
        )  # fmt: skip
