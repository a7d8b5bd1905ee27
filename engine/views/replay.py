"""What is shown of recorded sessions: the one that plays, what was decided in it, and the recorder's own state."""

from __future__ import annotations

import msgspec

from engine.core.units import Nanos


class MarkLine(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the session worth going to."""

    at: Nanos
    kind: str
    """open, fill, settled, halt, gap or mark."""
    text: str


class ReplayView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a replay stands."""

    session: str
    first_at: Nanos
    last_at: Nanos
    at: Nanos
    """The clock of the replay."""
    position: int
    """Events taken in."""
    events: int
    scanned: int
    """Events that the scout has seen: bookmarks, decisions and differences are known so far."""
    playing: bool
    speed: int
    behind: bool
    """The events come slower than asked for: this machine steps no faster."""
    seeking: bool
    rate: float | None
    """Events a second while it plays; None while it stands."""
    marks: tuple[MarkLine, ...]
    density: tuple[int, ...]
    """Events of each of so many equal stretches of the session."""
    differences: int
    """Events whose effects were not those recorded, as far as the scout is."""
    stopped: str
    """Why it cannot go on from here; empty while it can."""
    cut: str
    """Why the journal ends before its time."""


class DecisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of the replay beside the recorded one."""

    key: str
    """The order, and how often it was decided on by then; of an event without a decision its number."""
    at: Nanos
    position: int | None
    """Where the replay made it; None where only the recording has it."""
    who: str
    market: str
    now: str
    """In words; empty where the replay decided nothing."""
    recorded: str
    same: bool | None
    """None where the recording does not say."""
    why: str
    """What differs."""


class DecisionsView(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, oldest first, and what they come to."""

    rows: tuple[DecisionLine, ...]
    position: int
    """Where the replay stands."""
    replayed: int
    """Decisions of the replay."""
    recorded: int | None
    """Of the recording; None where the journal does not say."""
    same: int
    different: int
    out_of_order: int
    """Decisions that are the same but were made in another order."""
    complete: bool
    """Whether the whole session has been compared."""
    summary: str


class StreamLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded of one kind."""

    name: str
    what: str
    rows: int
    per_second: float | None
    """Over the last minute; None before there is one."""
    gaps: int | None
    """None where there can be none."""


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded session."""

    name: str
    began: Nanos | None
    bytes: int
    parts: int
    current: bool
    """It is being recorded."""


class RecorderView(msgspec.Struct, frozen=True, kw_only=True):
    """How recording does."""

    session: str
    """Empty in a replay, which records nothing."""
    streams: tuple[StreamLine, ...]
    rows: int
    bytes: int
    """On disk, of this session."""
    per_second: float | None
    lost: int
    """Events that could not be written."""
    waiting: int
    """Rows that are not on disk yet."""
    disk_left: int | None
    """Bytes; None where the system does not say."""
    age_s: float | None
    """Real seconds since something was last written."""
    parts: int
    sessions: tuple[SessionLine, ...]
    """Newest first."""
    kept_days: int | None
    total: int
    """Bytes of all sessions."""
