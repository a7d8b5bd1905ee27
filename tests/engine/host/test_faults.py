"""What the pump does when a part of it fails: nothing goes on with half a step, and nothing fails unheard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from engine.core.commands import Halt
from engine.core.effects import Changed, Keep, Row
from engine.core.events import Asked, ChainChecked, Event, LinkChanged
from engine.core.ids import EMBEDDED
from engine.host.clock import WallClock
from engine.host.host import MARKET_ROOM, Host
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.effects import AnyEffect
    from engine.core.errors import InvariantBroken
    from engine.core.ids import Topic


class Kernel:
    """Keeps one row an event; fails where its reason says so."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self, event: Event) -> Sequence[AnyEffect]:
        self.steps += 1
        if isinstance(event, Asked) and isinstance(event.command, Halt) and event.command.why == "fail":
            raise ZeroDivisionError
        return [Changed(topic=topics.ORDERS), Keep(rows=(Row("meta", {"key": "step", "value": str(self.steps)}),))]


class Keeper:
    """Takes what it is given, or, once broken, nothing."""

    def __init__(self) -> None:
        self.journalled: list[tuple[Any, ...]] = []
        self.kept = 0
        self.broken = False

    def journal(self, seq: int, at: int, kind: str, body: bytes, digest: bytes) -> None:
        self.journalled.append((seq, kind, digest))

    def keep(self, rows: tuple[Row, ...], then: str) -> None:
        if self.broken:
            raise OSError
        self.kept += 1

    def hold(self, on: bool) -> None:
        pass


class Run:
    """A host that was asked some things, and what became of it."""

    def __init__(self, *reasons: str, changed: Callable[[Topic], None] = lambda _: None, keeps: bool = True) -> None:
        self.kernel, self.keeper = Kernel(), Keeper()
        self.keeper.broken = not keeps
        self.broken: list[InvariantBroken] = []
        self.told: list[dict[str, Any]] = []
        asyncio.run(self._go(reasons, changed))

    async def _go(self, reasons: Sequence[str], changed: Callable[[Topic], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.told.append(context))
        self.host = Host(self.kernel, self.keeper, WallClock(), loop, changed=changed, broken=self.broken.append)
        for why in reasons:
            self.host.ask(Halt(why=why))
        for _ in range(5):
            await asyncio.sleep(0)


def test_an_event_that_no_journal_can_hold_changes_nothing_and_is_told() -> None:
    """Half of a surrogate pair, as a broken paste brings it, is no UTF-8."""
    run = Run("\ud800", "sound")
    assert (run.kernel.steps, run.keeper.kept, len(run.keeper.journalled)) == (1, 1, 1)
    assert isinstance(run.told[0]["exception"], UnicodeEncodeError)
    assert not run.broken


def test_a_kernel_that_fails_is_never_stepped_again() -> None:
    run = Run("fail", "after")
    assert (run.kernel.steps, run.keeper.kept) == (1, 0)
    assert run.keeper.journalled == [(1, "Asked", b"")]
    assert isinstance(run.broken[0].__cause__, ZeroDivisionError)
    assert run.host.stopped


def test_an_effect_that_cannot_be_carried_out_stops_the_kernel() -> None:
    """A row that the store did not take is money that the kernel moved and the disk did not."""
    run = Run("first", "second", keeps=False)
    assert run.kernel.steps == 1
    assert isinstance(run.broken[0].__cause__, OSError)


def test_a_screen_that_fails_is_told_and_costs_no_row() -> None:
    def failing(_: Topic) -> None:
        raise RuntimeError

    run = Run("first", "second", changed=failing)
    assert (run.kernel.steps, run.keeper.kept, len(run.told)) == (2, 2, 2)
    assert not run.broken


def test_a_listener_that_fails_leaves_what_waits_to_the_next_turn() -> None:
    loop = asyncio.new_event_loop()
    told: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    kernel = Kernel()
    host = Host(kernel, Keeper(), WallClock(), loop, changed=lambda _: None, broken=lambda _: None)
    host.listen(lambda _: 1 // 0)  # type: ignore[arg-type,return-value]
    host.ask(Halt(why="first"))
    host.ask(Halt(why="second"))
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    assert (kernel.steps, host.waiting, len(told)) == (2, 0, 2)


def test_p24_news_of_our_own_work_finds_room_when_the_market_does_not() -> None:
    """That the records do not verify was put behind 4,096 reports, and dropped where these filled the queue."""
    loop = asyncio.new_event_loop()
    kinds: list[str] = []
    host = Host(Kernel(), Keeper(), WallClock(), loop, changed=lambda _: None, broken=lambda _: None)
    host.listen(lambda event: kinds.append(type(event).__name__))
    while host.emit(LinkChanged(at=host.clock.now(), venue=EMBEDDED, up=True)):
        pass
    assert host.market.refused == 1
    host.learn(ChainChecked(at=host.clock.now(), ok=False, records=1, proved=None))
    host.stop()
    loop.close()
    assert (kinds[0], len(kinds)) == ("ChainChecked", MARKET_ROOM + 1)
