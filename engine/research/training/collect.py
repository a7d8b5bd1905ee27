"""The rows of a whole data set, part by part; kept as they are made, so that a walk that is started again has them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.units import MINUTE, Nanos
from engine.research import backtest
from engine.research.sets import kalshi_tapes
from engine.research.training import look, season, sessions
from engine.research.training.look import Grouping
from engine.research.training.table import Table, join, load
from engine.strategies import horizon
from engine.strategies.horizon import Definition

if TYPE_CHECKING:
    from engine.research.sets.recording import Part

ZONES: Final = {"New York": -5, "Miami": -5, "Chicago": -6, "Austin": -6, "made up": -6}
"""Of the local standard days of each city."""
SIZELESS: Final = frozenset({kalshi_tapes.WEATHER.name, kalshi_tapes.CRYPTO.name, "kalshi-miami-minute"})
"""Sets that tell prices and no sizes."""
ALONE: Final = frozenset({
    kalshi_tapes.CRYPTO.name, "polymarket-btc5m-books", "polymarket-btc5m-ladder", "polymarket-btc5m-chainlink"
})  # fmt: skip
"""Sets whose markets are no brackets of one event."""


def definition(name: str, cadence_s: float, horizon_s: float) -> tuple[Definition, tuple[str, ...]]:
    """Return the features that a set can have, and those it cannot."""
    gone: list[tuple[str, ...]] = [horizon.OF_WEATHER]
    gone += [horizon.OF_SIZES] if name in SIZELESS else []
    gone += [horizon.OF_NEIGHBOURS] if name in ALONE else []
    names = horizon.without(*gone)
    absent = tuple(one for one in horizon.FEATURES if one not in names)
    return Definition(names=names, cadence_s=cadence_s, horizon_s=horizon_s), absent


def grouping(name: str, part: Part) -> Grouping:
    """Return what is never split: the local standard day of a city, or a window."""
    if name == kalshi_tapes.CRYPTO.name:
        return Grouping(Nanos(15 * MINUTE))
    if name in ALONE:
        return Grouping(Nanos(5 * MINUTE))
    return look.standard(ZONES.get(dict(part.groups).get("city", ""), -5))


def parts(name: str, folder: Path | None, *, seed: int, days: int, edge: float, hours: float = 3.0) -> Iterator[Part]:
    """Yield the parts of a recorded set, own sessions, or the days of a made-up season.

    Raises
    ------
    InputError
        If there is no such set, or the folder is none of it.
    """
    if name == season.NAME or folder is None:
        yield from season.parts(seed, days, edge=edge, hours=hours)
    elif name == sessions.NAME:
        yield from sessions.parts(folder)
    else:
        yield from backtest.chosen(backtest.Plan(data=name, strategies=()), folder)


def table(
    name: str,
    some: Iterator[Part],
    wanted: Definition,
    *,
    cache: Path | None = None,
    told: Callable[[str], None] = lambda part: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Table | None:
    """Return the rows of some parts; None if it was stopped, with what was made kept in `cache`."""
    found = []
    for part in some:
        if stopped():
            return None
        found.append(_one(name, part, wanted, cache))
        told(part.name)
    return join(found)


def _one(name: str, part: Part, wanted: Definition, cache: Path | None) -> Table:
    if cache is None:
        return look.build(part.events(), wanted, grouping(name, part))
    said = f"{name} {part.name} {part.rows} {part.notes} {wanted.digest}"
    file = cache / f"{hashlib.blake2b(said.encode(), digest_size=10).hexdigest()}.npz"
    if file.exists():
        return load(file)
    made = look.build(part.events(), wanted, grouping(name, part))
    cache.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half.npz")
    made.save(half)
    half.replace(file)
    return made
