"""Fits: what a model's file says is what the training library said, to the last digits; and what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.research.training import calibrating, fit, look, season, walk
from engine.research.training import table as tables
from engine.strategies import horizon
from engine.strategies.horizon import Definition
from engine.strategies.horizon_model import mapped, read, write

NAMES = ("share", "share_below", "share_above", "v", "pressure", "flow", "queue", "micro")
WANTED = Definition(names=NAMES, cadence_s=10.0, horizon_s=30.0)
PLAN = walk.Plan(data="season", definition=WANTED, train=2, test=1, step=1, trials=2)


def made(edge: float, days: int = 3) -> tables.Table:
    return tables.join(
        [look.build(one.events(), WANTED, look.standard(-6)) for one in season.parts(7, days, edge=edge, hours=1.2)]
    )


@pytest.fixture(scope="module")
def pressed() -> tables.Table:
    return made(0.8)


@pytest.mark.parametrize("kind", fit.KINDS)
def test_a_models_file_says_what_the_training_library_said(pressed, kind) -> None:
    artifact, found = walk.made(PLAN, pressed, kind)
    model = read(write(artifact))
    after = mapped(artifact.calibration)
    for places in fit.looks_of(pressed)[:40]:
        rows = [tuple(pressed.x[i].tolist()) for i in places]
        if not np.isfinite(pressed.x[places][:, 0]).all():
            continue
        theirs = found.said(pressed.x[places])
        assert np.abs(np.array(model.raw(rows)) - theirs).max() <= 1e-12
        assert np.abs(np.array(model.chances(rows)) - [after(float(p)) for p in theirs]).max() <= 1e-12
    assert artifact.source.digest == pressed.digest
    assert artifact.source.moves == int(tables.moves(pressed, WANTED).sum())


def test_the_same_seed_makes_the_same_file(pressed) -> None:
    first, again = (write(walk.made(PLAN, pressed, "boosted")[0]) for _ in range(2))
    assert first == again


def test_what_is_unknown_goes_the_way_that_the_library_sends_it(pressed) -> None:
    holes = pressed._replace(x=np.where(np.random.default_rng(1).random(pressed.x.shape) < 0.2, np.nan, pressed.x))
    for kind in ("ridge", "boosted", "online"):
        artifact, found = walk.made(PLAN, holes, kind)
        said = read(write(artifact)).raw([tuple(row) for row in holes.x[:200].tolist()])
        assert np.abs(np.array(said) - found.said(holes.x[:200])).max() <= 1e-12


def test_too_little_to_learn_from_is_said(pressed) -> None:
    with pytest.raises(InputError, match="too few to learn from"):
        fit.fit("ridge", pressed.take(pressed.at < pressed.at.min() + 1), WANTED, seed=1, trials=1)
    with pytest.raises(InputError, match="no such model"):
        fit.fit("oracle", pressed, WANTED, seed=1, trials=1)
    alone = pressed._replace(names=("logit", *NAMES[1:]))
    with pytest.raises(InputError, match="several brackets"):
        fit.fit("varx", alone, WANTED, seed=1, trials=1)


def test_a_feature_that_never_varies_does_not_break_the_scale() -> None:
    scale = fit.scaled(np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]]))
    assert scale.of(np.array([[3.0, 5.0], [np.nan, 6.0]])).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_calibration_is_chosen_on_days_it_was_not_learnt_on() -> None:
    rng = np.random.default_rng(3)
    p = rng.random(1_500)
    y = rng.random(1_500) < np.clip(0.5 + 0.3 * (p - 0.5), 0, 1)  # far too sure of itself
    chosen = calibrating.choose(p, y, rng.integers(0, 6, 1_500))
    assert chosen.kind in {"platt", "beta"}
    after = mapped(chosen)
    assert after(0.95) == pytest.approx(0.635, abs=0.06)
    assert calibrating.choose(p, np.ones(1_500, dtype=bool), np.zeros(1_500, dtype=np.int64)).kind == "none"
    assert horizon.check(WANTED) == ""
