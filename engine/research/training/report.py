"""What a walk forward says: each model against a price that stays, with an interval, and in one sentence.

The interval of a difference counts whole events of a day as its draws: moves of one event are not independent of each
other. Its error is the ratio estimator's, its width Student's, since the events are few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from engine.research import verdicts
from engine.research.training.walk import SURE, Calls, Cluster, Plan, Scored, Window

EVEN_LOSS: Final = math.log(2.0)
EVEN_BRIER: Final = 0.25
"""Of a forecast that holds both ways for equally likely: the price stays."""
LEAST: Final = 5
"""Events of a day under which no interval is told."""
DASH: Final = "—"
HEAD: Final = (
    "model", "moves", "log-loss", "less persistence (95 %)", "Brier", "less persistence (95 %)", "Brier of base rate",
    "calibration error", "calibrated by", "verdict",
)  # fmt: skip


class Difference(NamedTuple):
    """A mean difference to persistence and its interval; below 0 is better than a price that stays."""

    value: float
    low: float | None
    high: float | None
    """None where there are too few events to tell."""


class Line(NamedTuple):
    """One model over all windows."""

    kind: str
    moves: int
    clusters: int
    log_loss: float
    brier: float
    base_brier: float
    loss_gain: Difference
    brier_gain: Difference
    ece: float
    calibrations: tuple[str, ...]
    calls: Calls
    """Where it was sure."""
    error_ratio: float | None
    """Autoregression: its root mean squared error over that of a share that stays."""

    @property
    def verdict(self) -> str:
        """Say what the interval of the Brier score carries, and no more."""
        low, high = self.brier_gain.low, self.brier_gain.high
        if low is None or high is None:
            return "too few events to say anything"
        if high < 0.0:
            return "better than a price that stays"
        return "worse than a price that stays" if low > 0.0 else "not to be told from a price that stays"


def lines(windows: Sequence[Window]) -> tuple[Line, ...]:
    """Return one line a model, in the order in which they were walked."""
    kinds = list(dict.fromkeys(model.kind for one in windows for model in one.models))
    return tuple(_line([m for one in windows for m in one.models if m.kind == kind]) for kind in kinds)


def _line(models: Sequence[Scored]) -> Line:
    clusters = [one for model in models for one in model.clusters]
    n = sum(one.n for one in clusters)
    squares = [model.squares for model in models if model.squares is not None]
    ours, still = sum(one[0] for one in squares), sum(one[1] for one in squares)
    return Line(
        kind=models[0].kind, moves=n, clusters=len(clusters), log_loss=_mean(clusters, "log_loss"),
        brier=_mean(clusters, "brier"), base_brier=_mean(clusters, "base_brier"),
        loss_gain=_difference(clusters, "log_loss", EVEN_LOSS),
        brier_gain=_difference(clusters, "brier", EVEN_BRIER),
        calls=_called(models), ece=_weighted(models),
        calibrations=tuple(dict.fromkeys(model.calibration for model in models)),
        error_ratio=math.sqrt(ours / still) if still > 0.0 else None,
    )  # fmt: skip


def _called(models: Sequence[Scored]) -> Calls:
    known = [model.calls for model in models if model.calls is not None]
    return Calls(sum(one.n for one in known), math.fsum(one.move for one in known),
                 math.fsum(one.half_spread for one in known))  # fmt: skip


def _mean(clusters: Sequence[Cluster], name: str) -> float:
    n = sum(one.n for one in clusters)
    return math.fsum(getattr(one, name) for one in clusters) / n if n else math.nan


def _weighted(models: Sequence[Scored]) -> float:
    counts = [sum(one.n for one in model.clusters) for model in models]
    whole = sum(counts)
    return math.fsum(n * m.ece for n, m in zip(counts, models, strict=True)) / whole if whole else math.nan


def _difference(clusters: Sequence[Cluster], name: str, even: float) -> Difference:
    counts = np.array([one.n for one in clusters], dtype=float)
    sums = np.array([getattr(one, name) for one in clusters]) - even * counts
    value = float(sums.sum() / counts.sum()) if len(clusters) else math.nan
    m = len(clusters)
    if m < LEAST:
        return Difference(value, None, None)
    error = math.sqrt(m / (m - 1) * float(((sums - value * counts) ** 2).sum())) / float(counts.sum())
    half = _student(m - 1) * error
    return Difference(value, value - half, value + half)


def _student(free: int) -> float:
    """Return the 97.5 % point of Student's law, by the expansion of Cornish and Fisher; two digits from four on."""
    z = verdicts.Z95
    terms = (z, (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
    return math.fsum(term / free**power for power, term in enumerate(terms))


def rows(found: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return the lines as text, as `HEAD` names them."""
    return [
        (one.kind, f"{one.moves:,}", _number(one.log_loss), _words(one.loss_gain), _number(one.brier),
         _words(one.brier_gain), _number(one.base_brier), _number(one.ece), ", ".join(one.calibrations), one.verdict)
        for one in found
    ]  # fmt: skip


def text(plan: Plan, windows: Sequence[Window]) -> str:
    """Return a walk as it is printed."""
    found = lines(windows)
    table = [HEAD, *rows(found)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD))]
    said = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([*said, "", *notes(plan, windows, found)]) + "\n"


def notes(plan: Plan, windows: Sequence[Window], found: Sequence[Line]) -> list[str]:
    """Return what has to be said beside the table."""
    d = plan.definition
    told = [
        f"{len(windows)} windows of {plan.train} to train and {plan.test} to test, features every {d.cadence_s:g} s, "
        f"moves of at least {100 * d.least_move:g}c within {d.horizon_s:g} s, seed {plan.seed}, {plan.trials} trials",
        f"persistence: log-loss {EVEN_LOSS:.4f}, Brier {EVEN_BRIER:.4f}",
    ]
    if plan.absent:
        told.append(f"features that the data cannot have: {', '.join(plan.absent)}")
    told += [
        f"{one.kind}: where it gave {100 * SURE:g} % or more, {one.calls.n:,} looks in the sample, the price went its "
        f"way {100 * one.calls.move / one.calls.n:+.2f}c on average; half the spread there was "
        f"{100 * one.calls.half_spread / one.calls.n:.2f}c, before fees"
        for one in found
        if one.calls.n
    ]
    told += [
        f"{one.kind}: error of the foreseen share {one.error_ratio:.3f} of that of a share that stays"
        for one in found
        if one.error_ratio is not None
    ]
    return told


def document(plan: Plan, windows: Sequence[Window]) -> dict[str, object]:
    """Return a walk as one JSON document; what is no number is null, for which JSON has no other word."""
    found = lines(windows)
    whole = {
        "plan": msgspec.to_builtins(plan), "windows": msgspec.to_builtins(tuple(windows)),
        "persistence": {"log_loss": EVEN_LOSS, "brier": EVEN_BRIER},
        "models": [
            {**one._asdict(), "calls": msgspec.to_builtins(one.calls),
             "loss_gain": one.loss_gain._asdict(), "brier_gain": one.brier_gain._asdict(),
             "verdict": one.verdict}
            for one in found
        ],
    }  # fmt: skip
    known: dict[str, object] = _known(whole)
    return known


def _known(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_known(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else DASH


def _words(one: Difference) -> str:
    if one.low is None or one.high is None:
        return f"{one.value:+.4f}"
    return f"{one.value:+.4f} ({one.low:+.4f} to {one.high:+.4f})"
