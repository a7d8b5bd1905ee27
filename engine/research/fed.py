"""What the sets that nothing trades on say of settlement, fair values and chains.

Run: python -m engine.research.fed ../shared [FILE]. Official values go through the oracle and are held against what the
venue paid; ladders become laws and are scored; chains go through Black's formula and the smile's fit.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.core.contract import (
    Bracket,
    Contract,
    EvidenceStation,
    Metric,
    SourceName,
    Sources,
    Tier,
    Unit,
    WeightedSource,
)
from engine.core.errors import InputError
from engine.core.events import Listed
from engine.core.ids import Cell, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import Snapshot
from engine.core.units import DAY, HOUR, Nanos
from engine.host.backtest import Backtest
from engine.maths import black_arrays, inverse, pmf, smile, smile_fit
from engine.oracle.resolve import resolve
from engine.research.sets import kalshi_passes, option_chains, text_products, weather_tables, window_outcomes
from engine.research.sets.recording import Assumed
from engine.venues import registry
from engine.views import topics
from engine.views.options import ChainView
from engine.weather import climate_day
from engine.weather.observed import settled

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.instrument import Instrument
    from engine.research.sets.kalshi_passes import CityDay, Ladder, Settled
    from engine.research.sets.option_chains import Quote

CLI_FIRST: Final = Sources(order=(WeightedSource(name=SourceName.CLI, weight=Decimal(1)),))
NEVER: Final = Nanos(365 * DAY)
"""Between two beats of a session that only looks."""
FEWEST: Final = 8
"""Strikes that a smile is fitted through."""
RELATIVE: Final = 0.2
"""Share by which bid and ask of an option may be apart of their middle to be a point of the smile."""


HEAD: Final = """# What the other recorded sets say

Of the sets that no order can be tried on: settlement, fair values, chains and texts, as
`python -m engine.research.fed ../shared docs/results/sets.md` reads them. Each is held against its own official values.

"""


class Paid(NamedTuple):
    """One event, settled by our oracle and by the venue."""

    event: str
    ours: str
    """Label of the winning bracket, or DISPUTED."""
    theirs: str
    value: Decimal | None


class Bound(NamedTuple):
    """A climate day by its observations alone, beside what was official; F."""

    station: str
    day: str
    least: int | None
    official: int
    reports: int


class Law(NamedTuple):
    """The last ladder of an hour as a law, and what came."""

    event: str
    minutes: float
    """Before the close."""
    chance: float
    """That the law gave the range that came."""
    brier: float
    """Sum over ranges of the squared error: 0 is perfect, 2 certain and wrong."""
    total: float
    """Of the middles, before they were made a law."""


class Chain(NamedTuple):
    """One photograph of a chain through our own maths."""

    name: str
    options: int
    unquoted: int
    median: float
    """Of our price's distance to the venue's mark, in the coin."""
    far: float
    """99 % of them are nearer."""
    worst: float
    smiles: int
    free: int
    """Of them, those without a butterfly."""
    rms: float
    """Mean of the smiles' errors, a volatility."""
    shown: int
    """Options in the kernel's own chains, fed with the same events."""
    drawn: int
    """Of those chains, how many have a smile."""


def settlements(folder: Path) -> tuple[Paid, ...]:
    """Return the events of the depth set that were paid, each resolved from the climate report's value."""
    listed = {
        part.name: next(event for event in part.events() if isinstance(event, Listed))
        for part in kalshi_passes.depth(folder, Assumed())
    }
    return tuple(
        _paid(day, event, listed[event.event].instruments)
        for day in kalshi_passes.city_days(folder)
        for event in day.events
    )


def bounds(folder: Path) -> tuple[Bound, ...]:
    """Return the checked days of the four cities: the least that the high may have been, and the official one."""
    readings, found = weather_tables.observed(folder), []
    for day in weather_tables.checked(folder):
        opens, closes = climate_day.window(day.day, weather_tables.OFFSETS[day.station])
        inside = [r for r in readings[day.station] if opens <= r.measured_at < closes]
        high = climate_day.high(settled(inside), opens, closes)
        official = day.acis if day.cli is None else day.cli
        found.append(Bound(day.station, f"{day.day}", high.bound, official, len(inside)))
    return tuple(found)


def laws(folder: Path) -> tuple[Law, ...]:
    """Return the last ladder before the close of every hour whose end is known, as a law over its ranges."""
    ladders, ends, _ = kalshi_passes.ladders(folder)
    last: dict[str, Ladder] = {one.event: one for one in ladders if one.at < one.closes}
    found = (_law(ladder, ends[event]) for event, ladder in last.items() if event in ends)
    return tuple(one for one in found if one is not None)


def chains(folder: Path) -> tuple[Chain, ...]:
    """Return every photograph through Black's formula, the smile's fit, and the kernel's chains."""
    return tuple(_chain(name, option_chains.quotes(file)) for name, file in option_chains.photographs(folder))


def views(events: Iterable[Event]) -> tuple[ChainView, ...]:
    """Return the chains of options as the terminal would show them after some events."""
    told = iter(events)
    first = next(told)
    snapshot = Snapshot(profile="fed", mode="paper", account_name="fed", salt="0", venues=registry.ROWS, beat=NEVER)
    session = Backtest(snapshot, first.at, itertools.chain([first], told), {})
    session.run_out()
    keys = dict.fromkeys(
        topics.ChainKey(one.id.venue, one.underlying, one.settles_in, one.expires or 0)
        for one in (listing.instrument for listing in session.state.listings.values())
        if one.exercise is not None
    )
    found = (session.kernel.view(topics.chain(key)) for key in keys)
    return tuple(one for one in found if isinstance(one, ChainView))


def _paid(day: CityDay, event: Settled, members: Sequence[Instrument]) -> Paid:
    low = "LOW" in event.event.partition("-")[0]
    closes = Nanos(-(-(event.closes or 0) // HOUR) * HOUR)
    brackets = tuple(_bracket(one) for one in members)
    contract = Contract(
        id=event.event, title=event.event, place=day.station, metric=Metric.TEMP_MIN if low else Metric.TEMP_MAX,
        unit=Unit.FAHRENHEIT, cell=Cell(""), tier=Tier.A, opens=Nanos(closes - DAY), closes=closes, brackets=brackets,
        stations=(EvidenceStation(id=StationId(day.station), km=Decimal(0), weight=Decimal(1)),), sources=CLI_FIRST,
    )  # fmt: skip
    reading = Reading(
        station=StationId(day.station), measured_at=closes, kind=ReportKind.CLIMATE, source="CLI", raw="",
        high_f=int(day.high), low_f=int(day.low),
    )  # fmt: skip
    verdict = resolve(contract, {StationId(day.station): [reading]})
    theirs = [ticker for ticker, result in event.results.items() if result == "yes"]
    return Paid(event.event, verdict.outcome, ", ".join(theirs), verdict.value)


def _bracket(one: Instrument) -> Bracket:
    if one.strike is None:
        raise InputError(f"{one.id.symbol}: has no strike")
    return Bracket(label=one.id.symbol, low=one.strike.low, high=one.strike.high)


def _law(ladder: Ladder, end: Settled) -> Law | None:
    middles = [float(one.bid + one.ask) / 2 if one.bid else 0.0 for one in ladder.ranges]
    law = pmf.normalise(middles)
    came = [end.results.get(one.ticker) == "yes" for one in ladder.ranges]
    if sum(came) != 1:
        return None
    brier = math.fsum((p - won) ** 2 for p, won in zip(law, came, strict=True))
    minutes = (ladder.closes - ladder.at) / HOUR * 60
    return Law(ladder.event, minutes, law[came.index(True)], brier, math.fsum(middles))


def _chain(name: str, some: Sequence[Quote]) -> Chain:
    forward, strike, vol, years, mark = (
        np.array(column, float)
        for column in zip(*((q.forward, q.strike, q.vol, q.years, float(q.mark)) for q in some), strict=True)
    )
    ours = inverse.in_coin(black_arrays.price(forward, strike, vol, years, np.array([q.put for q in some])), forward)
    off = np.abs(ours - mark)
    fitted, seen = list(_smiles(some)), views(option_chains.told(some))
    return Chain(
        name.removeprefix(option_chains.PREFIX), len(some), sum(q.bid is None for q in some), float(np.median(off)),
        float(np.quantile(off, 0.99)), float(off.max()), len(fitted),
        sum(smile.butterfly_free(one.law) for one in fitted), fmean(one.rmse for one in fitted) if fitted else math.nan,
        sum((row.call is not None) + (row.put is not None) for view in seen for row in view.rows),
        sum(view.smile is not None for view in seen),
    )  # fmt: skip


def _smiles(some: Iterable[Quote]) -> Iterator[smile_fit.Smile]:
    """Yield the smile of each coin and expiry through the options out of the money that are quoted closely."""
    shelves: dict[tuple[str, Nanos], list[Quote]] = {}
    for quote in some:
        if quote.put is (quote.strike < quote.forward) and _close(quote):
            shelves.setdefault((quote.coin, quote.expires), []).append(quote)
    for shelf in shelves.values():
        if len(shelf) >= FEWEST:
            k = np.log([q.strike / q.forward for q in shelf])
            yield smile_fit.fit(k, np.array([q.vol for q in shelf]), shelf[0].years)


def _close(quote: Quote) -> bool:
    if quote.bid is None or quote.ask is None:
        return False
    return float(quote.ask - quote.bid) <= RELATIVE * float(quote.ask + quote.bid) / 2


def main(data: Path) -> str:
    """Return what all of it came to, as Markdown."""
    sections = (_settled_text(data), _bounds_text(data), _laws_text(data), _rates_text(data), _chains_text(data),
                _texts_text(data))  # fmt: skip
    return HEAD + "\n\n".join(sections) + "\n"


def _settled_text(data: Path) -> str:
    paid = settlements(data / "kalshi-weather-depth")
    same = sum(one.ours == one.theirs for one in paid)
    others = "; ".join(f"{one.event}: ours {one.ours}, theirs {one.theirs}" for one in paid if one.ours != one.theirs)
    return (
        f"## Settlement\n\nkalshi-weather-depth: of {len(paid)} events whose result is recorded, our oracle pays the "
        f"same bracket in {same} from the climate report's value.{' ' + others if others else ''}"
    )


def _bounds_text(data: Path) -> str:
    some = bounds(data / "asos-10min-4city-2026-01")
    head = "| station | day | reports | least by them, F | official, F |\n|---|---|---|---|---|"
    rows = [f"| {b.station} | {b.day} | {b.reports} | {_shown(b.least)} | {b.official} |" for b in some]
    under = [b.official - b.least for b in some if b.least is not None]
    return (
        "asos-10min-4city-2026-01: the least that each day's high may have been by the observations alone, beside the "
        f"official one. It is never above it in {sum(gap >= 0 for gap in under)} of {len(under)} days; the feed was "
        "silent in the afternoon of 31 January, and what it missed shows.\n\n" + "\n".join([head, *rows])
    )


def _laws_text(data: Path) -> str:
    some = laws(data / "kalshi-btc-hourly")
    lines = ["| coin | hours | minutes before | sum of middles | chance given to what came | Brier |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for coin in ("BTC", "ETH"):
        own = [one for one in some if one.event.startswith(f"KX{coin}-")]
        if own:
            means = (fmean(column) for column in zip(*(one[1:] for one in own), strict=True))
            minutes, chance, brier, total = means
            lines.append(f"| {coin} | {len(own)} | {minutes:.1f} | {total:.2f} | {chance:.3f} | {brier:.3f} |")
    return (
        "## Fair values\n\nkalshi-btc-hourly: the last ladder before each close, its middles made a law, ranges that "
        "nobody bids for counting as nothing; means. A law of certainty scores 0, one certain and wrong 2.\n\n"
        + "\n".join(lines)
    )


def _rates_text(data: Path) -> str:
    found = window_outcomes.rates(window_outcomes.windows(data / "polymarket-btc5m-outcomes"))
    return (
        f"polymarket-btc5m-outcomes: {found.windows:,} windows, {found.ups / found.windows:.1%} up; Binance's move has "
        f"the outcome's sign in {found.agree / found.windows:.1%} ({found.level} windows without a move count as up); "
        f"an outcome repeats the one before in {found.repeated / found.pairs:.1%} of {found.pairs:,} pairs; "
        f"{found.holes} holes of {found.missing:,} windows. weather-daily-highs feeds the climates (`docs/results/"
        "nowcast.md`) and providers' scores (`docs/results/providers.md`)."
    )


def _chains_text(data: Path) -> str:
    lines = [
        "## Chains\n",
        "Our price by Black's formula against the venue's mark, in the coin; smiles through options out of the money "
        "whose quotes are close.\n",
        "| chain | options | no bid | median off | 99 % within | worst | smiles | free of butterflies | error, vol | "
        "in our chains | smiles there |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {c.name} | {c.options:,} | {c.unquoted} | {c.median:.1e} | {c.far:.1e} | {c.worst:.1e} | {c.smiles} | "
        f"{c.free} | {c.rms:.4f} | {c.shown:,} | {c.drawn} |"
        for c in chains(data / "deribit-option-snapshots")
    ]
    return "\n".join(lines)


def _texts_text(data: Path) -> str:
    told = text_products.read(data / "nws-text-products")
    lines = []
    for kind in text_products.KINDS:
        own = [one for one in told if one.kind == kind]
        read = [one for one in own if one.found is not None]
        what = f"{sum(one.found or 0 for one in read)} found, nothing in " + (
            ", ".join(one.name for one in read if not one.found) or "none"
        )
        lines.append(f"* {kind}: {len(own)} files, {sum(one.lines for one in own):,} lines; "
                     f"{what if read else 'no parser of the program reads these'}.")  # fmt: skip
    return "## Texts\n\n" + "\n".join(lines)


def _shown(value: int | None) -> str:
    return "—" if value is None else str(value)


if __name__ == "__main__":
    text = main(Path(sys.argv[1]) / "data")
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
