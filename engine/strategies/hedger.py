"""The book's hedger: keeps each underlying's delta inside its band, with futures wherever that is cheapest.

What is reckoned is what is held now: fills are in the book, what works counts as if it had filled, and so do hedges of
single trades. So nothing is hedged twice; while an order of its own is under way or has no known outcome, nothing more
is sent for that underlying. Once the options are gone its own futures are closed, and nobody else's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from engine.core.commands import Tif
from engine.core.ids import InstrumentId, StrategyId
from engine.core.units import DAY, SECOND, Leg, Nanos, Qty, Side
from engine.options import bands, ddh, routing
from engine.options.risk_models import MODELS
from engine.strategies import option_sight
from engine.strategies.base import Shown, Strategy, Watch
from engine.strategies.context import shown
from engine.strategies.said import NOTHING_SAID, Remember, Said, Want, Why, quoted
from engine.strategies.spec import Kind, Parameter, Spec
from engine.strategies.steps import on_grid, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.options.hedge_book import HedgeBook
    from engine.options.routing import Slice
    from engine.strategies.context import Context, Market, Working

NAME: Final = StrategyId("hedger")
BANDS, DDH = "bands", "ddh"
PARAMETERS: Final = (
    Parameter("mode", Kind.CHOICE, BANDS, choices=(BANDS, DDH), help="ddh: two orders that wait where delta leaves."),
    Parameter("band", Kind.CHOICE, bands.FIXED, choices=bands.KINDS),
    Parameter("threshold", Kind.NUMBER, 0.1, 0.0, 1_000.0, "coins", "Half-width of the fixed band."),
    Parameter("percent", Kind.NUMBER, 10.0, 0.0, 100.0, "%", "Of the gross delta."),
    Parameter("aversion", Kind.NUMBER, 0.001, 1e-6, 10.0, "1/$", "To risk, for Whalley and Wilmott's band."),
    Parameter("to", Kind.CHOICE, bands.EDGE, choices=(bands.EDGE, bands.CENTRE), help="Where it is hedged to."),
    Parameter("model", Kind.CHOICE, "black76", choices=tuple(MODELS), help="Whose delta is hedged."),
    Parameter("slope", Kind.NUMBER, -0.5, -3.0, 3.0, "", "Volatility's change for the price's own, minimum-variance."),
    Parameter("cooldown", Kind.NUMBER, 5.0, 0.0, 3_600.0, "s", "After a hedge."),
    Parameter("daily", Kind.NUMBER, 1_000_000.0, 0.0, 1e10, "$", "Hedged a UTC day at most, of each underlying."),
    Parameter("stale", Kind.NUMBER, 3.0, 0.5, 60.0, "s", "A venue that was silent for longer takes no hedge."),
    Parameter("hold", Kind.NUMBER, 8.0, 0.0, 240.0, "h", "For which funding is reckoned."),
    Parameter("through", Kind.NUMBER, 0.0, 0.0, 5.0, "spreads", "Beyond the last price that is needed."),
    Parameter("gamma_limit", Kind.NUMBER, 0.5, 0.0, 1e6, "coins/1 %", "Beyond it options are advised, never sent."),
    Parameter("wait_delta", Kind.NUMBER, 0.1, 0.001, 1_000.0, "coins", "ddh: delta at which its orders wait."),
    Parameter("wait_move", Kind.NUMBER, 100.0, 0.01, 1e6, "$", "ddh: how far from the mark at most."),
    Parameter("only", Kind.TEXT, "", help="Underlyings it may hedge, with spaces between; empty for all."),
)  # fmt: skip
UNKNOWN: Final = Why(NAME, "unknown", "the greeks of a position are not known")
NOTHING: Final = Why(NAME, "inside", "every delta is inside its band")
WORKING: Final = Why(NAME, "working", "an order of its own is under way")
COOLING: Final = Why(NAME, "cooldown", "it waits after a hedge")
CAPPED: Final = Why(NAME, "daily_cap", "it would pass the day's cap")
BELOW: Final = Why(NAME, "below_least", "what is to be hedged is below every venue's least order; it is held")
NOWHERE: Final = Why(NAME, "no_market", "no venue can take the hedge now")
PENDING: Final = Why(NAME, "pending", "hedges of trades are under way")
BREAKS: Final = Why(NAME, "breaks", "positions differ from a venue's own account")
FAILURES: Final = 3
SPENT: Final = "spent"
"""What is remembered: UTC day and dollars hedged, by underlying."""
_json = msgspec.json.Encoder()
_spent = msgspec.json.Decoder(dict[str, tuple[int, float]])
THROUGH: Final = 0.01
"""After that many failures in a row a hedge goes so far through."""


class Plan:
    """What is to be done about one underlying, as last worked out."""

    __slots__ = ("action", "band", "delta", "models", "next_at", "route", "size", "why")

    def __init__(self) -> None:
        self.action = "none"
        self.size = 0.0
        self.band: float | None = None
        self.delta: float | None = None
        self.why: Why | None = None
        self.next_at: Nanos | None = None
        self.route: tuple[Slice, ...] = ()
        self.models: tuple[tuple[str, float | None], ...] = ()


class Hedger(Strategy):
    """Hedges what options leave open."""

    specs = (
        Spec(
            NAME, "Hedger", "Position",
            "Keeps each underlying's delta inside its band, with futures wherever that is cheapest.", PARAMETERS,
        ),
    )  # fmt: skip
    every = Nanos(SECOND)

    def __init__(self) -> None:
        """Begin without having hedged."""
        super().__init__()
        self.plans: dict[str, Plan] = {}
        self.spent: dict[str, tuple[int, float]] = {}
        """UTC day and dollars, of each underlying."""
        self._last: dict[str, Nanos] = {}
        self._failed: dict[str, int] = {}
        self._sent: dict[InstrumentId, str] = {}

    @override
    def watch(self, context: Context) -> Watch:
        """Watch what could take a hedge of anything that is held."""
        found = [c.instrument for one in context.hedge_books(self._stale, self._hold) for c in one.candidates]
        return Watch(quotes=tuple(dict.fromkeys(found)))

    @override
    def on_due(self, context: Context) -> Sequence[Said]:
        """Look at every underlying that is held."""
        said: list[Said] = []
        books = context.hedge_books(self._stale, self._hold)
        self.every = Nanos(int(SECOND * max((one.pace for one in books), default=1.0)))
        self.plans = {name: plan for name, plan in self.plans.items() if any(b.underlying == name for b in books)}
        self.blind = False
        for one in books:
            said += self._of(context, one)
        return said or (NOTHING,)

    def at_once(self, context: Context, underlying: str) -> Sequence[Said]:
        """Return what brings an underlying to the middle of its band now, whatever the pause after a hedge."""
        one = next((b for b in context.hedge_books(self._stale, self._hold) if b.underlying == underlying), None)
        if one is None:
            return (NOTHING,)
        self._last.pop(underlying, None)
        to, self.values[NAME]["to"] = self.values[NAME]["to"], bands.CENTRE
        kind, self.values[NAME]["band"] = self.values[NAME]["band"], bands.FIXED
        half, self.values[NAME]["threshold"] = self.values[NAME]["threshold"], 0.0
        try:
            said = self._of(context, one)
        finally:
            self.values[NAME] |= {"to": to, "band": kind, "threshold": half}
        return said or (NOTHING,)

    def plan(self, context: Context, one: HedgeBook) -> Plan:
        """Work out what is to be done about an underlying; sends nothing."""
        values, plan = self.values[NAME], Plan()
        self.plans[one.underlying] = plan
        if one.book is None:
            plan.why, plan.action = UNKNOWN, "stopped"
            return plan
        book = one.book._replace(slope=float(values["slope"]))
        plan.models = tuple((name, model(book)) for name, model in MODELS.items())
        delta = dict(plan.models)[str(values["model"])]
        assert delta is not None
        own = self._own(context, one)
        plan.delta = delta
        fee = min((c.fee_bps for c in one.candidates if not c.why_not), default=5.0) / routing.BPS
        plan.band = bands.half_width(
            str(values["band"]), fixed=float(values["threshold"]), share=float(values["percent"]) / 100.0,
            gross=one.gross, gamma=one.gamma, spot=book.spot, cost=fee, aversion=float(values["aversion"]),
        )  # fmt: skip
        if one.has_options:
            plan.size = bands.trade(delta + one.pending, plan.band, to=str(values["to"]))
        else:
            plan.size = -own if own else 0.0
        plan.why = self._stopped(context, one, plan)
        plan.action = "none" if not plan.size else "buy" if plan.size > 0.0 else "sell"
        if not plan.size:
            return plan
        if plan.why is not None:
            plan.action = "stopped"
            return plan
        usable = [c for c in one.candidates if not c.why_not]
        if not usable:
            plan.why, plan.action = NOWHERE, "stopped"
            return plan
        if abs(plan.size) < min(c.least for c in usable):
            plan.why, plan.action = BELOW, "hold"
            return plan
        plan.route = routing.route(usable, plan.size).slices
        if not plan.route:
            plan.why, plan.action = BELOW, "hold"
        return plan

    def _of(self, context: Context, one: HedgeBook) -> Sequence[Said]:
        only = str(self.values[NAME]["only"]).upper().split()
        if only and one.underlying not in only:
            self.plans.pop(one.underlying, None)
            return NOTHING_SAID
        plan = self.plan(context, one)
        self.blind = self.blind or one.book is None
        if self.values[NAME]["mode"] == DDH and one.has_options:
            return self._waiting(context, one, plan)
        if plan.why is not None:
            return (plan.why,)
        wants: list[Said] = []
        for part in plan.route:
            found = self._want(context, one, part, plan.size > 0.0)
            if found is not None:
                wants.append(found)
        return wants

    def _stopped(self, context: Context, one: HedgeBook, plan: Plan) -> Why | None:
        """Return what holds a hedge back now; None where nothing does."""
        if one.breaks:
            return BREAKS
        if self._working(context, one):
            return WORKING
        cooled = self._last.get(one.underlying)
        pause = int(float(self.values[NAME]["cooldown"]) * SECOND * one.pace)
        if cooled is not None and context.now - cooled < pause:
            plan.next_at = Nanos(cooled + pause)
            return COOLING
        return CAPPED if self._capped(context, one, abs(plan.size)) else None

    def _capped(self, context: Context, one: HedgeBook, coins: float) -> bool:
        """Whether a hedge of so many coins would pass the day's cap."""
        day, spent = self.spent.get(one.underlying, (0, 0.0))
        today = spent if day == context.now // DAY else 0.0
        return one.book is not None and today + coins * one.book.spot > float(self.values[NAME]["daily"])

    def _want(self, context: Context, one: HedgeBook, part: Slice, buy: bool) -> Want | None:
        market = context.market(part.instrument)
        if market is None or one.book is None:
            return None
        instrument = market.instrument
        candidate = next(c for c in one.candidates if c.instrument == part.instrument)
        qty = units(instrument, part.coins, candidate)
        if qty < instrument.least:
            return None
        spread = 0.0
        if market.book.best_bid is not None and market.book.best_ask is not None:
            spread = (market.book.best_ask - market.book.best_bid) * float(instrument.unit)
        beyond = spread * float(self.values[NAME]["through"])
        if self._failed.get(one.underlying, 0) >= FAILURES:
            beyond = max(beyond, THROUGH * part.worst)
        price = on_grid(instrument, part.worst + (beyond if buy else -beyond), buy=buy)
        return Want(
            NAME, part.instrument, Side.BUY if buy else Side.SELL, Leg.YES, price, qty=qty, tif=Tif.IOC,
            key=f"{one.underlying} {part.instrument.venue}",
        )  # fmt: skip

    def _waiting(self, context: Context, one: HedgeBook, plan: Plan) -> Sequence[Said]:
        """Return what makes two orders wait where the delta leaves its band."""
        values, working = self.values[NAME], self._mine(context, one)
        usable = [c for c in one.candidates if not c.why_not]
        if not usable or one.book is None or one.breaks or plan.delta is None:
            return (*quoted(NAME, {}, working), plan.why or NOWHERE)
        best = usable[0]
        market = context.market(best.instrument)
        both = None if market is None else self._others(context, market, working)
        if market is None or both is None:
            return (*quoted(NAME, {}, working), NOWHERE)
        bid, ask = both
        stand = ddh.Stand(0.5 * (bid + ask), bid, ask, float(market.instrument.unit))
        wants: dict[str, Want] = {}
        capped: tuple[Said, ...] = ()
        for side in (Side.BUY, Side.SELL):
            found = ddh.order(
                side, plan.delta + one.pending, one.gamma, stand, most_delta=float(values["wait_delta"]),
                most_move=float(values["wait_move"]),
            )  # fmt: skip
            if found is None:
                continue
            qty = units(market.instrument, found.amount, best)
            if qty < market.instrument.least:
                continue
            key = f"{one.underlying} ddh {side.value}"
            waits = working.get(key)
            if self._capped(context, one, float(qty - (waits.qty - waits.filled if waits else 0)) * best.each):
                capped = (CAPPED,)
                if waits is None:
                    continue
                qty = Qty(waits.qty - waits.filled)  # it was counted when it was sent
            price = on_grid(market.instrument, found.price, buy=side is Side.SELL)
            wants[key] = Want(
                NAME, best.instrument, side, Leg.YES, price, qty=qty, tif=Tif.GTC, post_only=True, key=key
            )  # fmt: skip
        return (*quoted(NAME, wants, working), *capped)

    @staticmethod
    def _others(context: Context, market: Market, working: Mapping[str, Working]) -> tuple[float, float] | None:
        """Return the others' best bid and ask; None where a side is missing."""
        one = market.instrument
        ours = shown(context, [w for w in working.values() if w.instrument == one.id])
        unit, lot = float(one.unit), float(one.lot)
        bids, asks = (option_sight.others(market, side, ours, unit, lot) for side in (Side.BUY, Side.SELL))
        return (bids[0][0], asks[0][0]) if bids and asks else None

    def _mine(self, context: Context, one: HedgeBook) -> Mapping[str, Working]:
        some = context.own(NAME).working
        return {key: order for key, order in some.items() if key.startswith(f"{one.underlying} ")}

    def _working(self, context: Context, one: HedgeBook) -> bool:
        return bool(self._mine(context, one))

    def _own(self, context: Context, one: HedgeBook) -> float:
        """Return the delta of the futures that its own hedges left, coins."""
        each = {c.instrument: c.each for c in one.candidates}
        total = 0.0
        for (instrument, leg), held in context.own(NAME).held.items():
            coins = each.get(instrument)
            if coins is not None:
                total += float(held.qty) * coins * (1.0 if leg is Leg.YES else -1.0)
        return total

    @override
    def sent(self, context: Context, want: Want) -> None:
        """Count what was sent towards the day's cap."""
        market = context.market(want.instrument)
        underlying = want.key.partition(" ")[0]
        self._sent[want.instrument] = underlying
        self._last[underlying] = context.now
        if market is None or want.price is None or want.qty is None:
            return
        one = market.instrument
        dollars = float(want.qty * one.contract_size) * (1.0 if one.inverse else float(want.price * one.unit))
        day, spent = self.spent.get(underlying, (0, 0.0))
        today = context.now // DAY
        self.spent[underlying] = (today, dollars + (spent if day == today else 0.0))

    @override
    def remembers(self, strategy: StrategyId) -> Sequence[Remember]:
        """Return what the day's hedges came to: a restart gives nobody a second allowance."""
        return (Remember(NAME, SPENT, _json.encode(self.spent).decode()),)

    @override
    def recall(self, strategy: StrategyId, name: str, body: str, at: Nanos) -> str:
        """Take up what an earlier session spent of the day's cap."""
        if name != SPENT:
            return ""
        try:
            found = _spent.decode(body)
        except msgspec.DecodeError as e:
            msg = f"what it spent of the day's cap cannot be read ({e})"
            raise ValueError(msg) from e
        if not all(math.isfinite(dollars) and dollars >= 0.0 for _, dollars in found.values()):
            msg = "what it spent of the day's cap is no sum"
            raise ValueError(msg)
        self.spent = found
        return ""

    @override
    def ended(self, context: Context, strategy: StrategyId, instrument: InstrumentId, leg: Leg, filled: Qty) -> None:
        """Count hedges that did not fill in a row."""
        underlying = self._sent.get(instrument)
        if underlying is not None:
            self._failed[underlying] = 0 if filled else self._failed.get(underlying, 0) + 1

    @override
    def shows(self, context: Context, strategy: StrategyId) -> Shown:
        """Return what it does now, in words."""
        some = [f"{name} {plan.action} {abs(plan.size):.4g}" for name, plan in self.plans.items() if plan.size]
        return Shown(text=", ".join(some))

    @property
    def _stale(self) -> float:
        return float(self.values[NAME]["stale"])

    @property
    def _hold(self) -> float:
        return float(self.values[NAME]["hold"])
