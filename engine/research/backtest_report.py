"""What a backtest says: net after fees with its uncertainty, and plainly whether there is an edge. Pure.

Every fill is valued at what its leg paid in the end: a purchase brings payoff less cost less fee, a sale cost less
payoff less fee. These add up to the account's result, so that every table below sums to the same total. Fills of
markets whose end nobody recorded count as fills and in no result; how many they are is said.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from statistics import fmean
from typing import Final

import msgspec

from engine.core.units import DAY, HOUR
from engine.research import verdicts
from engine.research.backtest import FillRow, PartResult, Plan
from engine.research.verdicts import Share, Sharpe

ZERO: Final = Decimal(0)
HOURS: Final = 24
BINS: Final = 10


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Some fills together."""

    name: str
    fills: int
    valued: int
    """Of them, those whose market's end is known."""
    contracts: Decimal
    gross: Decimal
    fees: Decimal
    net: Decimal
    each: Share | None
    """Net a fill in dollars, with its interval."""
    wins: Share | None
    """Fills that brought more than they cost."""
    days: int
    """UTC days with a fill."""
    sharpe: Sharpe | None
    drawdown: float
    """Dollars, fill by fill."""
    slippage: float | None
    """Cents a contract against the middle when the order was sent; takers only, positive is worse."""
    makers: int
    """Fills of orders that rested."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Fills whose fair value was alike, and what came of them."""

    low: float
    high: float
    n: int
    said: float
    came: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How good the strategy's probabilities were, beside the market's own."""

    n: int
    brier: float
    brier_market: float
    """Of the middle price at the same moments."""
    bins: tuple[Bin, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    key: str
    plan: Plan
    parts: int
    rows: int
    events: int
    orders: int
    total: Line
    strategies: tuple[Line, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    """By venue, city, underlying and hour of the UTC day."""
    marks: tuple[tuple[str, int, float, float], ...]
    """(strategy, seconds, cents a share, shares): what prices did after the fills."""
    score: Score | None
    silent: tuple[tuple[str, str, int], ...]
    notes: tuple[str, ...]
    deflated: float | None
    """Chance that the Sharpe ratio is above what the luckiest of `trials` worthless ones would show."""
    trials: int
    equity: tuple[tuple[int, float], ...]
    """Net after each fill, in the order of time, thinned to a thousand points."""
    digest: str
    """Of the digests of all parts."""
    verdict: str
    """One sentence."""


def result(fill: FillRow) -> Decimal | None:
    """Return what a fill brought in the end, after its fee; None where the end is not known."""
    if fill.won is None:
        return None
    paid = fill.qty if fill.won else ZERO
    return (paid - fill.cost if fill.side == "BUY" else fill.cost - paid) - fill.fee


def build(plan: Plan, results: Sequence[PartResult], trials: Sequence[float] = ()) -> Report:
    """Return the report of a plan's parts; `trials` are the daily Sharpe ratios of all that was tried."""
    tagged = [(fill, dict(part.groups)) for part in results for fill in part.fills]
    fills = [fill for fill, _ in sorted(tagged, key=lambda one: one[0].at)]
    total = line("all", fills)
    groups = [
        (kind, _grouped((tags.get(kind, ""), fill) for fill, tags in tagged))
        for kind in sorted({kind for _, tags in tagged for kind in tags})
    ]
    groups.append(("hour UTC", _grouped((f"{fill.at // HOUR % HOURS:02d}", fill) for fill, _ in tagged)))
    return Report(
        key=plan.key, plan=plan, parts=len(results), rows=sum(p.rows for p in results),
        events=sum(p.events for p in results), orders=sum(p.orders for p in results), total=total,
        strategies=_grouped((fill.strategy, fill) for fill in fills), groups=tuple(groups), marks=_marks(results),
        score=_score(fills), silent=_silent(results),
        notes=tuple(dict.fromkeys(note for part in results for note in part.notes)),
        deflated=verdicts.deflated(daily(fills), trials), trials=max(1, len(trials)), equity=_equity(fills),
        digest=_digest(results), verdict=_verdict(total, verdicts.total(units(results)), len(results)),
    )  # fmt: skip


def line(name: str, fills: Sequence[FillRow]) -> Line:
    """Return some fills, oldest first, as one line."""
    known = [(fill, value) for fill in fills if (value := result(fill)) is not None]
    net = sum((value for _, value in known), ZERO)
    fees = sum((fill.fee for fill, _ in known), ZERO)
    values = [float(value) for _, value in known]
    slips = [(100 * _worse(fill), float(fill.qty)) for fill in fills if not fill.maker and fill.mid is not None]
    shares = sum(qty for _, qty in slips)
    return Line(
        name=name, fills=len(fills), valued=len(known), contracts=sum((f.qty for f in fills), ZERO), gross=net + fees,
        fees=fees, net=net, each=verdicts.mean(values),
        wins=verdicts.share(sum(value > 0 for value in values), len(values)), days=len({f.at // DAY for f in fills}),
        sharpe=verdicts.sharpe(daily(fills)), drawdown=verdicts.drawdown(values),
        slippage=sum(cents * qty for cents, qty in slips) / shares if shares else None,
        makers=sum(f.maker for f in fills),
    )  # fmt: skip


def _worse(fill: FillRow) -> float:
    away = float(fill.price) - (fill.mid or 0.0)
    return away if fill.side == "BUY" else -away


def daily(fills: Iterable[FillRow]) -> list[float]:
    """Return the results of the days from the first with a fill to the last; one without any brought nothing."""
    days: defaultdict[int, float] = defaultdict(float)
    for fill in fills:
        value = result(fill)
        if value is not None:
            days[fill.at // DAY] += float(value)
    return verdicts.daily(days)


def units(results: Sequence[PartResult]) -> list[float]:
    """Return what each part brought; of a run of one part, what each of its markets with a fill did."""
    if len(results) == 1:
        shelves: defaultdict[str, float] = defaultdict(float)
        for fill in results[0].fills:
            shelves[fill.instrument] += float(result(fill) or 0)
        return list(shelves.values())
    return [float(sum((result(fill) or ZERO for fill in part.fills), ZERO)) for part in results]


def _grouped(pairs: Iterable[tuple[str, FillRow]]) -> tuple[Line, ...]:
    shelves: defaultdict[str, list[FillRow]] = defaultdict(list)
    for name, fill in pairs:
        if name:
            shelves[name].append(fill)
    return tuple(line(name, sorted(shelves[name], key=lambda fill: fill.at)) for name in sorted(shelves))


def _marks(results: Sequence[PartResult]) -> tuple[tuple[str, int, float, float], ...]:
    sums: defaultdict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for part in results:
        for mark in part.marks:
            one = sums[mark.strategy, mark.seconds]
            one[0], one[1] = one[0] + mark.cents, one[1] + mark.shares
    return tuple((name, seconds, cents / n, n) for (name, seconds), (cents, n) in sorted(sums.items()) if n)


def _score(fills: Sequence[FillRow]) -> Score | None:
    """Return how the fair values fared against what came, each fill one probability."""
    said = [
        (f.fair, f.mid, float(f.won)) for f in fills if f.fair is not None and f.mid is not None and f.won is not None
    ]
    if not said:
        return None
    bins = []
    for i in range(BINS):
        inside = [(fair, came) for fair, _, came in said if min(int(fair * BINS), BINS - 1) == i]
        if inside:
            bins.append(Bin(low=i / BINS, high=(i + 1) / BINS, n=len(inside), said=fmean(f for f, _ in inside),
                            came=fmean(c for _, c in inside)))  # fmt: skip
    return Score(
        n=len(said), brier=fmean((fair - came) ** 2 for fair, _, came in said),
        brier_market=fmean((mid - came) ** 2 for _, mid, came in said), bins=tuple(bins),
    )  # fmt: skip


def _silent(results: Sequence[PartResult]) -> tuple[tuple[str, str, int], ...]:
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for part in results:
        for name, code, n in part.silent:
            sums[name, code] += n
    return tuple((name, code, n) for (name, code), n in sorted(sums.items(), key=lambda one: (one[0][0], -one[1])))


def _equity(fills: Sequence[FillRow], most: int = 1_000) -> tuple[tuple[int, float], ...]:
    points, level = [], ZERO
    for fill in fills:
        value = result(fill)
        if value is not None:
            level += value
            points.append((fill.at, float(level)))
    step = max(1, -(-len(points) // most))
    return tuple(points[:-1:step]) + tuple(points[-1:])


def _digest(results: Sequence[PartResult]) -> str:
    return hashlib.blake2b("".join(part.digest for part in results).encode(), digest_size=16).hexdigest()


def _verdict(total: Line, net: Share | None, parts: int) -> str:
    """Say what the numbers carry, and no more: fills of one market end alike, and are no trials of their own."""
    if not total.fills:
        return "No fill: nothing can be said of an edge."
    of = "markets" if parts == 1 else "parts"
    if net is None or not total.valued:
        return f"{total.valued} valued fills, too few {of}: nothing can be said of an edge."
    if net.low > 0:
        edge = "an edge after fees on this data"
    elif net.high < 0:
        edge = "a loss after fees on this data"
    else:
        edge = "no edge that could be told from chance"
    return (
        f"{edge[0].upper()}{edge[1:]}: net {total.net:.2f} over {total.valued} fills, "
        f"{net.low:+.2f} to {net.high:+.2f} by its {net.n} {of}."
    )
