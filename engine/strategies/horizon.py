"""What the short-horizon models look at: features of one bracket at one moment, defined by name, and who checks that.

The same functions make the rows a model is trained on and those it is asked about while trading, from the same eye
(`engine.strategies.event_eye`). A definition names the features, the pace at which the eye is asked and what a label
is; its digest covers the constants of the eye as well, so that a model of other features is told apart from ours.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

import msgspec

from engine.maths import kinematics
from engine.strategies import bracket_eye, event_eye

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.strategies.event_eye import Seen

    Feature = Callable[[Seen, int], float | None]

VERSION: Final = 1
"""Goes up when a feature comes to mean something else."""
MEMORY: Final = 20.0
"""Cadences after which a price weighs a third."""
UNKNOWN: Final = math.nan
EDGE: Final = 0.001
"""From 0 and 1 a price is held off before its log-odds are taken."""


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which features, at what pace, of which label."""

    version: int = VERSION
    names: tuple[str, ...]
    cadence_s: float
    """Between two looks of the eye."""
    horizon_s: float
    """From a row to its label, a whole number of cadences."""
    least_move: float = 0.005
    """Account currency a share from which on a price has moved; smaller moves are no label."""

    @property
    def memory_s(self) -> float:
        """How fast the eye forgets prices, seconds."""
        return MEMORY * self.cadence_s

    @property
    def digest(self) -> str:
        """Of the definition and of what this program takes its words to mean."""
        paces = (float(self.cadence_s), float(self.horizon_s), float(self.least_move))
        said = msgspec.json.encode((self.version, self.names, paces, _MEANING))
        return hashlib.blake2b(said, digest_size=12).hexdigest()


def row(seen: Seen, j: int, names: Sequence[str]) -> tuple[float, ...]:
    """Return the features of bracket `j`; NaN is unknown."""
    found = (FEATURES[name](seen, j) for name in names)
    return tuple(UNKNOWN if value is None else float(value) for value in found)


def check(found: Definition) -> str:
    """Return in words why a definition is none of ours; empty where it is."""
    if found.version != VERSION:
        return f"its features are of version {found.version}, this program's of {VERSION}"
    unknown = [name for name in found.names if name not in FEATURES]
    if unknown or not found.names or len(set(found.names)) != len(found.names):
        return f"its features are not ours ({', '.join(unknown)[:80] or 'none, or one twice'})"
    if not (1.0 <= found.cadence_s <= 60.0 and found.cadence_s <= found.horizon_s <= 600.0):
        return f"a cadence of {found.cadence_s:g} s and a horizon of {found.horizon_s:g} s do not go together"
    steps = found.horizon_s / found.cadence_s
    if not math.isclose(steps, round(steps)):
        return f"its horizon of {found.horizon_s:g} s is no whole number of cadences of {found.cadence_s:g} s"
    return "" if 0.0 < found.least_move < 1.0 else f"a move of {found.least_move:g} is none"


def _mid(seen: Seen, j: int) -> float | None:
    return seen.brackets[j].mid if 0 <= j < len(seen.brackets) else None


def _logit(seen: Seen, j: int) -> float | None:
    mid = _mid(seen, j)
    if mid is None:
        return None
    held = min(max(mid, EDGE), 1.0 - EDGE)
    return math.log(held / (1.0 - held))


def _share(seen: Seen, j: int) -> float | None:
    """Return the bracket's part of the whole distribution."""
    mid = _mid(seen, j)
    return None if mid is None or not seen.sum_mid else mid / seen.sum_mid


def _v(seen: Seen, j: int) -> float | None:
    motion = seen.brackets[j].motion if 0 <= j < len(seen.brackets) else None
    return motion.v if motion is not None and motion.ok else None


def _a(seen: Seen, j: int) -> float | None:
    motion = seen.brackets[j].motion
    return motion.a if motion is not None and motion.ok else None


def _relative(values: Sequence[float], j: int, best: bool) -> float | None:
    if len(values) < 2:
        return None
    found = kinematics.relative(values)
    return (found.against_best if best else found.against_mean)[j]


def _pressure(seen: Seen, j: int) -> float:
    one = seen.brackets[j]
    return math.log((one.buys + bracket_eye.LEAST_RATE) / (one.sells + bracket_eye.LEAST_RATE))


def _micro(seen: Seen, j: int) -> float | None:
    one = seen.brackets[j]
    return None if one.micro is None or one.mid is None else one.micro - one.mid


def _lean(seen: Seen, j: int) -> float | None:
    """Return how much mass lies above the bracket less what lies below it."""
    mids = [one.mid for one in seen.brackets]
    if seen.sum_mid is None or len(mids) < 2:
        return None
    known = [mid or 0.0 for mid in mids]
    return math.fsum(known[j + 1 :]) - math.fsum(known[:j])


def _centre(seen: Seen, motion: str) -> float | None:
    return None if seen.centre is None else getattr(seen.centre, motion)


def _weather(seen: Seen, j: int) -> float | None:
    mid = _mid(seen, j)
    return None if seen.sky is None or mid is None else seen.sky.chances[j] - mid


FEATURES: Final[dict[str, Feature]] = {
    "logit": _logit,
    "spread": lambda seen, j: seen.brackets[j].spread,
    "v": _v,
    "a": _a,
    "v_against": lambda seen, j: _relative(seen.velocity, j, best=False),
    "a_against": lambda seen, j: _relative(seen.acceleration, j, best=False),
    "a_leads": lambda seen, j: _relative(seen.acceleration, j, best=True),
    "share": _share,
    "share_below": lambda seen, j: _share(seen, j - 1),
    "share_above": lambda seen, j: _share(seen, j + 1),
    "v_below": lambda seen, j: _v(seen, j - 1),
    "v_above": lambda seen, j: _v(seen, j + 1),
    "overround": lambda seen, _: None if seen.sum_mid is None else seen.sum_mid - 1.0,
    "lean": _lean,
    "centre_v": lambda seen, _: _centre(seen, "speed"),
    "centre_a": lambda seen, _: _centre(seen, "acceleration"),
    "pressure": _pressure,
    "spike": lambda seen, j: float(seen.brackets[j].spike),
    "pace": lambda seen, j: math.log(seen.brackets[j].per_s + bracket_eye.LEAST_RATE),
    "volume": lambda seen, j: math.log1p(seen.brackets[j].volume),
    "flow": lambda seen, j: seen.brackets[j].flow_share,
    "queue": lambda seen, j: seen.brackets[j].queue,
    "micro": _micro,
    "weather": _weather,
    "hazard_5": lambda seen, _: None if seen.sky is None else seen.sky.hazard_5,
    "hazard_60": lambda seen, _: None if seen.sky is None else seen.sky.hazard_60,
}
"""Every feature there is. Prices are in account currency a share, motion a second."""
OF_SIZES: Final = ("flow", "queue", "micro")
"""Need the sizes at the best prices."""
OF_WEATHER: Final = ("weather", "hazard_5", "hazard_60")
"""Need the weather model's opinion of the event."""
OF_NEIGHBOURS: Final = (
    "v_against", "a_against", "a_leads", "share", "share_below", "share_above", "v_below", "v_above", "overround",
    "lean", "centre_v", "centre_a",
)  # fmt: skip
"""Need the other brackets of the event."""
_MEANING: Final = (
    VERSION, MEMORY, EDGE, bracket_eye.SAMPLES, bracket_eye.LONG_S, bracket_eye.MINUTES, bracket_eye.BASE_S,
    bracket_eye.ALPHA, bracket_eye.BETA, event_eye.TAIL_F, kinematics.LEAST,
)  # fmt: skip


def without(*absent: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all features but those of some kinds."""
    gone = {name for some in absent for name in some}
    return tuple(name for name in FEATURES if name not in gone)
