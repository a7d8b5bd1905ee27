"""What every session begins with, a recording too: its day, what it adds to the ledger, what its paper desks know."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.ids import HOUSE, YOU, AccountId
from engine.core.snapshot import LIVE, CashRow
from engine.core.units import MINUTE, SECOND, Money, Nanos
from engine.kernel.inflight import ends_of, known_of
from engine.sandbox import day as sandbox

if TYPE_CHECKING:
    import asyncio

    from app.boot import Options
    from app.wiring import Wired
    from engine.core.snapshot import Snapshot, StationRow
    from engine.host.host import Host
    from engine.kernel.step import Kernel

DEMO_BEAT: Final = Nanos(MINUTE)
"""Half a real second of a demo day."""


def take_up(kernel: Kernel, wired: Wired, host: Host) -> None:
    """Let simulated gateways hear the market, and know what an earlier session left working."""
    state = kernel.state
    for venue, paper in wired.papers():
        mine = [one for one in state.register.open() if one.place.instrument.venue == venue]
        paper.know(one.instrument for key, one in state.listings.items() if key.venue == venue)
        paper.resume((known_of(one) for one in mine), ends_of(mine))
        host.listen(paper.hear)


def ended(task: asyncio.Task[None] | asyncio.Task[int]) -> None:
    """Tell a failure of the day or of discovery at once: a task that is held on to is silent about it."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        what = "the simulated day" if task.get_name() == "day" else task.get_name()
        task.get_loop().call_exception_handler({"message": f"{what} failed", "exception": error})


def completed(snapshot: Snapshot, day: sandbox.Day | None) -> Snapshot:
    """Return the snapshot with what the session adds to the ledger: place, deposits, roles."""
    if snapshot.mode == LIVE:
        return snapshot  # our own exchange is play money, which stands in no live ledger
    if day is None:
        deposits = (_deposit(YOU, sandbox.YOURS), _deposit(HOUSE, sandbox.HOUSE_FUNDS))
        return replace(snapshot, seed_cash=deposits)
    return replace(
        snapshot,
        place=day.place,
        utc_offset_hours=day.utc_offset_hours,
        seed_cash=day.accounts,
        operators=day.operators,
        beat=DEMO_BEAT,
    )


def _deposit(account: AccountId, amount: int) -> CashRow:
    return CashRow(account=account, amount=Money(Decimal(amount)))


def day_of(options: Options, stations: tuple[StationRow, ...], resume: Nanos) -> sandbox.Day:
    """Return the simulated world: from its first afternoon on, or from where the last session left it."""
    start = max(sandbox.START, Nanos(resume + SECOND))
    seed = options.seed or sandbox.SEED
    return sandbox.build(seed, stations, start=start, speed=options.speed or sandbox.SPEED)
