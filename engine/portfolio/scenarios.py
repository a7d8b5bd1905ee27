"""What open positions come to if the weather comes out one way or another: members of a joint law, each of which
decides every event.

The law of each event is its own: the chances of its outcomes. How events go together is a Gaussian copula with the
correlation exp(-km / 500) · exp(-days) · c, where c is 1 for the same quantity, 0.5 for a day's high and low, and 0
for any others: temperatures of stations 350 km apart agree by half, those of days in a row by a third. These are
round numbers, not fitted ones. Two families of one station, day and quantity are decided by one draw, so that a
member never contradicts itself. Draws are a counter's hash: the same on every machine, with no seed to keep.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.maths import normal
from engine.portfolio.exposure import result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.portfolio.exposure import Resting, Stake

    Floats = NDArray[np.float64]

MEMBERS: Final = 500
"""Enough that one in a hundred is five."""
REACH_KM: Final = 500.0
EARTH_KM: Final = 6_371.0088
HIGH_AND_LOW: Final = 0.5
JITTER: Final = 1e-9
"""Added to the diagonal: events that are one and the same make the matrix singular."""
BINS: Final = 24
LEAST_CHANCE: Final = 1e-12


class Where(NamedTuple):
    """What decides an event: the place, degrees; the day, counted from anywhere; the quantity."""

    lat: float
    lon: float
    day: int
    quantity: str
    """``high`` and ``low`` go together; all others only with themselves."""


class Event(NamedTuple):
    """One event with all that is open in it. Outcomes in order of the value that decides them, the least first."""

    key: str
    name: str
    labels: tuple[str, ...]
    chances: tuple[float, ...]
    """Empty where nobody knows: it is then counted at its worst."""
    results: tuple[float, ...]
    """Account currency under each outcome."""
    where: Where | None = None
    """None where it goes together with nothing."""


class Line(NamedTuple):
    """One event as the members decide it."""

    key: str
    name: str
    mean: float
    worst: float
    worst_label: str
    label: str
    """In the worst member."""
    result: float
    known: bool


class Bin(NamedTuple):
    """How many members end in [low, high)."""

    low: float
    high: float
    members: int


class Scenarios(NamedTuple):
    """What all members come to, in account currency."""

    members: int
    mean: float
    at_95: float
    """One member in twenty ends at or below it."""
    at_99: float
    tail: float
    """Mean of the worst twentieth."""
    worst: float
    best: float
    bins: tuple[Bin, ...]
    lines: tuple[Line, ...]
    unknown: float
    """Part of every member that is the worst of events whose chances nobody knows."""


def by_winner(stakes: Sequence[Stake], resting: Sequence[Resting], winners: Sequence[int | None]) -> tuple[float, ...]:
    """Return the result if each of `winners` pays; an open order fills where it loses by it, and nowhere else."""
    return tuple(float(result(stakes, resting, winner)) for winner in winners)


def run(events: Sequence[Event], members: int = MEMBERS) -> Scenarios:
    """Return what the members of the joint law come to.

    Raises
    ------
    ValueError
        If an event has no outcome, or other numbers of chances than of outcomes, or chances that are none.
    """
    for one in events:
        _check(one)
    known = [one for one in events if one.chances]
    unknown = math.fsum(min(one.results) for one in events if not one.chances)
    picked = _picked(known, members)
    each = np.array([np.asarray(one.results)[row] for one, row in zip(known, picked, strict=True)])
    totals = each.sum(axis=0) + unknown if known else np.full(members, unknown)
    worst = int(totals.argmin())
    where = {id(one): n for n, one in enumerate(known)}
    lines = []
    for one in events:
        least = min(range(len(one.results)), key=lambda n: one.results[n])
        at = where.get(id(one))
        outcome = least if at is None else int(picked[at][worst])
        mean = one.results[least] if at is None else float(each[at].mean())
        lines.append(
            Line(one.key, one.name, mean, one.results[least], one.labels[least], one.labels[outcome],
                 one.results[outcome], known=at is not None)
        )  # fmt: skip
    ordered = np.sort(totals)
    return Scenarios(
        members=members, mean=float(totals.mean()), at_95=below(ordered, 0.05), at_99=below(ordered, 0.01),
        tail=float(ordered[: max(1, math.ceil(0.05 * members))].mean()), worst=float(ordered[0]),
        best=float(ordered[-1]), bins=bins(ordered), lines=tuple(lines), unknown=unknown,
    )  # fmt: skip


def _check(one: Event) -> None:
    whole = math.fsum(one.chances)
    counts = {len(one.labels), len(one.results), len(one.chances) or len(one.labels)}
    if counts != {len(one.labels)} or not one.labels:
        msg = f"{one.name} has {len(one.labels)} outcomes, {len(one.results)} results and {len(one.chances)} chances"
        raise ValueError(msg)
    if one.chances and not (min(one.chances) >= 0.0 and abs(whole - 1.0) < 1e-6):
        msg = f"the chances of {one.name} sum to {whole}"
        raise ValueError(msg)


def below(ordered: Floats, share: float) -> float:
    """Return the value that at least a share of sorted ones does not exceed."""
    return float(ordered[max(0, math.ceil(share * ordered.size) - 1)])


def bins(ordered: Floats, count: int = BINS) -> tuple[Bin, ...]:
    """Return a histogram of sorted values over their whole range; one bin where all are equal."""
    low, high = float(ordered[0]), float(ordered[-1])
    if high - low < 1e-9:
        return (Bin(low, high, ordered.size),)
    found, edges = np.histogram(ordered, bins=count, range=(low, high))
    return tuple(Bin(float(edges[n]), float(edges[n + 1]), int(found[n])) for n in range(count))


def _picked(events: Sequence[Event], members: int) -> list[NDArray[np.intp]]:
    """Return the outcome of each event in each member."""
    if not events:
        return []
    seats = list(dict.fromkeys(one.where for one in events if one.where is not None))
    alone = [n for n, one in enumerate(events) if one.where is None]
    shared = np.linalg.cholesky(correlation(seats)) @ draws(len(seats), members) if seats else np.empty((0, members))
    own = draws(len(alone), members, first=len(seats))
    found = []
    for n, one in enumerate(events):
        z = own[alone.index(n)] if one.where is None else shared[seats.index(one.where)]
        found.append(np.searchsorted(_edges(one.chances), z, side="right"))
    return found


def _edges(chances: Sequence[float]) -> Floats:
    """Return between which normal deviates each outcome lies: one fewer than there are outcomes."""
    sums = np.cumsum(chances)[:-1]
    return np.array([_deviate(float(one)) for one in sums])


def _deviate(share: float) -> float:
    if share <= LEAST_CHANCE:
        return -math.inf
    return math.inf if share >= 1.0 - LEAST_CHANCE else normal.quantile(share)


def correlation(seats: Sequence[Where]) -> Floats:
    """Return the (n, n) correlation of what decides events; positive definite, since each factor is."""
    found = np.eye(len(seats)) * (1.0 + JITTER)
    for i, one in enumerate(seats):
        for j, other in enumerate(seats[:i]):
            found[i, j] = found[j, i] = _alike(one, other)
    return found


def _alike(one: Where, other: Where) -> float:
    same = 1.0 if one.quantity == other.quantity else 0.0
    if {one.quantity, other.quantity} == {"high", "low"}:
        same = HIGH_AND_LOW
    return same * math.exp(-km(one, other) / REACH_KM - abs(one.day - other.day)) if same else 0.0


def km(one: Where, other: Where) -> float:
    """Return the great-circle distance."""
    a, b = math.radians(one.lat), math.radians(other.lat)
    half = math.sin((a - b) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(one.lon - other.lon) / 2) ** 2
    return 2.0 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def draws(rows: int, members: int, first: int = 0) -> Floats:
    """Return (rows, members) independent normal deviates, the same ones every time; each row of mean 0 and variance 1.

    Two hashes of a counter (SplitMix64) to one deviate each by Box and Muller.
    """
    counter = np.arange(first * members, (first + rows) * members, dtype=np.uint64)
    one, two = _uniform(2 * counter + 1), _uniform(2 * counter + 2)
    found = (np.sqrt(-2.0 * np.log(one)) * np.cos(2.0 * np.pi * two)).reshape(rows, members)
    if members < 2 or not rows:
        return found
    centred: Floats = (found - found.mean(axis=1, keepdims=True)) / found.std(axis=1, keepdims=True)
    return centred


def _uniform(counter: NDArray[np.uint64]) -> Floats:
    """Return numbers in (0, 1)."""
    with np.errstate(over="ignore"):
        z = counter * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


class Window(NamedTuple):
    """An Up/Down window with all that is open in it."""

    name: str
    strike: float | None
    """At or above it at the end is Up; None where it is not known."""
    up: float
    down: float
    """Account currency."""


class Spot(NamedTuple):
    """What all windows on one coin come to if they all end with it here."""

    price: float
    change: float
    """From now; 0.01 is one per cent."""
    result: float


def spot_grid(windows: Sequence[Window], spot: float, reach: float = 0.03, steps: int = 12) -> tuple[Spot, ...]:
    """Return the result of all windows at prices around `spot`; one without a strike is counted at its worst."""
    found = []
    for n in range(-steps // 2, steps // 2 + 1):
        change = 2.0 * reach * n / steps
        price = spot * (1.0 + change)
        found.append(Spot(price, change, math.fsum(_window(one, price) for one in windows)))
    return tuple(found)


def _window(one: Window, price: float) -> float:
    if one.strike is None:
        return min(one.up, one.down)
    return one.up if price >= one.strike else one.down
