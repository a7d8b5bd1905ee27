"""A short-horizon model as a file: read, checked, and asked for the chance that a bracket's price moves up.

The file is JSON: coefficients, or trees as arrays; the calibration; the features it was made of; a digest of the data
it learnt from. Nothing in it is ever executed, its size is bounded, and one of other features than this program's is
refused. What it answers equals what the training library predicted (`engine.research.training`).
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

import msgspec

from engine.maths import boosted, normal
from engine.maths.boosted import Tree
from engine.maths.calibrate import Beta, Isotonic, Platt, sigmoid
from engine.strategies import horizon
from engine.strategies.horizon import Definition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.strategies.event_eye import Seen

FORMAT: Final = 1
LARGEST: Final = 512 * 1024
"""Bytes of a model's file."""
MOST_POINTS: Final = 4_096
"""Of an isotonic calibration."""


class Linear(msgspec.Struct, frozen=True, kw_only=True, tag="linear", forbid_unknown_fields=True):
    """Log-odds as a sum over standardised features; what is unknown counts as its mean."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    shift: float


class Boosted(msgspec.Struct, frozen=True, kw_only=True, tag="boosted", forbid_unknown_fields=True):
    """Log-odds as a sum over trees."""

    base: float
    trees: tuple[Tree, ...]


class Varx(msgspec.Struct, frozen=True, kw_only=True, tag="varx", forbid_unknown_fields=True):
    """A banded vector autoregression of the distribution, one row shared by all brackets; unknown features count 0."""

    weights: tuple[float, ...]
    shift: float
    error: float
    """Standard error of the foreseen share, > 0."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a score becomes a probability."""

    kind: str = "none"
    """``none``, ``platt``, ``beta`` or ``isotonic``."""
    values: tuple[float, ...] = ()
    points: tuple[tuple[float, float], ...] = ()


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model learnt from."""

    name: str
    digest: str
    """Of its table of features and labels."""
    rows: int
    moves: int
    groups: int
    """Days, or windows."""
    first: str
    last: str
    """Of the rows, ISO 8601."""
    absent: tuple[str, ...] = ()
    """Features that the data cannot have."""


class Tuned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it was tuned."""

    seed: int
    trials: int
    parameters: dict[str, float | int | str]
    brier: float
    """Out of fold, on the training days."""


class Artifact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    format: int = FORMAT
    definition: Definition
    definition_digest: str
    source: Source
    tuned: Tuned
    model: Linear | Boosted | Varx
    calibration: Calibration = Calibration()


class Classifier:
    """A model that was checked.

    Raises
    ------
    ValueError
        If it cannot be used; the message is a sentence without its subject, for "the model …".
    """

    def __init__(self, artifact: Artifact, digest: str) -> None:
        why = _fault(artifact)
        if why:
            raise ValueError(why)
        self.artifact = artifact
        self.definition = artifact.definition
        self.digest = digest
        """Of the file's bytes."""
        self._map = mapped(artifact.calibration)

    def up(self, seen: Seen) -> tuple[float | None, ...]:
        """Return the chance that each bracket's next move is up; None for one without a price."""
        names = self.definition.names
        rows = [horizon.row(seen, j, names) for j in range(len(seen.brackets))]
        chances = self.chances(rows)
        return tuple(None if one.mid is None else p for one, p in zip(seen.brackets, chances, strict=True))

    def chances(self, rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
        """Return the chances of the rows of one event at one moment, brackets in their order."""
        return tuple(self._map(p) for p in self.raw(rows))

    def raw(self, rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
        """Return them as they are before the calibration."""
        model = self.artifact.model
        if isinstance(model, Varx):
            return _foreseen(model, self.definition.names, rows)
        return tuple(sigmoid(_odds(model, row)) for row in rows)


def read(body: bytes) -> Classifier:
    """Return the model of a file.

    Raises
    ------
    ValueError
        If it is too large, no model, or one of other features; the message is a sentence without its subject.
    """
    if len(body) > LARGEST:
        msg = f"is larger than {LARGEST // 1024} KB"
        raise ValueError(msg)
    try:
        artifact = msgspec.json.decode(body, type=Artifact)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        msg = f"is no model of ours ({str(e)[:120]})"
        raise ValueError(msg) from e
    return Classifier(artifact, hashlib.blake2b(body, digest_size=12).hexdigest())


def write(artifact: Artifact) -> bytes:
    """Return a model as its file holds it."""
    return msgspec.json.encode(artifact, order="deterministic")


def mapped(found: Calibration) -> Callable[[float], float]:
    """Return a calibration as a function of a probability."""
    if found.kind == "platt":
        return Platt(*found.values).__call__
    if found.kind == "beta":
        return Beta(*found.values).__call__
    return Isotonic.of(found.points) if found.kind == "isotonic" else _same


def _same(p: float) -> float:
    return p


def _odds(model: Linear | Boosted, row: Sequence[float]) -> float:
    if isinstance(model, Boosted):
        return boosted.score(model.trees, model.base, row)
    total = model.shift
    for value, mean, scale, weight in zip(row, model.means, model.scales, model.weights, strict=True):
        if value == value:  # NaN is unknown
            total += weight * ((value - mean) / scale)
    return total


def foresee(model: Varx, at: int, rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return the shares that are foreseen of the brackets of one look, brought back to the mass that they have now.

    Their shares now are feature number `at`; of a whole event they sum to 1.
    """
    found = []
    for row in rows:
        total = model.shift
        for value, weight in zip(row, model.weights, strict=True):
            if value == value:  # NaN is unknown
                total += weight * value
        found.append(min(max(total, 0.0), 1.0))
    now, whole = [row[at] for row in rows], math.fsum(found)
    return tuple(value * (math.fsum(now) / whole) for value in found) if whole > 0.0 else tuple(now)


def _foreseen(model: Varx, names: Sequence[str], rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    at = names.index("share")
    if any(row[at] != row[at] for row in rows):
        return (0.5,) * len(rows)  # a price is missing: nothing is said of the distribution
    ahead = foresee(model, at, rows)
    return tuple(normal.cdf((then - row[at]) / model.error) for then, row in zip(ahead, rows, strict=True))


def _fault(artifact: Artifact) -> str:
    if artifact.format != FORMAT:
        return f"is of format {artifact.format}, this program reads {FORMAT}"
    why = horizon.check(artifact.definition)
    if why:
        return f"was made of other features: {why}"
    if artifact.definition_digest != artifact.definition.digest:
        return "was made of features that this program defines differently; train it again"
    return _model_fault(artifact.model, artifact.definition.names) or _map_fault(artifact.calibration)


def _model_fault(model: Linear | Boosted | Varx, names: Sequence[str]) -> str:
    n = len(names)
    if isinstance(model, Boosted):
        if len(model.trees) > boosted.MOST_TREES or not math.isfinite(model.base):
            return f"has more than {boosted.MOST_TREES} trees, or starts from no number"
        faults = (boosted.check(tree, n) for tree in model.trees)
        return next((f"is damaged: {fault}" for fault in faults if fault), "")
    if isinstance(model, Varx):
        numbers: tuple[float, ...] = (*model.weights, model.shift, model.error)
        sound = len(model.weights) == n and model.error > 0.0 and "share" in names
    else:
        numbers = (*model.means, *model.scales, *model.weights, model.shift)
        sound = len(model.means) == len(model.scales) == len(model.weights) == n and min(model.scales) > 0.0
    if not sound or not all(map(math.isfinite, numbers)):
        return f"is damaged: its coefficients are not {n} finite numbers"
    return ""


def _map_fault(found: Calibration) -> str:
    wanted = {"none": 0, "isotonic": 0, "platt": 2, "beta": 3}.get(found.kind)
    if wanted is None or len(found.values) != wanted or not all(map(math.isfinite, found.values)):
        return "is damaged: its calibration is none"
    if found.kind != "isotonic":
        return ""
    if len(found.points) > MOST_POINTS:
        return f"is damaged: its calibration has more than {MOST_POINTS} points"
    try:
        Isotonic.of(found.points)
    except ValueError:
        return "is damaged: its calibration falls"
    return ""
