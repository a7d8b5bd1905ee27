"""Thousands of seeded scenarios: nothing is signed without a fresh price, no hedge is lost or doubled.

Each world plays some requests with books that go stale, links that fall, disks that wait, answers that are late, lost
or doubled, and crashes that keep only what was on disk. At its end everything is healed: then every trade is hedged in
whole, the venue holds what we believe it holds, and the journal of the last life replays to the same digests.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from engine.core.commands import SetLimit
from engine.core.effects import Keep, Look, SignQuote, Submit
from engine.core.events import (
    Accepted,
    BooksStale,
    Canceled,
    Filled,
    LinkChanged,
    Lost,
    Pictured,
    QuoteStood,
    QuoteTaken,
    Rejected,
    Seen,
    SeenFill,
)
from engine.core.ids import DERIBIT, OrderId, VenueOrderId
from engine.core.quotes import QuoteLeg
from engine.core.snapshot import Snapshot
from engine.core.units import SECOND, Money, Nanos, Qty, Side
from engine.host.replay import replay
from engine.kernel import linking
from engine.kernel.rfq.hedging import DONE
from engine.kernel.step import Kernel
from engine.maths import contracts
from tests.engine.kernel.disk import Ledger
from tests.engine.kernel.rfq.world import (
    BOARD,
    CALL,
    HEDGE_CALL,
    HEDGE_PUT,
    PUT,
    ROWS,
    RYSK,
    SPOT,
    START,
    World,
)
from tests.scale import scale

SCENARIOS = scale(5_000)
EACH = 10
"""Requests that a world plays."""
PAIRS = ((CALL, HEDGE_CALL), (PUT, HEDGE_PUT))
USED = tuple(one for one in BOARD if one.id in {HEDGE_CALL, HEDGE_PUT})
FREE = Money(Decimal(0))


class Truth:
    """What is true at the venue, whoever was told of it."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        """By client id."""

    def held(self, instrument: Any) -> Decimal:
        """Return what our account there holds."""
        some = [o for o in self.orders.values() if o["place"].instrument == instrument]
        return sum((o["filled"] if o["place"].side is Side.BUY else -o["filled"] for o in some), Decimal(0))


class Stormy(World):
    """A world in which things go wrong."""

    def __init__(self, rng: random.Random, truth: Truth, disk: list[Keep], **terms: Any) -> None:
        self.rng = rng
        self.truth = truth
        self.disk = disk
        self.before = len(disk)
        self.safe = 0
        self.answers: list[Any] = []
        self.clients: list[int] = []
        self.unfresh: list[str] = []
        self.calm = False
        """Nothing goes wrong any more."""
        self.moves = False
        """Prices move, and quotes stand, so that they are made anew."""
        super().__init__(**terms)

    def left(self, effect: Any) -> None:
        """Trade what is sent, and answer as it may happen; look at what is signed."""
        match effect:
            case SignQuote(quote=quote):
                self._signed(quote)
                super().left(effect)
            case Submit():
                super().left(effect)
                self._submit(effect)
            case Look(venue=venue, orders=orders):
                self._picture(venue, orders)
            case _:
                super().left(effect)

    def _signed(self, quote: Any) -> None:
        self.clients.append(int(quote.client))
        if self.moves:
            asked = quote.request.id
            self.answers.append(
                QuoteStood(at=self.at, venue=RYSK, request=asked, client=quote.client, status="open", text="stands")
            )
        for leg in quote.legs:
            hedge = dict(PAIRS)[leg.instrument]
            listing, desk = self.state.listings[hedge], self.state.desks[DERIBIT]
            silence = linking.silence_s(self.state, desk)
            if listing.stale or not desk.market_up or silence is None or silence > 3.0 or leg.price is None:
                self.unfresh.append(f"{quote.client}: {listing.stale} {silence}")

    def _submit(self, effect: Submit) -> None:
        place, number, client = effect.order.place, effect.order.order, effect.order.client
        fate = 1.0 if self.calm else self.rng.random()
        assert place.qty is not None
        if fate < 0.08:
            self.answers.append(Rejected(at=self.at, order=number, code="busy", text="try again"))
            return
        if fate < 0.14:  # it never arrived
            self.answers.append(Lost(at=self.at, order=number, why="no answer"))
            return
        share = Decimal(1) if self.calm else self.rng.choice(tuple(map(Decimal, ("1", "1", "0.5", "0"))))
        step = self.state.listings[place.instrument].instrument.step
        done = (place.qty * share // step) * step
        one = {"place": place, "filled": done, "order": number}
        self.truth.orders[client] = one
        if fate < 0.24:
            self.answers.append(Lost(at=self.at, order=number, why="no answer"))
            return
        told: list[Any] = [Accepted(at=self.at, order=number, venue_order=VenueOrderId(f"v-{client}"))]
        if done:
            told.append(self._fill(client, one, number))
        if done < place.qty:
            told.append(Canceled(at=self.at, order=number))
        self.answers += told
        if self.rng.random() < 0.2:
            self.answers += told[1:]

    def _fill(self, client: str, one: dict[str, Any], number: OrderId) -> Filled:
        place = one["place"]
        listing = self.state.listings[place.instrument].instrument
        price = place.price * listing.unit
        cost = contracts.cost(listing, price, one["filled"], SPOT)
        assert cost is not None
        return Filled(
            at=self.at, order=number, trade_id=f"f-{client}", price=price, qty=Qty(one["filled"]), cost=cost, fee=FREE
        )  # fmt: skip

    def _picture(self, venue: Any, orders: Any) -> None:
        seen, fills = [], []
        for known in orders:
            one = self.truth.orders.get(known.client)
            if one is None:
                seen.append(Seen(order=known.order, client=known.client, status="absent"))
                continue
            place = one["place"]
            status = "filled" if one["filled"] == place.qty else "canceled"
            seen.append(
                Seen(
                    order=known.order, client=known.client, instrument=place.instrument, side=place.side,
                    leg=place.leg, price=place.price, qty=place.qty, filled=Qty(one["filled"]), status=status,
                )
            )  # fmt: skip
        for client, one in self.truth.orders.items():
            place = one["place"]
            if one["filled"] and place.instrument.venue == venue:
                f = self._fill(client, one, one["order"])
                fills.append(
                    SeenFill(
                        order=one["order"], trade_id=f.trade_id, instrument=place.instrument, side=place.side,
                        leg=place.leg, price=f.price, qty=f.qty, cost=f.cost, fee=f.fee, at=self.at,
                    )
                )  # fmt: skip
        self.answers.append(
            Pictured(at=self.at, venue=venue, asked_at=self.at, orders=tuple(seen), fills=tuple(fills))
        )  # fmt: skip

    def deliver(self, share: float = 1.0) -> None:
        """Let answers arrive, some of them later."""
        waiting, self.answers = self.answers, []
        for one in waiting:
            if self.rng.random() < share:
                self.do(one)
            else:
                self.answers.append(one)

    def tick(self, seconds: int = 1) -> None:
        """Let time pass on a market that tells of itself."""
        for _ in range(seconds):
            if self.moves and not self.calm:
                self.spot = SPOT * (100 + self.rng.randrange(-2, 3)) / 100
            self.alive()
            for one in USED:
                self.mark(one)
                self.book(one)
            self.run(Nanos(self.at + SECOND))
            self.deliver()

    def free(self) -> list[Any]:
        """Let the disk catch up: what it has said is safe outlives a crash."""
        found = super().free()
        self.safe = len(self.rows)
        return found


def begun(rng: random.Random, truth: Truth, disk: list[Keep], at: Nanos) -> Stormy:
    """Open a session on what is on disk."""
    ledger = Ledger()
    for keep in disk:
        ledger.take(keep)
    base = Snapshot(
        profile="test", mode="paper", account_name="paper", place="Chicago", utc_offset_hours=-6,
        beat=Nanos(60 * SECOND), venues=ROWS, salt="abcdef012345",
    )  # fmt: skip
    found = ledger.snapshot(base)
    given = {name: getattr(found, name) for name in found.__struct_fields__ if name not in {"profile", "salt"}}
    world = Stormy(rng, truth, disk, at=at, **given)
    world.deliver()
    return world


def crashed(world: Stormy) -> Stormy:
    """Lose what was not on disk, at most, and begin anew."""
    kept = world.rng.randint(world.safe, len(world.rows))
    disk = [*world.disk[: world.before], *world.rows[:kept]]
    later = begun(world.rng, world.truth, disk, Nanos(world.at + SECOND))
    later.tell(debounce="0")
    later.moves = world.moves
    return later


def trouble(world: Stormy) -> None:
    """Let one thing go wrong."""
    match world.rng.randrange(6):
        case 0:
            gone = tuple(hedge for _, hedge in PAIRS)
            world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=gone, why="a gap"))
        case 1:
            for up in (False, True):
                world.do(LinkChanged(at=world.at, venue=DERIBIT, up=up, channel="market", why="cut"))
        case 2:
            world.at = Nanos(world.at + 5 * SECOND)  # nobody says anything
        case 3:
            world.holding = True
        case 4:
            world.deliver(0.5)
        case _:
            world.tick()


def played(seed: int) -> tuple[Stormy, int, int]:
    """Play one world; return it healed, with how many quotes were signed and trades told."""
    rng = random.Random(seed)
    world = begun(rng, Truth(), [], START)
    world.tell(debounce="0", hedge="offset")
    if seed % 2:
        world.moves = True
        world.ask(SetLimit(gate="STOP_LOSS", value=Decimal(100), why="prices move far here"), gap=Nanos(0))
        world.tell(requote="on", requote_move="20", requote_pause="1", valid="20", requotes="5")
    signed: list[int] = []
    stood: dict[str, Any] = {}
    told: list[QuoteTaken] = []
    trades: dict[str, Decimal] = {}
    for number in range(EACH):
        world.tick()
        if rng.random() < 0.5:
            trouble(world)
        asked, _ = rng.choice(PAIRS)
        legs = (QuoteLeg(instrument=asked, side=Side.BUY),)
        if rng.random() < 0.15:
            legs = tuple(QuoteLeg(instrument=one, side=rng.choice(tuple(Side))) for one, _ in PAIRS)
        size, side = rng.choice(("0.1", "0.5", "1", "3")), rng.choice(tuple(Side))
        quiet = world.alive
        if rng.random() < 0.1:
            world.alive = lambda: None  # type: ignore[method-assign]
        world.request(legs=legs, qty=size, side=side, name=f"s{seed}-{number}")
        world.alive = quiet  # type: ignore[method-assign]
        if rng.random() < 0.4:
            trouble(world)
        if rng.random() < 0.7:
            world.free()
        for quote in world.signed:
            if quote.client not in stood:
                stood[quote.client] = quote
                signed.append(int(quote.client))
                if rng.random() < 0.7:
                    event = world.taken(quote, trade=quote.client)
                    told.append(event)
                    for fill in event.legs:
                        trades[f"{quote.client}/{fill.instrument.symbol}"] = Decimal(0)
        if told and rng.random() < 0.3:
            world.do(rng.choice(told))
        world.deliver(rng.choice((0.0, 0.5, 1.0)))
        assert not world.unfresh, (seed, world.unfresh)
        if rng.random() < 0.06:
            world = crashed(world)
            for event in told:  # the venue says again what its stream may have lost
                world.do(event)
    assert signed == sorted(set(signed)), seed
    return world, len(signed), len(told)


def healed(world: Stormy) -> None:
    """Let everything work again, until nothing is open."""
    world.calm = True
    world.free()
    for _ in range(240):
        world.tick()
        if all(one.state in DONE for one in world.state.rfq.trades.values()) and not world.answers:
            return


def test_no_quote_without_a_fresh_price_and_no_hedge_lost_or_doubled() -> None:
    quotes = trades = anew = 0
    for seed in range(max(1, SCENARIOS // EACH)):
        world, signed, told = played(seed)
        healed(world)
        quotes, trades = quotes + signed, trades + told
        anew += sum(one.requotes for one in world.state.rfq.asked.values())
        states = {key: (one.state, one.why) for key, one in world.state.rfq.trades.items() if one.state not in DONE}
        assert not states, (seed, states)
        for asked, hedge in PAIRS:
            assert world.net(asked) + world.net(hedge) == 0, (seed, asked, world.net(asked), world.net(hedge))
            assert world.net(hedge) == world.truth.held(hedge), seed
        if seed % 10 == 0:
            found = replay(world.journal, Kernel())
            assert (found.differs_at, found.stopped) == (None, ""), seed
    requests = max(1, SCENARIOS // EACH) * EACH
    print(f"{requests} requests, {quotes} quotes signed ({anew} anew, of last lives), {trades} trades told")
    assert quotes > SCENARIOS // 4
    assert trades > SCENARIOS // 8
    assert anew > SCENARIOS // 50
