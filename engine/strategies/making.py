"""The market maker on the kernel's path: markets that the trader names, each at its part of the bankroll.

Every market has an eye of its own, which learns before anything is quoted and goes on learning after; what it learnt
is remembered from session to session. Quotes are brought up to date at a cadence, and pulled at once where the book is
stale, the market not open, or the trader says so.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from engine.core.ids import InstrumentId, StrategyId, VenueId
from engine.core.instrument import Payoff
from engine.core.units import MINUTE, SECOND, Leg, Nanos, Side, Ticks
from engine.strategies import maker_book, market_maker
from engine.strategies.base import Deal, Shown, Strategy, Watch
from engine.strategies.context import shown
from engine.strategies.maker_eye import Learnt, MakerEye, Phase
from engine.strategies.maker_orders import changes, drops
from engine.strategies.maker_terms import (
    MOST,
    NAME,
    NO_BANKROLL,
    NO_MARKET,
    PULLED,
    REASONS,
    SPEC,
    STALE,
    UNKNOWN,
    terms_of,
)
from engine.strategies.market_maker import Plan, Stand, Terms
from engine.strategies.others import top_of
from engine.strategies.said import NOTHING_SAID, Drop, Note, Remember, Said
from engine.strategies.spec import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.events import Trade
    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market, Own, Working

DEMO_S: Final = 20.0
"""Least cadence on a simulated day, whose clock runs a hundred times as fast."""
REMEMBER: Final = Nanos(10 * MINUTE)
SEPARATORS: Final = re.compile(r"[\s,;]+")


class Made:
    """One market that is made."""

    __slots__ = ("eye", "instrument", "mid_at", "opened_s", "plan", "quoted_s", "remembered", "stand", "step")

    def __init__(self, instrument: Instrument, at: float) -> None:
        self.instrument = instrument
        self.eye = MakerEye(f"{instrument.id.venue}/{instrument.id.symbol}")
        self.opened_s = (instrument.opens or 0) / SECOND or at
        self.quoted_s = -math.inf
        self.remembered = Nanos(0)
        self.stand: Stand | None = None
        self.plan: Plan | None = None
        self.step = Ticks(1)
        """Ticks of the venue in one of the model's."""

    def learnt(self, at: float) -> Learnt:
        """Return what is continued from when the market is made again."""
        return self.eye.learnt(at)._replace(since=self.opened_s)


class Making(Strategy):
    """A market maker of a few named markets."""

    specs = (SPEC,)
    every = Nanos(SECOND)

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[InstrumentId, Made] = {}
        self._recalled: dict[str, Learnt] = {}
        self._warnings: list[str] = []
        """Of what was taken up since the last cadence."""
        self._unknown = False

    @override
    def recall(self, strategy: StrategyId, name: str, body: str, at: Nanos) -> str:
        """Keep what an earlier session learnt of a market until that is named."""
        try:
            self._recalled[name] = msgspec.json.decode(body, type=Learnt)
        except msgspec.MsgspecError as e:
            msg = f"{name[:80]} is not what was written ({type(e).__name__})"
            raise ValueError(msg) from e
        return ""

    @override
    def tell(self, strategy: StrategyId, name: str, value: Value) -> None:
        """Take a parameter; what counts as ordinary trading is told to the eyes too."""
        super().tell(strategy, name, value)
        for one in self.made.values():
            one.eye.ordinary(float(self.values[NAME]["rate_ref"]))

    @override
    def woken(self, context: Context) -> None:
        """Count no return, and mark no fill, across the time in which it looked at nothing."""
        for one in self.made.values():
            one.eye.look(None, context.now / SECOND)

    @override
    def watch(self, context: Context) -> Watch:
        """Return the markets that are named and listed."""
        found, self._unknown = _named(context, str(self.values[NAME]["markets"]))
        for gone in [one for one in self.made if one not in found]:
            self._leave(self.made.pop(gone), context.now / SECOND)
        for name, instrument in found.items():
            if name not in self.made:
                self.made[name] = self._begin(instrument, context.now / SECOND)
        return Watch(tuple(found), tuple(found))

    @override
    def on_trade(self, context: Context, market: Market, trade: Trade) -> Sequence[Said]:
        """Take in that somebody traded."""
        one = self.made.get(trade.instrument)
        if one is not None:
            one.eye.trade(context.now / SECOND)
        return NOTHING_SAID

    @override
    def traded(
        self, context: Context, strategy: StrategyId, instrument: InstrumentId, side: Side, leg: Leg, price: float
    ) -> None:
        """Remember a fill of ours until its horizons have come."""
        one = self.made.get(instrument)
        if one is not None:
            one.eye.fill(*_of_yes(side, leg, price), context.now / SECOND)

    @override
    def taken_back(self, context: Context, strategy: StrategyId, instrument: InstrumentId, deal: Deal) -> None:
        """Mark no fill that never was."""
        one = self.made.get(instrument)
        if one is not None:
            one.eye.unfill(*_of_yes(deal.side, deal.leg, float(deal.cost / deal.qty)))

    @override
    def on_due(self, context: Context) -> Sequence[Said]:
        """Learn of every market, and bring its quotes up to date where it is time."""
        own = context.own(NAME)
        working = own.working
        said: list[Said] = [Note(NAME, text) for text in self._warnings]
        self._warnings.clear()
        said += [Drop(NAME, key) for key, w in working.items() if w.settled and w.instrument not in self.made]
        self.blind = not self.made
        if not self.made:
            return (*said, UNKNOWN if self._unknown else NO_MARKET)
        shelves: dict[InstrumentId, dict[str, Working]] = {name: {} for name in self.made}
        for key, w in working.items():
            if w.instrument in shelves:
                shelves[w.instrument][key] = w
        for name, one in self.made.items():
            said += self._brought(context, own, one, shelves[name])
        if self._unknown:
            said.append(UNKNOWN)
        return said

    @override
    def shows(self, context: Context, strategy: StrategyId) -> Shown:
        """Return the first market's quotes in words."""
        for one in self.made.values():
            if one.plan is not None and one.plan.quote is not None:
                return Shown(fair=one.plan.quote.fair)
        return Shown()

    def _leave(self, one: Made, at: float) -> None:
        """Keep what was learnt of a market until it is named again."""
        if one.eye.phase is not Phase.OBSERVING:
            self._recalled[one.eye.market] = one.learnt(at)

    def _begin(self, instrument: Instrument, at: float) -> Made:
        one = Made(instrument, at)
        learnt = self._recalled.pop(one.eye.market, None)
        if learnt is not None:
            try:
                warning = one.eye.take_up(learnt, at)
                if not instrument.opens and 0.0 < learnt.since < at:
                    one.opened_s = learnt.since  # time that was left then is not left again
            except ValueError as e:
                warning = f"{e}; it learns anew"
                one.eye = MakerEye(one.eye.market)
            if warning:
                self._warnings.append(warning)
        one.eye.ordinary(float(self.values[NAME]["rate_ref"]))
        return one

    def _brought(self, context: Context, own: Own, one: Made, mine: Mapping[str, Working]) -> list[Said]:
        """Look at one market, and say what changes in it."""
        at = context.now / SECOND
        market = context.market(one.instrument.id)
        if market is None or market.stale or market.status != "open":
            one.eye.look(None, at)
            one.stand, one.plan, self.blind = None, None, True
            return [*drops(mine), STALE]
        one.instrument = market.instrument
        refresh = float(self.values[NAME]["refresh"])
        later = at - one.quoted_s < (max(refresh, DEMO_S) if context.mode == "demo" else refresh) - 1e-9
        if later and one.stand is not None:
            one.step, bid, ask = maker_book.best(market, shown(context, mine.values()))
            tick = float(market.instrument.unit) * one.step  # all but prices is looked at when it quotes
            one.stand = one.stand._replace(at=at, tick=tick, best_bid=bid, best_ask=ask, sigma=one.eye.sigma)
        else:
            one.stand = self._stand(context, own, one, market, mine, at)
        one.eye.look(None if one.stand is None else one.stand.mid, at)
        said = self._remembered(context, one)
        if self.values[NAME]["pull"]:
            one.plan = None
            return [*said, *drops(mine), PULLED]
        if one.stand is None:
            return [*said, *drops(mine), NO_BANKROLL]
        if later:
            return said
        one.quoted_s = at
        terms, most = self.terms(), context.bankroll(one.instrument.id.venue) or 0.0
        terms = terms._replace(bankroll=max(min(terms.bankroll, most), 0.0))  # what is not there can be held by nobody
        one.plan = market_maker.plan(one.stand._replace(sigma=one.eye.sigma), terms)
        if one.plan.gate is not None:
            return [*said, *drops(mine), REASONS[one.plan.gate]]
        return [*said, *changes(one, one.plan.orders, mine, self.values[NAME])]

    def _remembered(self, context: Context, one: Made) -> list[Said]:
        if one.eye.phase is Phase.OBSERVING or context.now - one.remembered < REMEMBER:
            return []
        one.remembered = context.now
        learnt = one.learnt(context.now / SECOND)
        return [Remember(NAME, one.eye.market, msgspec.json.encode(learnt).decode())]

    def _stand(
        self, context: Context, own: Own, one: Made, market: Market, mine: Mapping[str, Working], at: float
    ) -> Stand | None:
        """Return how a market stands, our own orders not counted; None until the venue has told our cash.

        What works binds no money here: the plan wants all of it anew.
        """
        bankroll = context.bankroll(one.instrument.id.venue)
        if bankroll is None:
            return None
        instrument = market.instrument
        one.step, bid, ask = maker_book.best(market, shown(context, mine.values()))
        yes, no = (own.held.get((instrument.id, leg)) for leg in (Leg.YES, Leg.NO))
        spent = sum(float(p.cost) for p in (yes, no) if p is not None)
        share = min(bankroll, float(self.values[NAME]["bankroll"])) / len(self.made)
        unit = float(instrument.unit)
        return Stand(
            at=at, start=one.opened_s, resolves=(instrument.closes or 0) / SECOND or math.inf, tick=unit * one.step,
            best_bid=bid, best_ask=ask,
            yes=float(yes.qty) if yes is not None else 0.0, no=float(no.qty) if no is not None else 0.0,
            cash=share - spent, open_buys=0.0, sigma=one.eye.sigma, rate=one.eye.rate(at), crowd=one.eye.crowd(at),
            quoting=one.eye.phase is Phase.QUOTING, least=float(instrument.least),
        )  # fmt: skip

    def terms(self) -> Terms:
        """Return what the parameters say."""
        return terms_of(self.values[NAME], len(self.made))


def _named(context: Context, text: str) -> tuple[dict[InstrumentId, Instrument], bool]:
    """Return the instruments that a text names, and whether some name means none or several."""
    found: dict[InstrumentId, Instrument] = {}
    words = list(dict.fromkeys(w for w in SEPARATORS.split(text.strip()) if w))
    unknown = len(words) > MOST
    for word in words[:MOST]:
        venue, _, symbol = word.rpartition("/")
        venues = [VenueId(venue)] if venue else [VenueId("kalshi"), VenueId("polymarket")]
        known = [m for v in venues if (m := context.market(InstrumentId(v, symbol))) is not None]
        if len(known) == 1 and _makeable(known[0].instrument):
            found[known[0].instrument.id] = known[0].instrument
        else:
            unknown = True
    return found, unknown


def _of_yes(side: Side, leg: Leg, price: float) -> tuple[Side, float]:
    """Return side and price of YES of a fill of a leg."""
    if leg is Leg.NO:
        side, price = (Side.SELL if side is Side.BUY else Side.BUY), 1.0 - price
    return side, min(max(price, 0.0), 1.0)


def _makeable(one: Instrument) -> bool:
    """Whether it is a share that pays 1 or nothing, at prices whose every step divides 1."""
    if one.payoff is not Payoff.BINARY or not one.grid or not 0 < one.unit < 1:
        return False
    top = top_of(one)
    return top * one.unit == 1 and all(0 < band.step < top and top % band.step == 0 for band in one.grid)
