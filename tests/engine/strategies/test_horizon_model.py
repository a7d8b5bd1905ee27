"""A model's file: read back as it was written, and refused in one sentence where it is not to be used."""

from __future__ import annotations

import math
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import normal
from engine.maths.boosted import Tree
from engine.strategies import horizon_model
from engine.strategies.horizon import Definition
from engine.strategies.horizon_model import Artifact, Boosted, Calibration, Linear, Source, Tuned, Varx

PAIR = Definition(names=("share", "v"), cadence_s=10.0, horizon_s=60.0)
LINEAR = Linear(means=(0.5, 0.0), scales=(0.1, 2.0), weights=(1.0, -2.0), shift=0.25)
STUMP = Tree(
    feature=(0, -1, -1), threshold=(0.5, 0.0, 0.0), left=(1, 0, 0), right=(2, 0, 0), unknown_left=(True,) * 3,
    value=(0.0, -1.0, 2.0),
)  # fmt: skip


def artifact(model=LINEAR, **change) -> Artifact:
    made = Artifact(
        definition=PAIR, definition_digest=PAIR.digest, model=model,
        source=Source(name="x", digest="d", rows=2, moves=1, groups=1, first="a", last="b"),
        tuned=Tuned(seed=1, trials=1, parameters={"C": 0.1}, brier=0.25),
    )  # fmt: skip
    return msgspec.structs.replace(made, **change)


def chance(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


def test_what_is_written_is_read_back_and_says_the_same() -> None:
    body = horizon_model.write(artifact(Boosted(base=0.1, trees=(STUMP, STUMP))))
    model = horizon_model.read(body)
    assert horizon_model.write(model.artifact) == body
    assert model.chances([(0.4, 0.0), (0.6, 0.0), (math.nan, 0.0)]) == pytest.approx(
        [chance(-1.9), chance(4.1), chance(-1.9)]
    )
    assert len(model.digest) == 24


def test_a_linear_model_takes_what_is_unknown_for_its_mean() -> None:
    model = horizon_model.read(horizon_model.write(artifact()))
    assert model.chances([(0.6, 4.0)]) == pytest.approx([chance(0.25 + 1.0 - 4.0)])
    assert model.chances([(math.nan, math.nan)]) == pytest.approx([chance(0.25)])


def test_an_autoregression_brings_what_it_foresees_back_to_shares() -> None:
    model = Varx(weights=(1.0, 2.0), shift=0.1, error=0.05)
    assert horizon_model.foresee(model, 0, [(0.4, 0.1), (0.6, -0.1)]) == pytest.approx([0.7 / 1.2, 0.5 / 1.2])
    part = [(0.2, 0.1), (0.3, -0.1)]
    assert sum(horizon_model.foresee(model, 0, part)) == pytest.approx(0.5), (
        "brackets that are not seen keep their mass"
    )
    read = horizon_model.read(horizon_model.write(artifact(model)))
    assert read.chances([(0.4, 0.1), (0.6, -0.1)])[0] == pytest.approx(normal.cdf((0.7 / 1.2 - 0.4) / 0.05))
    assert read.chances([(math.nan, 0.0), (0.6, 0.0)]) == (0.5, 0.5), "with a price missing nothing is said"


@pytest.mark.parametrize(
    ("calibration", "said"),
    [
        (Calibration(kind="platt", values=(2.0, 0.0)), chance(0.5)),
        (Calibration(kind="beta", values=(1.0, 1.0, 0.0)), chance(0.25)),
        (Calibration(kind="isotonic", points=((0.0, 0.2), (1.0, 0.2))), 0.2),
    ],
)
def test_a_calibration_is_put_over_what_the_model_says(calibration, said) -> None:
    model = horizon_model.read(horizon_model.write(artifact(calibration=calibration)))
    assert model.chances([(0.5, 0.0)]) == pytest.approx([said])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "is of format 2"),
        ({"definition_digest": "0" * 24}, "defines differently"),
        ({"definition": msgspec.structs.replace(PAIR, names=("share", "moon"))}, "made of other features"),
        ({"model": msgspec.structs.replace(LINEAR, weights=(1.0,))}, "not 2 finite numbers"),
        ({"model": msgspec.structs.replace(LINEAR, scales=(1.0, 0.0))}, "not 2 finite numbers"),
        ({"model": Boosted(base=0.0, trees=(msgspec.structs.replace(STUMP, left=(0, 0, 0)),))}, "before its parent"),
        ({"model": Boosted(base=0.0, trees=(STUMP,) * 501)}, "more than 500 trees"),
        ({"model": Varx(weights=(1.0, 2.0), shift=0.0, error=0.0)}, "not 2 finite numbers"),
        ({"calibration": Calibration(kind="magic")}, "its calibration is none"),
        ({"calibration": Calibration(kind="platt", values=(1.0,))}, "its calibration is none"),
        ({"calibration": Calibration(kind="isotonic", points=((0.1, 0.5), (0.2, 0.4)))}, "its calibration falls"),
    ],
)
def test_a_model_that_must_not_be_used_is_refused_in_one_sentence(change, said) -> None:
    with pytest.raises(ValueError, match=r"^(is|was|has) ") as told:
        horizon_model.read(horizon_model.write(artifact(**change)))
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_raise_anything_but_the_refusal(raw) -> None:
    with suppress(ValueError):
        horizon_model.read(raw)


def test_a_file_that_is_too_large_or_nested_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than 512 KB"):
        horizon_model.read(b" " * (horizon_model.LARGEST + 1))
    with pytest.raises(ValueError, match="no model of ours"):
        horizon_model.read(b"[" * 100_000)
    with pytest.raises(ValueError, match="no model of ours"):
        horizon_model.read(horizon_model.write(artifact())[:-1] + b',"run":"rm"}')
