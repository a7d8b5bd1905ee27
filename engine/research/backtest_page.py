"""A backtest's report as one page: tables, equity and calibration as drawings inside it; it loads nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from engine.core.units import Nanos
from engine.core.when import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.research.backtest_report import Line, Report, Score
    from engine.research.verdicts import Share

DASH: Final = "—"
HEAD: Final = (
    "", "fills", "valued", "contracts", "gross $", "fees $", "net $", "net a fill", "wins", "days", "Sharpe",
    "drawdown $", "slippage c", "resting",
)  # fmt: skip
WIDTH: Final = 860
HEIGHT: Final = 220
STYLE: Final = """
body{font:14px/1.45 system-ui,sans-serif;margin:24px;max-width:1180px;color:#16202b;background:#fff}
h1{font-size:20px}h2{font-size:15px;margin-top:28px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:3px 9px;text-align:right;border-bottom:1px solid #dde3ea}td:first-child,th:first-child{text-align:left}
.verdict{font-size:16px;font-weight:600}.small{color:#5b6875}
"""


def page(reports: Sequence[Report]) -> str:
    """Return one page for one run, or for several beside each other."""
    body = "".join(_section(one) for one in reports)
    compared = _table(HEAD, [_cells(_named(one), one.total) for one in reports]) if len(reports) > 1 else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>atmx backtest</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{STYLE}</style></head><body><h1>Backtest</h1>{compared}{body}</body></html>"
    )


def cells(line: Line) -> tuple[str, ...]:
    """Return a line of fills as text, as `HEAD` names it; what is not known is a dash."""
    return _cells(line.name, line)


def _named(one: Report) -> str:
    return f"{one.plan.data} · {', '.join(one.plan.strategies)} · {one.plan.fills.model} · {one.key}"


def _section(one: Report) -> str:
    parts = [
        f"<h2>{escape(_named(one))}</h2><p class=verdict>{escape(one.verdict)}</p>",
        f"<p class=small>{one.parts} parts, {one.rows:,} rows, {one.events:,} events stepped, {one.orders:,} orders; "
        f"digest {escape(one.digest)}; trials {one.trials}, deflated Sharpe {_number(one.deflated, 3)}</p>",
        _table(HEAD, [cells(one.total), *map(cells, one.strategies)]),
        _equity(one.equity),
    ]
    for kind, lines in one.groups:
        if lines:
            parts.append(f"<h2>By {escape(kind)}</h2>" + _table(HEAD, [cells(line) for line in lines]))
    if one.marks:
        rows = [(who, f"{seconds} s", f"{cents:+.2f}", f"{n:,.0f}") for who, seconds, cents, n in one.marks]
        parts.append("<h2>Prices after fills</h2>" + _table(("strategy", "after", "cents a share", "shares"), rows))
    if one.score is not None:
        parts.append(_calibration(one.score))
    if one.silent:
        reasons = [(who, code, f"{n:,}") for who, code, n in one.silent]
        parts.append("<h2>Why nothing was sent</h2>" + _table(("strategy", "reason", "times"), reasons))
    if one.notes:
        parts.append("<h2>Assumed</h2><ul>" + "".join(f"<li>{escape(note)}</li>" for note in one.notes) + "</ul>")
    return "".join(parts)


def _cells(name: str, one: Line) -> tuple[str, ...]:
    sharpe = DASH if one.sharpe is None else (
        f"{one.sharpe.value:.2f} ({one.sharpe.low:.2f} to {one.sharpe.high:.2f})"
    )  # fmt: skip
    return (
        name, f"{one.fills:,}", f"{one.valued:,}", f"{one.contracts:,.0f}", f"{one.gross:,.2f}", f"{one.fees:,.2f}",
        f"{one.net:,.2f}", _interval(one.each, "+.3f"), _interval(one.wins, ".0%"), str(one.days), sharpe,
        f"{one.drawdown:,.2f}", _number(one.slippage, 2), f"{one.makers:,}",
    )  # fmt: skip


def _interval(one: Share | None, form: str) -> str:
    if one is None:
        return DASH
    value, low, high = (format(each, form) for each in one[:3])
    return f"{value} ({low} to {high})"


def _number(value: float | None, places: int) -> str:
    return DASH if value is None else f"{value:.{places}f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _equity(points: Sequence[tuple[int, float]]) -> str:
    """Draw net after fees, fill by fill, over time."""
    if len(points) < 2:
        return "<p class=small>Fewer than two valued fills: no equity is drawn.</p>"
    (first, _), (last, _) = points[0], points[-1]
    low, high = min(0.0, *(y for _, y in points)), max(0.0, *(y for _, y in points))
    wide, tall = max(1, last - first), (high - low) or 1.0
    xy = [(60 + (x - first) / wide * (WIDTH - 80), 10 + (high - y) / tall * (HEIGHT - 40)) for x, y in points]
    zero = 10 + high / tall * (HEIGHT - 40)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in xy)
    return (
        f'<h2>Net after fees, in dollars</h2><svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="equity">'
        f'<line x1="60" x2="{WIDTH - 20}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#9aa6b2"/>'
        f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>'
        f'<text x="4" y="16" font-size="11">{high:,.2f}</text>'
        f'<text x="4" y="{HEIGHT - 30}" font-size="11">{low:,.2f}</text>'
        f'<text x="60" y="{HEIGHT - 6}" font-size="11">{iso(Nanos(first))}</text>'
        f'<text x="{WIDTH - 20}" y="{HEIGHT - 6}" font-size="11" text-anchor="end">{iso(Nanos(last))}</text></svg>'
    )


def _calibration(score: Score) -> str:
    rows = [
        (f"{b.low:.1f} to {b.high:.1f}", f"{b.n:,}", f"{b.said:.3f}", f"{b.came:.3f}", f"{b.came - b.said:+.3f}")
        for b in score.bins
    ]
    dots = "".join(
        f'<circle cx="{30 + 200 * b.said:.1f}" cy="{210 - 200 * b.came:.1f}" r="4" fill="#1f6feb"/>' for b in score.bins
    )
    return (
        f"<h2>Fair values against what came</h2><p>Brier {score.brier:.4f}, "
        f"of the market's middle {score.brier_market:.4f},"
        f" n {score.n:,}</p>" + _table(("fair", "fills", "said", "came", "off"), rows)
        + '<svg width="240" height="220" role="img" aria-label="calibration"><line x1="30" y1="210" x2="230" y2="10" '
        f'stroke="#9aa6b2"/>{dots}</svg>'
    )  # fmt: skip
