"""How the settlement docks show a line, a station and a record: columns, chips, the dots of the money's way."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.views.weather import RecordLine, SettlementLine
from widgets import formats, paint
from widgets.tables import CHIP, CODE, DOTS, WORD, Cell, Column


class Station(NamedTuple):
    """A station of a settlement as its row shows it, or what all of them come to."""

    id: str
    km: str
    reports: str
    value: str
    note: str
    apart: float | None = None
    """From what all come to, in the contract's unit or, of what is not a temperature, as a share of it."""
    share: bool = False
    total: bool = False


VOID: Final = "VOID"
STEPS: Final = ("settled", "sealed", "credited")
_TONES: Final = {
    "YES": "buy",
    "NO": "sell",
    "DISPUTED": "danger",
    "PROVISIONAL": "fair",
    "WAITING": "text.muted",
    "OPEN": "text.dim",
    VOID: "text.muted",
}


def tone_of(outcome: str) -> str:
    """Return the colour name of an outcome; a bracket that won has that of YES."""
    return _TONES.get(outcome, "buy")


def steps_words(line: SettlementLine) -> str:
    """Return how far the money has come: the last step done, or a dash."""
    return STEPS[min(line.steps, len(STEPS)) - 1] if line.steps > 0 else formats.DASH


def _outcome(line: SettlementLine) -> Cell:
    return Cell(formats.plain(line.outcome, 16), tone_of(line.outcome), filled=line.outcome == "DISPUTED")


def _payout(line: SettlementLine) -> Cell:
    if line.payout is None and line.held is not None:
        return Cell(f"held {formats.number(line.held, 2)}", "danger.text")
    return Cell(formats.amount(line.payout), paint.pnl_colour(line.payout))


def _source(line: SettlementLine) -> Cell:
    words = formats.plain(" · ".join(part for part in (line.reason, line.source) if part)) or formats.DASH
    colour = "danger.text" if line.outcome == "DISPUTED" else "text.dim" if words == formats.DASH else "text.muted"
    return Cell(words, colour, tip=words)


QUEUE: Final[tuple[Column[SettlementLine], ...]] = (
    Column(key="contract", header="contract", width=202, least=110, kind=WORD, sort=lambda row: row.name,
           cell=lambda row: Cell(formats.plain(row.name, 80), "text.strong", bold=True, tip=formats.plain(row.name))),
    Column(key="rule", header="rule", width=92, kind=WORD, priority=4, sort=lambda row: row.rule,
           cell=lambda row: Cell(formats.plain(row.rule, 80), "text.muted", tip=formats.plain(row.rule))),
    Column(key="observed", header="observed", width=68, sort=lambda row: row.observed or None,
           cell=lambda row: formats.plain(row.observed, 20) or formats.DASH),
    Column(key="outcome", header="outcome", width=112, kind=CHIP, sort=lambda row: row.outcome,
           cell=_outcome),
    Column(key="source", header="source", width=180, least=120, kind=WORD, priority=3, stretch=True, cell=_source),
    Column(key="steps", header="settled · credited", width=96, kind=DOTS, priority=2, sort=lambda row: row.steps,
           cell=lambda row: Cell(steps_words(row), share=row.steps, tip=" → ".join(STEPS))),
    Column(key="payout", header="payout $", width=76, sort=lambda row: row.payout, cell=_payout),
)  # fmt: skip


def stations_of(line: SettlementLine) -> tuple[Station, ...]:
    """Return a line's stations, and with two or more of them what they come to."""
    share = not line.observed.rstrip().endswith(("°F", "°C"))
    far = (*line.apart, *(None for _ in line.stations[len(line.apart) :]))
    rows = tuple(Station(*row, apart=apart, share=share) for row, apart in zip(line.stations, far, strict=True))
    if sum(one.apart is not None for one in rows) < 2:
        return rows
    return (*rows, Station("all", "", "", line.observed, line.spread, total=True))


def _apart(row: Station) -> Cell:
    if row.apart is None:
        return Cell("" if row.total else formats.DASH, "text.dim")
    value = row.apart * 100 if row.share else row.apart
    return Cell(formats.number(value, 0 if row.share else 1, signed=True) + (" %" if row.share else ""), "text.default")


STATIONS: Final[tuple[Column[Station], ...]] = (
    Column(key="station", header="station", width=118, kind=CODE, colour="text.strong",
           cell=lambda row: formats.plain(row.id, 16), sort=lambda row: row.id),
    Column(key="km", header="dist km", width=60, cell=lambda row: formats.plain(row.km, 10)),
    Column(key="reports", header="reports", width=64, cell=lambda row: formats.plain(row.reports, 12)),
    Column(key="value", header="value", width=84, colour="text.strong",
           cell=lambda row: Cell(formats.plain(row.value, 16), "text.strong", bold=row.total)),
    Column(key="apart", header="vs all", width=58, priority=1, cell=_apart, value=lambda row: row.apart),
    Column(key="note", header="note", width=80, kind=WORD, stretch=True,
           cell=lambda row: Cell(formats.plain(row.note), "text.default" if row.total else "text.muted",
                                 tip=formats.plain(row.note))),
)  # fmt: skip


def short_hash(text: str, *, long: bool = False) -> str:
    """Return a hash by its ends: ``a41d … 77c0``, or with its first eight digits."""
    clean = formats.plain(text, 80)
    head = f"{clean[:4]} {clean[4:8]}" if long else clean[:4]
    return f"{head} … {clean[-4:]}" if len(clean) > 12 else clean


def _record_name(row: RecordLine) -> Cell:
    words = formats.plain(row.name, 80)
    words += f"  supersedes {row.supersedes}" if row.supersedes is not None else ""
    return Cell(words, "text.strong", tip=words)


RECORDS: Final[tuple[Column[RecordLine], ...]] = (
    Column(key="seq", header="#", width=52, kind=CODE, cell=lambda row: str(row.seq), sort=lambda row: row.seq,
           colour="text.muted"),
    Column(key="time", header="time", width=76, kind=CODE, cell=lambda row: Cell(
        formats.utc(row.at), "text.muted", tip=formats.utc(row.at, "%Y-%m-%d %H:%M:%S")), sort=lambda row: row.at,
        when=lambda row: row.at),
    Column(key="record", header="record", width=140, kind=WORD, stretch=True, cell=_record_name,
           sort=lambda row: row.name),
    Column(key="outcome", header="outcome", width=84, kind=WORD, sort=lambda row: row.outcome,
           cell=lambda row: Cell(formats.plain(row.outcome, 16),
                                 "danger.text" if row.outcome == "DISPUTED" else tone_of(row.outcome), bold=True)),
    Column(key="hash", header="hash", width=132, kind=CODE, priority=1, value=lambda row: row.hash,
           cell=lambda row: Cell(short_hash(row.hash, long=True), "text.muted", tip=formats.plain(row.hash))),
    Column(key="prev", header="previous", width=96, kind=CODE, priority=2, value=lambda row: row.prev,
           cell=lambda row: Cell(short_hash(row.prev), "text.muted", tip=formats.plain(row.prev))),
)  # fmt: skip
