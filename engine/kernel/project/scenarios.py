"""What is open, decided by each member of the forecasts' joint law; and by the price of a coin."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from engine.core.contract import Metric
from engine.core.ids import BINANCE, EMBEDDED, YOU, FamilyId, StationId
from engine.core.units import DAY, HOUR, MINUTE, NO_MONEY, SECOND, Leg
from engine.kernel import exposing, grouping, modelling, results, weathering
from engine.kernel.project import names
from engine.kernel.project.listed import derivative
from engine.portfolio import correlated, outcomes, scenarios
from engine.portfolio.exposure import Stake
from engine.portfolio.scenarios import Event, Where, Window
from engine.views.scenarios import Bar, GroupLine, ScenarioLine, ScenariosView, SpotGrid, SpotLine

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.exchange.market import Market
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

LAW: Final = (
    "Each event keeps the model's own chances; a Gaussian copula joins them: exp(−km/500)·exp(−days), "
    "high and low of a day 0.5, other quantities apart. Open orders fill where they lose."
)
QUANTITY: Final = {Metric.TEMP_MAX: "high", Metric.TEMP_MIN: "low"}
_START: Final = re.compile(r"-(?:5m|15m|1h|4h)-(\d{9,11})$")
OPENING: Final = "price_to_beat"
"""The fact in which a venue states a window's opening price."""
NEAR: Final = MINUTE
"""How long before a window's start a price may lie to be its strike."""


def view(state: State) -> ScenariosView:
    """Return the scenarios of all that is open."""
    events, windows = _events(state)
    found = scenarios.run(events) if events else None
    orders = sum(1 for one in state.register.open() if one.place.instrument.venue != EMBEDDED)
    unknown = [one for one in events if not one.chances]
    limit = state.limits["CORRELATED"]
    return ScenariosView(
        members=0 if found is None else found.members,
        law=LAW,
        mean=0.0 if found is None else found.mean,
        at_95=0.0 if found is None else found.at_95,
        at_99=0.0 if found is None else found.at_99,
        tail=0.0 if found is None else found.tail,
        worst=0.0 if found is None else found.worst,
        best=0.0 if found is None else found.best,
        bars=() if found is None else tuple(Bar(low=b.low, high=b.high, count=b.members) for b in found.bins),
        lines=() if found is None else tuple(_line(line) for line in found.lines),
        unknown=len(unknown),
        unknown_loss=0.0 if found is None else found.unknown,
        orders=orders,
        joint=results.at_risk(state),
        groups=tuple(
            GroupLine(
                kind=one.group.kind.value, name=one.group.name, events=one.events, loss=one.loss,
                share=float(one.loss / limit) if limit else None,
            )
            for one in grouping.joint(state)
        ),
        spots=tuple(_spot(state, coin, some) for coin, some in windows.items()),
    )  # fmt: skip


def _line(line: scenarios.Line) -> ScenarioLine:
    return ScenarioLine(
        key=line.key, name=line.name, known=line.known, mean=line.mean if line.known else None, worst=line.worst,
        worst_outcome=line.worst_label, result=line.result, outcome=line.label,
    )  # fmt: skip


def _events(state: State) -> tuple[list[Event], dict[str, list[Window]]]:
    """Return every event with something of ours in it, and the windows of each coin among them."""
    events, windows = [], dict[str, list[Window]]()
    for market in state.exchange.markets.values():
        made = _of_market(state, market)
        if made is not None:
            events.append(made)
    for key, members in _open(state).items():
        made = _of_family(state, key, members)
        events.append(made)
        name = _family_of(state, next(iter(members)))
        coin = correlated.underlying(name)
        if coin and len(made.results) == 2:
            strike = _stated(state, next(iter(members))) or _strike(state, coin, name)
            window = Window(made.name, strike, made.results[1], made.results[0])
            windows.setdefault(coin, []).append(window)
    return events, windows


def _open(state: State) -> dict[str, dict[InstrumentId, None]]:
    """Return the instruments on venues with positions or open orders, by what their loss is counted under."""
    found: dict[str, dict[InstrumentId, None]] = {}
    held = [one for one, _, _ in state.book.held() if one.venue != EMBEDDED]
    for one in (*held, *(o.place.instrument for o in state.register.open())):
        if one.venue != EMBEDDED and derivative.of(state, one) is None:
            found.setdefault(exposing.key_of(state, one), {})[one] = None
    return found


def _of_market(state: State, market: Market) -> Event | None:
    stake = market.stakes.get(YOU)
    if stake is None or market.status in {"settled", "void"} or not any(p.qty for p in stake):
        return None
    contract = market.contract
    held = [(n // 2, Leg.NO if n % 2 else Leg.YES, p.qty) for n, p in enumerate(stake)]
    cost = sum((p.cost for p in stake), NO_MONEY)
    came = [float(one) for one in outcomes.results(held, cost, len(contract.outcomes))]
    labels = list(contract.outcomes)
    formed = modelling.opinion(state, market)
    chances = [] if formed is None else list(formed.chances)
    if not contract.brackets:  # YES is the greater value
        labels, came, chances = labels[::-1], came[::-1], chances[::-1]
    where = _where(state, contract.stations[0].id, contract.opens, contract.metric)
    return Event(market.id, contract.title, tuple(labels), _whole(chances), tuple(came), where)


def _of_family(state: State, key: str, members: dict[InstrumentId, None]) -> Event:
    family = state.families.get(FamilyId(key))
    if family is None:
        one = next(iter(members))
        came = _came(state, (one,), (None, 0))
        return Event(key, names.instrument(state, one), ("NO", "YES"), (), came)
    winners: list[int | None] = list(range(len(family.members)))
    labels = [_label(state, one) for one in family.members]
    formed = weathering.opinion(state, family.id)
    chances = [] if formed is None else list(formed.chances)
    if not family.exhaustive:
        winners.append(None)
        labels.append("none of them")
        chances = []
    if len(family.members) == 1 and family.exhaustive:  # it could only pay
        winners, labels, chances = [None, 0], ["NO", "YES"], []
    station = state.stations.get(StationId(family.station))
    where = None
    if station is not None and family.closes is not None:
        metric = Metric.TEMP_MIN if weathering.is_low(family) else Metric.TEMP_MAX
        where = _where(state, StationId(station.id), weathering.day_of(family, station.utc_offset_hours), metric)
    came = _came(state, family.members, tuple(winners))
    name = names.short_title(family.title)
    if where is not None:
        name = f"{name} {where.quantity}"
    return Event(family.id, name, tuple(labels), _whole(chances), came, where)


def _whole(chances: list[float]) -> tuple[float, ...]:
    """Return chances that sum to one; none where they say nothing."""
    total = sum(chances)
    return tuple(one / total for one in chances) if total > 0.0 else ()


def _family_of(state: State, one: InstrumentId) -> str:
    listing = state.listings.get(one)
    return one.symbol if listing is None else str(listing.instrument.family or one.symbol)


def _label(state: State, one: InstrumentId) -> str:
    listing = state.listings.get(one)
    return one.symbol if listing is None else names.bracket(listing.instrument)


def _came(state: State, members: tuple[InstrumentId, ...], winners: tuple[int | None, ...]) -> tuple[float, ...]:
    place = {one: n for n, one in enumerate(members)}
    legs = [(one, leg, state.book.get(one, leg)) for one in members for leg in Leg]
    stakes = [Stake(place[one], leg, held.qty, held.cost) for one, leg, held in legs if held.qty]
    resting = [
        exposing.rest_of(state, order, place[order.place.instrument])
        for order in state.register.open()
        if order.place.instrument in place
    ]
    return scenarios.by_winner(stakes, resting, winners)


def _where(state: State, station: StationId, opens: int, metric: Metric) -> Where | None:
    row = state.stations.get(station)
    if row is None:
        return None
    day = (opens + row.utc_offset_hours * HOUR) // DAY
    return Where(row.lat, row.lon, day, QUANTITY.get(metric, metric.value))


def _stated(state: State, one: InstrumentId) -> float | None:
    """Return a window's opening price as its venue states it; None where it does not."""
    listing = state.listings.get(one)
    try:
        price = float("" if listing is None else listing.instrument.fact(OPENING))
    except ValueError:
        return None
    return price if 0.0 < price < math.inf else None


def _strike(state: State, coin: str, key: str) -> float | None:
    """Return the coin's price when a window began, as far as its trades were heard; None where they were not."""
    found, listing = _START.search(key), _coin(state, coin)
    if found is None or listing is None:
        return None
    start = int(found[1]) * SECOND
    before = [(at, price) for at, price in listing.trail if start - NEAR <= at <= start]
    return before[-1][1] / 100.0 if before else None


def _coin(state: State, coin: str) -> Listing | None:
    spots = (found for one, found in state.listings.items() if one.venue == BINANCE and one.symbol.startswith(coin))
    return next(spots, None)


def _spot(state: State, coin: str, windows: list[Window]) -> SpotGrid:
    listing = _coin(state, coin)
    last = None if listing is None else listing.last
    spot = 0.0 if last is None or listing is None else float(last.price * listing.instrument.unit)
    lines = scenarios.spot_grid(windows, spot) if spot else ()
    return SpotGrid(
        coin=coin, spot=spot, windows=len(windows), unknown=sum(one.strike is None for one in windows),
        lines=tuple(SpotLine(price=one.price, change=one.change, result=one.result) for one in lines),
    )  # fmt: skip
