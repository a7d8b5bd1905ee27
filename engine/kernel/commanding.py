"""What the trader asks for: each command to the part of the kernel that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import (
    Amend,
    Annotate,
    Arm,
    Cancel,
    CancelAll,
    CloseTrade,
    Conclude,
    CreateMarket,
    Disarm,
    EditSpread,
    Flatten,
    Halt,
    HedgeNow,
    ManualTrade,
    NoteMarket,
    Pass,
    Place,
    Quote,
    Reconcile,
    ReduceOnly,
    Release,
    Resettle,
    Ring,
    Rule,
    SelfTest,
    SetLimit,
    SetParameter,
    SetPhase,
    SetStrategy,
    TakeRole,
    Teach,
    Watch,
)
from engine.kernel import (
    arming,
    control,
    crossing,
    dealing,
    journal,
    leaving,
    listing,
    noting,
    reconciling,
    settling,
    trading,
    watching,
    withdrawing,
)
from engine.kernel.rfq import desk as rfq
from engine.kernel.rfq import hedge_by_hand
from engine.kernel.strategies import intents, switching

if TYPE_CHECKING:
    from engine.core.commands import AnyCommand
    from engine.core.units import Nanos
    from engine.kernel.state import State


def order(state: State, place: Place, pressed_at: Nanos) -> None:
    """Do the same for an order on the embedded exchange, which is asked for more often than all else."""
    if state.strategies.steady == (0, 0):
        intents.set_steady(state, pressed_at)
    else:
        state.strategies.steady = (state.now, pressed_at)
    trading.place(state, place, pressed_at)
    state.envelopes.lapse()


def take(state: State, command: AnyCommand, pressed_at: Nanos) -> None:
    """Do what a command asks for, or say why not; `pressed_at` is the host's steady clock when it was given."""
    intents.set_steady(state, pressed_at)
    match command:
        case Place():
            if command.instrument.venue in state.desks:
                dealing.place(state, command, pressed_at)
            else:
                trading.place(state, command, pressed_at)
        case Cancel():
            withdrawing.cancel(state, command)
        case CancelAll():
            withdrawing.cancel_all(state, command.market)
        case Flatten():
            leaving.flatten(state, command, pressed_at)
        case Halt():
            control.press(state, command)
        case Release():
            control.release(state, command)
        case ReduceOnly():
            control.reduce_only(state, command)
        case SetLimit():
            control.set_limit(state, command)
        case SelfTest():
            control.self_test(state)
        case TakeRole():
            control.take_role(state, command)
        case CreateMarket():
            listing.create(state, command)
        case SetPhase():
            listing.set_phase(state, command)
        case Rule():
            settling.rule(state, command)
        case Resettle():
            settling.resettle(state, command)
        case Amend():
            dealing.amend(state, command, pressed_at)
        case Watch():
            watching.watch(state, command)
        case Ring():
            crossing.ring(state, command)
        case Arm():
            arming.arm(state, command)
        case Disarm():
            arming.disarm(state, command.why)
        case Reconcile():
            reconciling.again(state, command)
        case Conclude():
            reconciling.conclude(state, command)
        case SetStrategy():
            switching.switch(state, command)
        case SetParameter():
            switching.tell(state, command)
        case Teach():
            switching.teach(state, command)
        case Annotate():
            journal.annotate(state, command)
        case NoteMarket():
            noting.note(state, command)
        case Quote() | Pass() | EditSpread() | ManualTrade() | CloseTrade():
            rfq.ask(state, command)
        case HedgeNow():
            hedge_by_hand.now(state, command)
