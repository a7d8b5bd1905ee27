"""The first and the last line of a bracket board: its sums and ages, where it stands and how it may end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter

from engine.core.units import SECOND, Nanos
from widgets import formats, paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.units import Money, Nanos, Qty
    from engine.views.board import BoardView

TRAIL: Final = 56
"""Pixels of half an hour in the last line."""


def sums(view: BoardView) -> list[tuple[str, str, str]]:
    """Return the head line as (name, value, colour): the sums of the offered book and what a whole set costs."""
    over = None if view.sum_ask is None else view.sum_ask - 100
    under = None if view.sum_bid is None else view.sum_bid - 100
    used, all_used = _mids_used(view)
    return [
        ("Σ bid", formats.number(view.sum_bid, 1), "buy"),
        ("Σ mid", formats.number(view.sum_mid, 1), "text.strong"),
        ("Σ ask", formats.number(view.sum_ask, 1), "sell"),
        ("overround", _c(over), "text.default"),
        ("underround", _c(under), "text.default"),
        ("mids used", used, "text.default" if all_used else "warn"),
        ("buy all YES", *_set(view.buy_set, view.buy_qty, view.buy_profit, pays_below=True, proven=view.proven_buy)),
        ("sell all", *_set(view.sell_set, view.sell_qty, view.sell_profit, pays_below=False, proven=view.proven_sell)),
    ]


def _mids_used(view: BoardView) -> tuple[str, bool]:
    """Return how many mids what is implied stands on, of how many, and whether those are all of the brackets alive."""
    alive = [row for row in view.rows if not row.dead]
    if view.mids_used > sum(row.mid is not None for row in alive):  # a venue's book of a dead one counts in them
        return f"{view.mids_used}/{len(view.rows)}", False
    return f"{view.mids_used}/{len(alive)}{' alive' if len(alive) < len(view.rows) else ''}", (
        view.mids_used == len(alive)
    )


def _c(cents: float | None) -> str:
    text = formats.number(cents, 1, signed=True)
    return text if text == formats.DASH else f"{text}c"


def _set(
    cost: float | None, qty: Qty | None, profit: Money | None, *, pays_below: bool, proven: bool
) -> tuple[str, str]:
    """Return what a whole set costs and whether it pays; of a venue's books only with a size and a proof."""
    if cost is None:
        return formats.DASH, "text.dim"
    pays = cost < 1 if pays_below else cost > 1
    if not proven:
        return f"{formats.number(cost, 4)}  not {'exhaustive' if pays_below else 'exclusive'}", "warn"
    if qty is not None and qty > 0:
        return (
            f"{formats.number(cost, 4)}  pays {formats.money(profit, signed=True)} on {formats.quantity(qty)}",
            "profit",
        )
    if qty is not None:
        return f"{formats.number(cost, 4)}  no arb", "text.muted"
    sign = "<" if cost < 1 else ">" if cost > 1 else "="
    return f"{formats.number(cost, 4)} {sign} 1  {'pays' if pays else 'no arb'}", "profit" if pays else "text.muted"


def ages(view: BoardView, now: Nanos | None = None) -> str:
    """Return how old the books are, the report and the forecast behind the model: ``book 2 s · METAR KMDW 39 m``.

    Of a view that was asked for some time before `now` they are older by the whole seconds since: where nothing
    comes, nothing asks for the view again.
    """
    asked = view.asked_at
    later = 0 if asked is None or now is None else max(0, now - asked) // SECOND
    parts = [] if view.age_s is None else [f"book {formats.age(view.age_s + later)}"]
    if asked is not None:
        since = Nanos(asked + later * SECOND)
        told = ((view.report, view.report_at), (view.run, view.run_at))
        parts += [f"{formats.plain(name, 16)} {formats.since(at, since)}" for name, at in told if name]
    return " · ".join(parts)


def foot(view: BoardView, now_left: str) -> list[tuple[str, str, str]]:
    """Return the last line as (name, value, colour)."""
    mean = formats.DASH if view.mean is None else f"{formats.number(view.mean, 1)} {view.unit}"
    pace = formats.DASH if view.mean_per_hour is None else _pace(view.mean_per_hour, view.unit)
    doubt = [("model", "of the official value", "warn")] if view.doubt else []
    (worst_label, worst), (best_label, best) = ends(view)
    return [
        *doubt,
        ("μ", mean, "text.default"),
        ("dμ/dt", pace, "text.default"),
        ("running", formats.plain(view.running, 24) or formats.DASH, "text.strong"),
        ("left", now_left, "text.default"),
        ("worst", _end(worst_label, worst), "loss"),
        ("best", _end(best_label, best), "profit"),
    ]


def ends(view: BoardView) -> tuple[tuple[str, Money | None], tuple[str, Money | None]]:
    """Return the worst and the best end with their outcomes; one that cannot happen any more is no end."""
    worst, best = (view.worst_label, view.worst), (view.best_label, view.best)
    gone = {row.label for row in view.rows if row.dead}
    alive = [(row.if_wins, row.label) for row in view.rows if not row.dead and row.if_wins is not None]
    if alive and worst[0] in gone:
        worst = min(alive, key=lambda one: one[0])[::-1]
    if alive and best[0] in gone:
        best = max(alive, key=lambda one: one[0])[::-1]
    return worst, best


def _pace(per_hour: float, unit: str) -> str:
    arrow = {1: f" {formats.UP}", -1: f" {formats.DOWN}"}.get(formats.direction(per_hour), "")
    return f"{formats.number(per_hour, 2, signed=True)} {unit}/h{arrow}"


def _end(label: str, value: object) -> str:
    if value is None:
        return formats.DASH
    return f"{formats.plain(label, 24)} {formats.money(value, signed=True)}"  # type: ignore[arg-type]  # Money


def migration(p: QPainter, x: float, rect: QRect, trail: Sequence[tuple[Nanos, float]]) -> float:
    """Draw where the centre has been over the last half hour, ending in an arrow of its way; return where it ends."""
    if len(trail) < 2:
        return x
    look = theme.current()
    low, high = (pick(value for _, value in trail) for pick in (min, max))
    first, last, tall = trail[0][0], trail[-1][0], rect.height() - 12
    across = max(1, last - first)
    points = [
        QPointF(x + TRAIL * (at - first) / across, rect.y() + 6 + tall * (1 - (value - low) / max(1e-9, high - low)))
        for at, value in trail
    ]
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setPen(look.pen("text.muted", 1.2))
    p.drawPolyline(points)
    end, way = points[-1], formats.direction(trail[-1][1] - trail[0][1])
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    if way:
        tip = end.y() - 4 * way
        paint.polygon(p, [(end.x() - 3, end.y()), (end.x() + 3, end.y()), (end.x(), tip)], look.colour("text.strong"))
    return x + TRAIL + 12


def line(p: QPainter, rect: QRect, parts: list[tuple[str, str, str]], left: float = 8.0) -> float:
    """Draw (name, value, colour) from the left; a part that does not fit whole is left out, with those behind it.

    Return where it ends.
    """
    look = theme.current()
    words, numbers = look.ui(11), look.number(11, 500)
    x, y = rect.x() + left, round(paint.baseline(rect.y(), rect.height(), 11))
    for name, value, tone in parts:
        wide = paint.width(name, words) + 5 + paint.width(value, numbers)
        if x + wide > rect.x() + rect.width() - 8:
            return float(rect.x() + rect.width())
        x = paint.text_at(p, x, y, name, words, look.colour("text.muted")) + 5
        x = paint.text_at(p, x, y, value, numbers, look.colour("text.dim" if value == formats.DASH else tone)) + 14
    return x


def head_line(p: QPainter, rect: QRect, view: BoardView, now: Nanos | None) -> None:
    """Draw the sums of the book, and at the right how old it is."""
    look, age = theme.current(), ages(view, now)
    room = rect.adjusted(0, 0, -10, 0)
    used = paint.text(p, room, age, look.number(10), look.colour("text.muted"), paint.RIGHT) if age else 0.0
    line(p, rect.adjusted(0, 0, -round(used) - 14, 0), sums(view))
    paint.line_below(p, rect, look.colour("line.border"))


def foot_line(p: QPainter, rect: QRect, view: BoardView, left: str) -> None:
    """Draw where the board stands and how it may end; `left` is the time to its close."""
    parts = foot(view, left)
    after = next(at for at, part in enumerate(parts, 1) if part[0] == "dμ/dt")
    x = line(p, rect, parts[:after])
    if x + TRAIL < rect.x() + rect.width():
        x = migration(p, x, rect, view.mean_trail)
    line(p, rect, parts[after:], x - rect.x())
