"""How the sheet from source to price shows a report and an outcome: columns, and the words of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.views.station import EvidenceLine, OutcomeLine
from widgets import formats, paint, station_words
from widgets.board_paint import CHECK_FROM
from widgets.tables import CODE, NUMBER, WORD, Cell, Column

if TYPE_CHECKING:
    from engine.views.board import BoardRow, BoardView
    from engine.views.station import SourceView

STANDINGS: Final = {
    "open": ("still possible", "text.muted"),
    "holds": ("holds it now", "warn"),
    "dead": ("dead", "text.dim"),
    "locked": ("locked", "good"),
}


class Shown(NamedTuple):
    """One report, and the clock it is told on."""

    line: EvidenceLine
    now: int
    utc_offset_hours: int


class Priced(NamedTuple):
    """One outcome: what the reports and the model say, and its book."""

    line: OutcomeLine
    row: BoardRow | None


def _tone(one: Shown) -> str:
    return "text.strong" if one.line.counts else "text.muted"


def _when(one: Shown) -> Cell:
    line, offset = one.line, one.utc_offset_hours
    clock = formats.local(line.at, offset, "%H:%M")
    if line.since is not None:
        clock = f"{formats.local(line.since, offset, '%H:%M')}–{clock}"
    return Cell(clock, "text.default", tip=formats.utc(line.at, "%Y-%m-%d %H:%M:%S"))


def _kind(one: Shown) -> Cell:
    times = f" ×{one.line.times}" if one.line.times > 1 else ""
    return Cell(f"{formats.plain(one.line.kind, 8)}{times}{' COR' if one.line.corrected else ''}", "text.muted")


def _says(one: Shown) -> Cell:
    words = formats.plain(one.line.says, 80)
    if not one.line.counts:
        words = f"{words}: not counted" if words else "not counted"
    return Cell(words, "text.muted", tip=formats.plain(one.line.raw, 480))


EVIDENCE: Final[tuple[Column[Shown], ...]] = (
    Column(key="at", header="LST", width=84, kind=CODE, sort=lambda one: one.line.at, cell=_when,
           when=lambda one: one.line.at, exported="at"),
    Column(key="station", header="station", width=50, kind=CODE, priority=3, sort=lambda one: one.line.station,
           cell=lambda one: formats.plain(one.line.station, 8), colour="text.muted"),
    Column(key="kind", header="report", width=82, kind=CODE, sort=lambda one: one.line.kind, cell=_kind),
    Column(key="value", header="value", width=92, kind=NUMBER,
           cell=lambda one: Cell(formats.plain(one.line.value, 20), _tone(one), bold=one.line.counts)),
    Column(key="says", header="by which of its groups", width=120, kind=WORD, stretch=True, cell=_says),
    Column(key="provider", header="by", width=64, kind=WORD, priority=2, sort=lambda one: one.line.provider,
           cell=lambda one: Cell(formats.plain(one.line.provider, 16), "text.muted")),
    Column(key="age", header="age", width=46, sort=lambda one: -one.line.at,
           cell=lambda one: Cell(formats.since(one.line.at, one.now), "text.muted")),  # type: ignore[arg-type]
)  # fmt: skip


def _standing(one: Priced) -> Cell:
    words, tone = STANDINGS.get(one.line.standing, (formats.DASH, "text.dim"))
    why = formats.plain(one.line.why, 80)
    return Cell(f"{words}: {why}" if why else words, tone, tip=why)


def _hundredths(one: Priced) -> float | None:
    return None if one.line.model is None else 100 * one.line.model


def _band(one: Priced) -> Cell:
    low, high = one.line.model_low, one.line.model_high
    if low is None or high is None:
        return Cell(formats.DASH, "text.dim")
    return Cell(f"{formats.points(low)}–{formats.points(high)}", "text.muted")


def _known(text: str, tone: str) -> Cell:
    return Cell(text, "text.dim" if text == formats.DASH else tone)


def _edge(value: float | None) -> Cell:
    words = formats.number(value, 2, signed=True)
    if value is not None and value > CHECK_FROM:
        return Cell(words, "text.dim", tip="Too good to be true until checked")
    return _known(words, paint.pnl_colour(value))


PRICES: Final[tuple[Column[Priced], ...]] = (
    Column(key="outcome", header="outcome", width=84, kind=WORD,
           cell=lambda one: Cell(formats.plain(one.line.label, 24),
                                 "text.dim" if one.line.standing == "dead" else "text.strong", bold=True)),
    Column(key="standing", header="by the reports", width=150, kind=WORD, stretch=True, cell=_standing),
    Column(key="model", header="model %", width=62, sort=lambda one: one.line.model, value=_hundredths,
           cell=lambda one: _known(formats.points(one.line.model), "fair")),
    Column(key="band", header="10–90 %", width=86, priority=2, cell=_band),
    Column(key="fair", header="fair c", width=54, sort=lambda one: one.line.model, value=_hundredths,
           cell=lambda one: _known(
        formats.number(None if one.line.model is None else 100 * one.line.model, 1), "text.default")),
    Column(key="bid", header="bid", exported="bid c", width=44,
           cell=lambda one: _known(formats.cents(None if one.row is None else one.row.bid), "buy")),
    Column(key="ask", header="ask", exported="ask c", width=44,
           cell=lambda one: _known(formats.cents(None if one.row is None else one.row.ask), "sell")),
    Column(key="yes", header="edge YES", exported="edge YES c", width=70,
           sort=lambda one: None if one.row is None else one.row.edge_yes,
           cell=lambda one: _edge(None if one.row is None else one.row.edge_yes)),
    Column(key="no", header="edge NO", exported="edge NO c", width=70,
           sort=lambda one: None if one.row is None else one.row.edge_no,
           cell=lambda one: _edge(None if one.row is None else one.row.edge_no)),
)  # fmt: skip


def priced(view: SourceView | None, board: BoardView | None) -> tuple[Priced, ...]:
    """Return the outcomes with their books; of a market that is not read, its books alone."""
    rows = {} if board is None else {row.instrument: row for row in board.rows}
    lines = () if view is None else view.outcomes
    if lines:
        return tuple(Priced(line, rows.get(line.instrument)) for line in lines)
    return tuple(Priced(_bare(row), row) for row in rows.values())


def _bare(row: BoardRow) -> OutcomeLine:
    return OutcomeLine(
        instrument=row.instrument, label=row.label, low=None, high=None, standing="", why="", model=row.model,
        model_low=row.model_low, model_high=row.model_high,
    )  # fmt: skip


def settles(view: SourceView) -> tuple[tuple[str, str], ...]:
    """Return who decides, where and when, as (name, value)."""
    rows = [("Settled by", view.source)]
    for station in view.stations[:6]:
        where = f"{formats.number(station.lat, 4)}, {formats.number(station.lon, 4)}"
        far = f" · {station.km} km" if station.km else ""
        rows.append((station.id, f"{formats.plain(station.name, 30)} · {where}{far}".strip(" ·")))
    if view.tier:
        rows.append(("Tier", view.tier))
    rows.append(("Window", _window(view)))
    rows.append(("Trading ends", formats.utc(view.trading_ends, "%d %b %H:%M")))
    rows.append(("Fee", view.fee))
    return tuple((name, formats.plain(value, 120) or formats.DASH) for name, value in rows)


def _window(view: SourceView) -> str:
    if view.opens is None or view.closes is None:
        return formats.DASH
    start = formats.local(view.opens, view.utc_offset_hours, "%d %b %H:%M")
    end = formats.local(view.closes, view.utc_offset_hours, "%d %b %H:%M")
    return f"{start} – {end} LST"


def so_far(view: SourceView) -> str:
    """Return in one line what the reports say so far, and what is still to come."""
    line = view.extreme
    if line is None:
        locked = next((one for one in view.outcomes if one.standing == "locked"), None)
        return "" if locked is None else f"{locked.label} is locked: {locked.why}"
    if line.official is not None:
        return "; ".join(line.named) or f"official {line.official} °F"
    if line.bound is None:
        return "No report of its window yet."
    word = "high" if line.sign > 0 else "low"
    cap = "nothing beyond that was" if line.capped else f"or {'higher' if line.sign > 0 else 'lower'} between reports"
    so_far = f"Running {word} {line.bound} °F, {line.by}. So far it can be {station_words.so_far(line)}, {cap}."
    return f"{so_far} {to_come(view)}".strip()


def to_come(view: SourceView) -> str:
    """Return which groups can still tell something; empty where none can."""
    if not view.groups:
        return ""
    told = station_words.groups_at(view.groups, view.utc_offset_hours)
    return f"Groups still to come: {told}."


def inputs(view: SourceView) -> tuple[tuple[str, str, str], ...]:
    """Return the inputs as (name, state, provider and age), and the forecast's quantiles."""
    lines = [
        (line.name, line.state, f"{formats.plain(line.provider, 20)} · {formats.since(line.at, view.now)}".strip(" ·"))
        for line in view.inputs
    ]
    if view.quantiles is not None:
        values = " · ".join(formats.number(value, 1) for value in view.quantiles)
        run = formats.plain(view.run, 24) or "reports alone"
        lines.append((f"p10 · p50 · p90, {run}", "live", f"{values} {formats.plain(view.unit, 8)}"))
    return tuple(lines)
