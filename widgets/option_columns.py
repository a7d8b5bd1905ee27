"""What a chain shows of an option, column by column, and which columns fit a width. Pure: a view in, words out.

Both halves of a chain have the same columns, mirrored: what matters most stands beside the strike.
"""

from __future__ import annotations

import math
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import DAY
from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.core.units import Nanos
    from engine.views.options import ChainRow, ChainView, ExpiryLine, OptionSide

STRIKE_PX: Final = 76
MOST_PLACES: Final = 4
UNKNOWN: Final = "text.dim"
KNOWN: Final = ("my", "oi")
"""Columns that do not age with the quote."""


class Scale(NamedTuple):
    """How the numbers of one chain are written, the same in every row."""

    price: int = 0
    """Decimals of prices."""
    gamma: int = 0
    """Power of ten that gammas are told in."""
    money: int = 0
    """Decimals of vega and decay."""
    strike: int = 0


class Ink(NamedTuple):
    """Words of a cell and the name of their colour."""

    words: str
    colour: str = "text.default"


class Part(NamedTuple):
    """A column of one half."""

    key: str
    header: str
    width: int
    priority: int
    """0 stays; higher ones go first where there is no room."""
    ink: Callable[[OptionSide, Scale], Ink]


def _number(value: float | None, places: int, colour: str = "text.default", *, signed: bool = False) -> Ink:
    return Ink(formats.number(value, places, signed=signed), UNKNOWN if value is None else colour)


def _qty(side: OptionSide, _: Scale) -> Ink:
    if not side.qty and not side.working:
        return Ink("")
    words = formats.number(side.qty, _decimals((float(side.qty),), 2), signed=True) if side.qty else ""
    return Ink(f"{words}{'*' if side.working else ''}", "buy" if side.qty > 0 else "sell" if side.qty else "warn")


def _interest(side: OptionSide, _: Scale) -> Ink:
    known = side.open_interest
    return Ink(formats.DASH, UNKNOWN) if known is None else Ink(formats.number(known, 0), "text.muted")


def _gamma(side: OptionSide, scale: Scale) -> Ink:
    return _number(None if side.gamma is None else side.gamma * 10.0**scale.gamma, 2)


PARTS: Final[tuple[Part, ...]] = (
    Part("my", "my", 42, 0, _qty),
    Part("oi", "OI", 46, 6, _interest),
    Part("gamma", "Γ", 44, 5, _gamma),
    Part("theta", "Θ $", 38, 5, lambda s, k: _number(s.theta, k.money)),
    Part("vega", "V $", 34, 4, lambda s, k: _number(s.vega, k.money)),
    Part("delta", "Δ", 44, 1, lambda s, _: _number(s.delta, 2, signed=True)),
    Part("mark", "mark", 56, 9, lambda s, k: _number(s.mark, k.price, "text.muted")),
    Part("mark_iv", "IV mark", 46, 8, lambda s, _: _percent(s.mark_iv, "text.muted")),
    Part("model_iv", "IV model", 52, 8, lambda s, _: _percent(s.model_iv, "text.muted")),
    Part("bid_iv", "IV bid", 42, 2, lambda s, _: _percent(s.bid_iv)),
    Part("ask_iv", "IV ask", 42, 2, lambda s, _: _percent(s.ask_iv)),
    Part("mid", "mid", 58, 7, lambda s, k: _number(s.mid, k.price + (k.price < MOST_PLACES))),
    Part("bid", "bid", 54, 0, lambda s, k: _number(s.bid, k.price, "buy")),
    Part("ask", "ask", 54, 0, lambda s, k: _number(s.ask, k.price, "sell")),
)
"""From the outside in, of the calls; puts have them mirrored but for bid before ask."""
BY_KEY: Final = {one.key: one for one in PARTS}
RAW: Final = {
    one.key: {"my": attrgetter("qty", "working"), "oi": attrgetter("open_interest")}.get(one.key, attrgetter(one.key))
    for one in PARTS
}
"""The numbers that each column is made of."""
PAIRS: Final = {"bid": "ask", "bid_iv": "ask_iv"}
"""Columns that stand in this order on both halves."""


def _percent(value: float | None, colour: str = "text.default") -> Ink:
    return Ink(formats.points(value, 1), UNKNOWN if value is None else colour)


def fitting(width: int) -> tuple[Part, ...]:
    """Return the columns of a half of a chain `width` pixels wide; those that matter least go first.

    Columns that matter alike go together; one volatility takes the place of two where these have gone.
    """
    room = (width - STRIKE_PX) / 2
    kept = list(PARTS)
    for gone in sorted({one.priority for one in PARTS if one.priority}, reverse=True):
        if _wide(kept) <= room:
            break
        kept = [one for one in kept if one.priority != gone]
    single = [one for one in PARTS if one in kept or one.key == "mark_iv"]
    alone = all(one.key not in {"bid_iv", "ask_iv"} for one in kept)
    return tuple(single if alone and _wide(single) <= room else kept)


def least() -> int:
    """Return the width of the narrowest chain: under it a price would run under the strikes."""
    return STRIKE_PX + 2 * _wide([one for one in PARTS if not one.priority])


def _wide(parts: Sequence[Part]) -> int:
    return sum(one.width for one in parts)


def mirrored(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return the columns of the puts: from the strike outwards, bids still before asks."""
    found = [one.key for one in reversed(parts)]
    for first, second in PAIRS.items():
        if first in found and second in found:
            a, b = found.index(first), found.index(second)
            found[min(a, b)], found[max(a, b)] = first, second
    return tuple(BY_KEY[key] for key in found)


class Told(NamedTuple):
    """What is written of an option, and the numbers that it was made of."""

    raw: tuple[object, ...]
    inks: tuple[Ink, ...]


def told_again(side: OptionSide | None, parts: Sequence[Part], scale: Scale, was: Told | None) -> Told | None:
    """Return what is written of an option; numbers that are those of `was`, told by the same parts, are kept."""
    if side is None:
        return None
    raw = tuple(RAW[one.key](side) for one in parts)
    if was is None:
        return Told(raw, tuple(one.ink(side, scale) for one in parts))
    if raw == was.raw:
        return was
    kept = zip(parts, raw, was.raw, was.inks, strict=True)
    return Told(raw, tuple(ink if now == before else one.ink(side, scale) for one, now, before, ink in kept))


def inks(side: OptionSide | None, parts: Sequence[Part], scale: Scale) -> tuple[Ink, ...] | None:
    """Return what is written of an option in each column; None where there is no such option."""
    return aged(side, parts, told_again(side, parts, scale, None))


def aged(side: OptionSide | None, parts: Sequence[Part], told: Told | None) -> tuple[Ink, ...] | None:
    """Return what is written of an option in the colours of its age."""
    if side is None or told is None:
        return None
    if not side.stale:
        return told.inks
    return tuple(
        ink if one.key in KNOWN else ink._replace(colour=UNKNOWN) for one, ink in zip(parts, told.inks, strict=True)
    )


def forward_words(forward: float | None) -> str:
    """Return the tag of the forward."""
    return f"F {formats.number(forward, 0 if (forward or 0.0) >= 1_000 else 2)}"


def scale_of(view: ChainView) -> Scale:
    """Return how the numbers of a chain are written."""
    sides = [one for row in view.rows for one in (row.call, row.put) if one is not None]
    prices = [p for one in sides for p in (one.bid, one.ask) if p is not None]
    gammas = [one.gamma for one in sides if one.gamma]
    money = [abs(v) for one in sides for v in (one.vega, one.theta) if v is not None]
    most = max(gammas, default=0.0)
    return Scale(
        price=_decimals(prices, MOST_PLACES),
        gamma=max(0, -math.floor(math.log10(most))) if most > 0.0 else 0,
        money=0 if max(money, default=0.0) >= 10.0 else 2,
        strike=_decimals([float(row.strike) for row in view.rows], MOST_PLACES),
    )


def header(part: Part, scale: Scale) -> str:
    """Return a column's name with its unit."""
    return f"Γ e−{scale.gamma}" if part.key == "gamma" and scale.gamma else part.header


def _decimals(values: Iterable[float], most: int) -> int:
    """Return the fewest decimals that tell all values exactly, at most so many."""
    found = 0
    for value in values:
        while found < most and abs(value * 10**found - round(value * 10**found)) > 1e-6 * max(1.0, abs(value)):
            found += 1
    return found


def expiry_words(expires: Nanos) -> str:
    """Return an expiry's day by UTC, ``31 JUL``."""
    return formats.utc(expires, "%d %b").removesuffix("Z").lstrip("0").upper()


def days_words(days: float) -> str:
    """Return how long is left: ``27 d``, ``5 h``, ``12 m``."""
    return formats.age(days * DAY / 1e9) if days < 2.0 else f"{round(days)} d"


def around_forward(rows: Sequence[ChainRow], forward: float | None) -> int | None:
    """Return how many strikes lie below the forward; None where it is not known or lies outside of all."""
    if forward is None or not rows:
        return None
    below = sum(float(row.strike) < forward for row in rows)
    return below if 0 < below < len(rows) else None


def beside_forward(rows: Sequence[ChainRow], forward: float | None) -> tuple[int, int] | None:
    """Return how many strikes lie below the forward and how many above; None where it is not known."""
    if forward is None:
        return None
    return sum(float(row.strike) < forward for row in rows), sum(float(row.strike) > forward for row in rows)


def group_of(line: ExpiryLine) -> str:
    """Return what chains of one venue, underlying and settlement have in common."""
    return f"{line.underlying} · {formats.plain(line.venue_title, 20)} · {line.settles_in}"


def facts(view: ChainView) -> tuple[tuple[str, str], ...]:
    """Return what a chain says beside its tabs: volatility at the money, skew, when it expires."""
    return (
        ("ATM", formats.percent(view.atm_iv)),
        ("put−call 25Δ", formats.number(None if view.skew is None else 100.0 * view.skew, 1, signed=True)),
        ("expiry", formats.utc(view.expires, "%d %b %H:%M")),
    )


def told(row: ChainRow, side: OptionSide, put: bool, scale: Scale, view: ChainView) -> str:
    """Return an option in words, for the line under the chain and for who cannot see it."""
    name = f"{'Put' if put else 'Call'} {formats.number(row.strike, scale.strike)} {expiry_words(view.expires)}"
    prices = f"bid {formats.number(side.bid, scale.price)}, ask {formats.number(side.ask, scale.price)} {view.currency}"
    doubt = f"; {formats.plain(side.stale, 80)}" if side.stale else ""
    return f"{name}: {prices}, volatility {formats.percent(side.mark_iv)}, delta {formats.number(side.delta, 2)}{doubt}"
