"""Rows of one message, one by one: a row that cannot be read costs none of those beside it.

What a row tells is noted as told when it is taken in. If a later row of its message threw it away, nobody would ever
tell it again: a fill would be lost until the account is looked at. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.core.events import Event


def each(steps: Iterable[Callable[[], Iterable[Event]]]) -> Iterator[Event]:
    """Yield what each step tells, in their order.

    Raises
    ------
    WireError
        The first that a step raised, once all that can be told was.
    """
    failed: WireError | None = None
    for step in steps:
        try:
            events = step()
        except WireError as e:
            failed = failed or e
            continue
        yield from events
    if failed is not None:
        raise failed
