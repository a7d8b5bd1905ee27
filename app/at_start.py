"""What the settings ask of a session that has just begun: states of strategies, and limits the environment names.

They are commands like any other: the kernel decides, so a looser limit is refused unless the book is flat, and no
setting can make a strategy live or arm anything. A strategy that halted stays halted.
"""

from __future__ import annotations

import asyncio
import logging
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.setting_list import FRACTION, LEFT, MODEL, SETTINGS, STRATEGIES, limit_key
from app.settings import Source
from engine.core.commands import SetLimit, SetStrategy, StrategyState, Teach
from engine.core.ids import StrategyId
from engine.kernel import results
from engine.risk.limits import SPECS
from engine.strategies.base import LONGEST_LESSON
from engine.strategies.momentum_model import MODEL as CLASSIFIER
from engine.strategies.momentum_terms import NAME as MOMENTUM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.settings import Settings
    from engine.core.commands import AnyCommand
    from engine.kernel.state import State

STAKE: Final = "STRATEGIES_STAKE"
"""The limit that the fraction sets."""
AGAIN_S: Final = 0.2
LOG: Final = logging.getLogger(__name__)


def strategies(settings: Settings, state: State) -> Iterator[SetStrategy]:
    """Return the switches that the settings ask for and that are not so yet."""
    for name, _, _ in STRATEGIES:
        wanted = settings.text(f"strategies.{name}")
        seat = state.strategies.seats.get(StrategyId(name))
        if wanted == LEFT or seat is None:
            continue
        to = StrategyState(wanted)
        if seat.state is not to and not (seat.halted and to is not StrategyState.OFF):
            yield SetStrategy(strategy=seat.name, to=to)


def limits(settings: Settings, state: State) -> Iterator[SetLimit]:
    """Return the limits that the environment asks for and that are not in force, each with its reason."""
    fraction = settings[FRACTION].value
    for code in SPECS:
        key = limit_key(code)
        value = settings[key].value
        if value is None and code == STAKE and isinstance(fraction, Decimal):
            key, value = FRACTION, (fraction * results.equity(state)).quantize(Decimal("0.01"), ROUND_FLOOR)
        if isinstance(value, Decimal) and value != state.limits[code]:
            yield SetLimit(gate=code, value=value, why=f"{SETTINGS[key].env} in the {settings[key].source}")


def model(settings: Settings, tell: Callable[[str], None]) -> Iterator[Teach]:
    """Return the classifier's model that the settings name; a file that cannot be read is told."""
    said = settings.text(MODEL)
    if not said:
        return
    file = Path(said).expanduser()
    try:
        if file.stat().st_size > LONGEST_LESSON:
            tell(f"{file}: is no model, it is larger than {LONGEST_LESSON // 1024} KB")
            return
        body = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        tell(f"{file}: the model cannot be read ({e})")
        return
    yield Teach(strategy=MOMENTUM, name=CLASSIFIER, body=body)


async def ask(
    settings: Settings, state: State, put: Callable[[AnyCommand], None], tell: Callable[[str], None] = LOG.warning
) -> None:
    """Put it to the engine; limits of a live session once its venues have told the balance."""
    for lesson in model(settings, tell):
        put(lesson)
    for switch in strategies(settings, state):
        put(switch)
    if not any(settings[key].source is not Source.DEFAULT for key in (FRACTION, *map(limit_key, SPECS))):
        return
    while state.limits_wait:  # noqa: ASYNC110 - the venues decide when
        await asyncio.sleep(AGAIN_S)
    for limit in limits(settings, state):
        put(limit)
