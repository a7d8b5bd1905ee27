"""Rule texts of weather events to who decides them: source, station, measure, rounding, fallback. Pure.

Venues change the source under the same series: Kalshi's daily temperatures left the climate report for The Weather
Company with the events of 14 August 2026, Polymarket's left Wunderground for weather.gov a week later, and both use
other stations for the same city. So every event is read by itself; a source that is not known is said to be none.

Source: rule texts of Kalshi and Polymarket recorded in May to August 2026; settlement sheet §0, §1 and §7.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.core.source_terms import HOURLY, OFFICIAL, SourceKind, SourceTerms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LARGEST: Final = 8_000
"""Characters of a rule text that are looked at."""
SHOWN: Final = 300

_KINDS: Final = (
    (SourceKind.WEATHER_COMPANY, re.compile(r"The Weather Company|weather\.com/kalshi", re.IGNORECASE)),
    (SourceKind.CLIMATE_REPORT, re.compile(r"Climatological Report|[?&]product=CLI\b", re.IGNORECASE)),
    (SourceKind.SYNOPTIC, re.compile(r"\bSynoptic\b", re.IGNORECASE)),
    (SourceKind.WUNDERGROUND, re.compile(r"\b(?:Weather )?Underground\b|wunderground", re.IGNORECASE)),
    (SourceKind.TIME_SERIES, re.compile(r"weather\.gov/wrh/timeseries|\bHourly Data\b", re.IGNORECASE)),
    (SourceKind.OBSERVATORY, re.compile(r"hko\.gov\.hk|Hong Kong Observatory", re.IGNORECASE)),
)  # fmt: skip
_DECIDES: Final = re.compile(
    r"\b(?:according to|as reported by|as finali[sz]ed by|as recorded by|resolution source)\b", re.IGNORECASE
)
_REACH: Final = 200
"""Characters after the words that name who decides."""

_CODES: Final = (
    re.compile(r"\bCLI([A-Z]{3})\b"),
    re.compile(r"\bcoordinates ([A-Z]{4})\b"),
    re.compile(r"weather\.gov/wrh/timeseries\?(?:\S{0,120}&)?site=([A-Z]{4})\b", re.IGNORECASE),
    re.compile(r"wunderground\.com/\S{0,120}?/([A-Z]{4})\b"),
    re.compile(r"aviationweather\.gov/\S{0,120}?[=/,]([A-Z]{4})\b"),
    re.compile(r"\(([KP][A-Z]{3})\)"),
    re.compile(r"[?&]issuedby=([A-Z]{3})\b"),
)
"""Where texts and addresses state a station; what stands first counts first."""
_PRODUCT: Final = re.compile(r"\b(CLI[A-Z]{3})\b")
_ISSUED: Final = re.compile(r"product=CLI&issuedby=([A-Z]{3})\b")
_PLACE: Final = re.compile(
    r"\brecorded (?:by \w+ )?(?:at|in) (?:the )?([^,(.]{2,60}?(?:, [A-Z]\w[^,(.]{0,30}?)?)"
    r"(?= \(|,? for |,? on |,? as |,? in degrees|,? is )"
)

_MEASURES: Final = (
    ("high", re.compile(r"\b(?:highest|maximum|high) temp(?:erature)?", re.IGNORECASE)),
    ("low", re.compile(r"\b(?:lowest|minimum|low) temp(?:erature)?", re.IGNORECASE)),
    ("temperature", re.compile(r"\btemperature\b", re.IGNORECASE)),
    ("snow", re.compile(r"\bsnow(?:fall)?\b", re.IGNORECASE)),
    ("rain", re.compile(r"\b(?:rain(?:fall)?|precipitation)\b", re.IGNORECASE)),
)
_UNITS: Final = (
    ("°C", re.compile(r"\bcelsius\b|°\s?C\b", re.IGNORECASE)),
    ("°F", re.compile(r"\bfahrenheit\b|°\s?F\b|\d°", re.IGNORECASE)),
    ("in", re.compile(r"\binch(?:es)?\b", re.IGNORECASE)),
    ("mm", re.compile(r"\bmillimet(?:er|re)s?\b", re.IGNORECASE)),
)
_TENTHS: Final = re.compile(r"one decimal place|\btenths?\b", re.IGNORECASE)
_WHOLE: Final = re.compile(r"\bwhole degrees?\b|\bdegree integers?\b", re.IGNORECASE)
_FIRST: Final = re.compile(
    r"first (?:non-preliminary|final|official)|revisions?[^.]{0,80}\b(?:ignored|not (?:be )?(?:count|consider))",
    re.IGNORECASE,
)
_LATEST: Final = re.compile(
    r"latest version|revisions?[^.]{0,60}\b(?:until|before)\b|\buntil\b[^.]{0,60}finali[sz]ed", re.IGNORECASE
)
_ENDS: Final = re.compile(r"(?<=\.)\s|\n")
LONGEST: Final = 400
"""Characters of a sentence that is looked at."""
_FAILS: Final = re.compile(
    r"\b(?:if|should|in the event)\b.*\b(?:unavailable|not available|not (?:be )?(?:published|released|reported)|"
    r"no (?:data|report)|cannot be|fails? to)\b",
    re.IGNORECASE,
)


def read(primary: str, secondary: str = "", listed: Sequence[tuple[str, str]] = ()) -> SourceTerms:
    """Return what an event's rules say of its source.

    Parameters
    ----------
    primary, secondary : str
        Its rule texts; the first is the question, the second explains.
    listed : sequence of (name, address)
        The sources the venue lists beside them. They decide only where the rules name nobody.
    """
    first, more = primary[:LARGEST], secondary[:LARGEST]
    given = " ".join(f"{name} {url}" for name, url in listed)[:LARGEST]
    by_rules = _decider(first) or _decider(more)
    by_list = tuple(kind for kind in _named(given) if kind is not SourceKind.UNKNOWN)
    kind = by_rules or (by_list[0] if by_list else SourceKind.UNKNOWN)
    text = f"{first} {more} {given}"
    measure = _first(_MEASURES, first) or _first(_MEASURES, more)
    official = kind in OFFICIAL and measure in {"high", "low"}
    return SourceTerms(
        kind=kind,
        station=station((first, more, given)),
        product=_product(text) if kind in OFFICIAL else "",
        place=_place(first),
        measure=measure,
        unit=_first(_UNITS, first) or _first(_UNITS, more),
        rounding=_rounding(official, f"{first} {more}"),
        day="standard" if official else "clock" if kind in HOURLY else "",
        revisions="first" if _FIRST.search(text) else "latest" if _LATEST.search(text) else "",
        fallback=_fallback(f"{first}\n{more}"),
        also=tuple(other for other in _named(text) if other is not kind),
        doubt=_doubt(by_rules, by_list),
    )


def station(texts: Iterable[str]) -> str:
    """Return the ICAO code of the station that texts or addresses name; empty where none does.

    Three letters are those of a climate report; every place that has one for a venue lies in the contiguous states,
    whose ICAO codes put a K before them.
    """
    kept = tuple(texts)
    for pattern in _CODES:
        for text in kept:
            if (found := pattern.search(text)) is not None:
                code = found[1].upper()
                return code if len(code) == 4 else f"K{code}"
    return ""


def _named(text: str) -> tuple[SourceKind, ...]:
    """Return the known sources of a text in the order it names them."""
    found = [(match.start(), kind) for kind, pattern in _KINDS if (match := pattern.search(text)) is not None]
    return tuple(kind for _, kind in sorted(found, key=lambda pair: pair[0]))


def _decider(text: str) -> SourceKind | None:
    """Return the source after the words that say who decides, else the first that is named."""
    for words in _DECIDES.finditer(text):
        if near := _named(text[words.end() : words.end() + _REACH]):
            return near[0]
    found = _named(text)
    return found[0] if found else None


def _doubt(by_rules: SourceKind | None, by_list: Sequence[SourceKind]) -> str:
    if by_rules is None or not by_list or by_rules in by_list:
        return ""
    return f"its rules name {by_rules.value}, the venue lists {by_list[0].value}"


def _first(patterns: Iterable[tuple[str, re.Pattern[str]]], text: str) -> str:
    return next((name for name, pattern in patterns if pattern.search(text)), "")


def _product(text: str) -> str:
    stated = _PRODUCT.search(text)
    if stated is not None:
        return stated[1]
    issued = _ISSUED.search(text)
    return f"CLI{issued[1]}" if issued is not None else ""


def _place(text: str) -> str:
    found = _PLACE.search(text)
    return found[1].strip()[:SHOWN] if found is not None else ""


def _rounding(official: bool, text: str) -> str:
    if _TENTHS.search(text):
        return "tenths"
    return "whole" if official or _WHOLE.search(text) else ""


def _fallback(text: str) -> str:
    sentences = (part.strip() for part in _ENDS.split(text) if len(part) <= LONGEST)
    return next((sentence[:SHOWN] for sentence in sentences if _FAILS.search(sentence)), "")
