"""How the parts of a session do, one line each: what a person at a prompt, or a program that watches, asks first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND
from engine.host.clock import steady
from engine.views.health import HealthView, ServiceLine

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from app.boot import Session
    from engine.host.vitals import Vital

BUSY: Final = 1_000
"""Events or rows that wait: more, and it falls behind."""


def of(session: Session) -> HealthView:
    """Return how every part does now."""
    rows = tuple(_lines(session))
    return HealthView(ok=all(row.state != "down" for row in rows), rows=rows)


def text(view: HealthView) -> str:
    """Return it as a table for people."""
    head = ("service", "state", "age s", "restarts", "")
    cells = [head, *((r.name, r.state, _number(r.age_s), _number(r.restarts), r.why) for r in view.rows)]
    wide = [max(len(line[n]) for line in cells) for n in range(4)]
    lines = ("  ".join(part.ljust(w) for part, w in zip(line, (*wide, 0), strict=True)).rstrip() for line in cells)
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f}"


def _lines(session: Session) -> Iterator[ServiceLine]:
    host, writer, state, age = session.host, session.writer, session.kernel.state, _since(session.began)
    waits = f"{host.waiting} events wait, {host.sequence} taken in"
    yield _line("engine", "down" if host.stopped else _pace(host.waiting), waits, age)
    stored = state.session
    waits = f"{writer.waiting} rows wait" if stored.storage_ok else stored.storage_why
    yield _line("store", _pace(writer.waiting) if stored.storage_ok else "down", waits, age)
    lost = writer.tally.lost
    told = f"{lost} events lost" if lost else f"{writer.tally.rows} events"
    yield _line("recorder", "down" if lost else "ok", told, age)
    broken = "" if stored.chain_ok else "the settlement log is not what was sealed"
    yield _line("settlement log", "down" if broken else "ok", broken or f"{state.chain_next} records", age)
    for task in session.tasks:
        yield _task(task, age)
    for vital in session.desks.vitals:
        yield _vital(vital)
    if session.skies is not None:
        yield _vital(session.skies.vital)


def _line(name: str, state: str, why: str, age: float | None) -> ServiceLine:
    """Return the line of a part that begins with the session and is never begun again."""
    return ServiceLine(name=name, state=state, age_s=age, restarts=0, why=why)


def _since(began: int) -> float:
    return round((steady() - began) / SECOND, 1)


def _pace(waiting: int) -> str:
    return "busy" if waiting > BUSY else "ok"


def _task(task: asyncio.Task[None] | asyncio.Task[int], age: float) -> ServiceLine:
    name = "simulated day" if task.get_name() == "day" else task.get_name()
    if not task.done():
        return _line(name, "ok", "", age)
    failed = not task.cancelled() and task.exception() is not None
    return _line(
        name, "down" if failed else "off", "it failed; see the log" if failed else "it has done its work", None
    )


def _vital(vital: Vital) -> ServiceLine:
    age = _since(vital.since) if vital.since else None
    state = "ok" if vital.running else "down"
    return ServiceLine(name=vital.name, state=state, age_s=age, restarts=vital.restarts, why=vital.why)
