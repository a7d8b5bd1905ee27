"""The options market maker on the kernel's path: named options, quoted on both sides within limits and greeks.

What is desired is held against what works: the same price stays, another one is taken back first and placed anew once
the venue has ended it. An order that cannot be taken back, or whose fate is unknown, blocks its side. At the start of
a session everything that an earlier one left working is taken back.
"""

from __future__ import annotations

import re
from collections import deque
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.commands import Tif
from engine.core.ids import InstrumentId, StrategyId
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.maths import black, contracts
from engine.options import making
from engine.options.making import Market as Quotes
from engine.options.making import Terms, Two
from engine.strategies import option_sight
from engine.strategies.base import Deal, Shown, Strategy, Watch
from engine.strategies.context import shown
from engine.strategies.said import Said, Want, Why
from engine.strategies.spec import Kind, Parameter, Spec
from engine.strategies.steps import on_grid
from engine.strategies.taking_back import TakingBack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market, Own, Working

NAME: Final = StrategyId("option_maker")
MOST: Final = 16
SEPARATORS: Final = re.compile(r"[\s,;]+")
DEALS: Final = 256
"""Fills that may yet be taken back."""
YOUNG_S: Final = 5.0
"""A quote at the same price that is younger stays whatever else has changed."""
PARAMETERS: Final = (
    Parameter("markets", Kind.TEXT, "", help=f"Up to {MOST} options by symbol, with spaces between."),
    Parameter("pull", Kind.SWITCH, False, help="Take every quote back and stay out."),
    Parameter("aggression", Kind.NUMBER, 0.3, 0.0, 2.0, "", "0 joins the best, 0.9 nearly the middle, from 1 better."),
    Parameter("improvement", Kind.NUMBER, 0.0001, 0.0, 1e6, "quoted", "By which 1 and more is better than the best."),
    Parameter("spread", Kind.NUMBER, 50.0, 1.0, 5_000.0, "bp", "Of the mark, where a side is missing."),
    Parameter("min_spread", Kind.NUMBER, 10.0, 0.0, 5_000.0, "bp", "Narrowest."),
    Parameter("vol_share", Kind.NUMBER, 0.0, 0.0, 100.0, "", "Of a standard move of volatility in one refresh."),
    Parameter("reference", Kind.NUMBER, 0.0, 0.0, 1e6, "units", "A best price counts from this size on."),
    Parameter("skew", Kind.NUMBER, 0.5, 0.0, 1.0, "", "Of half the spread, at a full position."),
    Parameter("size", Kind.NUMBER, 0.1, 0.0, 1e6, "units", "Of each side."),
    Parameter("max_position", Kind.NUMBER, 10.0, 0.0, 1e6, "units", "Of one option, either way."),
    Parameter("max_exposure", Kind.NUMBER, 100.0, 0.0, 1e7, "units", "Of all together, none set off."),
    Parameter("max_delta", Kind.NUMBER, 10.0, 0.0, 1e6, "coins", "Of what it holds, by underlying."),
    Parameter("max_gamma", Kind.NUMBER, 5.0, 0.0, 1e6, "coins/1 %", "The same."),
    Parameter("max_vega", Kind.NUMBER, 1_000.0, 0.0, 1e9, "$/pt", "The same."),
    Parameter("refresh", Kind.NUMBER, 5.0, 1.0, 300.0, "s", "How often quotes are looked at."),
    Parameter("update", Kind.NUMBER, 2.0, 0.5, 300.0, "s", "At most so often for one option."),
    Parameter("threshold", Kind.NUMBER, 0.5, 0.0, 100.0, "%", "A best price further off is looked at before that."),
    Parameter("sides", Kind.CHOICE, "both", choices=("both", "bid", "ask")),
)  # fmt: skip
NO_MARKET: Final = Why(NAME, "no_market", "name the options to make in its parameters")
PULLED: Final = Why(NAME, "pulled", "you pulled its quotes")
STARTING: Final = Why(NAME, "starting", "orders of an earlier session are taken back first")
QUOTING: Final = Why(NAME, "quoting", "what works is what is desired")


class Made:
    """One option that is made."""

    __slots__ = (
        "asked", "deals", "edge", "fees", "fills", "greeks", "marked", "note", "sent", "two", "updated", "want",
    )  # fmt: skip

    def __init__(self) -> None:
        self.two: Two | None = None
        self.want: dict[str, Ticks] = {}
        self.note = ""
        self.updated: Nanos | None = None
        self.sent: dict[str, Nanos] = {}
        self.asked: dict[str, bool] = {}
        """Sides that were wanted last time, and whether they were let through."""
        self.greeks: tuple[float, float, float] | None = None
        self.fills = self.marked = 0
        self.edge = self.fees = Decimal(0)
        """Dollars of the fills that were marked."""
        self.deals: deque[tuple[Deal, Decimal]] = deque(maxlen=DEALS)
        """The last of them, and the edge of each."""


class OptionMaking(Strategy):
    """Makes two-sided markets in options."""

    specs = (
        Spec(
            NAME, "Options market maker", "Cadence",
            "Quotes both sides of named options, skewed by what it holds, within limits and greeks.", PARAMETERS,
        ),
    )  # fmt: skip
    every = Nanos(SECOND)

    def __init__(self) -> None:
        """Begin without quotes."""
        super().__init__()
        self.made: dict[InstrumentId, Made] = {}
        self._begun = False
        self._looked = Nanos(0)
        self._pace = 1.0
        self.backs = TakingBack(NAME)
        """Cancels, and orders that will not go."""

    def named(self, context: Context) -> list[Market]:
        """Return the options that are named and listed, in the order of the parameter."""
        wanted = [one for one in SEPARATORS.split(str(self.values[NAME]["markets"])) if one][:MOST]
        found: dict[str, Market] = {}
        for family in context.families():
            for name in family.members:
                if name.symbol in wanted and name.symbol not in found:
                    market = context.market(name)
                    if market is not None and contracts.is_option(market.instrument):
                        found[name.symbol] = market
        return [found[one] for one in wanted if one in found]

    @override
    def watch(self, context: Context) -> Watch:
        """Watch the books of what is named."""
        return Watch(quotes=tuple(one.instrument.id for one in self.named(context)))

    @override
    def on_due(self, context: Context) -> Sequence[Said]:
        """Look at every option, at its own pace."""
        some = self.named(context)
        pace = max((context.pace(one.instrument.id.venue) for one in some), default=1.0)
        self.every = Nanos(int(SECOND * pace))
        working = context.own(NAME).working
        self._pace = pace
        again = self.backs.go_on(working, context.now, pace)
        if not self._begun:
            self._begun = True
            if working:
                return (*self._all_back(context, working), STARTING)
        if again:
            return again
        if context.now - self._looked < float(self.values[NAME]["refresh"]) * SECOND * pace - 1:
            return ()
        self._looked = context.now
        names = {one.instrument.id for one in some}
        self.made = {one.instrument.id: self.made.get(one.instrument.id, Made()) for one in some}
        stray = self._all_back(context, {k: order for k, order in working.items() if order.instrument not in names})
        if not some:
            return (*stray, NO_MARKET)
        if self.values[NAME]["pull"]:
            return (*self._all_back(context, working), PULLED)
        said: list[Said] = [*stray]
        for one in some:
            said += self._make(context, one)
        return said or (QUOTING,)

    @override
    def on_quote(self, context: Context, market: Market) -> Sequence[Said]:
        """Look at an option before its turn where a best price has gone far from ours."""
        one = self.made.get(market.instrument.id)
        if one is None or self.values[NAME]["pull"]:
            return ()
        far = float(self.values[NAME]["threshold"]) / 100.0
        for order in context.own(NAME).working.values():
            if order.instrument != market.instrument.id:
                continue
            best = market.book.best_bid if order.side is Side.BUY else market.book.best_ask
            if best is not None and abs(order.price - best) > order.price * far:
                return self._make(context, market)
        return ()

    def _make(self, context: Context, market: Market) -> list[Said]:
        """Return what makes what works the desired quotes of one option."""
        instrument, values = market.instrument, self.values[NAME]
        one = self.made.setdefault(instrument.id, Made())
        pace = context.pace(instrument.id.venue)
        if one.updated is not None and context.now - one.updated < float(values["update"]) * SECOND * pace:
            return []
        own = context.own(NAME)
        mine = {key: order for key, order in own.working.items() if order.instrument == instrument.id}
        desired = self._desired(context, market, own, one, mine)
        said: list[Said] = []
        for side, price in desired.items():
            key = option_sight.key_of(instrument, side)
            working = mine.get(key)
            if working is None:
                said.append(self._want(instrument, side, price))
            elif working.settled and working.price == price:
                self.backs.leave(key)
            elif working.settled and not self._young(context, one, key, pace):
                said += self.backs.ask(key, working, context.now, pace)  # placed anew once it has ended
        for key, working in mine.items():
            side = Side.BUY if working.side is Side.BUY else Side.SELL
            if side not in desired and working.settled:
                said += self.backs.ask(key, working, context.now, pace)
        said += self._both(context, one, desired, mine, instrument)
        if any(type(s) is not Why for s in said):
            one.updated = context.now
        return said

    def _young(self, context: Context, one: Made, key: str, pace: float) -> bool:
        at = one.sent.get(key)
        return at is not None and context.now - at < min(YOUNG_S, float(self.values[NAME]["update"])) * SECOND * pace

    def _all_back(self, context: Context, working: Mapping[str, Working]) -> list[Said]:
        return [said for key, one in working.items() for said in self.backs.ask(key, one, context.now, self._pace)]

    def _both(
        self, context: Context, one: Made, desired: Mapping[Side, Ticks], mine: Mapping[str, Working],
        instrument: Instrument,
    ) -> list[Said]:  # fmt: skip
        """Take a side back whose other one was wanted with it and not let through: half a market is a position."""
        keys = {side: option_sight.key_of(instrument, side) for side in desired}
        failed = [s for s, key in keys.items() if one.asked.get(key) is False and key not in mine]
        one.asked = {key: False for side, key in keys.items() if key not in mine}
        if len(desired) == 2 and len(failed) == 1:
            other = next(key for side, key in keys.items() if side is not failed[0])
            if other in mine and mine[other].settled:
                one.note = f"its {failed[0].value} was not let through; the other side is taken back"
                return self.backs.ask(other, mine[other], context.now, self._pace)
        return []

    def _desired(
        self, context: Context, market: Market, own: Own, one: Made, mine: Mapping[str, Working]
    ) -> dict[Side, Ticks]:
        """Return the price of each side that shall rest, and note what made it."""
        instrument, values = market.instrument, self.values[NAME]
        one.two, one.want, one.note = None, {}, ""
        if market.stale or market.status != "open":
            one.note = market.stale or f"the market is {market.status}"
            return {}
        worth, mark = option_sight.worth(context, market)
        one.greeks = None if worth is None else (worth.delta, worth.gamma, worth.vega / 100.0)
        if worth is None:
            one.note = "its mark is not known, or too old"
            return {}
        if self._size(instrument) < instrument.least:
            one.note = f"its size is below the venue's least order, {instrument.least.normalize():f}"
            return {}
        unit, lot = float(instrument.unit), float(instrument.lot)
        index = float(option_sight.market_index(market) or 0)
        each = option_sight.unit_dollars(instrument, index)
        ours = shown(context, mine.values())
        found = making.quotes(
            Quotes(
                option_sight.others(market, Side.BUY, ours, unit, lot),
                option_sight.others(market, Side.SELL, ours, unit, lot), mark,
                worth.vega / each if each else 0.0, option_sight.vol(market),
            ),
            option_sight.held(own, instrument.id),
            self._terms(),
        )  # fmt: skip
        if isinstance(found, str):
            one.note = found
            return {}
        one.two = found
        wanted: dict[Side, Ticks] = {}
        best_bid, best_ask = market.book.best_bid, market.book.best_ask
        rests = float(values["aggression"]) < 1.0
        for side, price in ((Side.BUY, found.bid), (Side.SELL, found.ask)):
            if price is None or (str(values["sides"]) not in {"both", "bid" if side is Side.BUY else "ask"}):
                continue
            why = self._beyond(context, own, instrument, side, worth)
            if why:
                one.note = why
                continue
            ticks = on_grid(instrument, price / unit * unit, buy=side is Side.SELL)  # a bid goes down, an ask up
            if rests and side is Side.BUY and best_ask is not None and ticks >= best_ask:
                ticks = on_grid(instrument, (best_ask - 1) * unit, buy=False)
            if rests and side is Side.SELL and best_bid is not None and ticks <= best_bid:
                ticks = on_grid(instrument, (best_bid + 1) * unit, buy=True)
            wanted[side] = ticks
        one.want = {side.value: ticks for side, ticks in wanted.items()}
        return wanted

    def _beyond(self, context: Context, own: Own, instrument: Instrument, side: Side, worth: black.Option) -> str:
        """Return the limit that one more fill of a side would pass; empty where none. What reduces may."""
        values = self.values[NAME]
        sign = 1.0 if side is Side.BUY else -1.0
        size = float(values["size"])
        have = option_sight.held(own, instrument.id)
        if abs(have + sign * size) <= abs(have):
            return ""
        total = sum(float(p.qty) for p in own.held.values()) + size
        if total > float(values["max_exposure"]):
            return f"all positions together would be {total:g}"
        sums = self._sums(context, own, instrument.underlying)
        if sums is None:
            return "the greeks of a position are not known"
        coins = sign * size * float(instrument.contract_size)
        percent = option_sight.spot(context.market(instrument.id)) / 100.0
        rows = (
            ("delta", sums[0], coins * worth.delta, float(values["max_delta"])),
            ("gamma", sums[1] * percent, coins * worth.gamma * percent, float(values["max_gamma"])),
            ("vega", sums[2], coins * worth.vega / 100.0, float(values["max_vega"])),
        )
        for word, before, change, most in rows:
            if abs(before + change) > most and abs(before + change) > abs(before):
                return f"{word} would be {before + change:.4g}, more than {most:g}"
        return ""

    def _sums(self, context: Context, own: Own, underlying: str) -> tuple[float, float, float] | None:
        """Return delta, gamma, and vega a point of what it holds of an underlying."""
        delta = gamma = vega = 0.0
        for name in dict.fromkeys(one for one, _ in own.held):
            market = context.market(name)
            if market is None or market.instrument.underlying != underlying:
                continue
            worth, _ = option_sight.worth(context, market)
            if worth is None:
                return None
            coins = option_sight.held(own, name) * float(market.instrument.contract_size)
            delta, gamma = delta + coins * worth.delta, gamma + coins * worth.gamma
            vega += coins * worth.vega / 100.0
        return delta, gamma, vega

    def _size(self, instrument: Instrument) -> Qty:
        """Return what a side is quoted for, in whole steps of an option; limits are held against no less."""
        size, step = Decimal(repr(float(self.values[NAME]["size"]))), instrument.step
        return Qty((size / step).to_integral_value(ROUND_DOWN) * step if step > 0 else size)

    def _want(self, instrument: Instrument, side: Side, price: Ticks) -> Want:
        rests = float(self.values[NAME]["aggression"]) < 1.0
        return Want(
            NAME, instrument.id, side, Leg.YES, price, qty=self._size(instrument), tif=Tif.GTC,
            post_only=rests, key=option_sight.key_of(instrument, side),
        )  # fmt: skip

    def _terms(self) -> Terms:
        v = {name: value for name, value in self.values[NAME].items() if isinstance(value, int | float)}
        return Terms(
            v["aggression"], v["improvement"], v["spread"], v["min_spread"], v["reference"], v["vol_share"],
            v["refresh"], v["skew"], max(v["max_position"], 1e-9), v["size"],
        )  # fmt: skip

    @override
    def sent(self, context: Context, want: Want) -> None:
        """An order was let through."""
        one = self.made.get(want.instrument)
        if one is not None:
            one.sent[want.key] = context.now
            one.asked[want.key] = True

    @override
    def dealt(self, context: Context, strategy: StrategyId, instrument: InstrumentId, deal: Deal) -> None:
        """Hold a fill against the mark of its moment, fee taken off; one without a young mark counts in no edge."""
        one, market = self.made.get(instrument), context.market(instrument)
        if one is None or market is None:
            return
        worth, _ = option_sight.worth(context, market)
        mark, index = None if market.mark is None else market.mark.price, option_sight.market_index(market)
        fair = None if worth is None or mark is None else contracts.cost(market.instrument, mark, deal.qty, index)
        if fair is None:
            return
        bought = (deal.side is Side.BUY) is (deal.leg is Leg.YES)
        edge = (fair - deal.cost if bought else deal.cost - fair) - deal.fee
        one.deals.append((deal, edge))
        one.marked, one.fees, one.edge = one.marked + 1, one.fees + deal.fee, one.edge + edge

    @override
    def taken_back(self, context: Context, strategy: StrategyId, instrument: InstrumentId, deal: Deal) -> None:
        """Count a fill no more that never was."""
        one = self.made.get(instrument)
        if one is None:
            return
        one.fills -= bool(one.fills)
        known = next((k for k in reversed(one.deals) if k[0] == deal), None)
        if known is not None:
            one.deals.remove(known)
            one.marked, one.fees, one.edge = one.marked - 1, one.fees - deal.fee, one.edge - known[1]

    @override
    def filled(self, context: Context, strategy: StrategyId, instrument: InstrumentId) -> None:
        """Count a fill."""
        one = self.made.get(instrument)
        if one is not None:
            one.fills += 1

    @override
    def shows(self, context: Context, strategy: StrategyId) -> Shown:
        """Return what it does, in words."""
        quoting = sum(bool(one.want) for one in self.made.values())
        return Shown(text=f"{quoting} of {len(self.made)} options quoted") if self.made else Shown()
