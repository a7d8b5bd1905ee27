"""The performance trace under measurement: what a step costs before, during and after a recording."""

from __future__ import annotations

from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Final

from app.bench import engine, figures
from engine.core.commands import Place
from engine.core.events import Asked
from engine.core.ids import AccountId
from engine.core.units import Money, Nanos, Side
from engine.kernel.step import Kernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bench.figures import Figure

TURNS: Final = 7
STEPS: Final = 2_000


def traced_step() -> Figure:
    """What a recording adds to a step of the engine, and that a step is the same function again without one."""
    from app.trace import Recording

    work, plain = _work(), Kernel.__dict__["step"]
    before, during, after = [], [], []
    figures.each(work, STEPS)
    for _ in range(TURNS):
        before.append(median(figures.each(work, STEPS)))
        recording = Recording()
        during.append(median(figures.each(work, STEPS)))
        recording.end()
        after.append(median(figures.each(work, STEPS)))
    return figures.of(
        [on - off for on, off in zip(during, before, strict=True)], "us", bar=5.0, moonshot=1.0, held="median",
        off_before_us=round(median(before), 3), off_after_us=round(median(after), 3),
        on_us=round(median(during), 3), same_function_after=Kernel.__dict__["step"] is plain,
    )  # fmt: skip


def _work() -> Callable[[], None]:
    """Return a step that trades another account's share to and fro."""
    one, trader = engine.kernel(), AccountId("sim-01")
    one.state.exchange.deposit(trader, Money(Decimal(100_000)))
    turn = [
        Asked(at=engine.START, command=Place(by=trader, instrument=engine.INSTRUMENT, side=side, qty=engine.ONE),
              pressed_at=Nanos(0))
        for side in (Side.BUY, Side.SELL)
    ]  # fmt: skip

    def work() -> None:
        turn.reverse()
        one.step(turn[1])

    return work


ALL: Final = {"traced_step": traced_step}
