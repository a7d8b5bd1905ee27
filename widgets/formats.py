"""Prices, sizes, money, odds, times and ages as text. Pure.

Minus is U+2212 and thousands are parted by a no-break space, so that no number breaks or is read as a
hyphenated word. What is unknown is an em dash, never 0. `use` changes the decimal sign, what parts thousands, the
clock and its zone; neither a point nor a comma ever parts thousands, so that no number can be read as another.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import HOUR, MINUTE, SECOND, TICKS_PER_CENT, Nanos

if TYPE_CHECKING:
    from engine.core.units import Ticks

DASH: Final = "—"
MINUS: Final = "\u2212"
SPACE: Final = "\u00a0"
"""No-break space."""
UP: Final = "▲"
DOWN: Final = "▼"

POINT, COMMA = ".", ","
APOSTROPHE: Final = "\u2019"
MARKET, MACHINE, ZULU = "market", "machine", "utc"
"""Whose clock times are shown on."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Amount = int | float
"""Any plain number; `Decimal` is taken beside it."""


class Style(NamedTuple):
    """How numbers and times are written."""

    decimal: str = POINT
    thousands: str = SPACE
    """No-break space, apostrophe or nothing."""
    twelve: bool = False
    """Times of day with am and pm, as ``2:32:07p``."""
    zone: str = MARKET


_style: list[Style] = [Style()]


def use(style: Style) -> None:
    """Write numbers and times so from now on; what is written already stays until it is written anew."""
    _style[0] = style


def style() -> Style:
    """Return how numbers and times are written."""
    return _style[0]


def machine(text: str) -> str:
    """Return a number as it was shown, as a machine reads it: ``−1 250,4`` is ``-1250.4``; other text as it is."""
    plain = text.replace(SPACE, "").replace(APOSTROPHE, "").replace(MINUS, "-")
    return plain.replace(COMMA, POINT) if _style[0].decimal == COMMA else plain


_SHOWN: Final = re.compile(r"([+-]?)(\$?)(\d+(?:([.,])\d+)?)")


def pasted(text: str) -> str:
    """Return a number as it was shown as a spreadsheet takes it when it is pasted; empty for text that is none.

    The decimal sign in use stays, as the spreadsheet of the same trader has it; what parts thousands goes, and arrows.
    """
    plain = text.lstrip(f"{UP}{DOWN} ").replace(SPACE, "").replace(APOSTROPHE, "").replace(MINUS, "-")
    found = _SHOWN.fullmatch(plain)
    if found is None or found[4] not in {None, _style[0].decimal}:
        return ""
    return f"{found[1].replace('+', '')}{found[2]}{found[3]}"


def typed(text: str) -> Decimal | None:
    """Return a number that was typed, with a point or a comma and no thousands; None for what is none."""
    try:
        value = Decimal(text.strip().replace(MINUS, "-").replace(COMMA, POINT))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


_PLAIN: Final = re.compile(r"(\$?)((?<!\d)[+-])?(\$?)(\d[\d,]*(?:\.\d+)?)")


def rewritten(text: str) -> str:
    """Return figures that the engine wrote, such as ``-$12,000.50``, as numbers are written here; words stay."""

    def anew(found: re.Match[str]) -> str:
        before, sign, after, digits = found.groups()
        whole, point, rest = digits.partition(POINT)
        written = _style[0]
        whole = whole.replace(",", written.thousands)
        sign = MINUS if sign == "-" else sign or ""
        return f"{sign}{before}{after}{whole}{written.decimal if point else ''}{rest}"

    return _PLAIN.sub(anew, text)


_INFINITE: Final = float("inf")


def number(value: Decimal | Amount | None, places: int = 0, *, signed: bool = False) -> str:
    """Return a number with `places` decimals, such as ``1 250`` or ``−0.44``.

    Parameters
    ----------
    value : Decimal, int or float
        None and what is not finite are a dash.
    places : int, >= 0
        Decimals shown; halves go to even.
    signed : bool
        Show a plus; what rounds to zero has no sign.
    """
    if value is None or not (value.is_finite() if isinstance(value, Decimal) else -_INFINITE < value < _INFINITE):
        return DASH
    text = f"{abs(value):,.{places}f}"
    zero = not text.strip("0.,")
    written = _style[0]
    text = text.replace(",", written.thousands)
    if written.decimal != POINT:
        text = text.replace(POINT, written.decimal)
    if zero:
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def exact(value: Decimal | float | None, most: int = 8, *, signed: bool = False) -> str:
    """Return a number with as many decimals, up to `most`, as tell all of it: ``2.35``, ``76 000``, ``0.125``."""
    if value is None or not -_INFINITE < value < _INFINITE:
        return DASH
    return number(value, decimals(value, most), signed=signed)


def decimals(value: Decimal | float, most: int) -> int:
    """Return how many decimals, up to `most`, tell all of a finite number."""
    digits = f"{abs(value):.{most}f}".rstrip("0")
    return len(digits) - digits.index(POINT) - 1


def money(value: Decimal | Amount | None, *, signed: bool = False, places: int = 2) -> str:
    """Return money with its symbol, such as ``−$52.14``; `signed` shows a plus."""
    text = number(value, places, signed=signed)
    if text == DASH:
        return text
    sign, digits = (text[0], text[1:]) if text[0] in f"{MINUS}+" else ("", text)
    return f"{sign}${digits}"


def amount(value: Decimal | Amount | None, *, signed: bool = True) -> str:
    """Return money for a column whose header names the symbol: ``+1.08``, ``−0.12``, ``0.00``."""
    return number(value, 2, signed=signed)


def arrowed(value: Decimal | Amount | None, places: int = 2) -> str:
    """Return a result with arrow and sign, ``▲ +1.80``; zero and unknown have neither."""
    text = number(value, places, signed=True)
    return {"+": f"{UP} ", MINUS: f"{DOWN} "}.get(text[0], "") + text


def change(value: Decimal | Amount | None, places: int = 1) -> str:
    """Return a change as arrow and size, ``▲1.0``: the arrow is the sign."""
    text = number(value, places, signed=True)
    return {"+": UP, MINUS: DOWN}.get(text[0], "") + text.lstrip(f"+{MINUS}")


def priced(value: Amount | None, places: int, currency: str) -> str:
    """Return a price in cents with `places`; in another currency with its name, such as ``0.0505 BTC``, ``$61 250.5``.

    Dollars have one decimal, below a thousand two, below ten as many as the price has, up to four; a coin four.
    """
    if not currency:
        return number(value, places)
    if currency.startswith("USD"):
        return money(value, places=_dollar_places(value))
    text = number(value, 4)
    return text if text == DASH else f"{text} {plain(currency, 6)}"


def direction(value: Decimal | Amount | None, places: int = 2) -> int:
    """Return 1, -1 or 0 as the shown text of `value` will be signed."""
    return {"+": 1, MINUS: -1}.get(number(value, places, signed=True)[0], 0)


def dollars(price: Amount | None) -> str:
    """Return a price in dollars for a place that names them: a coin of 0.0214 dollars is not one of 0.0."""
    return number(price, _dollar_places(price))


def _dollar_places(price: Amount | None) -> int:
    size = 0.0 if price is None else abs(price)
    if 0.0 < size < 10.0:
        return max(2, decimals(size, 4 if size >= 0.01 else 8))
    return 1 if size >= 1_000.0 else 2


def cents(ticks: Ticks | None, places: int | None = None) -> str:
    """Return a price in cents: ``42``, or ``42.5`` off the whole cent; `places` fixes the decimals."""
    if ticks is None:
        return DASH
    if places is None:
        places = 0 if ticks % TICKS_PER_CENT == 0 else 1 if ticks % 10 == 0 else 2
    return number(ticks / TICKS_PER_CENT, places)


def percent(probability: float | None, places: int = 1) -> str:
    """Return a probability or share in percent with its sign: ``46.8 %``."""
    text = number(None if probability is None else probability * 100, places)
    return text if text == DASH else f"{text} %"


def points(probability: float | None, places: int = 1) -> str:
    """Return a probability in percent for a column whose header says so: ``46.8``."""
    return number(None if probability is None else probability * 100, places)


def quantity(value: Decimal | int | None, *, signed: bool = False) -> str:
    """Return a size: whole when it is, else with two decimals, below one with more: ``1 250``, ``3.42``, ``0.001``."""
    if value is None:
        return DASH
    small = abs(float(value))
    if 0.0 < small < 1.0:
        return number(
            value, max(2, decimals(value, 4 if small >= 0.01 else 8)), signed=signed
        )  # a thousandth of a bitcoin is not nothing
    return number(value, 0 if value == int(value) else 2, signed=signed)


def brief(value: Decimal | None, *, signed: bool = False) -> str:
    """Return a size for a narrow column: a part of a share is told only below ten: ``9.5``, ``124``."""
    if value is None:
        return DASH
    return number(value, 0 if value == int(value) or abs(value) >= 10 else 1, signed=signed)


def age(seconds: float | None) -> str:
    """Return how old something is: ``0.4 s``, ``14 s``, ``39 m``, ``3 h``, ``2 d``; ms under a tenth of a second."""
    if seconds is None:
        return DASH
    if seconds < 0.0995:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 9.95:
        return f"{number(seconds, 1)} s"
    for size, unit, upto in ((1, "s", 90), (60, "m", 90 * 60), (3600, "h", 48 * 3600)):
        if seconds < upto:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds / 86400)} d"


def since(then: Nanos | None, now: Nanos) -> str:
    """Return the age of a moment; a moment in the future is no age but ``0 ms``."""
    return DASH if then is None else age(max(0, now - then) / SECOND)


def duration(nanos: int | None) -> str:
    """Return a time span as ``10:26:53``; past ones are ``0:00:00``, long ones ``3 d 04 h``."""
    if nanos is None:
        return DASH
    left = max(0, nanos)
    hours, rest = divmod(left, HOUR)
    if hours >= 72:
        return f"{hours // 24} d {hours % 24:02d} h"
    return f"{hours}:{rest // MINUTE:02d}:{rest % MINUTE // SECOND:02d}"


def local(at: Nanos | None, offset_hours: int, shape: str = "%H:%M:%S") -> str:
    """Return a moment on a clock `offset_hours` from UTC; `shape` is strftime's, ``%3`` are milliseconds."""
    if at is None:
        return DASH
    written = _style[0]
    moment = _EPOCH + timedelta(microseconds=at // 1000) + _offset(at, offset_hours, written.zone)
    half = ""
    if written.twelve and "%H:%M" in shape:
        shape, half = shape.replace("%H:%M", f"{moment.hour % 12 or 12}:%M"), "a" if moment.hour < 12 else "p"
    return moment.strftime(shape.replace("%3", f"{at // 1_000_000 % 1000:03d}")) + half


def _offset(at: Nanos, hours: int, zone: str) -> timedelta:
    if zone == MARKET:
        return timedelta(hours=hours)
    if zone == ZULU:
        return timedelta()
    return datetime.fromtimestamp(at // SECOND, tz=UTC).astimezone().utcoffset() or timedelta()


def utc(at: Nanos | None, shape: str = "%H:%M:%S") -> str:
    """Return a moment in UTC with its ``Z``: ``19:32:07Z``."""
    if at is None:
        return DASH
    moment = _EPOCH + timedelta(microseconds=at // 1000)
    return moment.strftime(shape.replace("%3", f"{at // 1_000_000 % 1000:03d}")) + "Z"


def stamp(at: Nanos | None, offset_hours: int) -> str:
    """Return a moment for a log line: ``14:32:07.104``."""
    return local(at, offset_hours, "%H:%M:%S.%3")


def zone(offset_hours: int, at: Nanos | None = None) -> str:
    """Return the name of the clock that `local` tells: ``UTC−6``, or ``UTC`` for no offset.

    The machine's own clock has a name only for a moment, since summers move it; ``here`` without one.
    """
    written = _style[0].zone
    if written == MACHINE and at is None:
        return "here"
    minutes = int(_offset(at or Nanos(0), offset_hours, written).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = MINUS if minutes < 0 else "+"
    return "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def count(value: int | None) -> str:
    """Return how many: a whole number with parted thousands."""
    return number(value)


def plain(text: str, limit: int = 240) -> str:
    """Return foreign text fit to show on one line: nothing that controls or turns it, `limit` characters at most."""
    clean = text[: limit * 4]
    if not clean.isprintable():
        clean = "".join(c if c.isprintable() else " " for c in clean)
    clean = " ".join(clean.split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def tip(text: str, limit: int = 500) -> str:
    """Return foreign text for a tool tip, which would else take ``<b>`` and ``<img>`` at their word."""
    clean = plain(text, limit)
    return f"<qt>{html.escape(clean)}</qt>" if clean else ""
