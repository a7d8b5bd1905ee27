"""What the program asks of its engine while an actor uses it, each command with the input it came from.

An order asked for by no input, or by one that must not trade, is one nobody asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from engine.core.commands import Amend, Flatten, Place
from engine.core.ids import YOU

TRADING: Final = Place | Amend | Flatten


class Input(NamedTuple):
    """What the script did."""

    words: str
    may_trade: bool


class Ledger:
    """Every command that was asked of the engine, with the input it came from; None where none was going on."""

    def __init__(self, host: Any) -> None:
        self.asked: list[tuple[Any, Input | None]] = []
        self.now: Input | None = None
        self.inputs: Counter[str] = Counter()
        self.taken: list[tuple[int, Any]] = []
        """Commands as the engine took them, with their time."""
        self._through: Callable[[Any], None] = host.ask
        host.ask = self._ask
        host.listen(self._heard)

    def _ask(self, command: Any) -> None:
        self.asked.append((command, self.now))
        self._through(command)

    def _heard(self, event: Any) -> None:
        if type(event).__name__ == "Asked" and event.command.by == YOU:  # others of the simulated day trade, too
            self.taken.append((event.at, event.command))

    @contextmanager
    def doing(self, kind: str, words: str, *, may_trade: bool = False) -> Iterator[None]:
        """Note what is asked meanwhile as coming from this input."""
        self.inputs[kind] += 1
        self.now = Input(f"{kind} {words}", may_trade)
        try:
            yield
        finally:
            self.now = None

    def orders(self) -> list[tuple[Any, Input | None]]:
        """Return what was asked that could trade."""
        return [(command, origin) for command, origin in self.asked if isinstance(command, TRADING)]

    def unasked(self) -> list[tuple[Any, Input | None]]:
        """Return the orders that came from no input, or from one that must not trade.

        A basket's next leg goes out on the answer to the one before: who asked for its first asked for it.
        """
        meant = [command for command, origin in self.orders() if origin is not None and origin.may_trade]
        begun = {_basket(command) for command in meant} - {""}
        others = [(command, origin) for command, origin in self.orders() if origin is None or not origin.may_trade]
        return [one for one in others if one[1] is not None or _basket(one[0]) not in begun]


def _basket(command: Any) -> str:
    """Return the key that the legs of a basket share; empty for any other order."""
    intent = getattr(command, "intent", "")
    return intent.rpartition(":")[0] if intent.startswith("basket:") else ""
