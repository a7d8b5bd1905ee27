"""Markets and outcomes in the words of the screen."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.core.contract import Contract, Metric, Unit
from engine.core.ids import EMBEDDED, FamilyId, MarketId, outcome_of
from engine.core.instrument import Payoff
from engine.core.units import SECOND
from engine.maths import contracts

if TYPE_CHECKING:
    from decimal import Decimal

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.state import State

GROUPS: Final = {
    Metric.TEMP_MAX: "Weather · high",
    Metric.TEMP_MIN: "Weather · low",
    Metric.PRECIPITATION: "Weather · rain",
    Metric.WIND_GUST: "Weather · wind",
    Metric.SNOW: "Weather · snow",
}
UNITS: Final = {Unit.MM: "mm", Unit.INCH: "in", Unit.FAHRENHEIT: "°F", Unit.CELSIUS: "°C", Unit.KNOT: "kt"}
LONGEST: Final = 80
"""Characters of a symbol that is not ours."""
NARROW: Final = 40
SHORTER: Final = (
    (re.compile(r"(?i)(?:highest|lowest) temperature in (.+?) on (\w{3})\w* (\d+).*"), "{0} {1} {2}"),
    (
        re.compile(r"(\w+) Up or Down - \w+ \d+, ([\d:]+(?:[AP]M)?)-([\d:]+(?:[AP]M)?)( [A-Z]{2,4})?.*"),
        "{0} {1}–{2}{3}",
    ),
)
"""Titles that venues make by a pattern, and what of them tells one from another."""
SHORT: Final = {"Bitcoin": "BTC", "Ethereum": "ETH", "Solana": "SOL", "Dogecoin": "DOGE", " UTC": "Z"}
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
SYMBOLS: Final = {
    Metric.TEMP_MAX: "high",
    Metric.TEMP_MIN: "low",
    Metric.PRECIPITATION: "rain",
    Metric.WIND_GUST: "gust",
    Metric.SNOW: "snow",
}


def outcome(contract: Contract, index: int) -> str:
    """Return an outcome's label with its unit, such as ``86-87 °F``; of a YES/NO contract its threshold."""
    unit = UNITS[contract.unit]
    if contract.brackets:
        return f"{contract.brackets[index].label} {unit}"
    return f"> {number(contract.threshold)} {unit}"


def instrument(state: State, one: InstrumentId) -> str:
    """Return an instrument's name for tables, such as ``Chicago 86-87 °F``."""
    if one.venue != EMBEDDED:
        return _listed(state, one)
    try:
        market, index = outcome_of(one)
    except ValueError:  # an order was refused because there is no such thing
        return one.symbol[:LONGEST]
    found = state.exchange.markets.get(market)
    if found is None or index not in found.contract.tradable:
        return one.symbol[:LONGEST]
    contract = found.contract
    return f"{contract.place} {outcome(contract, index)}" if contract.brackets else contract.title


def short_title(title: str) -> str:
    """Return a family's title as a narrow list has room for it: ``Chicago Nov 21``, ``BTC 17:20–17:25Z``."""
    for pattern, form in SHORTER:
        found = pattern.fullmatch(title)
        if found is not None:
            return form.format(*(SHORT.get(part, part) for part in found.groups(default="")))
    return title


def bracket(instrument: Instrument) -> str:
    """Return an outcome as a board shows it: its strike where it has one, or the venue's own words."""
    strike = instrument.strike
    if strike is None or (strike.low is None and strike.high is None):
        return instrument.label or instrument.title
    if strike.low is None:
        return f"≤ {strike.high}"
    if strike.high is None:
        return f"≥ {strike.low}"
    return f"{strike.low}–{strike.high}" if strike.low != strike.high else f"{strike.low}"


def _listed(state: State, one: InstrumentId) -> str:
    listing = state.listings.get(one)
    if listing is None:
        return one.symbol[:LONGEST]
    found = listing.instrument
    if contracts.is_derivative(found):
        return whole(found)
    family = None if found.family is None else state.families.get(found.family)
    text = f"{short_title(family.title)} {bracket(found)}" if family is not None and found.label else found.title
    return text[:LONGEST]


def kind(one: Instrument) -> str:
    """Return ``C``, ``P``, ``FUT`` or ``PERP``."""
    if one.payoff is Payoff.LINEAR:
        return "PERP" if one.expires is None else "FUT"
    return "C" if one.payoff is Payoff.CALL else "P"


def derivative(one: Instrument) -> str:
    """Return a derivative's name beside its underlying, such as ``C 76 000 31 JUL``; of a future its own symbol."""
    if not contracts.is_option(one) or one.exercise is None or one.expires is None:
        return one.id.symbol[:NARROW]
    when = datetime.fromtimestamp(one.expires // SECOND, UTC)
    strike = f"{one.exercise.normalize():,f}".replace(",", " ")
    return f"{kind(one)} {strike} {when.day} {MONTHS[when.month - 1]}"[:NARROW]


def whole(one: Instrument) -> str:
    """Return a derivative's name where several underlyings stand in one table, such as ``BTC C 76 000 31 JUL``."""
    return f"{one.underlying} {derivative(one)}" if contracts.is_option(one) else derivative(one)


def market(state: State, one: InstrumentId) -> str:
    """Return the name of the market or family of an instrument."""
    if one.venue == EMBEDDED:
        return title(state, outcome_of(one)[0])
    listing = state.listings.get(one)
    family = None if listing is None else state.families.get(listing.instrument.family or FamilyId(""))
    return family.title[:LONGEST] if family is not None else _listed(state, one)


def market_id(state: State, one: InstrumentId) -> MarketId:
    """Return the key of the board and the tree an instrument belongs to: its market's, or its family's."""
    if one.venue == EMBEDDED:
        return outcome_of(one)[0]
    listing = state.listings.get(one)
    return MarketId((None if listing is None else listing.instrument.family) or one.symbol)


def short(contract: Contract) -> str:
    """Return a YES/NO market's name where its section says what is measured, such as ``ORD > 2.5 mm``."""
    code = contract.stations[0].id.removeprefix("K")
    return f"{code} > {number(contract.threshold)} {UNITS[contract.unit]}"


def rule(contract: Contract) -> str:
    """Return what is measured, such as ``high KMDW``."""
    return f"{SYMBOLS.get(contract.metric, contract.metric.value)} {contract.stations[0].id}"


def title(state: State, market: MarketId) -> str:
    """Return a market's title, or its id when it is not known."""
    found = state.exchange.markets.get(market)
    return market if found is None else found.contract.title


def number(value: Decimal | None) -> str:
    """Return a decimal without trailing zeros, a dash for none."""
    if value is None:
        return "—"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
