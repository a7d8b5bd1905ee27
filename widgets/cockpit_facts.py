"""What the cockpit says of an Up/Down window in words: price, strike, distance and value, with the lines below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND, Nanos
from engine.views.updown import UpDownView
from widgets import formats, paint

if TYPE_CHECKING:
    pass

OLD_S: Final = 5.0
"""A spot price older than this is said to be; no strategy acts on it."""

Fact = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Name, value, its colour, and the lines below with theirs."""


def clock(left: Nanos) -> str:
    """Return how long is left as mm:ss, above an hour as h:mm:ss."""
    seconds = -(-left // SECOND)
    if seconds >= 3_600:
        return f"{seconds // 3_600}:{seconds % 3_600 // 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def facts(view: UpDownView) -> tuple[Fact, Fact, Fact, Fact]:
    """Return the four columns of numbers."""
    return _spot(view), _strike(view), _distance(view), _value(view)


def _spot(view: UpDownView) -> Fact:
    above = None if view.spot is None or view.strike is None else view.spot - view.strike
    way = formats.DASH if above is None else f"{'▲' if above >= 0 else '▼'} {formats.number(abs(above), 2)}"
    words = "" if above is None else " above strike" if above >= 0 else " below strike"
    age = formats.DASH if view.spot_age_s is None else formats.age(view.spot_age_s)
    late = view.spot_age_s is not None and view.spot_age_s > OLD_S
    lines = (
        (f"{way}{words}", "text.dim" if above is None else paint.pnl_colour(above)),
        (f"{age} · {formats.number(view.rate, 1)} trades/s", "warn" if late else "text.muted"),
        (f"VWAP 60 s  {formats.number(view.vwap, 2)}", "text.muted"),
    )
    return f"Binance {view.asset.upper()}USDT", formats.number(view.spot, 2), "buy", lines


def _strike(view: UpDownView) -> Fact:
    source = view.strike_source or ("not seen: no trades" if view.runs else "at the start")
    lines = (
        (source, "warn" if view.strike_source.endswith("proxy") else "text.muted"),
        (f"basis β {formats.number(view.beta, 2, signed=True)} (n {view.pairs})", "text.muted"),
        ("tie resolves Up", "text.muted"),
    )
    return "Strike", formats.number(view.strike, 2), "text.strong", lines


def _distance(view: UpDownView) -> Fact:
    z = formats.DASH if view.z is None else f"{formats.number(view.z, 2, signed=True)} σ"
    year = formats.DASH if view.sigma_year is None else f"{formats.number(100 * view.sigma_year, 1)} % a year"
    sigma = formats.DASH if view.sigma is None else f"σ {view.sigma:.1e} /√s"
    valid = "valid" if view.sigma is not None else "warming up"
    lines = (
        (sigma, "text.muted"),
        (year, "text.muted"),
        (f"EWMA n {view.samples}  {valid}", "text.muted" if view.sigma is not None else "warn"),
    )
    return "Distance", z, "text.strong", lines


def _value(view: UpDownView) -> Fact:
    bid, ask = (formats.exact(None if x is None else 100 * x, 2) for x in (view.bid, view.ask))
    book = ("book stale", "warn") if view.stale else (f"book {bid} / {ask}", "text.default")
    lines = (book, _edge("Up", view.up_edge), _edge("Dn", view.down_edge))
    return "p(Up) fair", formats.percent(view.p_up), "fair", lines


def _edge(side: str, cents: float | None) -> tuple[str, str]:
    if cents is None:
        return f"{side} ask edge {formats.DASH}", "text.dim"
    return f"{side} ask edge {formats.number(cents, 2, signed=True)}c", paint.pnl_colour(cents)
