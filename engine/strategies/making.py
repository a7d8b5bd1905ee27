"""The market maker on the kernel's path: markets that the trader names, each at its part of the bankroll.

Every market has an eye of its own, which learns before anything is quoted and goes on learning after; what it learnt
is remembered from session to session. Quotes are brought up to date at a cadence, and pulled at once where the book is
stale, the market not open, or the trader says so.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from engine.core.commands import Tif
from engine.core.ids import InstrumentId, StrategyId, VenueId
from engine.core.instrument import Payoff
from engine.core.units import MINUTE, SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.maths.marchetypes import MARCHETYPES
from engine.maths.quoting import Depth
from engine.strategies import maker_book, market_maker
from engine.strategies.base import Deal, Shown, Strategy, Watch
from engine.strategies.context import shown
from engine.strategies.maker_eye import Learnt, MakerEye, Phase
from engine.strategies.market_maker import Gate, Order, Plan, Stand, Terms
from engine.strategies.others import top_of
from engine.strategies.said import NOTHING_SAID, Drop, Move, Note, Remember, Said, Want, Why
from engine.strategies.spec import Kind, Parameter, Spec, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.core.events import Trade
    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market, Own, Working

NAME: Final = StrategyId(market_maker.NAME)
MOST: Final = 16
"""Markets made at once."""
DEMO_S: Final = 20.0
"""Least cadence on a simulated day, whose clock runs a hundred times as fast."""
REMEMBER: Final = Nanos(10 * MINUTE)
SEPARATORS: Final = re.compile(r"[\s,;]+")

_D: Final = market_maker.TERMS
PARAMETERS: Final = (
    Parameter("markets", Kind.TEXT, "", help=f"Up to {MOST} symbols, as in the markets tree, with commas between."),
    Parameter(
        "kind", Kind.CHOICE, "e2", choices=tuple(MARCHETYPES),
        help="a: may resolve at any time, e: at the end; 1 to 3: little to much is known before.",
    ),
    Parameter("pull", Kind.SWITCH, False, help="Take every quote back and stay out."),
    Parameter("widen", Kind.NUMBER, 1.0, 0.5, 10.0, "x", "Times the half-spread."),
    Parameter("widen_at", Kind.NUMBER, 1.8, 1.0, 6.0, "", "Toxicity from which the half-spread is doubled."),
    Parameter("pull_at", Kind.NUMBER, 2.5, 1.0, 6.0, "", "Toxicity from which nothing rests."),
    Parameter("bankroll", Kind.NUMBER, _D.bankroll, 10.0, 1e6, "$", "Of all markets; each has an equal part."),
    Parameter("eta", Kind.NUMBER, _D.eta, 0.25, 0.75, "", "How capacity falls with the time left."),
    Parameter("slip", Kind.NUMBER, _D.slip, 0.02, 0.12, "", "What hedging costs above the price."),
    Parameter("cash_share", Kind.NUMBER, _D.phi_min, 0.0, 0.5, "", "Of a market's bankroll that always stays."),
    Parameter("gamma_a", Kind.NUMBER, _D.gamma_a, 0.8, 1.2, "", "How fear grows as the room fills."),
    Parameter("gamma_max", Kind.NUMBER, _D.gamma_max, 5.0, 10.0, "", "Most fear."),
    Parameter("lambda_min", Kind.NUMBER, _D.lambda_min, 0.5, 1.0, "", "Least structural danger."),
    Parameter("lambda_max", Kind.NUMBER, _D.lambda_max, 1.5, 3.0, "", "Most structural danger."),
    Parameter("beta", Kind.NUMBER, 0.0, 0.0, 1.8, "", "Ambiguity's fall away from 50 cents; 0 is the kind's."),
    Parameter("alpha", Kind.NUMBER, 0.0, 0.0, 2.0, "", "How a crowd calms; 0 is the kind's."),
    Parameter("c_risk", Kind.NUMBER, _D.c_risk, 0.1, 0.5, "", "Weight of risk in the half-spread."),
    Parameter("kappa", Kind.NUMBER, _D.kappa, 0.5, 100.0, "", "How fast quotes further out are hit less."),
    Parameter("rate_ref", Kind.NUMBER, _D.rate_ref, 0.01, 0.2, "1/s", "Trades a second that count as ordinary."),
    Parameter("least_half", Kind.NUMBER, 100 * _D.min_half, 0.0, 20.0, "c", "Narrowest half-spread."),
    Parameter("levels", Kind.WHOLE, 3, 1, 8, "", "Orders a side."),
    Parameter("decay", Kind.NUMBER, _D.depth.decay, 0.5, 1.0, "", "Of the money risked, from level to level."),
    Parameter("least_size", Kind.NUMBER, 5.0, 1.0, 1_000.0, "ct", "Smallest order."),
    Parameter("side_notional", Kind.NUMBER, _D.depth.max_notional, 1.0, 100_000.0, "$", "Most at risk on one side."),
    Parameter("refresh", Kind.NUMBER, 2.0, 1.0, 60.0, "s", "How often quotes are brought up to date."),
    Parameter("messages", Kind.WHOLE, 3, 1, 20, "", "New and moved orders at one time, the best prices first."),
    Parameter("requote", Kind.WHOLE, 1, 1, 20, "ticks", "Closer prices stay as they are."),
)  # fmt: skip
TEXTS: Final = {
    Gate.WARMING: "it is still learning the market",
    Gate.NO_BOOK: "the others' book has only one side",
    Gate.RESOLVED: "the market's time is over",
    Gate.NO_MONEY: "the cash floor leaves nothing",
    Gate.TOXIC: "the flow is too poisonous",
    Gate.NO_ROOM: "no tick or no size is left to quote",
}
REASONS: Final = {gate: Why(NAME, gate.value, text) for gate, text in TEXTS.items()}
NO_MARKET: Final = Why(NAME, "no_market", "name the markets to make in its parameters")
UNKNOWN: Final = Why(
    NAME, "unknown_market",
    f"a market that is named is not listed, names two, is no share that pays 1, or comes after the {MOST}th",
)  # fmt: skip
STALE: Final = Why(NAME, "stale", "the book is stale, or the market is not open")
PULLED: Final = Why(NAME, "pulled", "you pulled its quotes")
NO_BANKROLL: Final = Why(NAME, "no_bankroll", "the venue has not said what our account holds")


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


class Making(Strategy):
    """A market maker of a few named markets."""

    specs = (
        Spec(
            NAME, "Market maker", "every second",
            "Quotes both sides of the markets you name, in logit space: skewed by inventory, wider with fear, "
            "structure and poison in the flow, within a cash floor.",
            PARAMETERS,
        ),
    )  # fmt: skip
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
            del self.made[gone]
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
            return [*_drops(mine), STALE]
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
            return [*said, *_drops(mine), PULLED]
        if one.stand is None:
            return [*said, *_drops(mine), NO_BANKROLL]
        if later:
            return said
        one.quoted_s = at
        terms, most = self.terms(), context.bankroll(one.instrument.id.venue) or 0.0
        terms = terms._replace(bankroll=max(min(terms.bankroll, most), 0.0))  # what is not there can be held by nobody
        one.plan = market_maker.plan(one.stand._replace(sigma=one.eye.sigma), terms)
        if one.plan.gate is not None:
            return [*said, *_drops(mine), REASONS[one.plan.gate]]
        return [*said, *self._changes(one, one.plan.orders, mine)]

    def _changes(self, one: Made, wanted: Iterable[Order], mine: Mapping[str, Working]) -> list[Said]:
        """Return how what works becomes what is wanted; what still travels is left alone."""
        prefix = f"{one.instrument.id.symbol}:"
        top = top_of(one.instrument)
        travels = {key for key, w in mine.items() if not w.settled}
        desired = [o._replace(key=prefix + o.key) for o in wanted if prefix + o.key not in travels]
        works = {key: _as_order(key, w, one.step, top) for key, w in mine.items()}
        resting = [(works[key], works[key].qty) for key, w in mine.items() if w.settled]
        change = market_maker.changes(desired, resting, int(self.values[NAME]["requote"]))
        now = sorted((*change.move, *change.add), key=lambda o: o.key[-1])[: int(self.values[NAME]["messages"])]
        if one.stand is not None:
            now = market_maker.sellable(now, works, {Leg.YES: one.stand.yes, Leg.NO: one.stand.no})
        stand, quote = one.stand, None if one.plan is None else one.plan.quote
        fair = None if stand is None or quote is None else quote.fair
        return [
            *(Drop(NAME, key) for key in change.drop),
            *(
                Move(NAME, o.key, _price(o, one.step, top), Qty(mine[o.key].filled + o.qty))
                if o.key in mine
                else _want(one.instrument, o, one.step, top, fair)
                for o in now
            ),
        ]

    def _remembered(self, context: Context, one: Made) -> list[Said]:
        if one.eye.phase is Phase.OBSERVING or context.now - one.remembered < REMEMBER:
            return []
        one.remembered = context.now
        learnt = one.eye.learnt(context.now / SECOND)._replace(since=one.opened_s)
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
            quoting=one.eye.phase is Phase.QUOTING,
        )  # fmt: skip

    def terms(self) -> Terms:
        """Return what the parameters say."""
        said = self.values[NAME]
        kind = MARCHETYPES[str(said["kind"])]
        return Terms(
            bankroll=float(said["bankroll"]), markets=len(self.made), eta=float(said["eta"]), slip=float(said["slip"]),
            phi_min=float(said["cash_share"]), gamma_a=float(said["gamma_a"]), gamma_max=float(said["gamma_max"]),
            lambda_min=float(said["lambda_min"]), lambda_max=float(said["lambda_max"]),
            beta=float(said["beta"]) or kind.beta.start, alpha=float(said["alpha"]) or kind.alpha.start,
            reference=kind.reference, floor=kind.floor, c_risk=float(said["c_risk"]), kappa=float(said["kappa"]),
            widen_at=float(said["widen_at"]), pull_at=float(said["pull_at"]),
            rate_ref=float(said["rate_ref"]), min_half=float(said["least_half"]) / 100.0, widen=float(said["widen"]),
            depth=Depth(
                levels=int(said["levels"]), decay=float(said["decay"]), min_size=float(said["least_size"]),
                max_notional=float(said["side_notional"]),
            ),
        )  # fmt: skip


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


def _as_order(key: str, one: Working, step: Ticks, top: int) -> Order:
    at = one.price if one.leg is Leg.YES else top - one.price
    return Order(key, one.side, one.leg, at // step, int(one.qty - one.filled))


def _price(one: Order, step: Ticks, top: int) -> Ticks:
    """Return the price of the order's leg, ticks."""
    at = one.ticks * step
    return Ticks(at if one.leg is Leg.YES else top - at)


def _want(instrument: Instrument, one: Order, step: Ticks, top: int, fair: float | None) -> Want:
    price = _price(one, step, top)
    worth = None if fair is None else fair if one.leg is Leg.YES else 1.0 - fair
    each = float(instrument.unit * price)
    edge = None if worth is None else worth - each if one.side is Side.BUY else each - worth
    return Want(
        strategy=NAME, instrument=instrument.id, side=one.side, leg=one.leg, price=price, qty=Qty(Decimal(one.qty)),
        tif=Tif.GTC, post_only=True, reduce_only=one.side is Side.SELL, key=one.key, fair=worth, edge=edge,
    )  # fmt: skip


def _drops(mine: Mapping[str, Working]) -> list[Said]:
    return [Drop(NAME, key) for key, one in mine.items() if one.settled]
