"""What the simulated venues list, and when: Kalshi's daily highs, Polymarket's high and its five-minute windows.

An `Offer` is a family with its instruments, its fair value at any moment, and its end. Names, tickers, strikes and
rule texts have the form that each venue gives them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, POLYMARKET, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Strike
from engine.core.units import HOUR, MINUTE, SECOND, Nanos, Qty, Ticks
from engine.sandbox import floor_fees
from engine.sandbox.highs import High
from engine.weather import source_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.contract import Bracket
    from engine.sandbox.coin import Coin
    from engine.sandbox.floor_fees import Schedule

CENTS: Final = (Band(Ticks(100), Ticks(9_900), Ticks(100)),)
MILLS: Final = (Band(Ticks(10), Ticks(9_990), Ticks(10)),)
"""Polymarket's finer grid near certainty."""
WINDOW: Final = 300
"""Seconds of an Up or Down window."""
AHEAD: Final = 2
"""Windows listed before they open."""
TWC_SINCE: Final = date(2026, 8, 14)
"""From this day on Kalshi's temperature events name The Weather Company."""
SERIES: Final = {
    "KMDW": ("KXHIGHCHI", "Chicago", "CLIMDW", "LOT", "MDW"),
    "KNYC": ("KXHIGHNY", "NYC", "CLINYC", "OKX", "NYC"),
}
"""By station: series, city, label of its report, and where the weather service prints it."""
WEATHER_RATE: Final = Decimal("0.05")
CRYPTO_RATE: Final = Decimal("0.07")
CENT_LOT: Final = Decimal("0.01")
MICRO_LOT: Final = Decimal("0.000001")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A question on a venue, with its answer."""

    family: Family
    instruments: tuple[Instrument, ...]
    schedule: Schedule
    interest: float
    """How much of the crowd's attention it draws."""
    listed: Nanos
    closes: Nanos
    determined: Nanos
    settles: Nanos
    chances: Callable[[Nanos], tuple[float, ...]]
    """Of each instrument's YES, seen at an instant."""
    winners: Callable[[], tuple[bool, ...]]
    """Which YES pay; asked once it has closed."""
    value: Callable[[], str]
    """What was measured, in the venue's own form."""


def kalshi_high(high: High) -> Offer:
    """Return Kalshi's event on a day's high."""
    series, city, label, office, issued = SERIES[high.row.id]
    event = f"{series}-{high.date:%y}{high.date:%b}{high.date:%d}".upper()
    twc = high.date >= TWC_SINCE
    source = "The Weather Company" if twc else "National Weather Service's Climatological Report (Daily)"
    url = (
        "https://weather.com/kalshi"
        if twc
        else f"https://forecast.weather.gov/product.php?site={office}&product=CLI&issuedby={issued}"
    )
    closes = Nanos(high.closes - MINUTE)
    day = f"{high.date:%b} {high.date.day}, {high.date.year}"
    instruments = []
    for bracket in high.brackets:
        kind, ticker, words = _kalshi_strike(bracket)
        instruments.append(
            Instrument(
                id=InstrumentId(KALSHI, f"{event}-{ticker}"),
                title=f"Will the high temp in {city} be {_kalshi_range(bracket)} on {day}?",
                label=words,
                family=FamilyId(f"{KALSHI}:{event}"),
                grid=CENTS,
                lot=CENT_LOT,
                least=Qty(CENT_LOT),
                step=CENT_LOT,
                fee=FeeRule(kind="kalshi", rate=Decimal("0.07")),
                opens=high.listed,
                closes=closes,
                expires=Nanos(high.closes + 7 * 24 * HOUR),
                strike=Strike(low=bracket.low, high=bracket.high, unit="°F"),
                source=source,
                rules=f"If the maximum temperature recorded at {city} ({label}) for {day}, is "
                f"{_kalshi_words(bracket)} fahrenheit according to the {source}, then the market resolves to Yes.",
                facts=(
                    ("series", series), ("event", event), ("strike_type", kind), ("market_id", _uuid(event, ticker)),
                    ("source_url", url), ("city", city),
                ),
            )
        )  # fmt: skip
    family = Family(
        id=FamilyId(f"{KALSHI}:{event}"), title=f"Highest temperature in {city} on {day}?", subtitle=f"On {day}",
        group="Weather · high", members=tuple(i.id for i in instruments), exclusive=True, exhaustive=True,
        why="the strikes cover every whole degree once", station=high.row.id, source=source, unit="°F", closes=closes,
        terms=source_rules.read(instruments[0].rules, "", [("", url)]),
    )  # fmt: skip
    return Offer(
        family=family, instruments=tuple(instruments), schedule=floor_fees.Kalshi(),
        interest=3.0 if high.row.id == "KMDW" else 1.5, listed=high.listed, closes=closes,
        determined=Nanos(high.closes + 7 * HOUR), settles=Nanos(high.closes + 8 * HOUR),
        chances=high.chances, winners=lambda: _one_hot(high), value=lambda: f"{high.final()}.00",
    )  # fmt: skip


def polymarket_high(high: High, city: str) -> Offer:
    """Return Polymarket's negative-risk event on a day's high."""
    slug = f"highest-temperature-in-{city.lower()}-on-{MONTHS[high.date.month - 1]}-{high.date.day}-{high.date.year}"
    day = f"{MONTHS[high.date.month - 1].capitalize()} {high.date.day}"
    source = f"https://www.wunderground.com/history/daily/us/il/{city.lower()}/{high.row.id}"
    instruments = []
    for bracket in high.brackets:
        words = _polymarket_words(bracket)
        question = f"Will the highest temperature in {city} be {_polymarket_phrase(bracket)} on {day}?"
        instruments.append(
            _tokens(
                slug=f"{slug}-{words.replace('°F', 'f').replace(' ', '').lower()}", event=slug, question=question,
                label=words, legs=("Yes", "No"), rate=WEATHER_RATE, opens=high.listed, closes=high.closes,
                strike=Strike(low=bracket.low, high=bracket.high, unit="°F"), source=source,
                rules=f"This market resolves to the range that contains the highest temperature recorded at the "
                f"{high.row.name} station ({high.row.id}) in degrees Fahrenheit on {day}, {high.date.year}, as "
                f"finalised by {source}.",
                facts=(("neg_risk", "true"), ("neg_risk_market", _hex(slug)), ("series", "highest-temperature"),
                       ("fee_type", "weather_fees"), ("tag", "weather")),
            )
        )  # fmt: skip
    family = Family(
        id=FamilyId(f"{POLYMARKET}:{slug}"), title=f"Highest temperature in {city} on {day}?", group="Weather · high",
        members=tuple(i.id for i in instruments), exclusive=True, exhaustive=True,
        why="the venue states negative risk and the ranges cover every whole degree once", station=high.row.id,
        source=source, unit="°F", closes=high.closes, negative_risk=True,
        terms=source_rules.read(instruments[0].rules, "", [("", source)]),
    )  # fmt: skip
    return Offer(
        family=family, instruments=tuple(instruments), schedule=floor_fees.Polymarket(WEATHER_RATE), interest=1.5,
        listed=high.listed, closes=high.closes, determined=Nanos(high.closes + HOUR),
        settles=Nanos(high.closes + 2 * HOUR), chances=high.chances, winners=lambda: _one_hot(high),
        value=lambda: str(high.final()),
    )  # fmt: skip


def window(coin: Coin, start: int) -> Offer:
    """Return the five-minute Up or Down window that opens at a UNIX second."""
    opens, closes = Nanos(start * SECOND), Nanos((start + WINDOW) * SECOND)
    slug = f"btc-updown-5m-{start}"
    began = datetime.fromtimestamp(start, UTC)
    ends = datetime.fromtimestamp(start + WINDOW, UTC)
    question = f"Bitcoin Up or Down - {began:%B} {began.day}, {began:%H:%M}-{ends:%H:%M} UTC"
    source = "https://data.chain.link/streams/btc-usd"
    instrument = _tokens(
        slug=slug, event=slug, question=question, label="Up", legs=("Up", "Down"), rate=CRYPTO_RATE,
        opens=Nanos(opens - AHEAD * WINDOW * SECOND), closes=closes, strike=None, source=source,
        rules="This market resolves to Up if the price of Bitcoin at the end of the window is greater than or equal "
        f"to the price at its beginning, and to Down otherwise. Source: {source}.",
        facts=(("neg_risk", "false"), ("series", "btc-up-or-down-5m"), ("window_start", str(start)),
               ("fee_type", "crypto_fees"), ("tag", "crypto")),
    )  # fmt: skip
    family = Family(
        id=FamilyId(f"{POLYMARKET}:{slug}"), title=question, group="Crypto · 5 min", members=(instrument.id,),
        exclusive=True, exhaustive=False, why="one question with two answers", source=source, closes=closes,
    )  # fmt: skip
    return Offer(
        family=family, instruments=(instrument,), schedule=floor_fees.Polymarket(CRYPTO_RATE), interest=3.0,
        listed=Nanos(opens - AHEAD * WINDOW * SECOND), closes=closes, determined=Nanos(closes + 10 * SECOND),
        settles=Nanos(closes + 20 * SECOND), chances=lambda at: (coin.up(opens, closes, at),),
        winners=lambda: (coin.up(opens, closes, closes) > 0.5,), value=lambda: f"{coin.price(closes):.2f}",
    )  # fmt: skip


def _tokens(
    *, slug: str, event: str, question: str, label: str, legs: tuple[str, str], rate: Decimal, opens: Nanos,
    closes: Nanos, strike: Strike | None, source: str, rules: str, facts: tuple[tuple[str, str], ...],
) -> Instrument:  # fmt: skip
    condition = _hex(slug)
    return Instrument(
        id=InstrumentId(POLYMARKET, condition), title=question, label=label,
        family=FamilyId(f"{POLYMARKET}:{event}"), grid=CENTS, lot=MICRO_LOT, least=Qty(MICRO_LOT), step=MICRO_LOT,
        fee=FeeRule(kind="polymarket", rate=rate), opens=opens, closes=closes, strike=strike, settles_in="pUSD",
        nets=False, source=source, rules=rules,
        facts=(
            ("condition", condition), ("question_id", _hex(slug + "?")), ("yes_token", _token(slug + legs[0])),
            ("no_token", _token(slug + legs[1])), ("yes_name", legs[0]), ("no_name", legs[1]), ("tick", "0.01"),
            ("min_size", "5"), ("rate", f"{rate:f}"), ("exponent", "1"), ("slug", slug), ("event", event),
            ("event_id", _number(event)), ("market_id", _number(slug)), *facts,
        ),
    )  # fmt: skip


def _one_hot(high: High) -> tuple[bool, ...]:
    winner = high.winner()
    return tuple(i == winner for i in range(len(high.brackets)))


def _kalshi_strike(bracket: Bracket) -> tuple[str, str, str]:
    """Return strike type, end of the ticker, and sub-title."""
    low, high = bracket.low, bracket.high
    if low is None:
        return "less", f"T{(high or 0) + 1}", f"{high}° or below"
    if high is None:
        return "greater", f"T{low - 1}", f"{low}° or above"
    return "between", f"B{low}.5", f"{low}° to {high}°"


def _kalshi_range(bracket: Bracket) -> str:
    if bracket.low is None:
        return f"<{(bracket.high or 0) + 1}°"
    return f">{bracket.low - 1}°" if bracket.high is None else f"{bracket.low}-{bracket.high}°"


def _kalshi_words(bracket: Bracket) -> str:
    if bracket.low is None:
        return f"less than {(bracket.high or 0) + 1}°"
    return f"greater than {bracket.low - 1}°" if bracket.high is None else f"between {bracket.low}-{bracket.high}°"


def _polymarket_words(bracket: Bracket) -> str:
    if bracket.low is None:
        return f"{bracket.high}°F or below"
    return f"{bracket.low}°F or higher" if bracket.high is None else f"{bracket.low}-{bracket.high}°F"


def _polymarket_phrase(bracket: Bracket) -> str:
    words = _polymarket_words(bracket)
    return words if bracket.low is None or bracket.high is None else f"between {words}"


def _hex(text: str) -> str:
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def _token(text: str) -> str:
    return str(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def _number(text: str) -> str:
    return str(10_000_000 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:5], "big") % 90_000_000)


def _uuid(*words: str) -> str:
    return str(UUID(bytes=hashlib.sha256("/".join(words).encode()).digest()[:16], version=4))


def first_window(at: Nanos) -> int:
    """Return the UNIX second at which the window that holds an instant opened."""
    second = at // SECOND
    return second - second % WINDOW
