"""Commands about the session itself: halt, release, reduce-only, limits, roles; and what the disk says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import Role
from engine.core.effects import Level
from engine.core.ids import YOU, AccountId
from engine.core.snapshot import LIVE
from engine.kernel import arming, automated, reshowing, results, rows, withdrawing
from engine.kernel.session import GateMemory
from engine.risk import gates
from engine.risk.limits import SPECS, Limits
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.commands import Halt, ReduceOnly, Release, SetLimit, TakeRole
    from engine.core.events import ChainChecked, StoreChanged
    from engine.kernel.state import State


def halt(state: State, by: str, why: str) -> None:
    """Stop opening, take back what works, remember it over a restart. A second halt keeps the first one's name."""
    session = state.session
    if session.halted_by:
        state.out.notice(Level.INFO, f"already halted by {session.halted_by}", "KILL")
        return
    session.halted_by, session.halted_why, session.halted_at = by, why, state.now
    session.cancelled = withdrawing.cancel_all(state)
    state.out.keep((rows.meta("halted", by), rows.meta("halted_why", why), rows.meta("halted_at", str(state.now))))
    text = f"HALTED by {by}: {why}" if why else f"HALTED by {by}"
    state.out.notice(Level.DANGER, text, "KILL")
    reshowing.everything(state)


def press(state: State, asked: Halt) -> None:
    """The kill switch."""
    halt(state, str(asked.by), asked.why)


def release(state: State, asked: Release) -> None:
    """End a halt, if the account's name was typed."""
    session = state.session
    if not session.halted_by:
        state.out.notice(Level.INFO, "trading is not halted", "KILL")
        return
    if asked.typed.strip() != session.account_name:
        text = f"the halt stays: type the account's name, {session.account_name}, to end it"
        state.out.notice(Level.WARN, text, "KILL")
        return
    by, session.halted_by, session.halted_why, session.halted_at = session.halted_by, "", "", None
    state.out.keep((rows.meta("halted", ""), rows.meta("halted_why", ""), rows.meta("halted_at", "0")))
    reason = f" ({asked.why.strip()})" if asked.why.strip() else ""
    state.out.notice(Level.WARN, f"the halt by {by} was ended{reason}", "KILL")
    arming.disarm(state, f"halted by {by}")  # only now: until then positions may still be reduced
    reshowing.everything(state)


def reduce_only(state: State, asked: ReduceOnly) -> None:
    """Let only orders pass that make a position smaller, or all again."""
    if state.session.reduce_only == asked.on:
        return
    state.session.reduce_only = asked.on
    if asked.on:
        automated.reduce_only(state)
    state.out.keep((rows.meta("reduce_only", "1" if asked.on else "0"),))
    state.out.notice(Level.WARN, "reduce-only is on" if asked.on else "reduce-only is off", "REDUCE_ONLY")
    reshowing.everything(state)


def keep_limits(state: State, kept: Iterable[tuple[str, Decimal]]) -> None:
    """Keep the limits that started as shares of the balance: a restart must not loosen them as it grows."""
    known = dict(kept)
    starting = [code for code, spec in SPECS.items() if spec.of_equity and code not in known]
    if starting:
        state.out.keep(tuple(rows.meta(f"limit:{code}", f"{state.limits[code]:f}") for code in starting))


def start_limits(state: State) -> None:
    """Live: start the limits that are shares of the balance once every venue has said what it is."""
    if not state.limits_wait or any(desk.cash is None for desk in state.desks.values() if desk.facts.trades):
        return
    state.limits_wait = False
    kept = state.limits_kept
    state.limits = Limits(results.equity(state), kept)
    keep_limits(state, kept)
    state.out.notice(Level.INFO, "limits follow from the balances that the venues told", "LIMITS")
    reshowing.everything(state)


def set_limit(state: State, asked: SetLimit) -> None:
    """Tighten a limit, or loosen it while flat and with a reason."""
    spec = SPECS.get(asked.gate)
    if state.limits_wait and spec is not None and spec.of_equity:
        text = f"{asked.gate} follows from balances that the venues have not told yet"
        state.out.notice(Level.WARN, text, asked.gate)
        return
    standing = not_flat(state)
    refused = state.limits.refuse(asked.gate, asked.value, flat=not standing, why=asked.why)
    if refused:
        text = f"{refused} ({standing})" if standing and spec is not None else refused
        state.out.notice(Level.WARN, text, asked.gate)
        return
    before = state.limits[asked.gate]
    state.limits.set(asked.gate, asked.value)
    if state.limits_wait:  # they start anew once the balances are known: what was set by hand stays
        state.limits_kept = (*state.limits_kept, (asked.gate, asked.value))
    kept = (
        rows.meta(f"limit:{asked.gate}", f"{asked.value:f}"),
        rows.meta(f"limit_why:{asked.gate}", asked.why.strip()),
    )
    state.out.keep(kept)
    why = f" ({asked.why.strip()})" if asked.why.strip() else ""
    state.out.notice(Level.WARN, f"{asked.gate} was {before:f} and is {asked.value:f}{why}", asked.gate)
    reshowing.everything(state)


def not_flat(state: State) -> str:
    """Return what keeps us from being flat; empty when nothing does.

    Orders count from the moment they are let through until nothing more can come of them, and a live account whose
    positions were not held against the venue's is not known to be flat.
    """
    if any(held.position.qty for held in state.exchange.holdings(YOU)) or any(True for _ in state.book.held()):
        return "a position is held"
    if state.register.waiting:
        return "orders work, or their fate is not known"
    if state.session.mode != LIVE:
        return ""
    unsure = [desk.facts.title for desk in state.desks.values() if desk.facts.trades and not desk.reconciled]
    return f"the account on {unsure[0]} is not reconciled" if unsure else ""


def take_role(state: State, asked: TakeRole) -> None:
    """Act as trader or operator; the session's log says so."""
    state.session.roles[AccountId(asked.by)] = asked.role
    if asked.role is Role.OPERATOR:
        text = "operator: may create markets, rule disputes and settle again"
    else:
        text = "trader: may trade"
    state.out.notice(Level.WARN, f"{asked.by} acts as {text}", "ROLE")
    reshowing.everything(state)


def store_changed(state: State, event: StoreChanged) -> None:
    """The disk stopped or resumed taking writes."""
    session = state.session
    session.storage_ok, session.storage_why = event.ok, event.why
    if event.ok:
        state.out.notice(Level.WARN, "the disk takes writes again; what waited is kept", "STORAGE")
    else:
        state.out.notice(Level.DANGER, f"the disk takes no writes: {event.why}", "STORAGE")
    reshowing.everything(state)


def chain_checked(state: State, event: ChainChecked) -> None:
    """The records on disk were verified, or were not."""
    session = state.session
    was = session.chain_ok
    session.chain_ok = event.ok
    session.chain_records, session.chain_proved, session.chain_at = event.records, event.proved, state.now
    if was and not event.ok:
        state.out.notice(Level.DANGER, f"the settlement log does not verify: {event.text}", "CHAIN")
    if event.ok != was:
        reshowing.everything(state)
    state.out.dirty(topics.SETTLEMENTS, topics.GATES, topics.SPINE)


def self_test(state: State) -> None:
    """Try every gate on a sound and on a broken order, and keep what came of it."""
    for gate in gates.GATES:
        memory = state.gates.setdefault(gate.code, GateMemory())
        memory.test, memory.tested_at = gates.self_test(gate, state.limits) or "ok", state.now
        if memory.test != "ok":
            state.out.notice(Level.DANGER, memory.test, gate.code)
    state.out.dirty(topics.GATES)


def guard(state: State) -> None:
    """Halt when the day's or the week's loss has reached its limit."""
    known, total = state.limits.known, state.total
    if state.session.halted_by or (
        total - state.day_base > known["DAILY_LOSS"] and total - state.week_base > known["WEEKLY_LOSS"]
    ):
        return
    for code, span, result in (
        ("DAILY_LOSS", "day", results.day(state)),
        ("WEEKLY_LOSS", "week", results.week(state)),
    ):
        limit = state.limits[code]
        if result <= limit and limit < 0:
            halt(state, code, f"the {span} stands at ${result:.2f}; the limit is ${limit:.2f}")
            return
