"""The markets that the simulated day lists: daily highs, rain, a gust, a night's low, and one bound to be disputed.

All are listed by the account `DAY`, an operator of the exchange. The disputed one lies between two neighbouring
stations of which one has a thermometer whose fan has stopped. Opening prices and liquidity come from the day's own
forecasts by the same rules as everybody's (`engine.weather.forecast.opening`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.commands import CreateMarket
from engine.core.contract import Bracket, Contract, Metric, Unit
from engine.core.errors import InvariantBroken
from engine.core.events import Asked
from engine.core.ids import AccountId, Cell
from engine.core.reading import CellQuantiles
from engine.core.units import DAY as DAY_LONG
from engine.core.units import MINUTE, Nanos
from engine.oracle.resolve import resolve
from engine.sandbox.outlook import BLOW, GUST_HOURS, NOISE_F, WINDOW, Z90, high_sigma
from engine.sandbox.places import between, twins
from engine.sandbox.reports import spoken
from engine.sandbox.sky import AFTERNOON, DAY_MINUTES, TIP_MM, minute_of, nanos_of
from engine.weather import forecast
from engine.weather.stations import NoStation, evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.core.contract import Verdict
    from engine.core.snapshot import StationRow
    from engine.sandbox.outlook import Outlook
    from engine.sandbox.sky import Floats, Sky

DAY: Final = AccountId("day")
"""The operator account that lists the day's markets."""
CITIES: Final = ("KMDW", "KNYC", "KAUS", "KMIA", "KDEN")
"""Official stations of the cities with a market on the daily high."""
RESTING_AT: Final = "KNYC"
"""The city where orders may rest beside the maker's curve."""
EVENING: Final = 20
"""Local hour at which the next day's high is listed."""
RAIN_STATIONS: Final = 3
FIRST_MM: Final = Decimal("2.5")
"""Threshold of the early afternoon, when one gauge is sure to pass it and another is not."""
FIRST_HOUR: Final = AFTERNOON[0]
LADDER_MM: Final = (Decimal("0.5"), Decimal(1), Decimal("2.5"), Decimal(5), Decimal(10))
BASE_F: Final = 500.0
"""Liquidity in shares of a market as unsure as the climate; an evening forecast is a quarter of that."""
BASE_AMOUNT: Final = 120.0
LIQUIDITY: Final = (60.0, 200.0)
LEAST_LIFE: Final = Nanos(10 * MINUTE)
"""A market with less time left is not listed any more."""
MEMBERS: Final = 40
WORD: Final = {
    Metric.PRECIPITATION: "PRECIP",
    Metric.TEMP_MAX: "TEMP",
    Metric.TEMP_MIN: "TEMP",
    Metric.WIND_GUST: "WIND",
    Metric.SNOW: "SNOW",
}
SUFFIX: Final = {
    Metric.PRECIPITATION: "MM",
    Metric.TEMP_MAX: "FMAX",
    Metric.TEMP_MIN: "FMIN",
    Metric.WIND_GUST: "KT",
    Metric.SNOW: "IN",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """A market of the day, and where its truth is found."""

    at: Nanos
    create: CreateMarket
    sky: Sky
    station: int
    """Index of the deciding station in its region."""

    @property
    def contract(self) -> Contract:
        """Its terms."""
        return self.create.contract

    def value(self, until: Nanos) -> float | None:
        """Return what its station has measured of the window so far; None before the first report."""
        contract = self.contract
        of_hour = self.sky.region.stations[self.station].routine_minute
        opens, now = minute_of(contract.opens), minute_of(min(until, contract.closes))
        before, last = _routine(opens, of_hour), _routine(now, of_hour)
        if last <= before:
            return None
        if contract.metric is Metric.PRECIPITATION:
            return TIP_MM * self.sky.tips(self.station, before, last)
        if contract.metric is Metric.WIND_GUST:
            return float(round(float(self.sky.gusts(self.station, opens, last).max())))
        values = self.sky.fahrenheit(self.station, opens - 1, now - 1)
        if until < contract.closes or contract.closes - contract.opens != DAY_LONG:
            values = values[of_hour::60]  # what was reported; the rest comes with the day's last report
        return float(values.max() if contract.metric is Metric.TEMP_MAX else values.min())

    def known(self, at: Nanos) -> forecast.Range:
        """Return where its value can still lie by what had been reported at an instant."""
        value = self.value(at) if at > self.contract.opens else None
        if value is None:
            return forecast.OPEN
        if self.contract.metric is Metric.TEMP_MIN:
            return forecast.Range(at_most=value)
        return forecast.Range(at_least=value)

    def verdict(self) -> Verdict:
        """Return how it will come out, by the oracle's own rules on all that will be reported."""
        contract = self.contract
        index = {row.id: i for i, row in enumerate(self.sky.region.stations)}
        hours = range(minute_of(contract.opens), minute_of(contract.closes), 60)
        said = {s.id: [r for first in hours for r in spoken(self.sky, index[s.id], first)] for s in contract.stations}
        return resolve(contract, said)


class Board:
    """Every market of the day in the order of listing, made hour by hour.

    Terms follow from the hour at which a market is due to be listed, so that a session which starts later finds the
    same ones; prices and liquidity from what is known when it is.
    """

    def __init__(self, skies: Sequence[Sky], outlook: Outlook, start: Nanos) -> None:
        self._skies = skies
        self._outlook = outlook
        self._start = start
        self._hour = minute_of(start) // 60 * 60 - 2 * DAY_MINUTES
        self._made: list[Listing] = []

    def until(self, at: Nanos, since: int = 0) -> list[Listing]:
        """Return what is listed up to an instant, but for the first `since`."""
        while nanos_of(self._hour) <= at:
            self._make_hour()
        return list(takewhile(lambda listing: listing.at <= at, self._made[since:]))

    def asked(self) -> Iterator[Asked]:
        """Yield the listings as commands, for ever."""
        seen = 0
        while True:
            while seen >= len(self._made):
                self._make_hour()
            listing = self._made[seen]
            seen += 1
            yield Asked(at=listing.at, command=listing.create, pressed_at=listing.at)

    def _make_hour(self) -> None:
        at = Nanos(max(nanos_of(self._hour), self._start))
        self._made += self._listed(self._hour, at)
        self._hour += 60

    def _listed(self, minute: int, at: Nanos) -> Iterator[Listing]:
        """Yield what is listed in an hour; of hours before the session only what still has some life."""
        least = minute_of(Nanos(at + LEAST_LIFE))
        for sky in self._skies:
            day, column = sky.local(minute)
            if column == EVENING * 60 and sky.region.home.id in CITIES and sky.midnight(day + 2) >= least:
                yield self._high(sky, day + 1, at)
        home = self._skies[0]
        hour = home.local(minute)[1] // 60
        if hour % WINDOW == 0 and minute + 60 * (1 + WINDOW) >= least:
            for station in range(min(RAIN_STATIONS, len(home.region.stations))):
                yield self._rain(home, station, minute + 60, at)
        if hour == GUST_HOURS[0] and minute + 600 >= least:
            yield self._gust(home, minute + 240, at)
        if hour == 11 and minute + 300 >= least and twins(home.region) is not None:
            yield self._twins(home, minute + 120, at)
        if hour == 13 and minute + 1080 >= least:
            yield self._low(home, minute + 360, at)

    def _high(self, sky: Sky, day: int, at: Nanos) -> Listing:
        opens = sky.midnight(day)
        truth = float(sky.truth(day).fahrenheit[0].max())
        sigma = high_sigma((minute_of(at) - opens) / 60)
        eve = truth + self._outlook.drift(sky, day) * high_sigma(EVENING - 24)
        brackets = ladder(round(eve))
        terms = Terms(Metric.TEMP_MAX, Unit.FAHRENHEIT, opens, opens + DAY_MINUTES, brackets=brackets)
        title = f"{sky.region.climate.short} high · {_date(sky, opens)}"
        middle = truth + self._outlook.drift(sky, day) * sigma
        return self._listing(sky, 0, at, terms, title, (middle, sigma), BASE_F)

    def _rain(self, sky: Sky, station: int, opens: int, at: Nanos) -> Listing:
        row = sky.region.stations[station]
        plane = sky.region.plane([(row.lat, row.lon)])
        amounts = self._outlook.totals(at, opens, plane, MEMBERS)[:, 0]
        threshold = FIRST_MM
        if sky.local(opens)[1] != FIRST_HOUR * 60:
            first = self._outlook.totals(nanos_of(opens - 60), opens, plane, MEMBERS)[:, 0]
            threshold = min(LADDER_MM, key=lambda mm: abs(float((first > float(mm)).mean()) - 0.4))
        terms = Terms(Metric.PRECIPITATION, Unit.MM, opens, opens + 60 * WINDOW, threshold)
        title = f"{_short(sky, station)} rain > {threshold} mm · {_hours(sky, terms)}"
        return self._listed_as(sky, station, at, terms, title, _quantiles(row, amounts), BASE_AMOUNT)

    def _gust(self, sky: Sky, opens: int, at: Nanos) -> Listing:
        station = min(1, len(sky.region.stations) - 1)
        row = sky.region.stations[station]
        plane = sky.region.plane([(row.lat, row.lon)])
        first = self._outlook.gusts(nanos_of(opens - 240), opens, plane, MEMBERS)[:, 0]
        threshold = Decimal(5 * round(float(np.median(first)) / 5))
        terms = Terms(Metric.WIND_GUST, Unit.KNOT, opens, opens + 60 * BLOW, threshold)
        title = f"{_short(sky, station)} gust > {threshold} kt · {_hours(sky, terms)}"
        knots = self._outlook.gusts(at, opens, plane, MEMBERS)[:, 0]
        return self._listed_as(sky, station, at, terms, title, _quantiles(row, knots), BASE_AMOUNT)

    def _low(self, sky: Sky, opens: int, at: Nanos) -> Listing:
        truth = float(sky.fahrenheit(0, opens - 1, opens + 719).min())
        middle = truth + self._outlook.drift(sky, sky.local(opens)[0] + 1) * 2.0
        terms = Terms(Metric.TEMP_MIN, Unit.FAHRENHEIT, opens, opens + 720, Decimal(round(middle)))
        title = f"{_short(sky, 0)} low > {terms.threshold} °F · {_hours(sky, terms)}"
        return self._listing(sky, 0, at, terms, title, (middle, 2.0), BASE_F)

    def _twins(self, sky: Sky, opens: int, at: Nanos) -> Listing:
        pair = twins(sky.region)
        if pair is None:
            msg = "a market between two stations needs two"
            raise InvariantBroken(msg)
        station = sky.region.stations.index(pair[0])
        truth = float(sky.fahrenheit(station, opens - 1, opens + 60 * WINDOW - 1).max())
        terms = Terms(
            Metric.TEMP_MAX, Unit.FAHRENHEIT, opens, opens + 60 * WINDOW, Decimal(round(truth + 1)),
            cell=between(*pair), least=2,
        )  # fmt: skip
        title = f"{pair[0].id[1:]}–{pair[1].id[1:]} max > {terms.threshold} °F · {_hours(sky, terms)}"
        return self._listing(sky, station, at, terms, title, (truth + NOISE_F, 2.0), BASE_F)

    def _listing(
        self, sky: Sky, station: int, at: Nanos, terms: Terms, title: str, law: tuple[float, float], base: float
    ) -> Listing:
        middle, spread = law[0], Z90 * law[1]
        cell = Cell(sky.region.stations[station].cell)
        quantiles = CellQuantiles(cell=cell, p10=middle - spread, p50=middle, p90=middle + spread)
        return self._listed_as(sky, station, at, terms, title, quantiles, base)

    def _listed_as(
        self, sky: Sky, station: int, at: Nanos, terms: Terms, title: str, quantiles: CellQuantiles, base: float
    ) -> Listing:
        contract = terms.contract(sky, terms.cell or quantiles.cell, title)
        blank = Listing(at, CreateMarket(by=DAY, contract=contract, b=base), sky, station)
        opening = forecast.opening(contract, quantiles, base, blank.known(at))
        b = round(min(max(opening.b, LIQUIDITY[0]), LIQUIDITY[1]), 1)
        phase = 2 if sky.region.home.id == RESTING_AT else 1
        return replace(blank, create=CreateMarket(by=DAY, contract=contract, b=b, prior=opening.prior, phase=phase))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a market measures; times in UTC minutes."""

    metric: Metric
    unit: Unit
    opens: int
    closes: int
    threshold: Decimal | None = None
    brackets: tuple[Bracket, ...] = ()
    cell: Cell | None = None
    """Where, if not at the deciding station."""
    least: int = 1

    def contract(self, sky: Sky, cell: Cell, title: str) -> Contract:
        """Return the frozen contract for a cell, with the evidence that the simulated stations give.

        Raises
        ------
        InvariantBroken
            If no simulated station is in reach: every market here lies at one, or between two.
        """
        found = evidence(cell, self.metric, sky.region.stations)
        if isinstance(found, NoStation):
            raise InvariantBroken(found.sentence)
        return Contract(
            id=self.name(sky, cell),
            title=title,
            place=sky.region.climate.name,
            metric=self.metric,
            unit=self.unit,
            cell=cell,
            stations=found.stations,
            tier=found.tier,
            opens=nanos_of(self.opens),
            closes=nanos_of(self.closes),
            threshold=self.threshold,
            brackets=self.brackets,
            min_stations=self.least,
        )

    def name(self, sky: Sky, cell: Cell) -> str:
        """Return the market's identifier: cell, metric, threshold (P point, M minus), day and hour of its start."""
        level = self.threshold if self.threshold is not None else Decimal(self.brackets[0].high or 0)
        number = f"{level:f}".replace(".", "P").replace("-", "M")
        starts = _local(sky, self.opens)
        return f"ATMX-{cell[:9]}-{WORD[self.metric]}-{number}{SUFFIX[self.metric]}-{starts:%Y%m%d-%H}"


def ladder(middle: int) -> tuple[Bracket, ...]:
    """Return six brackets around a temperature: four of two degrees, and an open tail at each end."""
    first = middle - 4
    inner = [(first + 2 * i, first + 2 * i + 1) for i in range(4)]
    return (
        Bracket(label=f"≤ {first - 1}", low=None, high=first - 1),
        *(Bracket(label=f"{low}–{high}", low=low, high=high) for low, high in inner),
        Bracket(label=f"≥ {first + 8}", low=first + 8, high=None),
    )


def _quantiles(row: StationRow, amounts: Floats) -> CellQuantiles:
    low, middle, high = np.quantile(amounts, (0.1, 0.5, 0.9)).tolist()
    return CellQuantiles(cell=Cell(row.cell), p10=low, p50=middle, p90=max(high, low + 0.5))


def _routine(minute: int, of_hour: int) -> int:
    """Return the last routine report before a UTC minute."""
    at = minute - minute % 60 + of_hour
    return at if at < minute else at - 60


def _short(sky: Sky, station: int) -> str:
    short = sky.region.climate.short
    return short if station == 0 else f"{short} {sky.region.stations[station].id[1:]}"


def _local(sky: Sky, minute: int) -> datetime:
    return datetime.fromtimestamp((minute + 60 * sky.region.home.utc_offset_hours) * 60, UTC)


def _date(sky: Sky, minute: int) -> str:
    local = _local(sky, minute)
    return f"{local:%a} {local.day} {local:%b}"


def _hours(sky: Sky, terms: Terms) -> str:
    """Return the window with the station's day on which it opens: the same hours come back tomorrow."""
    opens = _local(sky, terms.opens)
    return f"{opens.day} {opens:%b} {opens:%H}–{_local(sky, terms.closes):%H} LST"
