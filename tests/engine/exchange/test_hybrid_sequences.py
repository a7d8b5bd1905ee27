"""Orders that rest beside the curve, against a slow obvious model: every sum made anew from the trades told."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.core.commands import Tif
from engine.core.ids import HOUSE, AccountId, MarketId, OrderId
from engine.core.units import MICRO, Leg, Nanos, Side, is_money
from engine.exchange.answers import CashMove, Declined, Matched
from engine.exchange.exchange import Exchange
from engine.exchange.matching import CRUMB, MOST_CROSSED
from engine.exchange.resting import Rest
from tests.engine.exchange.hybrids import ACCOUNTS, FEE
from tests.engine.exchange.listed import NOW, high, order, rain
from tests.engine.exchange.test_recovery import restarted
from tests.scale import scale

if TYPE_CHECKING:
    from collections.abc import Callable


class Sequence:
    """Orders of every kind, cancels, amendments, falls of b, the end of the market, restarts; one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.exchange = Exchange()
        self.cash: dict[str, Decimal] = {}
        self.shares: dict[tuple[AccountId, int, Leg], Decimal] = {}
        self.limits: dict[OrderId, Rest] = {}
        self.asked = 0
        self.unfinished = False
        """The last operation left outcomes that push each other for the next one to go on with."""
        pick = self.chance.choice
        self.open(pick((2, 3)), pick((True, False)), pick((10.0, 60.0, 400.0)), pick((Decimal(0), FEE)))

    def open(self, phase: int, many: bool, b: float, fee_rate: Decimal) -> None:
        for account in (*ACCOUNTS, HOUSE):
            self.book(self.exchange.deposit(account, Decimal(20_000 if account == HOUSE else 50)))
        contract = high("M") if many else rain("M")
        made = self.exchange.create(contract, b, (), fee_rate, NOW, phase=phase)
        assert not isinstance(made, Declined)
        self.book(made.moves)

    def book(self, moves: tuple[CashMove, ...]) -> None:
        assert sum(m.amount for m in moves) == 0
        for move in moves:
            assert is_money(move.amount)
            self.cash[move.account] = self.cash.get(move.account, Decimal(0)) + move.amount

    def market(self) -> Any:
        return self.exchange.markets[MarketId("M")]

    def is_open(self) -> bool:
        return bool(self.exchange.markets) and self.market().status == "open"

    def take_in(self, done: Matched, aside: dict[OrderId, Decimal]) -> None:
        waited = set(aside)
        self.counts["peer"] += sum(m.via == 1 for m in done.met)
        self.counts["curve"] += sum(m.via is None for m in done.met)
        self.counts["crossed"] += sum(m.via is None and m.traded.order in waited for m in done.met)
        self.counts["rested"] += done.rested is not None
        own = sum(m.via is None for m in done.met)
        self.unfinished = own >= MOST_CROSSED or (self.unfinished and not own)
        self.counts["ousted"] += len(done.ousted)
        for one in done.met:
            t = one.traded
            assert is_money(t.qty)
            assert t.qty > 0
            self.book(t.moves)
            held = self.shares.get((t.account, t.outcome, t.leg), Decimal(0))
            self.shares[t.account, t.outcome, t.leg] = held + (t.qty if t.side is Side.BUY else -t.qty)
            assert self.shares[t.account, t.outcome, t.leg] >= 0
            rest = self.limits.get(t.order)
            if rest is not None and t.order in aside:  # it had rested: never worse than its limit, to the micro-unit
                limit = Decimal(rest.price) / 10_000
                assert t.fee == 0
                if t.side is Side.BUY:
                    assert t.cost <= limit * t.qty + MICRO
                    aside[t.order] -= t.cost
                else:
                    assert t.cost >= limit * t.qty - MICRO
        for rest in done.touched:
            if rest.side is Side.BUY and rest.order in aside:
                assert rest.reserved <= aside[rest.order]

    def aside(self) -> dict[OrderId, Decimal]:
        return {one.order: Decimal(one.reserved) for one in self.exchange.hybrid}

    def place(self) -> None:
        chance = self.chance
        self.asked += 1
        by, side, leg = (
            chance.choice(ACCOUNTS),
            chance.choice((Side.BUY, Side.BUY, Side.SELL)),
            chance.choice(list(Leg)),
        )
        tif = chance.choice((Tif.GTC, Tif.GTC, Tif.GTC, Tif.GTD, Tif.IOC, Tif.IOC, Tif.FOK))
        outcome = chance.choice(list(self.market().contract.tradable))
        near = round(100 * self.market().leg_price(outcome, leg)) + chance.randint(-8, 8)
        price = min(max(100 * near + chance.choice((0, 0, 0, 37)), 3), 9_997)
        held = self.shares.get((by, outcome, leg), Decimal(0))
        most = held if side is Side.SELL and held else Decimal(40)
        qty = chance.choice((most, max(MICRO, (most * chance.randint(1, 99) / 100).quantize(MICRO)), Decimal(5)))
        waits = tif in (Tif.GTC, Tif.GTD)
        budget = not waits and side is Side.BUY and chance.random() < 0.4
        terms: dict[str, Any] = {"budget": qty} if budget else {"qty": qty}
        place = order(
            side, leg, "M", outcome, by=by, price=price, tif=tif, post_only=waits and chance.random() < 0.2,
            until=Nanos(1_900) if tif is Tif.GTD else None, **terms,
        )  # fmt: skip
        quote = self.exchange.quote(place, NOW)
        if isinstance(quote, Declined):
            self.counts[quote.code] += 1
            return
        free = self.exchange._books.free(by)
        name = OrderId(f"o-{self.asked}")
        aside = self.aside()
        done = self.exchange.hybrid.submit(quote, NOW, name)
        own = [m.traded for m in done.met if m.traded.order == name]
        assert sum((t.qty for t in own), Decimal(0)) >= quote.qty  # what rested may cross at once
        if side is Side.BUY:
            assert quote.cost + quote.fee + quote.reserve <= free
            for t in own[: len([p for p in quote.parts if p.lots])]:
                assert t.cost <= Decimal(price) / 10_000 * t.qty + MICRO
        if budget:
            assert quote.cost + quote.fee <= qty
        if tif is Tif.FOK and not budget:
            assert quote.qty == qty
        if not waits:
            assert done.rested is None
        if place.post_only:
            assert not quote.parts
        if done.rested is not None:
            self.limits[name] = done.rested
        self.take_in(done, aside)

    def resting(self) -> list[Rest]:
        return sorted(self.exchange.hybrid, key=lambda one: one.place)

    def cancel(self) -> None:
        one = self.chance.choice(self.resting()).order
        done = self.exchange.hybrid.cancel(one, NOW)
        assert done is not None
        assert [r.order for r in done.ousted] == [one]
        assert self.exchange.hybrid.get(one) is None

    def amend(self) -> None:
        chance = self.chance
        one = chance.choice(self.resting())
        keep, lots = chance.random() < 0.3, chance.randint(1, 50_000_000)
        price = max(1, min(99, one.price // 100 + chance.randint(-6, 6)))
        was, place, number = one.lots, one.place, one.order
        wanted = one.price if keep else price * 100
        size = min(was, lots) if keep else lots
        keep = wanted == one.price and size <= was
        before, aside = self.exchange.total(), self.aside()
        aside.pop(number)
        done = self.exchange.hybrid.amend(number, wanted, size, NOW)
        now = self.exchange.hybrid.get(number)
        if isinstance(done, Declined):
            assert now is not None
            assert (now.lots, now.place, now.price) == (was, place, one.price)
            return
        if keep:
            assert now is not None
            assert now.place == place
            assert now.lots == size
        elif now is not None:
            assert now.place > place
            self.limits[number] = done.rested or now
        self.take_in(done, aside)
        assert self.exchange.total() == before

    def decay(self) -> None:
        market = self.market()
        before, prices, b = market.net[:], market.prices, market.b
        fell = self.exchange.hybrid.decay(market, NOW)
        assert market.b < b if fell else market.b == b
        self.counts["fell"] += fell
        assert market.net == before
        assert market.prices == pytest.approx(prices, rel=1e-12)

    def restart(self) -> None:
        old = self.market()
        places = [(r.order, r.place, r.lots, r.reserved) for r in self.resting()]
        again = restarted(self.exchange)
        self.exchange = again
        assert [(r.order, r.place, r.lots, r.reserved) for r in self.resting()] == places
        assert (self.market().prices, self.market().b, self.market().phase) == (old.prices, old.b, old.phase)

    def end(self) -> None:
        then = self.chance.choice(("close", "dispute", "win", "void"))
        if then in ("close", "dispute"):
            getattr(self.exchange, then)(MarketId("M"), NOW)
        else:
            done = self.exchange.settle(MarketId("M"), 0 if then == "win" else None, NOW)
            assert self.market().pot + done.remainder >= 0
            self.book(done.moves)
            self.shares.clear()
        assert not self.resting()

    def cash_is_conserved_and_is_what_the_trades_say(self) -> None:
        assert sum(self.cash.values()) == 0
        for account in (*ACCOUNTS, HOUSE):
            assert self.exchange.cash.get(account, 0) == self.cash.get(account, 0)
        for market in self.exchange.markets.values():
            assert market.pot == self.cash[market.pot_id]

    def what_is_set_aside_is_there_and_is_the_sum_of_the_orders(self) -> None:
        standing = self.exchange._books.standing
        for account in ACCOUNTS:
            own = [r for r in self.exchange.hybrid if r.account == account]
            aside = sum((r.reserved for r in own), Decimal(0))
            assert self.exchange._books.free(account) == self.exchange.cash.get(account, 0) - aside >= 0
            assert (account in standing) is bool(own)
            up = sum((r.qty for r in own if r.up), Decimal(0))
            down = sum((r.qty for r in own if not r.up), Decimal(0))
            if own:
                (cells,) = standing[account].ways.values()
                assert list(cells.values()) == [(up, down)]
            for outcome in self.market().contract.tradable if self.exchange.markets else ():
                for leg in Leg:
                    offered = sum(r.offered for r in own if (r.outcome, r.leg) == (outcome, leg))
                    assert offered <= self.exchange.holding(account, MarketId("M"), outcome, leg).qty * 1_000_000

    def the_pot_covers_every_winner_and_the_loss_its_bound(self) -> None:
        if not self.is_open():
            return
        market = self.market()
        owed = [market.liability(w) for w in range(len(market.prior))]
        no = sum((q for (_, _, leg), q in self.shares.items() if leg is Leg.NO), Decimal(0))
        for outcome in market.contract.tradable:
            yes = sum((q for (_, o, leg), q in self.shares.items() if o == outcome and leg is Leg.YES), Decimal(0))
            less = sum((q for (_, o, leg), q in self.shares.items() if o == outcome and leg is Leg.NO), Decimal(0))
            assert owed[outcome] == no + yes - less
        assert max(owed) <= market.pot

    def books_are_in_order_and_cross_neither_each_other_nor_the_curve(self) -> None:
        if not self.is_open():
            return
        market = self.market()
        for outcome in market.contract.tradable:
            bids, asks = (market.book.side(outcome, up=up) for up in (True, False))
            assert [(-r.ticks, r.place) for r in bids] == sorted((-r.ticks, r.place) for r in bids)
            assert [(r.ticks, r.place) for r in asks] == sorted((r.ticks, r.place) for r in asks)
            if bids and asks:
                assert bids[0].ticks < asks[0].ticks
            price, half = market.prices[outcome], self.exchange.hybrid.half(market)
            for best, sign in () if self.unfinished else ((bids[:1], 1), (asks[:1], -1)):
                for r in best:
                    through = sign * (r.ticks / 10_000 - price) - half
                    slope = price * (1 - price) / market.b
                    rounding = (4e-6 * slope) ** 0.5  # so little through that a micro-unit takes the gain
                    assert through <= max(2 * CRUMB / 1e6 * slope, rounding) + 1e-6, (r, price)

    def go_on(self) -> None:
        """One operation, and every law after it."""
        moves: list[Callable[[], None]] = [self.place] * 12
        if self.resting():
            moves += [self.cancel, self.amend, self.amend, self.restart]
        if self.market().phase == 3:
            moves.append(self.decay)
        self.chance.choice(moves)()
        self.cash_is_conserved_and_is_what_the_trades_say()
        self.what_is_set_aside_is_there_and_is_the_sum_of_the_orders()
        self.the_pot_covers_every_winner_and_the_loss_its_bound()
        self.books_are_in_order_and_cross_neither_each_other_nor_the_curve()


def test_a_thousand_random_sequences_keep_every_sum_place_and_limit() -> None:
    seen: Counter[str] = Counter()
    for seed in range(scale(1_500)):
        one = Sequence(seed)
        for _ in range(50):
            one.go_on()
        one.end()
        one.cash_is_conserved_and_is_what_the_trades_say()
        seen += one.counts
    assert min(seen[what] for what in ("peer", "crossed", "rested", "ousted", "curve", "fell", "CASH")) > 10, seen
