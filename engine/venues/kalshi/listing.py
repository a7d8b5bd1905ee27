"""Kalshi events as families of instruments: strikes, grids, fees, source and station, all read from the event. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import Listed
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import KALSHI, FamilyId
from engine.core.instrument import Band, Family, Instrument
from engine.core.units import Qty, Ticks
from engine.venues.kalshi import strikes, wire_markets
from engine.venues.kalshi.numbers import LOT, moment
from engine.venues.kalshi.wire_books import instrument
from engine.venues.skipped import Skipped
from engine.weather import source_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.instrument import Strike
    from engine.core.source_terms import SourceTerms
    from engine.core.units import Nanos
    from engine.venues.kalshi.wire_markets import EventData, Market, Series, Source

RULES_MOST: Final = 8_000
TEXT_MOST: Final = 300
TAKER: Final = Decimal("0.07")
MAKER: Final = {
    "quadratic": Decimal(0),
    "quadratic_with_maker_fees": Decimal("0.0175"),
    "quadratic_with_combo_maker_fees": Decimal("0.035"),
}
"""Rate of an order that rested, by the venue's word for the schedule."""
WHOLE_CENTS: Final = (Band(Ticks(100), Ticks(9_900), Ticks(100)),)
_HIGH: Final = re.compile(r"\b(?:highest|maximum|high) temperature", re.IGNORECASE)
_LOW: Final = re.compile(r"\b(?:lowest|minimum|low) temperature", re.IGNORECASE)
_RAIN: Final = re.compile(r"\b(?:rain|precipitation)\b", re.IGNORECASE)
_DEGREES: Final = re.compile(r"fahrenheit|°|\bdeg\b|temperature", re.IGNORECASE)


def listed(event: EventData, series: Series | None, at: Nanos, skipped: Skipped | None = None) -> Listed:
    """Return an event as a family of instruments, without those markets that cannot be read.

    Parameters
    ----------
    skipped : Skipped, optional
        Is told which were left out. Such a family is not taken to hold all.

    Raises
    ------
    ValueError
        If it has markets, but a time, a strike or a price range of each of them is none.
    """
    try:
        return _listed(event, series, at)
    except (ValueError, ArithmeticError):
        return _listed(_readable(event, series, skipped or Skipped()), series, at)


def _listed(event: EventData, series: Series | None, at: Nanos) -> Listed:
    markets = event.markets or ()
    decimals, unit = strikes.places(markets), _unit(event, markets)
    named = [(market, strikes.strike(market, decimals, unit)) for market in markets]
    named.sort(key=lambda pair: (*strikes.order(pair[1]), pair[0].ticker))
    known = strikes.cover(named, decimals, venue_says=event.mutually_exclusive, unread=event.unread)
    source, terms = source_of(event, series), terms_of(event, series)
    id_ = FamilyId(f"{KALSHI}:{event.event_ticker}")
    members = tuple(_instrument(market, found, id_, event, series, source) for market, found in named)
    closes = [each.closes for each in members if each.closes is not None]
    family = Family(
        id=id_,
        title=_short(event.title) or event.event_ticker,
        subtitle=_short(event.sub_title),
        group=_group(event, series),
        members=tuple(each.id for each in members),
        exclusive=known.exclusive,
        exhaustive=known.exhaustive,
        why=known.why,
        station=terms.station,
        source=source,
        terms=terms if terms.measure else None,
        unit=unit,
        closes=max(closes, default=None),
    )
    return Listed(at=at, family=family, instruments=members)


def fee_of(event: EventData, series: Series | None, market: Market) -> FeeRule:
    """Return what a fill costs. An event's own fee beats its series', a waiver beats both.

    A schedule that is new to us is charged in full on both sides: an edge is rather understated than invented.
    """
    kind = event.fee_type_override or (series.fee_type if series is not None else "quadratic")
    multiplier = event.fee_multiplier_override
    if multiplier is None:
        multiplier = series.fee_multiplier if series is not None else Decimal(1)
    if not multiplier.is_finite() or not 0 <= multiplier <= 100:
        msg = f"no multiplier of a fee: {multiplier}"
        raise ValueError(msg)
    if kind in {"no_fee", "none", "fee_free"}:
        return NO_FEE
    return FeeRule(
        kind="kalshi",
        rate=TAKER,
        maker_rate=MAKER.get(kind, TAKER),
        multiplier=multiplier,
        waived_until=moment(market.fee_waiver_expiration_time),
    )


def source_of(event: EventData, series: Series | None) -> str:
    """Return who decides: whom the rules name, else whom the event, else the series lists."""
    named = terms_of(event, series).kind.value
    return named or _short(", ".join(source.name or source.url or "" for source in _sources(event, series)))


def station_of(event: EventData, series: Series | None) -> str:
    """Return the ICAO code of the station whose report decides; empty where neither rules nor sources name one."""
    return terms_of(event, series).station


def terms_of(event: EventData, series: Series | None) -> SourceTerms:
    """Return what the rules of an event and the sources listed beside them say of who decides."""
    first = _with_rules(event)
    primary, secondary = ("", "") if first is None else (first.rules_primary or "", first.rules_secondary or "")
    return source_rules.read(primary, secondary, [(s.name or "", s.url or "") for s in _sources(event, series)])


def _readable(event: EventData, series: Series | None, skipped: Skipped) -> EventData:
    """Return an event with those of its markets that can be read one by one. Raises ValueError where none can."""
    kept: list[Market] = []
    bad: list[tuple[Market, Exception]] = []
    for market in event.markets or ():
        try:
            strike = strikes.strike(market, strikes.places([market]), "")
            _instrument(market, strike, FamilyId(""), event, series, "")
        except (ValueError, ArithmeticError) as e:
            bad.append((market, e))
        else:
            kept.append(market)
    if bad and not kept:
        raise bad[0][1]
    for market, why in bad:
        skipped.add(market.ticker, str(why))
    return msgspec.structs.replace(event, markets=kept, unread=event.unread + len(bad))


def _instrument(
    market: Market, strike: Strike | None, family: FamilyId, event: EventData, series: Series | None, source: str
) -> Instrument:
    rules = "\n\n".join(text for text in (market.rules_primary, market.rules_secondary) if text)
    return Instrument(
        id=instrument(market.ticker),
        title=_short(market.title or event.title) or market.ticker,
        label=strikes.span(strike) if strike is not None and _whole(strike) else _short(market.yes_sub_title),
        family=family,
        grid=wire_markets.grid(market.price_ranges) if market.price_ranges else WHOLE_CENTS,
        lot=LOT,
        least=Qty(LOT),
        step=LOT,
        fee=fee_of(event, series, market),
        opens=moment(market.open_time),
        closes=moment(market.close_time),
        expires=moment(market.expected_expiration_time or market.expiration_time),
        status=wire_markets.status_of(market),
        strike=strike,
        result=wire_markets.result_of(market),
        source=source,
        rules=rules[:RULES_MOST],
        facts=tuple(_facts(market, event, series)),
    )


def _facts(market: Market, event: EventData, series: Series | None) -> list[tuple[str, str]]:
    facts = {
        "event": event.event_ticker,
        "series": event.series_ticker,
        "fee_type": event.fee_type_override or (series.fee_type if series is not None else ""),
        "strike_type": market.strike_type or "",
        "yes": _short(market.yes_sub_title),
        "no": _short(market.no_sub_title),
        "venue_status": market.status,
        "expiration_value": _short(market.expiration_value),
        "source_url": _short(next((s.url for s in _sources(event, series) if s.url), "")),
    }
    return [(name, value) for name, value in facts.items() if value]


def _unit(event: EventData, markets: Sequence[Market]) -> str:
    shown = " ".join(market.yes_sub_title or market.subtitle or "" for market in markets)
    if "$" in shown:
        return "$"
    if not any(market.floor_strike is not None or market.cap_strike is not None for market in markets):
        return ""
    text = f"{event.title or ''} {shown} {_rules_text(event)}"
    if re.search(r"celsius", text, re.IGNORECASE):
        return "°C"
    return "°F" if _DEGREES.search(text) else ""


def _group(event: EventData, series: Series | None) -> str:
    text = f"{event.title or ''} {series.title if series is not None else ''} {_rules_text(event)}"
    if "temperature" in text.lower():
        if _HIGH.search(text):
            return "Weather · high"
        return "Weather · low" if _LOW.search(text) else "Weather · hourly"
    if _RAIN.search(event.title or "") and station_of(event, series):
        return "Weather · rain"
    return _short(event.category or (series.category if series is not None else "")) or "Other"


def _rules_text(event: EventData) -> str:
    """Return the rules of an event's markets, which differ in nothing but their numbers."""
    first = _with_rules(event)
    return f"{first.rules_primary} {first.rules_secondary or ''}"[:RULES_MOST] if first is not None else ""


def _with_rules(event: EventData) -> Market | None:
    return next((market for market in event.markets or () if market.rules_primary), None)


def _sources(event: EventData, series: Series | None) -> Sequence[Source]:
    return event.settlement_sources or (series.settlement_sources if series is not None else None) or ()


def _whole(strike: Strike) -> bool:
    return strike.unit in {"", "°F", "°C", "$"}


def _short(text: str | None) -> str:
    return (text or "")[:TEXT_MOST]
