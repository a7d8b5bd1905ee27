"""Fits the short-horizon models and writes them down as numbers: ridge, boosted trees, online rows, autoregression.

scikit-learn and Optuna are extras and imported when something is fitted. Everything chosen here is chosen on the
training days alone: parameters and calibration by the Brier score of forecasts for days that were held out of the fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from engine.core.errors import InputError, Unavailable
from engine.maths import normal
from engine.maths.boosted import LEAF, Tree
from engine.maths.rls import Row
from engine.research.training.table import Table, moves
from engine.strategies.horizon_model import Boosted, Linear, Tuned, Varx, foresee

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.strategies.horizon import Definition

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Said = Callable[[Floats], Floats]
    """Chances of an upward move of rows."""

KINDS: Final = ("ridge", "boosted", "online", "varx")
VERSION: Final = 3
"""Goes up when the same table makes another model: finished windows of before are walked anew."""
FOLDS: Final = 4
LEAST: Final = 50
"""Moves under which nothing is fitted."""
TINY: Final = 1e-12
REGRESSORS: Final = (
    "share", "share_below", "share_above", "v", "v_below", "v_above", "overround", "weather", "hazard_60",
)  # fmt: skip
"""Of the autoregression: the distribution and its speed in a band of one bracket either way, and what is outside."""
STEADY: Final = 1.0 - 1e-4
"""The least that an autoregression keeps from one row to the next: what is frozen must not know the last hour alone.

One row is shared by all brackets of all events, so that the 0.995 a look of a single one is about this a row.
"""


class Fitted(NamedTuple):
    """A model, what the training library itself says, and what was forecast for days held out of the fit."""

    model: Linear | Boosted | Varx
    said: Said
    tuned: Tuned
    held_out: Floats
    """Chances of the training moves, out of fold or before each was learnt."""
    rows: Table
    """The moves, in the order of `held_out`."""


def fit(kind: str, table: Table, definition: Definition, *, seed: int, trials: int) -> Fitted:
    """Return a model of one kind.

    Raises
    ------
    InputError
        If the kind is none, or the moves are too few or all one way.
    Unavailable
        If scikit-learn or Optuna is not installed.
    """
    if kind not in KINDS:
        raise InputError(f"{kind}: no such model; there are {', '.join(KINDS)}")
    found = table.take(moves(table, definition))
    ups = int((found.move > 0).sum())
    if len(found.at) < LEAST or not 0 < ups < len(found.at):
        raise InputError(f"{len(found.at)} moves, {ups} of them up, are too few to learn from; {LEAST} are needed")
    if kind == "ridge":
        return _ridge(found, seed, trials)
    if kind == "boosted":
        return _boosted(found, seed, trials)
    return _online(found, seed, trials) if kind == "online" else _varx(table, found, definition, seed, trials)


def library(name: str) -> Any:  # noqa: ANN401 - a module
    """Return a library of the extra `research`.

    Raises
    ------
    Unavailable
        If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise Unavailable(f"{name.partition('.')[0]} is not installed: pip install 'atmx[research]'") from None


class Scaled(NamedTuple):
    """How features are standardised."""

    means: Floats
    scales: Floats

    def of(self, x: Floats) -> Floats:
        """Return standardised features; what is unknown is 0."""
        return np.nan_to_num((x - self.means) / self.scales, nan=0.0)


def scaled(x: Floats) -> Scaled:
    """Return means and standard deviations of what is known; a feature that never varies is left as it is."""
    known = np.isfinite(x)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, x, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, x - means, 0.0) ** 2).sum(axis=0) / count)
    return Scaled(means, np.where(spread > TINY, spread, 1.0))


def brier(p: Floats, y: NDArray[np.bool_]) -> float:
    """Return the mean square by which chances missed what came."""
    return float(np.mean((p - y) ** 2))


def _search(objective: Callable[[Any], float], seed: int, trials: int, first: dict[str, Any]) -> tuple[Any, float]:
    """Return the best parameters of so many trials, the given ones tried first."""
    optuna = library("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial(first)
    study.optimize(objective, n_trials=trials, n_jobs=1)
    return study.best_trial, float(study.best_value)


def _out_of_fold(found: Table, train: Callable[[Table], Said]) -> Floats:
    """Return what models that did not see a row's day said of it."""
    groups = found.group
    shelves = np.searchsorted(np.unique(groups), groups)
    folds = min(FOLDS, int(shelves.max()) + 1)
    if folds < 2:  # one day: its first half against its second
        shelves, folds = (np.arange(len(groups)) * 2) // max(len(groups), 1), 2
    chances = np.full(len(groups), 0.5)
    for fold in range(folds):
        test = shelves % folds == fold
        rest = found.take(~test)
        ups = int((rest.move > 0).sum())
        if 0 < ups < len(rest.at):
            chances[test] = train(rest)(found.x[test])
    return chances


def _ridge(found: Table, seed: int, trials: int) -> Fitted:
    linear = library("sklearn.linear_model")

    def train(rows: Table, c: float, weight: str) -> tuple[Any, Scaled]:
        scale = scaled(rows.x)
        model = linear.LogisticRegression(C=c, class_weight=None if weight == "none" else weight, max_iter=1_000)
        return model.fit(scale.of(rows.x), rows.move > 0), scale

    def said(rows: Table, c: float, weight: str) -> Said:
        model, scale = train(rows, c, weight)
        return lambda x: np.asarray(model.predict_proba(scale.of(x))[:, 1])

    def objective(trial: Any) -> float:  # noqa: ANN401 - Optuna's
        c = trial.suggest_float("C", 1e-3, 1e3, log=True)
        weight = trial.suggest_categorical("class_weight", ["none", "balanced"])
        return brier(_out_of_fold(found, lambda rows: said(rows, c, weight)), found.move > 0)

    best, score = _search(objective, seed, trials, {"C": 0.1, "class_weight": "none"})
    c, weight = best.params["C"], best.params["class_weight"]
    model, scale = train(found, c, weight)
    kept = Linear(means=_list(scale.means), scales=_list(scale.scales), weights=_list(model.coef_[0]),
                  shift=float(model.intercept_[0]))  # fmt: skip
    tuned = Tuned(seed=seed, trials=trials, parameters=dict(best.params), brier=score)
    held = _out_of_fold(found, lambda rows: said(rows, c, weight))
    return Fitted(kept, lambda x: np.asarray(model.predict_proba(scale.of(x))[:, 1]), tuned, held, found)


def _boosted(found: Table, seed: int, trials: int) -> Fitted:
    ensemble = library("sklearn.ensemble")

    def train(rows: Table, told: dict[str, Any]) -> Any:  # noqa: ANN401 - scikit-learn's
        model = ensemble.HistGradientBoostingClassifier(
            max_iter=told["trees"], max_depth=told["depth"], max_leaf_nodes=16, learning_rate=told["rate"],
            min_samples_leaf=40, l2_regularization=1.0, early_stopping=False, random_state=seed,
        )  # fmt: skip
        return model.fit(rows.x, rows.move > 0)

    def said(rows: Table, told: dict[str, Any]) -> Said:
        model = train(rows, told)
        return lambda x: np.asarray(model.predict_proba(x)[:, 1])

    def objective(trial: Any) -> float:  # noqa: ANN401 - Optuna's
        told = {
            "trees": trial.suggest_int("trees", 50, 200, step=50), "depth": trial.suggest_int("depth", 3, 5),
            "rate": trial.suggest_float("rate", 0.05, 0.2, log=True),
        }  # fmt: skip
        return brier(_out_of_fold(found, lambda rows: said(rows, told)), found.move > 0)

    best, score = _search(objective, seed, trials, {"trees": 50, "depth": 3, "rate": 0.05})
    model = train(found, best.params)
    kept = Boosted(base=float(model._baseline_prediction[0, 0]), trees=tuple(map(_tree, model._predictors)))
    tuned = Tuned(seed=seed, trials=trials, parameters=dict(best.params), brier=score)
    held = _out_of_fold(found, lambda rows: said(rows, best.params))
    return Fitted(kept, lambda x: np.asarray(model.predict_proba(x)[:, 1]), tuned, held, found)


def _tree(stage: Any) -> Tree:  # noqa: ANN401 - scikit-learn's own record of a tree
    nodes = stage[0].nodes
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=tuple(int(v) for v in np.where(leaf, LEAF, nodes["feature_idx"])),
        threshold=tuple(float(v) for v in np.where(leaf, 0.0, nodes["num_threshold"])),
        left=tuple(int(v) for v in nodes["left"]), right=tuple(int(v) for v in nodes["right"]),
        unknown_left=tuple(bool(v) for v in nodes["missing_go_to_left"]),
        value=tuple(float(v) for v in np.where(leaf, nodes["value"], 0.0)),
    )  # fmt: skip


def _online(found: Table, seed: int, trials: int) -> Fitted:
    """Learn row by row in the order of time; what is said of a row is said before it is learnt."""
    order = np.argsort(found.at, kind="stable")
    rows, scale = found.take(order), scaled(found.x)  # type: ignore[arg-type]
    x = np.column_stack([scale.of(rows.x), np.ones(len(rows.at))])
    y = np.where(rows.move > 0, 1.0, -1.0)
    looks = _looks(rows.at)

    def learn(forgets: float, prior: float) -> tuple[Floats, Floats]:
        row, before = Row([0.0] * x.shape[1], prior, forgets), np.empty(len(y))
        for start, end in looks:
            before[start:end] = x[start:end] @ row.theta  # labels of one moment come together
            for i in range(start, end):
                row.learn(x[i], y[i])
        return row.theta, _sigmoid(2.0 * before)

    def objective(trial: Any) -> float:  # noqa: ANN401 - Optuna's
        gone = trial.suggest_float("forgets", 1e-6, 1e-2, log=True)
        prior = trial.suggest_float("prior", 1e-4, 1.0, log=True)
        return brier(learn(1.0 - gone, prior)[1], rows.move > 0)

    best, score = _search(objective, seed, trials, {"forgets": 1e-4, "prior": 1e-2})
    theta, held = learn(1.0 - best.params["forgets"], best.params["prior"])
    kept = Linear(means=_list(scale.means), scales=_list(scale.scales), weights=_list(2.0 * theta[:-1]),
                  shift=2.0 * float(theta[-1]))  # fmt: skip
    tuned = Tuned(seed=seed, trials=trials, parameters=dict(best.params), brier=score)

    def said(asked: Floats) -> Floats:
        return _sigmoid(2.0 * (scale.of(asked) @ theta[:-1] + theta[-1]))

    return Fitted(kept, said, tuned, held, rows)


def _varx(table: Table, found: Table, definition: Definition, seed: int, trials: int) -> Fitted:
    """Learn the whole distribution, moves or not, by one row that all brackets share."""
    known = shared(table)
    if int(known.sum()) < LEAST:
        raise InputError("an autoregression of the distribution needs events of several brackets")
    whole = table.take(known)
    whole = whole.take(np.lexsort((whole.event, whole.at)))  # type: ignore[arg-type]
    at, moved = whole.names.index("share"), moves(whole, definition)
    used = np.array([name in REGRESSORS for name in whole.names] + [True])
    x = np.column_stack([np.nan_to_num(whole.x, nan=0.0), np.ones(len(whole.at))]) * used
    spread = np.sqrt((x * x).mean(axis=0))
    spread = np.where(spread > TINY, spread, 1.0)
    scaled_x, looks = x / spread, _looks(whole.at)

    def learn(forgets: float) -> tuple[Floats, Floats, float]:
        start_from = np.zeros(x.shape[1])
        start_from[at] = spread[at]  # before anything is learnt a price stays
        row, before = Row(start_from, 1.0, forgets), np.empty(len(x))  # type: ignore[arg-type]
        for start, end in looks:
            before[start:end] = scaled_x[start:end] @ row.theta
            for i in range(start, end):
                row.learn(scaled_x[i], whole.ahead[i])
        error = float(np.sqrt(np.mean((before - whole.ahead)[moved] ** 2))) or 1.0
        chances = np.array([normal.cdf(v) for v in (before - x[:, at])[moved] / error])
        return row.theta / spread * used, chances, error

    def objective(trial: Any) -> float:  # noqa: ANN401 - Optuna's
        gone = trial.suggest_float("forgets", 1e-8, 1.0 - STEADY, log=True)
        return brier(learn(1.0 - gone)[1], whole.move[moved] > 0)

    best, score = _search(objective, seed, min(trials, 3), {"forgets": 1e-6})
    theta, held, error = learn(1.0 - best.params["forgets"])
    kept = Varx(weights=_list(theta[:-1]), shift=float(theta[-1]), error=error)
    tuned = Tuned(seed=seed, trials=min(trials, 3), parameters=dict(best.params), brier=score)

    def said(asked: Floats) -> Floats:
        """Chances of the brackets of one look."""
        ahead = np.clip(np.nan_to_num(asked, nan=0.0) @ theta[:-1] + theta[-1], 0.0, 1.0)
        ahead = ahead * (asked[:, at].sum() / ahead.sum()) if ahead.sum() > 0.0 else asked[:, at]
        return np.array([normal.cdf(v) for v in (ahead - asked[:, at]) / error])

    return Fitted(kept, said, tuned, held, whole.take(moved))


def shared(table: Table) -> NDArray[np.bool_]:
    """Return the rows whose share of a distribution is known, then and at the end of the horizon."""
    if "share" not in table.names:
        return np.zeros(len(table.at), dtype=bool)
    return np.asarray(np.isfinite(table.ahead) & np.isfinite(table.x[:, table.names.index("share")]))


def foreseen(model: Varx, table: Table) -> Floats:
    """Return the share of each row that an autoregression foresees, the brackets of one look together."""
    found = np.full(len(table.at), math.nan)
    at = table.names.index("share")
    for places in looks_of(table):
        found[places] = foresee(model, at, [tuple(map(float, table.x[i])) for i in places])
    return found


def looks_of(table: Table) -> list[list[int]]:
    """Return the places of the rows of each look."""
    shelves: dict[tuple[int, int], list[int]] = {}
    for place, key in enumerate(zip(table.event.tolist(), table.at.tolist(), strict=True)):
        shelves.setdefault(key, []).append(place)
    return list(shelves.values())


def _looks(at: Whole) -> list[tuple[int, int]]:
    """Return the stretches of rows of one moment, of rows in the order of time."""
    starts = np.flatnonzero(np.concatenate([[True], at[1:] != at[:-1]])).tolist()
    return list(zip(starts, [*starts[1:], len(at)], strict=True))


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0))))


def _list(values: Floats) -> tuple[float, ...]:
    return tuple(map(float, values))
