"""Bracket momentum: buy the bracket that leads, move along when the distribution migrates, leave in time.

Orders rest by default. One takes only where buyers come in a spike and taking is worth more than resting by the odds
of a fill, after exact fees. Size is a quarter of Kelly's, throttled where a new extreme is unlikely.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import pmf, resting
from engine.strategies import bracket_leader, pmf_migration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.maths.resting import Choice
    from engine.strategies.bracket_eye import Sample
    from engine.strategies.event_eye import Seen

    Fee = Callable[[int, float, float, bool], float]
    """Of a trade in bracket j at a price, for a quantity, as maker: account currency."""

NAME: Final = "bracket_momentum"
QUARTER: Final = 0.25


class Gate(Enum):
    """Why the whole event is left alone, or one bracket; those of `bracket_leader` come in between."""

    __hash__ = object.__hash__

    NO_QUOTES = "no_quotes"
    NO_WEATHER = "no_weather"
    NO_HAZARD = "no_hazard"
    STALE_WEATHER = "stale_weather"
    COHERENCE = "coherence"
    CLOSE = "close"
    TAILS = "tails"
    EV = "ev"
    SIZE = "size"
    CITY = "city"
    CLASSIFIER = "classifier"
    LEAVING = "leaving"
    """What is held of the bracket is being sold."""


class Terms(NamedTuple):
    """What may be set; defaults are of the momentum design."""

    theta: float = 0.0005
    spread_c: float = 5.0
    volume: float = 10.0
    tolerance: float = 0.05
    """Of the mids' sum around 1."""
    least_price: float = 0.05
    most_price: float = 0.95
    close_s: float = 7_200.0
    """No entry within this time of the close."""
    stale_s: float = 5_400.0
    """Age of the newest report from which the weather's opinion is not traded on."""
    maker_c: float = 1.5
    taker_c: float = 3.0
    """Cents a contract that resting and taking must be worth."""
    horizon_s: float = 60.0
    """For which a resting order is given a chance."""
    hold_s: float = 300.0
    bracket_usd: float = 50.0
    city_share: float = 0.10
    """Of the bankroll on one event's side."""
    use_filter: bool = False
    """Trade against the filter's chances instead of the pool's."""
    likely: float = 0.5
    """What a short-horizon classifier, if there is one, must give an upward move."""


class Held(NamedTuple):
    """What we hold of one bracket, working orders apart."""

    qty: float
    """Contracts of YES, net."""
    cost: float
    """Account currency they cost and working buys would."""
    since: float
    """When the first of them was bought, seconds."""
    hazard: float | None
    """Of a new extreme within the hour, then."""


class Want(NamedTuple):
    """An order that is wanted, with what it was decided on."""

    bracket: int
    buy: bool
    price: float
    qty: int
    maker: bool
    why: str
    """leader, migration, cusum, hazard or time."""
    fair: float
    choice: Choice | None
    """Of resting against taking; None where a position is left."""
    chance: float | None
    """That the resting order fills within its horizon."""


class Decision(NamedTuple):
    """What is wanted now, and what held each bracket back."""

    wants: tuple[Want, ...]
    gate: Gate | None
    """Why nothing at all is entered; None where brackets were judged."""
    gates: tuple[Gate | bracket_leader.Gate, ...]
    """Of each bracket, where they were judged."""


TERMS: Final = Terms()
NOTHING: Final = Held(0.0, 0.0, 0.0, None)


def decide(
    seen: Seen, held: Sequence[Held], bankroll: float, closes_at: float, fee: Fee, terms: Terms = TERMS,
    up: Sequence[float] | None = None,
) -> Decision:  # fmt: skip
    """Return what is wanted of an event.

    Parameters
    ----------
    held : sequence of Held
        Of each bracket.
    bankroll : float, account currency
    closes_at : float, seconds
    up : sequence of float, optional
        A short-horizon classifier's chance of an upward move, of each bracket.
    """
    left = leave(seen, held, closes_at, fee, terms)
    gone = {one.bracket for one in left if not one.buy}
    stopped = _stopped(seen, closes_at, terms)
    if stopped is not None:
        return Decision(left, stopped, ())
    spent = math.fsum(one.cost for one in held)
    if spent >= terms.city_share * bankroll:
        return Decision(left, Gate.CITY, ())
    wants, gates = [], []
    for j in range(len(held)):
        chance = None if up is None else up[j]
        found = Gate.LEAVING if j in gone else _entry(seen, j, held[j], bankroll, spent, fee, terms, chance)
        gates.append(bracket_leader.Gate.PASS if isinstance(found, Want) else found)
        if isinstance(found, Want):
            wants.append(found)
    return Decision((*left, *wants), None, tuple(gates))


def leave(
    seen: Seen, held: Sequence[Held], closes_at: float, fee: Fee, terms: Terms = TERMS
) -> tuple[Want, ...]:  # fmt: skip
    """Return what is wanted because of what is held: positions left, inventory moved along with the distribution.

    Nothing is moved along where nothing may be entered: the other half of it is an entry.
    """
    exits = _exits(seen, held, terms)
    if _stopped(seen, closes_at, terms) is not None:
        return exits
    gone = {one.bracket for one in exits}
    return (*exits, *(one for one in _moves(seen, held, terms, fee) if one.bracket not in gone))


def _stopped(seen: Seen, closes_at: float, terms: Terms) -> Gate | None:
    """Return why no position of the event may be entered."""
    if seen.fair is None or seen.sum_mid is None:
        return Gate.NO_QUOTES
    if seen.sky is None or seen.pooled is None:
        return Gate.NO_WEATHER
    if seen.sky.hazard_60 is None:
        return Gate.NO_HAZARD
    if seen.at - seen.sky.at > terms.stale_s:
        return Gate.STALE_WEATHER
    if not pmf.coherent((seen.sum_mid,), terms.tolerance):
        return Gate.COHERENCE
    return Gate.CLOSE if closes_at - seen.at <= terms.close_s else None


def _entry(
    seen: Seen, j: int, mine: Held, bankroll: float, spent: float, fee: Fee, terms: Terms, up: float | None
) -> Want | Gate | bracket_leader.Gate:
    """Return the order for a bracket that leads, or the first gate that holds it back."""
    one = seen.brackets[j]
    hazard = seen.sky.hazard_60 if seen.sky is not None else None
    if one.bid is None or one.ask is None or one.spread is None or hazard is None:
        return Gate.NO_QUOTES
    needs = bracket_leader.Needs(theta=terms.theta, spread_cents=terms.spread_c, volume=terms.volume)
    verdict = bracket_leader.judge(
        seen.acceleration, seen.velocity, j, one.flow_30, one.queue, hazard, 100.0 * one.spread, one.volume, needs
    )
    if verdict.gate is not bracket_leader.Gate.PASS:
        return verdict.gate
    if not terms.least_price <= 0.5 * (one.bid + one.ask) <= terms.most_price:
        return Gate.TAILS
    if up is not None and up < terms.likely:
        return Gate.CLASSIFIER
    fair = _fair(seen, j, terms)
    room = min(terms.bracket_usd - mine.cost, terms.city_share * bankroll - spent)
    return _priced(seen, j, fair, hazard, min(room, bankroll), bankroll, fee, terms, "leader")


def _priced(
    seen: Seen, j: int, fair: float, hazard: float, room: float, bankroll: float, fee: Fee, terms: Terms, why: str
) -> Want | Gate:
    """Return a buy of bracket j, resting or taking as is worth more; the gate where neither is."""
    one = seen.brackets[j]
    assert one.bid is not None
    assert one.ask is not None
    sizes = {maker: _size(fair, price, j, bankroll, hazard, room, maker, fee) for maker, price in _ways(one)}
    qty = max(sizes.values())
    if qty < 1:
        return Gate.SIZE
    chance = _chance(one, qty, terms)
    choice = resting.choose(
        fair, one.bid, one.ask, chance, fee(j, one.bid, qty, True), fee(j, one.ask, qty, False), qty
    )
    way = resting.worth(choice, qty, terms.maker_c / 100.0, terms.taker_c / 100.0)
    if way == "taker" and not (one.spike or one.fastest):
        way = "maker" if choice.maker / qty >= terms.maker_c / 100.0 else ""
    if not way or sizes[way == "maker"] < 1:
        return Gate.EV
    maker = way == "maker"
    return Want(j, True, one.bid if maker else one.ask, sizes[maker], maker, why, fair, choice, chance)


def _ways(one: Sample) -> tuple[tuple[bool, float], ...]:
    return ((True, one.bid or 0.0), (False, one.ask or 0.0))


def _size(fair: float, price: float, j: int, bankroll: float, hazard: float, room: float, maker: bool, fee: Fee) -> int:
    """Return contracts: a quarter of Kelly's stake at the price with its fee, throttled, within the room."""
    found = 0
    for _ in range(2):  # the venue rounds the fee of a whole order up: one contract alone would bear too much of it
        qty = float(found or 1)
        cost = price + fee(j, price, qty, maker) / qty
        if not 0.0 < cost < 1.0 or fair <= cost:
            return found
        stake = QUARTER * (fair - cost) / (1.0 - cost) * bankroll * bracket_leader.throttle(hazard)
        found = max(found, math.floor(min(stake, room) / cost))
    return found


def _chance(one: Sample, qty: float, terms: Terms) -> float:
    """Return the odds that an order at the best bid fills in its horizon, behind all that stands there."""
    if not one.mean_size or one.bid is None:
        return 0.0
    return resting.fill_odds(one.bid_size, qty, one.sells, one.mean_size, terms.horizon_s).chance


def _fair(seen: Seen, j: int, terms: Terms) -> float:
    chances = seen.fair if terms.use_filter else seen.pooled
    assert chances is not None
    return chances[j]


def _moves(seen: Seen, held: Sequence[Held], terms: Terms, fee: Fee) -> tuple[Want, ...]:
    """Return both halves of each hand-over: the old bracket offered, the next one bid for."""
    if seen.sky is None:
        return ()
    wants = []
    for j, mine in enumerate(held):
        goes = (seen.direction or _leaves(seen, j)) if mine.qty >= 1.0 else None
        over = None if goes is None else pmf_migration.hand_over(j, len(held), goes)
        if over is None:
            continue
        leave, join = seen.brackets[over.reduce], seen.brackets[over.add]
        if (
            leave.ask is None
            or leave.ask >= 1.0
            or join.bid is None
            or not terms.least_price <= join.bid <= terms.most_price
        ):
            continue
        qty = math.floor(mine.qty)
        fair = _fair(seen, over.add, terms)
        wants.append(
            Want(over.reduce, False, leave.ask, qty, True, "migration", _fair(seen, over.reduce, terms), None, None)
        )
        room = terms.bracket_usd - held[over.add].cost
        add = min(qty, math.floor(max(room, 0.0) / join.bid))
        if add >= 1 and fair > join.bid + fee(over.add, join.bid, 1.0, True):
            wants.append(Want(over.add, True, join.bid, add, True, "migration", fair, None, None))
    return tuple(wants)


def _leaves(seen: Seen, j: int) -> pmf_migration.Direction | None:
    """Return which way the day is about to leave a bracket in which its extreme lies; None where it is not."""
    sky = seen.sky
    if sky is None or sky.running is None or sky.hazard_60 is None or not seen.edges:
        return None
    last = seen.edges[j][1 if sky.sign > 0 else 0]
    if last is None or sky.sign * (last - sky.running) < 0.0:
        return None
    near = pmf_migration.leaves(sky.sign * sky.running, sky.sign * last + pmf_migration.NEAR_F, sky.hazard_60)
    return pmf_migration.Direction(sky.sign) if near else None


def _exits(seen: Seen, held: Sequence[Held], terms: Terms) -> tuple[Want, ...]:
    """Return what is to be sold: the centre's alarm went against it, its hazard collapsed, or its time is over.

    What is worth more held to settlement than sold now stays.
    """
    wants = []
    for j, mine in enumerate(held):
        one = seen.brackets[j]
        if mine.qty < 1.0 or not one.bid:
            continue
        why = _leaving(seen, j, mine, terms)
        fair = None if seen.fair is None else (seen.fair[j] if seen.pooled is None else _fair(seen, j, terms))
        if not why or (why == "time" and fair is not None and fair > one.bid):
            continue
        wants.append(
            Want(j, False, one.bid, math.floor(mine.qty), False, why, math.nan if fair is None else fair, None, None)
        )
    return tuple(wants)


def _leaving(seen: Seen, j: int, mine: Held, terms: Terms) -> str:
    centre = seen.centre
    if seen.cusum.alarm and centre is not None:
        middle = _middle(seen)
        if j >= middle if seen.cusum.down > seen.cusum.up else j <= middle:
            return "cusum"
    hazard = None if seen.sky is None else seen.sky.hazard_60
    if hazard is not None and mine.hazard and hazard < 0.5 * mine.hazard:
        return "hazard"
    return "time" if seen.at - mine.since >= terms.hold_s else ""


def _middle(seen: Seen) -> int:
    """Return the bracket with the most of the market's mass."""
    mids = [one.mid or 0.0 for one in seen.brackets]
    return mids.index(max(mids))
