"""Money safety of envelopes: whatever was measured beforehand never lets pass what the gates would refuse.

The random sessions of `test_venue_limits`, with limits set anew, links lost, books moved and spoilt between the
measuring and the order. Envelopes are made at random moments and never thrown away by the test: that is the kernel's
part. At each order, and at many that are not sent, the quick word is held against the whole probe and every gate.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Amend, Cancel, Place, SetLimit, Tif
from engine.core.effects import Approved
from engine.core.events import Asked, BookDelta, LinkReport, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import EMBEDDED, KALSHI, AccountId, OrderId
from engine.core.instrument import Instrument
from engine.core.snapshot import CashRow
from engine.core.units import HOUR, SECOND, Leg, Lots, Money, Nanos, Qty, Side, Ticks
from engine.exchange.rules import ExchangeRules
from engine.kernel import dealing, envelope, measuring, weighing
from engine.kernel.state import State
from engine.portfolio.exposure import Resting, balance, by_winner, loss
from engine.portfolio.groups import Swing
from engine.risk import gates
from engine.risk.limits import SPECS
from tests.engine.kernel.test_venue_limits import ONES, STRATEGIES, Sequence
from tests.engine.kernel.venue import FEE, START, SYMBOLS, Session, instrument, opened
from tests.scale import scale

ORDER = OrderId("o-999999")
WAIVED = FeeRule(kind="kalshi", rate=Decimal("0.07"), waived_until=Nanos(START + 40 * SECOND))


def held_up(state: State, place: Place, pressed_at: Nanos) -> str:
    """Hold the quick word against the gates' and return which it was; it may doubt, and never let more pass."""
    desk, listing = state.desks[place.instrument.venue], state.listings[place.instrument]
    quick = envelope.passes(state, desk, listing, place, pressed_at)
    found = weighing.probe(state, desk, listing, dealing.shape(state, listing, place), pressed_at)
    answer = gates.check(ORDER, found, state.limits)
    if quick is None:
        return "doubted" if isinstance(answer, Approved) else answer.gate
    assert isinstance(answer, Approved), (answer, place)
    assert answer.place == place
    assert (quick.reducing, str(quick.event_loss_after)) == (found.reducing, str(found.event_loss_after))
    same = gates.approve(ORDER, place, "", Nanos(0), reducing=quick.reducing)
    assert same == answer
    return "passed"


class Measured(Sequence):
    """A session in which envelopes are made at random moments, and every order is judged both ways."""

    def __init__(self, seed: int) -> None:
        self.said_quickly: Counter[str] = Counter()
        self.on = False
        super().__init__(seed)
        self.on = True
        for one in ONES:
            for strategy in (None, *STRATEGIES):
                self.state.envelopes.wanted[one, strategy] = None

    def bracket(self, index: int) -> Instrument:
        return instrument(index, fee=WAIVED if index == 3 else FEE, nets=self.nets)

    def do(self, event: Any) -> list[Any]:
        place = event.command if self.on and type(event) is Asked else None
        if type(place) is Place and place.instrument.venue != EMBEDDED:
            if self.chance.random() < 0.8:
                self.measure()
                if self.chance.random() < 0.5:
                    self.market()
            self.state.now = max(self.state.now, event.at)
            self.judge(place, event.pressed_at)
            for _ in range(4):
                self.judge(self.another(place), Nanos(event.pressed_at + self.chance.choice((0, 3)) * SECOND))
        effects = super().do(event)
        if self.on and self.chance.random() < 0.02:
            self.measure()
        return effects

    def measure(self) -> None:
        while self.kernel.prepare():
            pass

    def judge(self, place: Place, pressed_at: Nanos) -> None:
        self.said_quickly[held_up(self.state, place, pressed_at)] += 1

    def another(self, place: Place) -> Place:
        """Return an order like one, with terms that may or may not pass."""
        chance = self.chance
        tif = chance.choice((Tif.GTC, Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK, Tif.GTD))
        odd = chance.random() < 0.1
        qty = chance.choice(("-1", "0", "NaN", "1e12", "0.005") if odd else ("1", "2", "3", "5", "8", "10", "25", "70"))
        price = chance.choice((9_900, 0, 10_000, 5_150) if odd else (4_000, 4_500, 4_800, 5_000, 5_100, 5_500, 6_000))
        return Place(
            instrument=chance.choice(ONES),
            side=chance.choice(list(Side)),
            leg=chance.choice(list(Leg)),
            qty=Qty(Decimal(qty)),
            price=Ticks(price),
            tif=tif,
            until=Nanos(self.at + HOUR) if tif is Tif.GTD else None,
            post_only=chance.random() < 0.2,
            reduce_only=chance.random() < 0.1,
            strategy=chance.choice((None, *STRATEGIES)),
        )

    def trade_some(self) -> None:
        if self.chance.random() < 0.5:
            self.stir()
        super().trade_some()

    def market(self) -> None:
        """Let a book move, or come to be one that cannot be."""
        one, bid = self.chance.choice(ONES), self.chance.random() < 0.5
        side, price = (Side.BUY, self.chance.choice((4_700, 4_900, 5_000))) if bid else (Side.SELL, 5_000)
        if self.chance.random() < 0.03:
            price = 5_400 if bid else 4_500
        for lots in (300, 0):
            super().do(BookDelta(at=self.at, instrument=one, side=side, price=Ticks(price), lots=Lots(lots)))

    def stir(self) -> None:
        """Let the outside move: books, trades, links, clocks, and limits."""
        chance = self.chance
        what, one = chance.random(), chance.choice(ONES)
        if what < 0.5:
            self.market()
        elif what < 0.55:
            self.tell(Trade(at=self.at, instrument=one, price=Ticks(5_000), lots=Lots(5), trade_id=f"x{self.at}"))
        elif what < 0.62:
            self.drop(chance.choice(("account", "market")))
            self.run(1)
        elif what < 0.68:
            self.connect()
            self.quote()
        elif what < 0.72:
            self.tell(
                LinkReport(at=self.at, venue=KALSHI, frames=self.at // SECOND, skew_ms=chance.choice((3.0, None)))
            )
        elif what < 0.8:
            spec = SPECS[chance.choice(list(SPECS))]
            self.ask(SetLimit(gate=spec.code, value=chance.choice((spec.lowest, spec.start)), why="test"), gap=0.1)
        elif what < 0.9:
            self.quote()
        elif what < 0.95:
            self.run(chance.choice((1, 8, 20)))
        else:  # as one that waited for another's end before it was sent
            early = Nanos(self.pressed - chance.choice((1, 30, 70)) * SECOND)
            self.do(Asked(at=self.at, command=self.order(qty=1, price=4_100), pressed_at=early))


def play(seed: int) -> Counter[str]:
    session = Measured(seed)
    for _ in range(session.chance.randint(5, 20)):
        session.trade_some()
        if session.chance.random() < 0.45:
            session.change_some()
        if session.chance.random() < 0.4:
            session.fill_some()
        if session.chance.random() < 0.04:
            session.stop_some()
        if session.chance.random() < 0.02:
            session.settle_some()
    return session.said_quickly


@pytest.mark.parametrize("part", range(2))
def test_what_was_measured_beforehand_never_lets_pass_what_the_gates_refuse(part: int) -> None:
    said: Counter[str] = Counter()
    for seed in range(part * 1_000, part * 1_000 + scale(600) // 2):
        said += play(seed)
    print(said)
    assert said["passed"] > 50
    assert sum(count for what, count in said.items() if what not in {"passed", "doubted"}) > 50


def test_the_usual_orders_are_told_in_one_go_once_an_order_was_weighed() -> None:
    session = Session()
    first = session.order(price=4_800)
    assert held_up(session.state, first, Nanos(0)) == "doubted"
    session.ask(first)
    session.run(1)
    while session.kernel.prepare():
        pass
    assert list(session.state.envelopes.wanted) == [(ONES[0], None)]
    again = session.order(price=4_700)
    pressed = Nanos(session.pressed + 60 * SECOND)
    assert held_up(session.state, again, pressed) == "passed"
    session.tell(Trade(at=session.at, instrument=ONES[0], price=Ticks(5_000), lots=Lots(5), trade_id="x"))
    assert held_up(session.state, again, pressed) == "passed"
    session.ask(SetLimit(gate="ORDER_QTY", value=Decimal(1), why=""))
    assert not session.state.envelopes.ready


@pytest.mark.parametrize(
    ("code", "limit", "later_s"),
    [
        ("ORDER_QTY", "9", 60), ("ORDER_VALUE", "4", 60), ("MARKET_ORDERS", "1", 60), ("WINDOW_ORDERS", "1", 60),
        ("OPEN_ORDERS", "1", 60), ("STRATEGY_RATE", "1", 60), ("STRATEGY_REPEAT", "1", 60), ("RATE", "1", 1),
        ("RATE_MINUTE", "1", 1), ("DUPLICATE", "5", 3), ("PRICE_COLLAR", "1", 60), ("MARKET_POSITION", "19", 60),
        ("EVENT_EXPOSURE", "9", 60), ("AT_RISK", "9", 60), ("STRATEGY_STAKE", "9", 60), ("STRATEGIES_STAKE", "9", 60),
        ("CORRELATED", "9", 60), ("VENUE_EXPOSURE", "9", 60), ("GROSS_EXPOSURE", "9", 60), ("DAILY_LOSS", "0", 60),
        ("WEEKLY_LOSS", "0", 60),
    ],
)  # fmt: skip
def test_each_limit_is_met_while_an_envelope_stands(code: str, limit: str, later_s: int) -> None:
    session, alice = Session(opened(limits=(("DUPLICATE", Decimal(0)),))), STRATEGIES[0]
    session.place(price=4_800, qty=10, strategy=alice)
    session.run(1)
    while session.kernel.prepare():
        pass
    again = session.order(price=4_800, qty=10, strategy=alice)
    pressed = Nanos(session.pressed + later_s * SECOND)
    assert held_up(session.state, again, pressed) == "passed"
    session.state.limits.set(code, Decimal(limit))
    assert held_up(session.state, again, pressed) == code  # one of other limits says nothing
    session.state.envelopes.lapse()
    while session.kernel.prepare():
        pass
    assert session.state.envelopes.ready[ONES[0], alice] is not None
    assert held_up(session.state, again, pressed) == code


def test_cash_is_not_spent_twice_while_an_envelope_stands() -> None:
    wide = tuple((code, Decimal(1_000)) for code in ("ORDER_VALUE", "EVENT_EXPOSURE", "AT_RISK"))
    cash = CashRow(account=AccountId("you@kalshi"), amount=Money(Decimal(9)))
    session = Session(opened(limits=wide, seed_cash=(cash,)))
    session.place(price=4_800, qty=10)
    session.run(1)
    while session.kernel.prepare():
        pass
    pressed = Nanos(session.pressed + 60 * SECOND)
    assert held_up(session.state, session.order(price=4_700, qty=8), pressed) == "passed"
    assert held_up(session.state, session.order(price=4_700, qty=9), pressed) == "CASH"


@pytest.mark.parametrize(
    ("price", "qty", "gate"), [(4_850, "10", "PRICE_GRID"), (4_800, "0.005", "LOT"), (4_800, "10.005", "LOT")]
)
def test_form_is_looked_at_while_an_envelope_stands(price: int, qty: str, gate: str) -> None:
    session = Session()
    session.place(price=4_800, qty=10)
    session.run(1)
    while session.kernel.prepare():
        pass
    pressed = Nanos(session.pressed + 60 * SECOND)
    assert held_up(session.state, session.order(price=price, qty=qty), pressed) == gate
    longer = Nanos(session.at + 31 * SECOND)
    session.state.now = longer
    assert held_up(session.state, session.order(price=4_700), pressed) == "BOOK_AGE"


@pytest.mark.parametrize("qty", ["1E+12", "1E+26", "1E+30", "9E+99"])
def test_a_quantity_beyond_all_bounds_is_refused_while_an_envelope_stands(qty: str) -> None:
    session = Session()
    session.place(price=4_800, qty=10)
    session.run(1)
    while session.kernel.prepare():
        pass
    pressed = Nanos(session.pressed + 60 * SECOND)
    session.do(Asked(at=session.at, command=session.order(price=4_700, qty=qty), pressed_at=pressed))
    assert session.said[-1].code == "ORDER_FORM"


def test_time_ends_what_an_envelope_says() -> None:
    session = Session(ready=False)
    session.connect()
    session.list(*[instrument(n, fee=WAIVED) for n in range(len(SYMBOLS))])
    session.quote()
    session.run(3)
    session.place(price=4_800, qty=10)
    session.run(1)
    while session.kernel.prepare():
        pass
    again, pressed = session.order(price=4_700), Nanos(session.pressed + 60 * SECOND)
    assert held_up(session.state, again, pressed) == "passed"
    for at, said in ((START + 40 * SECOND, "doubted"), (START + 24 * HOUR - SECOND, "CLOSE_GUARD")):
        session.state.now = session.state.desks[KALSHI].heard_at = Nanos(at)
        if said == "CLOSE_GUARD":  # one made after the fee was no longer waived
            session.state.envelopes.lapse()
            session.state.now = Nanos(START + HOUR)
            while session.kernel.prepare():
                pass
            assert session.state.envelopes.ready[ONES[0], None] is not None
            session.state.now = Nanos(at)
        assert held_up(session.state, again, pressed) == said


@pytest.mark.parametrize(
    ("name", "code"),
    [("loss", "AT_RISK"), ("venue_loss", "AT_RISK"), ("total", "DAILY_LOSS"), ("week_base", "WEEKLY_LOSS")],
)
def test_sums_that_move_while_an_envelope_stands_are_seen(name: str, code: str) -> None:
    session = Session()
    session.place(price=4_800, qty=10)
    session.run(1)
    while session.kernel.prepare():
        pass
    again, pressed = session.order(price=4_700), Nanos(session.pressed + 60 * SECOND)
    assert held_up(session.state, again, pressed) == "passed"
    was, limit = getattr(session.state, name), session.state.limits[code]
    beyond = -limit if name == "week_base" else limit
    setattr(session.state, name, Money(was + beyond))
    assert held_up(session.state, again, pressed) == code
    setattr(session.state, name, Money(was + Decimal("0.01")))
    assert held_up(session.state, again, pressed) == "passed"
    setattr(session.state, name, was)
    assert held_up(session.state, again, pressed) == "passed"


SHARES = st.decimals(-60, 60, places=2)
ROOMY = st.decimals(0, 60, places=2)


@given(SHARES, ROOMY, ROOMY, ROOMY, st.decimals("0.01", 130, places=2), st.booleans())
def test_room_is_what_is_left_of_the_larger_net(net, up, down, limit, qty, lifts) -> None:
    after = Swing(net, up, down).swayed(qty if lifts else -qty)
    room = measuring._room(net, up, down, limit, lifts=lifts)
    if Swing(net, up, down).most <= limit:
        assert (qty <= room) is (after.most <= limit)
    else:  # then it says nothing of what makes less of it
        assert qty > room


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(list(Side)), st.sampled_from(list(Leg)), ROOMY, SHARES),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_a_loss_told_from_sums_is_that_of_the_whole_event(rests, sure) -> None:
    cent = Decimal("0.01")
    each = [Resting(m, side, leg, qty, (price + 61) * cent / 2, cent) for m, side, leg, qty, price in rests]
    *open_, one = each
    total, changes = by_winner([], open_)
    others = [change for member, change in changes.items() if member != one.member]
    sums = SimpleNamespace(
        none_pays=total, change=changes.get(one.member, Decimal(0)), exclusive=True, sure=sure, members=3,
        least_other=min(others, default=None), touched=len(others) + 1,
    )  # fmt: skip
    found = envelope._loss(sums, *balance(one))  # type: ignore[arg-type]
    assert str(found) == str(loss([], each, 3, exclusive=True, sure=sure))


@pytest.mark.parametrize("lapses", ["an order", "an amendment", "a cancel", "a fill"])
def test_whatever_of_ours_moves_ends_every_envelope(lapses: str) -> None:
    session = Session()
    order = session.place(price=4_800, qty=5)
    session.run(1)
    while session.kernel.prepare():
        pass
    assert session.state.envelopes.ready
    commands = {
        "an order": session.order(price=4_600),
        "an amendment": Amend(order=order.id, price=Ticks(4_700), qty=Qty(Decimal(6))),
        "a cancel": Cancel(order=order.id),
    }
    if lapses in commands:
        session.do(Asked(at=session.at, command=commands[lapses], pressed_at=Nanos(session.pressed + 60 * SECOND)))
    else:
        session.trade(order, Decimal(2))
    assert not session.state.envelopes.ready


@given(st.lists(st.integers(0, 9)))
def test_orders_are_remembered_in_the_order_they_were_pressed(pressed) -> None:
    state = State(ExchangeRules())
    for number, at in enumerate(pressed):
        state.press(at, (number,))
    assert list(state.pressed) == sorted((at, (number,)) for number, at in enumerate(pressed))


def test_every_gate_is_seen_to() -> None:
    shares = {gate.code for gate in gates.GATES if not gate.derivative}
    assert shares == envelope.SEEN_TO  # no envelope stands for an option, a future or a perpetual


def test_a_gate_it_does_not_know_makes_it_doubt_everything(monkeypatch) -> None:
    session = Session()
    session.place(price=4_800)
    session.run(1)
    monkeypatch.setattr(measuring, "WHOLE", False)
    while session.kernel.prepare():
        pass
    assert held_up(session.state, session.order(price=4_700), Nanos(session.pressed + 60 * SECOND)) == "doubted"
