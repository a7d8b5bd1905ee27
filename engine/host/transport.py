"""The transport of a replay: play, pause, pace, steps and seeks of a `Player`, a slice of time after the other.

Nothing here waits and nothing knows a screen: whoever has a loop calls `tick` again and again and is told what to
draw. Real time comes in as an argument, so that a replay of a replay does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.errors import StoreError
from engine.core.ids import EMBEDDED, KALSHI, POLYMARKET
from engine.core.units import SECOND, Nanos, plain
from engine.host.player import FILL, OWN, Bookmark
from engine.views.replay import DecisionLine, DecisionsView, MarkLine, ReplayView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from engine.core.decision import Decision
    from engine.core.ids import Topic
    from engine.host.player import Different, Player, Taken
    from engine.store.journal import Recording

SPEEDS: Final = (1, 10, 100, 1_000)
SLICE_NS: Final = 9_000_000
"""Of a tick that seeks or plays."""
SCOUT_NS: Final = 5_000_000
"""Of a tick, for the scout."""
BINS: Final = 160
IN_CENTS: Final = frozenset({EMBEDDED, KALSHI, POLYMARKET})
"""Venues whose prices are of shares that pay a dollar."""
MOST_LINES: Final = 2_000
MOST_SHOWN: Final = 400
"""Bookmarks on the bar."""


class Transport:
    """Drives one player.

    Parameters
    ----------
    player : Player
    name : str
        Of the session, for people.
    slice_ns : int, nanoseconds
        How long a tick may play or seek.
    """

    def __init__(self, player: Player, name: str, slice_ns: int = SLICE_NS) -> None:
        self._slice = slice_ns
        self.player = player
        self.name = name
        self.playing = False
        self.speed = SPEEDS[0]
        self.seeking: int | None = None
        """Where a seek is on its way to."""
        self.moved = False
        """The kernel is another one than before: every view is out of date."""
        self._from: tuple[Nanos, int] = (Nanos(0), 0)
        """A moment of the session and of real time from which the pace is counted."""
        self._behind = False
        self._rated: tuple[int, int] = (0, 0)
        self._rate: float | None = None
        self._shown: Nanos = player.now
        self._density = tuple(player.density(BINS))
        self._recorded = _decided(player.recording)
        self._decisions: DecisionsView | None = None
        self._compared = (-1, -1)

    # What the bar asks for

    def play(self, now: int) -> None:
        """Go on from where it stands; from the beginning where that is the end."""
        if self.player.position >= len(self.player):
            self.seek(0)
        self.playing = True
        self._anchor(now)

    def pause(self) -> None:
        """Stand still."""
        self.playing = self._behind = False
        self._rate = None
        self._shown = self.player.now

    def set_speed(self, speed: int, now: int) -> None:
        """Play so many seconds of the session in a real one."""
        if speed not in SPEEDS:
            msg = f"a replay plays {', '.join(map(str, SPEEDS))} times as fast, not {speed}"
            raise ValueError(msg)
        self.speed = speed
        self._anchor(now)

    def step(self) -> None:
        """Take in one event and stand still."""
        self.pause()
        self.seek(self.player.position + 1)

    def step_decision(self) -> bool:
        """Go on until just after the next decision; return whether there is one."""
        self.pause()
        found = self.player.next_decision()
        if found is None:
            return False
        self.seek(found)
        return True

    def seek(self, position: int) -> None:
        """Stand at a position, as soon as that is done."""
        position = max(0, min(position, len(self.player)))
        before = self.player.kernel
        self.player.aim(position)
        self.moved = self.moved or self.player.kernel is not before
        self.seeking = position

    def seek_time(self, at: int) -> None:
        """Stand where every event until a time is taken in."""
        self.seek(self.player.place(at))

    def seek_share(self, share: float) -> None:
        """Stand at a share of the session's time, from 0 to 1."""
        first, last = self.player.times[0], self.player.times[-1]
        self.seek_time(first + round((last - first) * min(1.0, max(0.0, share))))

    def jump(self, way: int, kind: str = "") -> bool:
        """Go to the next bookmark (1) or the one before (-1), or of a kind; return whether there is one."""
        found = self.player.next_mark(kind=kind) if way > 0 else self.player.previous_mark(kind=kind)
        if found is None:
            return False
        self.seek(found.position)
        return True

    def next_fill(self) -> bool:
        """Go to the next fill of ours."""
        return self.jump(1, FILL)

    def bookmark(self) -> None:
        """Put a bookmark where it stands."""
        at = self.player.now
        self.player.put_mark(Bookmark(self.player.position, at, OWN, "bookmark"))

    # Whoever has a loop

    def tick(self, now: int) -> bool:
        """Do what a slice of time allows; return whether there is more to do at once.

        Parameters
        ----------
        now : int, nanoseconds
            Of a clock that is never set.
        """
        if self.seeking is not None:
            if self.player.advance(self.seeking, self._slice):
                self.seeking = None
                self._anchor(now)
            self._shown = self.player.now
            return True
        if self.playing:
            self._go_on(now)
        if self.player.scanning:
            self.player.scan(SCOUT_NS)
            return True
        return self.playing

    def _go_on(self, now: int) -> None:
        """Play until where the pace says it should be by now."""
        at, since = self._from
        wanted = Nanos(at + (now - since) * self.speed)
        self._behind = not self.player.advance(self.player.place(wanted), self._slice)
        if self._behind:
            self._anchor(now)
        self._shown = self.player.now if self._behind else Nanos(min(wanted, self.player.times[-1]))
        if now - self._rated[1] >= SECOND:
            passed = now - self._rated[1]
            self._rate = (self.player.position - self._rated[0]) * SECOND / passed if self._rated[1] else None
            self._rated = (self.player.position, now)
        if self.player.position >= len(self.player) or self.player.stopped:
            self.pause()

    def _anchor(self, now: int) -> None:
        self._from = (self.player.now, now)
        self._rated, self._rate = (self.player.position, now), None

    def take_changed(self) -> set[Topic]:
        """Return the views that are out of date since the last time."""
        found, self.player.changed = self.player.changed, set()
        return found

    # What is shown

    def stands(self) -> tuple[object, ...]:
        """Return what changes whenever the bar would look otherwise."""
        player = self.player
        place = (player.position, player.scanned, player.scanning, len(player.marks), player.stopped)
        return (*place, self.playing, self.speed, self.seeking, self._shown)

    @property
    def now(self) -> Nanos:
        """The clock of the replay."""
        return self._shown

    def view(self) -> ReplayView:
        """Return where it stands."""
        player = self.player
        shown: Sequence[Bookmark] = player.marks
        if len(shown) > MOST_SHOWN:
            shown = shown[:: -(-len(shown) // MOST_SHOWN)]
        return ReplayView(
            session=self.name,
            first_at=Nanos(player.times[0]),
            last_at=Nanos(player.times[-1]),
            at=self._shown,
            position=player.position,
            events=len(player),
            scanned=player.scanned if player.scanning else len(player),
            playing=self.playing,
            speed=self.speed,
            behind=self._behind,
            seeking=self.seeking is not None,
            rate=self._rate if self.playing else None,
            marks=tuple(MarkLine(at=one.at, kind=one.kind, text=one.text) for one in shown),
            density=self._density,
            differences=player.differences,
            stopped=player.stopped,
            cut=player.cut,
        )

    def decisions(self) -> DecisionsView:
        """Return the decisions of the replay beside those of the recording, as far as the scout is."""
        player = self.player
        state = (len(player.taken), player.differences) if player.scanning else (-2, player.differences)
        if self._decisions is None or state != self._compared:
            self._compared = state
            self._decisions = compare(player, self._recorded)
        found = self._decisions
        if found.position != player.position:
            found = self._decisions = replace(found, position=player.position)
        return found


def _decided(recording: Recording) -> list[Decision] | None:
    """Return what was decided; None where that cannot be read: the events can, and are compared by digest."""
    try:
        return recording.decisions()
    except StoreError:
        return None


def compare(player: Player, recorded: Sequence[Decision] | None) -> DecisionsView:
    """Return the replay's decisions beside those recorded: matched by order, and by how often it was decided on."""
    complete, units = not player.scanning, player.units
    reached = Nanos(player.times[max(0, player.scanned - 1)])
    mine = {_key(one.decision, n): (place, one) for place, (one, n) in enumerate(_counted_taken(player))}
    lines: list[DecisionLine] = []
    same = disordered = 0
    last = -1
    for one, n in _counted(recorded or ()):
        found = mine.pop(_key(one, n), None)
        if found is None:
            if complete or one.at < reached:
                lines.append(_line(n, None, None, one, unit=units.get((one.venue, one.symbol))))
            continue
        place, taken = found
        line = _line(n, taken.position, taken.decision, one, unit=units.get((one.venue, one.symbol)))
        same += bool(line.same)
        if line.same and place < last:
            disordered += 1
        last = max(last, place)
        lines.append(line)
    told = recorded is not None
    for (_, n), (_, mine_alone) in mine.items():
        decision = mine_alone.decision
        unit = units.get((decision.venue, decision.symbol))
        lines.append(_line(n, mine_alone.position, decision, None, unit=unit, told=told))
    known = {line.position for line in lines}
    lines += (_other(other) for other in player.different if other.position not in known)
    lines.sort(key=lambda line: (line.at, line.position or 0))
    different = sum(line.same is False for line in lines) if recorded is not None else player.differences
    return DecisionsView(
        rows=tuple(lines[:MOST_LINES]),
        position=player.position,
        replayed=len(player.taken),
        recorded=None if recorded is None else len(recorded),
        same=same,
        different=different,
        out_of_order=disordered,
        complete=complete,
        summary=_summary(player, recorded, same, different, disordered),
    )


def _other(one: Different) -> DecisionLine:
    """Return a line of an event that decided nothing and yet had other effects."""
    what = ", ".join(one.effects[:6]) or "nothing but views"
    return DecisionLine(
        key=f"event {one.position}",
        at=one.at,
        position=one.position,
        who=one.kind,
        market="",
        now=f"wants {what}",
        recorded="",
        same=False,
        why="other effects than recorded (by digest)",
    )


def _summary(player: Player, recorded: Sequence[Decision] | None, same: int, different: int, disordered: int) -> str:
    if player.scanning:
        return f"comparing: {player.scanned} of {len(player)} events"
    if recorded is None:
        words = "the same effects" if not player.differences else f"other effects at {player.differences} events"
        return f"this journal does not say what was decided, or not legibly; by digest {words}"
    if not different and not player.differences and not disordered:
        return f"same {same} decision{'' if same == 1 else 's'}"
    return f"{different} different, {player.differences} events with other effects, {disordered} out of order"


def _key(one: Decision, number: int) -> tuple[str, int]:
    return one.order, number


def _counted(some: Sequence[Decision]) -> list[tuple[Decision, int]]:
    """Return decisions with how many of the same order came before."""
    seen: dict[str, int] = {}
    found = []
    for one in some:
        seen[one.order] = seen.get(one.order, 0) + 1
        found.append((one, seen[one.order]))
    return found


def _counted_taken(player: Player) -> list[tuple[Taken, int]]:
    numbers = _counted([one.decision for one in player.taken])
    return [(taken, number) for taken, (_, number) in zip(player.taken, numbers, strict=True)]


def _line(
    number: int,
    position: int | None,
    now: Decision | None,
    recorded: Decision | None,
    *,
    unit: Decimal | None,
    told: bool = True,
) -> DecisionLine:
    """Return one decision that the replay has, the recording, or both; `told` says that the recording tells any.

    `unit` is what a tick of its instrument is worth; None where that is not known.
    """
    one = now if now is not None else recorded
    if one is None:
        msg = "a line is of a decision"
        raise ValueError(msg)
    differs: tuple[str, ...] = ()
    if now is not None and recorded is not None:
        differs = now.differs(recorded)
    elif told:
        differs = ("only in the recording",) if now is None else ("only in the replay",)
    return DecisionLine(
        key=f"{one.order}#{number}",
        at=one.at,
        position=position,
        who=one.who,
        market=one.symbol,
        now="" if now is None else words(now, unit),
        recorded="" if recorded is None else words(recorded, unit),
        same=not differs if told else None,
        why=", ".join(differs) or (now.refused if now is not None else ""),
    )


def words(one: Decision, unit: Decimal | None = None) -> str:
    """Return a decision in words, such as ``BUY 10 YES @ 43``: of shares in cents, else by what a tick is worth."""
    size = one.qty if one.qty is not None else f"${one.budget}" if one.budget is not None else "?"
    shares = one.venue in IN_CENTS
    if one.price is None:
        price = "market"
    elif shares:
        price = f"{one.price / 100:g}"
    else:
        price = f"{one.price} ticks" if unit is None else plain(one.price * unit)
    refused = " (refused)" if one.refused else ""
    return f"{one.side.upper()} {size}{f' {one.leg.upper()}' if shares else ''} @ {price}{refused}"
