"""The National Weather Service's daily climate report (CLI): the text product to what it states. Pure.

A product may hold several stations, one section each. A report that says TODAY or VALID AS OF is intermediate:
its numbers look final and are not. Only the one of the day after, which says YESTERDAY, settles anything.

Source: NWS Instruction 10-1004; 51 products of the reference set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import Nanos
from engine.core.when import instant
from engine.weather.daily import degrees

LARGEST: Final = 2_000_000
KEPT: Final = 4_096
"""Characters kept of a section as evidence; temperature, precipitation and snow stand in the first 2,000."""
SOURCE: Final = "CLI"
OFFSETS: Final = {
    "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
    "AKDT": -8, "AKST": -9, "HDT": -9, "HST": -10, "SST": -11, "AST": -4, "CHST": 10,
}  # fmt: skip
"""Hours from UTC of the zones that products name."""

_SUMMARY = re.compile(
    r"^[ ]*\.\.\.\s*THE\s+(?P<name>[^\n]{1,80}?)\s+CLIMATE\s+SUMMARY\s+(?:FOR|FROM)\s+"
    r"(?P<month>[A-Z]{3,9})\s+(?P<day>\d{1,2})[,]?\s+(?P<year>\d{4})(?P<rest>[^\n]*)",
    re.MULTILINE,
)
_PIL = re.compile(r"^CLI(?P<pil>[A-Z0-9]{3})[ ]*$", re.MULTILINE)
_ISSUED = re.compile(
    r"^[ ]*(?P<clock>\d{1,2}:?\d\d)[ ]+(?P<half>AM|PM)[ ]+(?P<zone>[A-Z]{3,4})[ ]+[A-Z]{3}[ ]+"
    r"(?P<month>[A-Z]{3})[ ]+(?P<day>\d{1,2})[ ]+(?P<year>\d{4})",
    re.MULTILINE,
)
_HEADED_CORRECTED = re.compile(r"^[A-Z]{4}\d\d[ ]+[A-Z]{4}[ ]+\d{6}[ ]+CC[A-Z][ ]*\n\s*\Z", re.MULTILINE)
"""The communications heading above a product, whose last group says that it corrects one (WMO No. 386: CCA, CCB…)."""
_HEADING_ROOM: Final = 120
"""Characters above a product in which its heading ends."""
_CORRECTED = re.compile(r"^CLIMATE REPORT[^\n]*\bCORRECT", re.MULTILINE)
_VALID = re.compile(r"^[ ]*VALID\b[^\n]*\bAS OF\b", re.MULTILINE)
_HEADING = re.compile(r"^[ ]*(TEMPERATURE|PRECIPITATION|SNOWFALL)\s*(?:\([A-Z]+\))?[ ]*$", re.MULTILINE)
_BLOCK_END = re.compile(
    r"^[ ]*(?:[A-Z][A-Z ]*\([A-Z]+\)|PRECIPITATION|SNOWFALL|DEGREE DAYS|HEATING|WIND|\.{5,}|\$\$|THE [^\n]*NORMALS)",
    re.MULTILINE,
)
_PERIOD = re.compile(r"^[ ]*(YESTERDAY|TODAY)\b", re.MULTILINE)
_EXTREME = (
    r"^[ ]*{word}[ ]+(?P<value>-?\d{{1,3}}|MM?)(?P<flags>[()RE]*)(?![\d.])"
    r"(?:[ ]+(?P<clock>\d{{1,2}}:?\d\d[ ]+[AP]M))?"
)
_MAXIMUM = re.compile(_EXTREME.format(word="MAXIMUM"), re.MULTILINE)
_MINIMUM = re.compile(_EXTREME.format(word="MINIMUM"), re.MULTILINE)
_AMOUNT = re.compile(r"^[ ]*(?:YESTERDAY|TODAY)[ ]+(?P<value>\d{0,3}\.\d{1,2}|\d{1,3}|T|MM?)", re.MULTILINE)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class ClimateReport:
    """What one section states. None is missing."""

    pil: str
    """Three letters of the product, such as ``NYC`` of CLINYC; empty when it names none."""
    name: str
    """The station in the product's words."""
    day: date
    issued: str
    issued_at: Nanos | None
    correction: bool
    period: str
    """``YESTERDAY``, ``TODAY`` or empty."""
    valid_as_of: bool
    high_f: int | None
    high_record: bool
    high_estimated: bool
    high_time: str | None
    """Local standard time in the product's words."""
    low_f: int | None
    precip_hundredths_in: int | None
    trace: bool
    snow_tenths_in: int | None
    alone: bool
    """Whether its product holds no other station."""
    text: str
    """The product up to the end of the section, as it came."""

    @property
    def final(self) -> bool:
        """Whether it was made after the day had ended."""
        return self.period == "YESTERDAY" and not self.valid_as_of


def looks_like(text: str) -> bool:
    """Whether a text holds a climate summary."""
    return _SUMMARY.search(text[:LARGEST].upper().replace("\r", "")) is not None


def parse(product: str | bytes) -> tuple[ClimateReport, ...]:
    """Return the sections of one or more products, in their order; one without a real date is left out.

    Raises
    ------
    BadReport
        If it is longer than `LARGEST` or holds no climate summary.
    """
    raw = product.decode("latin-1") if isinstance(product, bytes) else product
    if len(raw) > LARGEST:
        raise BadReport(f"longer than {LARGEST} characters", raw[:200])
    plain = re.sub(r"[^\n\x20-\x7e]", " ", raw.replace("\r", ""))
    text = plain.upper()
    heads = list(_SUMMARY.finditer(text))
    if not heads:
        raise BadReport("no climate summary in it", raw[:200])
    products = [_product_start(text, head) for head in heads]
    reports = [
        _section(text, plain, start, head, end, alone=products.count(start) == 1)
        for start, head, end in zip(products, heads, _ends(heads, len(text)), strict=True)
    ]
    return tuple(report for report in reports if report is not None)


def for_station(reports: Sequence[ClimateReport], station: StationId, name: str = "") -> tuple[ClimateReport, ...]:
    """Return the sections about a station: those of its own product, told apart by name where it holds several.

    Parameters
    ----------
    station : StationId
        Its last three letters name its product, except outside the states.
    name : str, optional
        The station's name; a section of a shared product must have a word of it, and more than any other has. Where
        two have as many, neither is taken.
    """
    own = [report for report in reports if report.pil in ("", station[1:])]
    shared = [report for report in own if not report.alone]
    likeness = {report.name: _likeness(report.name, name) for report in shared}
    likest = max(likeness.values(), default=0)
    alike = [other for other, count in likeness.items() if 0 < likest == count]
    return tuple(report for report in own if report.alone or alike == [report.name])


def reading(report: ClimateReport, station: StationId, closes: Nanos) -> Reading | None:
    """Return a final report as a reading of the day that ends at `closes`; None for an intermediate one."""
    too_early = report.issued_at is not None and report.issued_at < closes
    if not report.final or too_early:
        return None
    return Reading(
        station=station,
        measured_at=closes,
        kind=ReportKind.CLIMATE,
        source=SOURCE,
        raw=report.text,
        precip_hundredths_in=report.precip_hundredths_in,
        trace=report.trace,
        snow_tenths_in=report.snow_tenths_in,
        high_f=report.high_f,
        low_f=report.low_f,
        corrected=report.correction,
    )


def _likeness(section: str, name: str) -> int:
    return len(set(re.findall(r"[A-Z]{3,}", section)) & set(re.findall(r"[A-Z]{3,}", name.upper())))


def _product_start(text: str, head: re.Match[str]) -> int:
    """Return where the product of a section begins; 0 when none says."""
    return max((match.start() for match in _PIL.finditer(text, 0, head.start())), default=0)


def _headed_corrected(text: str, product: int) -> bool:
    """Whether the heading right above a product says that it is a correction."""
    return _HEADED_CORRECTED.search(text[max(0, product - _HEADING_ROOM) : product]) is not None


def _ends(heads: Sequence[re.Match[str]], end: int) -> list[int]:
    return [*(head.start() for head in heads[1:]), end]


def _section(
    text: str, plain: str, product: int, head: re.Match[str], end: int, *, alone: bool
) -> ClimateReport | None:
    day = _day(head["year"], head["month"], head["day"])
    if day is None:
        return None
    top, body = text[product : head.start()], text[head.end() : end]
    pil, issued = _PIL.search(top), _last(_ISSUED, top)
    temperature = _block(body, "TEMPERATURE")
    period = _PERIOD.search(temperature)
    high, low = _MAXIMUM.search(temperature), _MINIMUM.search(temperature)
    rain, snow = (_AMOUNT.search(_block(body, name)) for name in ("PRECIPITATION", "SNOWFALL"))
    return ClimateReport(
        pil=pil["pil"] if pil else "",
        name=" ".join(head["name"].split()),
        day=day,
        issued=" ".join(issued[0].split()) if issued else "",
        issued_at=_issued_at(issued) if issued else None,
        correction=bool(_CORRECTED.search(top)) or "CORRECT" in head["rest"] or _headed_corrected(text, product),
        period=period[1] if period else "",
        valid_as_of=_VALID.search(body) is not None,
        high_f=_degrees(high),
        high_record=high is not None and "R" in high["flags"],
        high_estimated=high is not None and "E" in high["flags"],
        high_time=high["clock"] if high else None,
        low_f=_degrees(low),
        precip_hundredths_in=_amount(rain, 100),
        trace=rain is not None and rain["value"] == "T",
        snow_tenths_in=_amount(snow, 10),
        alone=alone,
        text=plain[product if alone else head.start() : end].partition("$$")[0].strip()[:KEPT],
    )


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(pattern.finditer(text), key=lambda match: match.start(), default=None)


def _block(body: str, name: str) -> str:
    """Return the lines below a heading, up to the next one."""
    heading = next((match for match in _HEADING.finditer(body) if match[1] == name), None)
    if heading is None:
        return ""
    end = _BLOCK_END.search(body, heading.end())
    return body[heading.end() : end.start() if end else len(body)]


def _degrees(found: re.Match[str] | None) -> int | None:
    if found is None or found["value"].startswith("M"):
        return None
    return degrees(int(found["value"]))


def _amount(found: re.Match[str] | None, parts: int) -> int | None:
    """Return an amount in parts of an inch; a trace is 0."""
    if found is None or found["value"].startswith("M"):
        return None
    return 0 if found["value"] == "T" else round(float(found["value"]) * parts)


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), _MONTHS.index(month[:3]) + 1, int(day))
    except ValueError:
        return None


def _issued_at(issued: re.Match[str]) -> Nanos | None:
    day = _day(issued["year"], issued["month"], issued["day"])
    digits = issued["clock"].replace(":", "").zfill(4)
    hour, minute = int(digits[:2]) % 12 + (12 if issued["half"] == "PM" else 0), int(digits[2:])
    if day is None or minute > 59 or issued["zone"] not in OFFSETS:
        return None
    zone = timezone(timedelta(hours=OFFSETS[issued["zone"]]))
    try:
        return instant(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC).isoformat())
    except (ValueError, OverflowError):  # a year that no calendar of ours holds
        return None
