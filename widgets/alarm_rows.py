"""How the docks of alert rules show a rule, a channel and what was told: columns and chips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.views.alarms import CHANNEL_WORDS, WORDS, ChannelLine, FiredLine, RuleLine
from widgets import formats
from widgets.tables import CHIP, CODE, WORD, Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable

STATES: Final = {
    "off": "text.dim",
    "waiting": "text.muted",
    "no data": "warn",
    "watching": "profit",
    "holds": "danger",
}
CHANNEL_STATES: Final = {
    "ready": "profit",
    "sending": "buy",
    "failing": "danger",
    "no key": "text.muted",
    "missing": "warn",
    "off": "text.dim",
}


def _rule(row: RuleLine) -> Cell:
    words = formats.plain(row.rule.name or row.rule.words(), 120)
    return Cell(words, "text.strong" if row.rule.on else "text.muted", bold=True, tip=formats.plain(row.rule.words()))


def _told(row: RuleLine) -> Cell:
    if not row.times:
        return Cell(formats.DASH, "text.dim")
    held = f" ({row.held_back} held)" if row.held_back else ""
    tip = "" if row.wait_s is None else f"Told again in {formats.age(row.wait_s)} at the earliest"
    return Cell(f"{formats.count(row.times)}{held}", "warn" if held else "text.default", tip=tip)


def _urgent(urgent: bool) -> Cell:
    return Cell("urgent", "danger.text") if urgent else Cell(formats.DASH, "text.dim")


def rules(offset: Callable[[], int]) -> tuple[Column[RuleLine], ...]:
    """Return the columns of the rules; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(key="kind", header="kind", width=84, kind=WORD, priority=3, colour="text.muted",
               cell=lambda r: WORDS[r.rule.kind], sort=lambda r: r.rule.kind.value),
        Column(key="rule", header="rule", width=260, least=140, kind=WORD, stretch=True, cell=_rule,
               sort=lambda r: r.rule.name or r.rule.words()),
        Column(key="value", header="now", width=96, cell=lambda r: formats.plain(r.value, 24) or formats.DASH),
        Column(key="state", header="state", width=88, kind=CHIP, sort=lambda r: r.state,
               cell=lambda r: Cell(r.state.upper(), STATES.get(r.state, "text.muted"), filled=r.state == "holds")),
        Column(key="times", header="met", width=84, cell=_told, sort=lambda r: r.times, value=lambda r: r.times),
        Column(key="last", header="last", width=92, kind=CODE, priority=2, sort=lambda r: r.last_at,
               when=lambda r: r.last_at, cell=lambda r: Cell(formats.stamp(r.last_at, offset()), "text.muted")),
        Column(key="urgent", header="urgent", width=60, kind=WORD, priority=4, cell=lambda r: _urgent(r.rule.urgent)),
        Column(key="channels", header="told by", width=170, kind=WORD, priority=1, colour="text.muted",
               cell=lambda r: ", ".join(CHANNEL_WORDS[one] for one in r.rule.channels) or "screen only"),
    )  # fmt: skip


CHANNELS: Final[tuple[Column[ChannelLine], ...]] = (
    Column(key="channel", header="channel", width=110, kind=WORD,
           cell=lambda r: Cell(r.title, "text.strong", bold=True), sort=lambda r: r.title),
    Column(key="state", header="state", width=88, kind=CHIP, sort=lambda r: r.state,
           cell=lambda r: Cell(r.state.upper(), CHANNEL_STATES.get(r.state, "text.muted"))),
    Column(key="sent", header="sent", width=60, cell=lambda r: formats.count(r.sent), sort=lambda r: r.sent),
    Column(key="failed", header="failed", width=60, sort=lambda r: r.failed,
           cell=lambda r: Cell(formats.count(r.failed), "danger.text" if r.failed else "text.default")),
    Column(key="waiting", header="waiting", width=60, priority=2, cell=lambda r: formats.count(r.waiting),
           sort=lambda r: r.waiting),
    Column(key="last", header="last sent UTC", width=104, kind=CODE, priority=1, when=lambda r: r.last_at,
           exported="last sent", cell=lambda r: Cell(formats.utc(r.last_at), "text.muted")),
    Column(key="detail", header="what it says", width=240, least=100, kind=WORD, stretch=True,
           cell=lambda r: Cell(formats.plain(r.detail) or formats.DASH,
                               "danger.text" if r.state == "failing" else "text.muted", tip=formats.plain(r.detail))),
)  # fmt: skip


def history(offset: Callable[[], int]) -> tuple[Column[FiredLine], ...]:
    """Return the columns of what was told."""
    return (
        Column(key="at", header="time", clock=offset, width=92, kind=CODE, sort=lambda r: r.at, when=lambda r: r.at,
               cell=lambda r: Cell(formats.stamp(r.at, offset()), "text.muted",
                                   tip=formats.utc(r.at, "%Y-%m-%d %H:%M:%S"))),
        Column(key="id", header="#", width=44, kind=CODE, priority=3, colour="text.dim", sort=lambda r: r.id,
               cell=lambda r: str(r.id)),
        Column(key="rule", header="rule", width=200, least=110, kind=WORD, sort=lambda r: r.name,
               cell=lambda r: Cell(formats.plain(r.name, 80), "danger.text" if r.urgent else "text.strong",
                                   bold=True)),
        Column(key="text", header="what was seen", width=260, least=120, kind=WORD, stretch=True,
               cell=lambda r: Cell(formats.plain(r.text, 400), tip=formats.plain(r.text, 480))),
        Column(key="times", header="times", width=48, priority=1, sort=lambda r: r.times, value=lambda r: r.times,
               cell=lambda r: Cell(formats.count(r.times) if r.times > 1 else "", "text.muted")),
        Column(key="told", header="told by", width=150, kind=WORD, priority=2, sort=lambda r: r.told,
               cell=lambda r: Cell(formats.plain(r.told, 60),
                                   "warn" if r.told in {"muted", "quiet hours"} else "text.muted")),
    )  # fmt: skip
