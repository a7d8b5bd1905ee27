"""What a bracket board says around and in its rows, and how its header and its lines of facts look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter

from engine.core.units import SECOND, Nanos
from widgets import formats, paint, theme
from widgets.size_words import places_of, size_text, sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.units import Money, Nanos, Qty
    from engine.views.board import BoardRow, BoardView

PAD: Final = 6
HEADERS: Final = {
    "outcome": "outcome",
    "bar": "implied ▇ model ◆ band",
    "bid": "bid",
    "bidSize": "size",
    "ask": "ask",
    "askSize": "size",
    "mid": "mid",
    "change": "Δ5m",
    "implied": "impl %",
    "model": "model %",
    "edgeYes": "edge YES",
    "edgeNo": "edge NO",
    "position": "pos",
    "average": "avg",
    "pnl": "PnL",
    "ifWins": "if wins",
    "buttons": "",
}
FIRST_TO_GO: Final = (
    "average",
    "mid",
    "change",
    "pnl",
    "ifWins",
    "bidSize",
    "askSize",
    "implied",
    "edgeNo",
    "position",
)
"""Which columns are dropped when the board is narrow, first one first."""
LEAST_BAR: Final = 240
TRAIL: Final = 56
"""Pixels of half an hour in the last line."""
LEADS, FOLLOWS = 1.0, 0.5
"""Cents in five minutes that a leader gains, and a neighbour loses, at least."""
SCALES: Final = (0.6, 1.0)
"""Probability at the right end of the bars: the second as soon as something on the board lies beyond the first."""
LINES: Final = {SCALES[0]: (0.2, 0.4), SCALES[1]: (0.2, 0.4, 0.6, 0.8)}
"""Probabilities that have a line, by the scale."""
BACK_UNDER: Final = 0.5
"""Largest probability from which the first scale returns, so that it does not flicker around its end."""
CHECK_FROM: Final = 8.0
"""Cents of edge above which it is hatched: too good to be true until checked."""


class Columns:
    """Where each column lies; which ones there are follows from the width, never from the data."""

    def __init__(self, width: int) -> None:
        table: list[tuple[str, int]] = [(n, w) for n, w in theme.current().section("board")["columns"]]
        gone: set[str] = set()
        for name in FIRST_TO_GO:
            if sum(w for n, w in table if n not in gone) + LEAST_BAR <= width:
                break
            gone.add(name)
        kept = [(n, w) for n, w in table if n not in gone]
        bar = max(0, width - sum(w for _, w in kept))
        self.width = width
        self.spans: dict[str, tuple[int, int]] = {}
        x = 0
        for name, wish in kept:
            wide = bar if name == "bar" else wish
            self.spans[name] = (x, wide)
            x += wide

    def at(self, x: float) -> str:
        """Return the name of the column at `x`, or an empty text."""
        return next((n for n, (left, w) in self.spans.items() if left <= x < left + w), "")

    def button(self, word: str, y: int, height: int) -> QRect:
        """Return where a row's button ``B`` or ``S`` lies."""
        x, wide = self.spans["buttons"]
        each = (wide - 10) // 2
        left = x + 2 if word == "B" else x + 2 + each + 4
        tall = min(18, height - 5)
        return QRect(left, y + (height - 1 - tall) // 2, each, tall)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says and in which colour."""

    text: str
    colour: str = "text.default"
    weight: int = 400


def cell(row: BoardRow, name: str, places: tuple[int, int] | None = None) -> Cell:
    """Return one number of a row as shown; unknown is a dash, and nothing where there is no position.

    `places` are the decimals of the columns of sizes, the bid's and the ask's; of a row alone its own.
    """
    if name in {"bid", "ask"}:
        price, tone = (row.bid, "buy") if name == "bid" else (row.ask, "sell")
        return _known(formats.cents(price), tone, 500)
    if name in {"bidSize", "askSize"}:
        bids = name == "bidSize"
        size = row.bid_size if bids else row.ask_size
        return _known(_size(size, None if places is None else places[not bids]))
    if name in {"edgeYes", "edgeNo"}:
        edge = row.edge_yes if name == "edgeYes" else row.edge_no
        return _known(formats.number(edge, 2, signed=True), paint.pnl_colour(edge))
    if name == "change":
        tone = {1: "profit", -1: "loss"}.get(formats.direction(row.change_5m, 1), "text.dim")
        return _known(formats.change(row.change_5m), tone)
    if name in {"position", "average", "pnl", "ifWins"}:
        return _held(row, name)
    return {
        "mid": lambda: _known(formats.number(row.mid, 1)),
        "implied": lambda: _known(formats.points(row.implied)),
        "model": lambda: _known(formats.points(row.model), "fair"),
    }[name]()


def _held(row: BoardRow, name: str) -> Cell:
    if name == "ifWins":
        return Cell("") if row.if_wins is None else _result(row.if_wins)
    if not row.position:
        return Cell("")
    if name == "position":
        text = formats.brief(row.position, signed=True)
        return Cell(text, "buy" if row.position > 0 else "sell", 500)
    if name == "average":
        return _known(formats.number(row.average, 1))
    return Cell(formats.DASH, "text.dim") if row.pnl is None else _result(row.pnl)


def _result(value: object) -> Cell:
    return Cell(formats.amount(value), paint.pnl_colour(value))  # type: ignore[arg-type]  # Money, checked by the callers


def _known(text: str, tone: str = "text.default", weight: int = 400) -> Cell:
    return Cell(text, "text.dim" if text == formats.DASH else tone, weight)


def _size(qty: Qty | None, places: int | None) -> str:
    if qty is None:
        return formats.DASH
    return (size_text(qty) or "0") if places is None else sized(qty, places) or formats.number(0, places)


def places(view: BoardView) -> tuple[int, int]:
    """Return the decimals of the sizes bid and asked, each column's own."""
    return places_of(row.bid_size for row in view.rows), places_of(row.ask_size for row in view.rows)


def scale_of(view: BoardView, now: float) -> float:
    """Return the probability at the right end of the bars, of `SCALES`; `now` is the one in force."""
    known = (v for row in view.rows if not row.dead for v in (row.implied, row.model, row.model_high) if v is not None)
    largest = max(known, default=0.0)
    first, second = SCALES
    if largest > first:
        return second
    return first if largest < BACK_UNDER else now


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


def leads(view: BoardView) -> tuple[int, int] | None:
    """Return the rows of a leader and its follower: the one that gained most in five minutes, and a neighbour that
    gave way; None where nobody leads."""
    change = [None if row.dead else row.change_5m for row in view.rows]
    known = [at for at, moved in enumerate(change) if moved is not None]
    first = max(known, key=lambda at: change[at] or 0.0, default=None)
    if first is None or (change[first] or 0.0) < LEADS:
        return None
    beside = [at for at in (first - 1, first + 1) if at in known and (change[at] or 0.0) <= -FOLLOWS]
    return None if not beside else (first, min(beside, key=lambda at: change[at] or 0.0))


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


def header(
    p: QPainter, rect: QRect, columns: Columns, unit: str, scale: float = SCALES[0], *, what_if: bool = False
) -> None:
    """Draw the column names, and over the bars how far they reach."""
    look = theme.current()
    font = look.ui(look.type("caption"), 500)
    for name, (x, wide) in columns.spans.items():
        words = f"outcome {unit}" if name == "outcome" else HEADERS[name]
        if name == "ifWins" and what_if:
            words, ink = "what if", look.colour("warn")
        else:
            ink = look.colour("text.muted")
        if name in {"outcome", "bar"}:
            cell_rect = QRect(x + (8 if name == "outcome" else 0), rect.y(), wide - 8, rect.height())
            used = paint.text(p, cell_rect, words, font, ink, elide=True)
            reach = f"0–{scale * 100:.0f} %"
            if name == "bar" and used + paint.width(reach, font) + 12 <= cell_rect.width():
                paint.text(p, cell_rect, reach, font, look.colour("text.dim"), paint.RIGHT)
        else:
            paint.text(p, QRect(x, rect.y(), wide - PAD, rect.height()), words, font, ink, paint.RIGHT)
    paint.line_below(p, rect, look.colour("line.border"))
