"""Orders that rest beside the curve, against a slow obvious model: every sum made anew from the trades told."""

from __future__ import annotations

import json
import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.ids import HOUSE, YOU, AccountId, MarketId, OrderId
from engine.core.units import MICRO, Leg, Nanos, Side, Ticks, is_money
from engine.exchange.answers import CashMove, Declined, Matched, Quote
from engine.exchange.exchange import Exchange
from engine.exchange.matching import CRUMB, MOST_CROSSED
from engine.exchange.resting import Rest
from engine.maths import lmsr_hybrid
from tests.engine.exchange.listed import NOW, SIM, funded, high, order, rain
from tests.engine.exchange.test_recovery import restarted
from tests.scale import scale
from tests.shared import shared

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER = AccountId("sim-02")
ACCOUNTS = (YOU, SIM, OTHER)
FEE = Decimal("0.01")


def hybrid(phase: int = 2, contract: Any = None, b: float = 100.0, **terms: Any) -> Exchange:
    """An exchange with one market of a phase, and three accounts with money."""
    exchange = funded(*ACCOUNTS)
    made = exchange.create(contract or rain(), b, (), terms.get("fee_rate", Decimal(0)), NOW, phase=phase)
    assert not isinstance(made, Declined), made
    return exchange


def ask(exchange: Exchange, name: str, side: Side = Side.BUY, leg: Leg = Leg.YES, **terms: Any) -> Matched:
    """Place an order, and fail the test if that is declined."""
    place = order(side, leg, **({"tif": Tif.GTC} | terms))
    quote = exchange.quote(place, NOW)
    assert isinstance(quote, Quote), quote
    return exchange.hybrid.submit(quote, NOW, OrderId(name))


def declined(exchange: Exchange, side: Side = Side.BUY, leg: Leg = Leg.YES, **terms: Any) -> str:
    said = exchange.quote(order(side, leg, **({"tif": Tif.GTC} | terms)), NOW)
    assert isinstance(said, Declined), said
    return said.code


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


@st.composite
def takers(draw: st.DrawFn) -> tuple[Any, ...]:
    return (
        draw(st.sampled_from((50.0, 100.0, 500.0))),
        draw(st.booleans()),
        draw(st.sampled_from(Leg)),
        draw(st.integers(20, 9_980)),
        draw(st.integers(1, 150)),
        draw(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 30)), max_size=6)),
    )


@settings(max_examples=150, deadline=None)
@given(takers())
def test_an_order_trades_as_the_model_in_floats_says(case) -> None:
    b, buy, leg, limit, qty, book = case
    exchange = hybrid(b=b)
    pairs = ((YOU, Leg.YES), (YOU, Leg.NO), (SIM, Leg.YES), (SIM, Leg.NO))
    for account, held in pairs:  # both have both legs, in like numbers: the price stays even
        ask(exchange, f"h-{account}-{held.value}", Side.BUY, held, by=account, qty=200, tif=Tif.IOC)
    price = exchange.markets["RAIN"].leg_price(0, leg)
    waiting = [(c / 100, float(s)) for c, s in book if (c / 100 > price if buy else c / 100 < price)]
    for n, (at, shares) in enumerate(waiting):
        side = Side.SELL if buy else Side.BUY
        ask(exchange, f"r-{n}", side, leg, by=SIM, qty=Decimal(shares), price=round(at * 10_000), post_only=True)
    waiting.sort(key=lambda one: one[0] if buy else -one[0])
    model = lmsr_hybrid.match(
        price, b, limit / 10_000, float(qty), [lmsr_hybrid.Resting(*one) for one in waiting], buy=buy
    )
    said = exchange.quote(order(Side.BUY if buy else Side.SELL, leg, qty=qty, price=limit, tif=Tif.IOC), NOW)
    if isinstance(said, Declined):
        assert model.filled < 2e-6
        return
    assert float(said.qty) == pytest.approx(model.filled, abs=5e-6)
    assert float(said.cost) == pytest.approx(abs(model.cost), abs=2e-5)
    assert said.leg_after == pytest.approx(model.price, abs=1e-7)


def test_ten_shares_walk_curve_and_book_in_the_order_of_price() -> None:
    """The sheet's ladder: curve to 52, 5 at 52, curve to 56, 5 at 56, curve to 60, 5 at 60, curve."""
    exchange = hybrid()
    for cents in (60, 52, 56):
        ask(exchange, f"r-{cents}", Side.BUY, Leg.NO, by=SIM, qty=5, price=(100 - cents) * 100)
    done = ask(exchange, "o-1", qty=80, price=9_900, tif=Tif.IOC)
    mine = [(m.traded.qty, m.traded.cost, m.via) for m in done.met if m.traded.account == YOU]
    assert [via for _, _, via in mine] == [None, 0, None, 0, None, 0, None]
    assert [cost for _, cost, via in mine if via == 0] == [Decimal("2.6"), Decimal("2.8"), Decimal("3.0")]
    assert float(sum(cost for _, cost, _ in mine)) == pytest.approx(46.09081551427699, abs=1e-5)
    assert exchange.markets["RAIN"].prices[0] == pytest.approx(0.6570104626734988, abs=1e-8)
    assert exchange.total() == 35_000


def test_the_older_of_two_at_one_price_trades_first_and_keeps_its_place_when_it_shrinks() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", by=SIM, qty=10, price=4_900)
    ask(exchange, "r-2", by=OTHER, qty=10, price=4_900)
    exchange.hybrid.amend(OrderId("r-1"), 4_900, 8_000_000, NOW)
    ask(exchange, "h", qty=60, tif=Tif.IOC)
    ask(exchange, "g", leg=Leg.NO, by=OTHER, qty=60, tif=Tif.IOC)  # back to 50
    done = ask(exchange, "o-1", Side.SELL, qty=50, price=4_000, tif=Tif.IOC)
    assert [m.traded.order for m in done.met if m.via == 1] == ["r-1", "r-2"]
    assert [m.traded.qty for m in done.met if m.via == 1] == [8, 10]


def test_a_larger_size_or_another_price_goes_to_the_end_of_the_queue() -> None:
    exchange = hybrid()
    for n, account in enumerate((SIM, OTHER)):
        ask(exchange, f"r-{n}", by=account, qty=10, price=4_900)
    exchange.hybrid.amend(OrderId("r-0"), 4_900, 12_000_000, NOW)
    assert [r.order for r in exchange.markets["RAIN"].book.side(0, up=True)] == ["r-1", "r-0"]


def test_an_account_never_trades_with_itself_in_either_leg() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", Side.BUY, Leg.NO, qty=10, price=4_500)  # sells YES at 55
    ask(exchange, "r-2", Side.BUY, Leg.NO, by=SIM, qty=10, price=4_500)
    done = ask(exchange, "o-1", qty=100, price=6_000, tif=Tif.IOC)
    assert [r.order for r in done.ousted] == ["r-1"]
    assert [m.traded.account for m in done.met if m.via == 1] == [SIM]
    assert exchange.hybrid.get(OrderId("r-1")) is None


def test_yes_against_no_makes_a_pair_and_yes_against_yes_hands_one_on() -> None:
    exchange = hybrid()
    market = exchange.markets["RAIN"]
    pot = market.pot
    ask(exchange, "r-1", Side.BUY, Leg.NO, by=SIM, qty=10, price=5_000)
    ask(exchange, "o-1", qty=10, price=5_000, tif=Tif.IOC)
    assert (market.pot - pot, market.sold, market.prices[0]) == (10, (10, 10), 0.5)
    ask(exchange, "r-2", Side.SELL, qty=4, price=5_000)
    ask(exchange, "o-2", qty=4, price=5_000, tif=Tif.IOC, by=OTHER)
    assert (market.pot - pot, market.sold) == (10, (10, 10))
    ask(exchange, "r-3", Side.SELL, Leg.NO, by=SIM, qty=6, price=5_000)
    ask(exchange, "o-3", Side.SELL, qty=6, price=5_000, tif=Tif.IOC)
    assert (market.pot - pot, market.sold, market.volume) == (4, (4, 4), 20)


def test_an_order_inside_the_quoted_spread_comes_before_the_curve() -> None:
    exchange = hybrid(phase=3)
    ask(exchange, "r-1", Side.BUY, Leg.NO, by=SIM, qty=3, price=4_980)  # sells YES at 50.2: the curve asks 50.5
    done = ask(exchange, "o-1", qty=10, price=6_000, tif=Tif.IOC)
    mine = [m for m in done.met if m.traded.account == YOU]
    assert [(m.via, m.traded.qty) for m in mine] == [(0, 3), (None, 7)]
    assert float(mine[1].traded.cost) == pytest.approx(7 * 0.505 + 49 * 0.25 / 200, abs=1e-4)


def test_another_outcomes_trade_lets_a_resting_order_trade_with_the_curve() -> None:
    exchange = hybrid(contract=high(), b=50.0)
    ask(exchange, "r-1", by=SIM, qty=20, price=2_400, market="HIGH", outcome=1)
    done = ask(exchange, "o-1", qty=60, price=9_000, market="HIGH", outcome=0, tif=Tif.IOC)
    theirs = [m.traded for m in done.met if m.traded.account == SIM]
    assert theirs
    assert all(t.cost <= Decimal("0.24") * t.qty for t in theirs)
    price = exchange.markets["HIGH"].prices[1]
    assert price == pytest.approx(0.24, abs=1e-4) or sum(t.qty for t in theirs) == 20


def test_what_is_set_aside_cannot_be_spent_twice() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", qty=800, price=4_000)
    exchange.hybrid.amend(OrderId("r-1"), 4_000, 900_000_000, NOW)
    assert exchange._books.free(YOU) == 5_000 - 360
    ask(exchange, "h", qty=20, tif=Tif.IOC)
    ask(exchange, "r-2", Side.SELL, qty=15, price=9_000)
    assert declined(exchange, Side.SELL, qty=6, tif=Tif.IOC) == "NOT_HELD"
    assert declined(exchange, qty=200, price=3_000) == "PER_CELL"  # 900 wait, 20 are held


def test_orders_that_cannot_rest_are_refused() -> None:
    exchange = hybrid()
    assert declined(exchange, price=4_000) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=4_000, tif=Tif.GTD) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=4_000, tif=Tif.GTD, until=NOW) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=4_000, until=Nanos(NOW + 1)) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=5) == "PRICE_BAND"
    assert declined(exchange, qty=1, price=6_000, post_only=True) == "POST_ONLY"
    assert declined(exchange, qty=1, price=4_000, tif=Tif.IOC, post_only=True) == "BAD_TERMS"
    plain = hybrid(phase=1)
    assert declined(plain, qty=1, price=4_000) == "TIF"


def test_a_phase_only_goes_up_and_orders_rest_from_the_second_on() -> None:
    exchange = hybrid(phase=1)
    market = exchange.markets["RAIN"]
    assert market.book is None
    assert exchange.hybrid.advance(market, 2) is None
    assert ask(exchange, "r-1", qty=10, price=4_000).rested is not None
    said = exchange.hybrid.advance(market, 1)
    assert isinstance(said, Declined)
    assert said.code == "PHASE"
    assert exchange.hybrid.advance(market, 3) is None
    assert market.phase == 3


def test_b_falls_with_what_people_trade_with_each_other_and_never_rises_again() -> None:
    exchange = hybrid(phase=3)
    market = exchange.markets["RAIN"]
    assert not exchange.hybrid.decay(market, NOW)
    for n in range(5):
        ask(exchange, f"r-{n}", Side.BUY, Leg.NO, by=SIM, qty=100, price=5_000)
        ask(exchange, f"o-{n}", qty=100, price=5_000, tif=Tif.IOC)
    assert exchange.hybrid.organic(market, NOW) == 500
    assert exchange.hybrid.decay(market, NOW)
    assert market.b == pytest.approx(72.17514421272202)
    assert market.prices == (0.5, 0.5)
    later = Nanos(NOW + 86_400_000_000_001)
    assert exchange.hybrid.organic(market, later) == 0
    assert not exchange.hybrid.decay(market, later)
    assert market.b == pytest.approx(72.17514421272202)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from((0.05, 0.3, 0.5)),
    st.lists(st.tuples(st.booleans(), st.integers(1, 120), st.floats(0.3, 1.0)), min_size=1, max_size=25),
    st.integers(0, 1),
)
def test_the_house_never_loses_more_than_it_put_up_however_b_falls(prior, trades, winner) -> None:
    exchange = funded(*ACCOUNTS)
    made = exchange.create(rain(), 100.0, (prior, 1 - prior), Decimal(0), NOW, phase=3)
    assert not isinstance(made, Declined)
    market = exchange.markets["RAIN"]
    house = exchange.cash[HOUSE] + made.subsidy
    for n, (yes, qty, share) in enumerate(trades):
        said = exchange.quote(order(Side.BUY, Leg.YES if yes else Leg.NO, by=ACCOUNTS[n % 3], qty=qty), NOW)
        if isinstance(said, Quote):
            exchange.hybrid.submit(said, NOW, OrderId(f"o-{n}"))
        market.lower(max(5.0, market.b * share))
    exchange.settle(market.id, winner, NOW)
    assert house - exchange.cash[HOUSE] <= made.subsidy


def test_a_reversed_settlement_takes_out_the_orders_that_it_left_without_cash() -> None:
    exchange = funded(SIM, OTHER, amount=60)
    for name in ("RAIN", "LATER"):
        exchange.create(rain(name), 100.0, (), Decimal(0), NOW, phase=2)
    ask(exchange, "o-1", by=SIM, qty=50, tif=Tif.IOC)
    exchange.settle(MarketId("RAIN"), 0, NOW)
    ask(exchange, "r-1", by=SIM, qty=150, price=4_500, market="LATER")
    ask(exchange, "r-2", by=OTHER, qty=10, price=4_500, market="LATER")
    back = exchange.reverse(MarketId("RAIN"), NOW)
    assert [one.order for one in back.ousted] == ["r-1"]
    assert [one.order for one in exchange.hybrid] == ["r-2"]
    assert exchange.free(SIM) == exchange.cash[SIM]


def test_a_void_market_gives_back_what_was_set_aside() -> None:
    exchange = hybrid()
    ask(exchange, "o-1", qty=10, tif=Tif.IOC)
    ask(exchange, "r-1", Side.SELL, qty=10, price=8_000)
    ask(exchange, "r-2", by=SIM, qty=10, price=3_000)
    done = exchange.settle(MarketId("RAIN"), None, NOW)
    assert [one.order for one in done.ousted] == ["r-1", "r-2"]
    assert exchange.free(SIM) == exchange.free(YOU) == 5_000


def test_what_is_tried_on_a_sketch_leaves_book_and_accounts_as_they_are() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", Side.BUY, Leg.NO, by=SIM, qty=10, price=4_500)
    before = restarted(exchange).total(), exchange.free(SIM), exchange.markets["RAIN"].prices
    sketch = exchange.sketch(YOU, [MarketId("RAIN")])
    bought = sketch.execute(order(qty=50), NOW, OrderId("try"))
    assert not isinstance(bought, Declined)
    assert (bought.qty, bought.order) == (50, "try")
    assert sketch.hybrid.get(OrderId("r-1")) is None
    assert exchange.hybrid.get(OrderId("r-1")).lots == 10_000_000
    assert before == (exchange.total(), exchange.free(SIM), exchange.markets["RAIN"].prices)
    assert ask(exchange, "o-1", qty=50, tif=Tif.IOC).met[0].traded.cost < bought.cost


def test_the_golden_walks_are_those_of_the_exchange() -> None:
    """Purchases of YES at even odds; their books are put there as they stand, even where no order would have rested."""
    cases = json.loads(shared("golden/models.json").read_text())["models"]["lmsr.hybrid_match"]["cases"]
    for case in cases:
        given, wanted = case["in"], case["out"]
        assert (given["side"], given["q"]) == ("BUY_YES", [0.0, 0.0])
        exchange = hybrid(b=given["b"])
        for n, (price, shares) in enumerate(given["book"]):
            mirrored = Ticks(10_000 - round(10_000 * price))
            name, lots = OrderId(f"r-{n}"), int(1e6 * shares)
            one = Rest(name, n + 1, NOW, SIM, MarketId("RAIN"), 0, Leg.NO, Side.BUY, mirrored, lots)
            assert exchange.hybrid.restore(one) == ""
        limit = round(10_000 * given["limit"])
        said = exchange.quote(order(qty=Decimal(str(given["qty"])), price=limit, tif=Tif.IOC), NOW)
        assert isinstance(said, Quote), case["name"]
        found = [("lmsr" if p.order is None else "book", float(p.lots) / 1e6, float(p.cost)) for p in said.parts]
        model = [(f["src"], f["shares"], f["cost"]) for f in wanted["fills"]]
        assert [src for src, _, _ in found] == [src for src, _, _ in model], case["name"]
        for (_, lots, cost), (_, shares, paid) in zip(found, model, strict=True):
            assert lots == pytest.approx(shares, abs=3e-6), case["name"]
            assert cost == pytest.approx(paid, abs=5e-6), case["name"]
        assert said.leg_after == pytest.approx(wanted["p_after"], abs=1e-7), case["name"]


def test_the_worst_price_of_an_order_counts_the_spread_and_what_rests() -> None:
    exchange = hybrid(phase=3)
    quote = exchange.quote(order(qty=20), NOW)
    assert isinstance(quote, Quote)
    assert quote.worst == pytest.approx(quote.leg_after + 0.005)
    ask(exchange, "rests", Side.BUY, Leg.NO, by=SIM, qty=20, price=4_970)
    within = exchange.quote(order(qty=20), NOW)
    assert isinstance(within, Quote)
    assert within.worst == 0.503
    ask(exchange, "hold", qty=40, tif=Tif.IOC)
    sold = exchange.quote(order(Side.SELL, qty=10), NOW)
    assert isinstance(sold, Quote)
    assert sold.worst == pytest.approx(sold.leg_after - 0.005)
