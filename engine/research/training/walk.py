"""Walks forward: fits on some days, scores the next, steps on; what is scored is the artifact itself, as it is loaded.

Two benchmarks. Persistence: the price stays, so that either way is as likely, and a forecast is worth something only
under a log-loss of ln 2 and a Brier score of 1/4. Base rate: the share of upward moves on the training days.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from engine.core.errors import InputError
from engine.core.units import Nanos
from engine.core.when import iso
from engine.maths import calibrate, folds
from engine.research.training import calibrating, fit
from engine.research.training.table import Table, groups, moves
from engine.strategies.horizon import Definition
from engine.strategies.horizon_model import Artifact, Classifier, Source, Varx, read, write

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FIRST: Final = date(2000, 1, 3)
"""Stands for the first group, so that days and windows walk alike."""
SURE: Final = 0.6
"""Chance from which on a model is taken at its word, and below one less it the other way."""
MOST_CALLED: Final = 4_000
"""Rows of a window that are asked for it, whole looks evenly over the test days."""
HELD: Final = 1e-6
"""From 0 and 1 a chance is held off before its log-loss is taken."""


class Cluster(msgspec.Struct, frozen=True, array_like=True):
    """The moves of one event on one day, with summed scores."""

    n: int
    log_loss: float
    brier: float
    base_log_loss: float
    base_brier: float


class Calls(msgspec.Struct, frozen=True, array_like=True):
    """Rows on which a model was sure, whether the price then moved or not; sums in account currency a share."""

    n: int
    move: float
    """The way it said."""
    half_spread: float
    """What stood against taking it up."""


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """One model on the test days of one window."""

    kind: str
    clusters: tuple[Cluster, ...]
    ece: float
    calibration: str
    parameters: dict[str, float | int | str]
    held_out_brier: float
    calls: Calls | None = None
    squares: tuple[float, float] | None = None
    """Autoregression: summed squared error of the share it foresees, and of a share that stays."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the walk."""

    index: int
    train: tuple[int, int]
    test: tuple[int, int]
    """First and last group of each, both included."""
    train_moves: int
    test_moves: int
    base: float
    """Share of upward moves on the training days."""
    models: tuple[Scored, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is walked; equal plans over equal tables give equal windows."""

    data: str
    definition: Definition
    train: int = folds.TRAIN
    test: int = folds.TEST
    step: int = folds.STEP
    kinds: tuple[str, ...] = fit.KINDS
    seed: int = 1
    trials: int = 5
    absent: tuple[str, ...] = ()

    def key(self, digest: str) -> str:
        """Return a name that only equal walks over an equal table share."""
        return msgspec.json.encode((self, self.definition.digest, digest, fit.VERSION), order="sorted").decode()


def made(plan: Plan, table: Table, kind: str) -> tuple[Artifact, fit.Fitted]:
    """Return a model of a table as it is written down, and what it was written from."""
    with fit.library("threadpoolctl").threadpool_limits(1):  # small fits: threads would wait for each other
        found = fit.fit(kind, table, plan.definition, seed=plan.seed, trials=plan.trials)
    calibration = calibrating.choose(found.held_out, found.rows.move > 0, found.rows.group)
    at = table.at
    source = Source(
        name=plan.data, digest=table.digest, rows=len(at), moves=len(found.rows.at), groups=len(groups(table)),
        first=iso(Nanos(int(at.min()))), last=iso(Nanos(int(at.max()))), absent=plan.absent,
    )  # fmt: skip
    artifact = Artifact(
        definition=plan.definition, definition_digest=plan.definition.digest, source=source, tuned=found.tuned,
        model=found.model, calibration=calibration,
    )  # fmt: skip
    return artifact, found


def steps(plan: Plan, table: Table) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return first and last group of training and test of each window.

    Raises
    ------
    InputError
        If not one fits into the table.
    """
    known = groups(table)
    if not known:
        raise InputError(f"{plan.data}: holds no row with a label")
    end = FIRST + timedelta(known[-1] - known[0])
    found = folds.walk_forward(FIRST, end, plan.train, plan.test, plan.step)
    if not found:
        raise InputError(
            f"{plan.data}: {known[-1] - known[0] + 1} groups do not hold {plan.train} to train on and {plan.test} to "
            "test on"
        )
    return [
        ((_group(known[0], one.train_start), _group(known[0], one.train_end)),
         (_group(known[0], one.test_start), _group(known[0], one.test_end)))
        for one in found
    ]  # fmt: skip


def window(plan: Plan, table: Table, index: int) -> Window:
    """Fit and score one window."""
    train, test = steps(plan, table)[index]
    known = table.take((table.group >= train[0]) & (table.group <= train[1]))
    asked = table.take((table.group >= test[0]) & (table.group <= test[1]))
    ups = known.move[moves(known, plan.definition)] > 0
    base = float((ups.sum() + 1) / (len(ups) + 2))
    kinds = [kind for kind in plan.kinds if kind != "varx" or bool(fit.shared(table).any())]
    return Window(
        index=index, train=train, test=test, train_moves=len(ups), base=base,
        test_moves=int(moves(asked, plan.definition).sum()),
        models=tuple(_scored(plan, known, asked, kind, base) for kind in kinds),
    )  # fmt: skip


def _scored(plan: Plan, known: Table, asked: Table, kind: str, base: float) -> Scored:
    artifact, found = made(plan, known, kind)
    model = read(write(artifact))
    moved = moves(asked, plan.definition)
    chances = chances_of(model, asked, moved)
    came = asked.move[moved] > 0
    squares = None
    if isinstance(artifact.model, Varx):
        whole = asked.take(fit.shared(asked))
        ahead, now = fit.foreseen(artifact.model, whole), whole.x[:, whole.names.index("share")]
        squares = (float(((ahead - whole.ahead) ** 2).sum()), float(((now - whole.ahead) ** 2).sum()))
    return Scored(
        kind=kind, clusters=_clusters(asked.take(moved), chances, came, base),
        ece=calibrate.scores(chances.tolist(), came.astype(int).tolist()).ece if len(came) else 0.0,
        calibration=artifact.calibration.kind, parameters=found.tuned.parameters,
        held_out_brier=found.tuned.brier, calls=_calls(model, asked), squares=squares,
    )  # fmt: skip


def chances_of(model: Classifier, table: Table, chosen: NDArray[np.bool_]) -> Floats:
    """Return what an artifact says of the chosen rows."""
    found = np.full(len(table.at), math.nan)
    if isinstance(model.artifact.model, Varx):
        for places in fit.looks_of(table):
            found[places] = model.chances([tuple(map(float, table.x[i])) for i in places])
        return np.asarray(found[chosen])
    wanted = np.flatnonzero(chosen).tolist()
    found[wanted] = model.chances([tuple(table.x[i].tolist()) for i in wanted])
    return np.asarray(found[chosen])


def _calls(model: Classifier, asked: Table) -> Calls | None:
    """Return what the moves were worth that a model was sure of; None where spreads are not known."""
    if "spread" not in asked.names or not len(asked.at):
        return None
    every = -(-len(asked.at) // MOST_CALLED)
    some = asked.take(np.isin(asked.at, np.unique(asked.at)[::every]))
    p = chances_of(model, some, np.ones(len(some.at), dtype=bool))
    half = some.x[:, some.names.index("spread")] / 2.0
    sure = ((p >= SURE) | (p <= 1.0 - SURE)) & np.isfinite(half)
    way = np.where(p >= SURE, 1.0, -1.0)
    return Calls(int(sure.sum()), float((way * some.move)[sure].sum()), float(half[sure].sum()))


def _clusters(rows: Table, p: Floats, y: NDArray[np.bool_], base: float) -> tuple[Cluster, ...]:
    sums: defaultdict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0] * 5)
    for event, group, said, came in zip(rows.event.tolist(), rows.group.tolist(), p.tolist(), y.tolist(), strict=True):
        one = sums[event, group]
        scores = (1.0, _loss(said, came), (said - came) ** 2, _loss(base, came), (base - came) ** 2)
        for i, value in enumerate(scores):
            one[i] += value
    return tuple(Cluster(int(one[0]), *one[1:]) for _, one in sorted(sums.items()))


def _loss(p: float, came: bool) -> float:
    held = min(max(p, HELD), 1.0 - HELD)
    return -math.log(held if came else 1.0 - held)


def _group(first: int, day: date) -> int:
    return first + (day - FIRST).days


class Store:
    """Finished windows in a file, a line each: a walk that was stopped goes on with what is missing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._found: dict[tuple[str, int], Window] = {}
        if file is None or not file.exists():
            return
        *whole, last = file.read_bytes().split(b"\n")
        for number, raw in enumerate(whole, 1):
            try:
                key, one = msgspec.json.decode(raw, type=tuple[str, Window])
            except msgspec.DecodeError as e:
                raise InputError(f"{file}: line {number} is no window of a walk ({e})") from None
            self._found[key, one.index] = one
        if last:  # it was cut off
            file.write_bytes(b"".join(raw + b"\n" for raw in whole))

    def get(self, key: str, index: int) -> Window | None:
        """Return a finished window."""
        return self._found.get((key, index))

    def add(self, key: str, one: Window) -> None:
        """Keep one."""
        self._found[key, one.index] = one
        if self._file is not None:
            with self._file.open("ab") as out:
                out.write(msgspec.json.encode((key, one)) + b"\n")


def run(
    plan: Plan,
    table: Table,
    store: Store,
    *,
    told: Callable[[int, int], None] = lambda done, of: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Window, ...]:
    """Walk all windows that are not kept, keep each as it is done, and return all in their order.

    After a yes of `stopped`, asked between windows, what is finished is returned.
    """
    key = plan.key(table.digest)
    return tuple(_walk(plan, table, store, key, told, stopped))


def _walk(
    plan: Plan, table: Table, store: Store, key: str, told: Callable[[int, int], None], stopped: Callable[[], bool]
) -> Iterator[Window]:
    of: Sequence[object] = steps(plan, table)
    for index in range(len(of)):
        found = store.get(key, index)
        if found is None:
            if stopped():
                return
            found = window(plan, table, index)
            store.add(key, found)
        told(index + 1, len(of))
        yield found
