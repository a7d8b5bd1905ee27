"""Features of the short-horizon models: what they are, what is unknown, and what a definition's digest covers."""

from __future__ import annotations

import math

import msgspec
import pytest

from engine.book.features import Quote
from engine.strategies import horizon
from engine.strategies.event_eye import EventEye, Sky
from engine.strategies.horizon import Definition

EDGES = [(None, 79.0), (80.0, 81.0), (82.0, None)]
WHOLE = Definition(names=horizon.without(), cadence_s=10.0, horizon_s=60.0)


def seen(mids=(0.2, 0.5, 0.3), sky=None):
    eye = EventEye(EDGES, WHOLE.memory_s)
    for step in range(6):
        for one, mid in zip(eye.brackets, mids, strict=True):
            one.see(None if mid is None else Quote(mid + 0.001 * step - 0.01, 30, mid + 0.001 * step + 0.01, 10), step)
        found = eye.sample(float(step), sky)
    return found


def test_each_feature_is_what_its_name_says() -> None:
    sky = Sky((0.1, 0.6, 0.3), 50.0, 0.2, 0.4, 81.0, 0.0)
    row = dict(zip(WHOLE.names, horizon.row(seen(sky=sky), 1, WHOLE.names), strict=True))
    assert row["logit"] == pytest.approx(math.log(0.505 / 0.495))
    assert row["spread"] == pytest.approx(0.02)
    assert row["v"] == pytest.approx(0.001, rel=1e-6)
    assert row["share"] == pytest.approx(0.505 / 1.015)
    assert row["share_below"] == pytest.approx(0.205 / 1.015)
    assert row["overround"] == pytest.approx(0.015)
    assert row["lean"] == pytest.approx(0.305 - 0.205)
    assert row["queue"] == pytest.approx(0.75)
    assert row["micro"] == pytest.approx(0.005)
    assert row["weather"] == pytest.approx(0.6 - 0.505)
    assert (row["hazard_5"], row["hazard_60"]) == (0.2, 0.4)


def test_what_is_not_known_is_no_number() -> None:
    row = dict(zip(WHOLE.names, horizon.row(seen(mids=(0.2, None, 0.3)), 1, WHOLE.names), strict=True))
    assert all(math.isnan(row[name]) for name in ("logit", "spread", "v", "share", "overround", "queue", "weather"))
    edge = dict(zip(WHOLE.names, horizon.row(seen(), 0, WHOLE.names), strict=True))
    assert math.isnan(edge["share_below"])
    assert math.isnan(edge["v_below"])


def test_a_digest_is_of_names_order_paces_and_meaning_not_of_how_they_were_written() -> None:
    again = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(WHOLE, cadence_s=10)), type=Definition)
    assert again.digest == WHOLE.digest
    others = [{"names": WHOLE.names[::-1]}, {"cadence_s": 5.0}, {"horizon_s": 30.0}, {"least_move": 0.01}]
    assert len({msgspec.structs.replace(WHOLE, **one).digest for one in others} | {WHOLE.digest}) == 5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "of version 2"),
        ({"names": ("logit", "moon")}, "moon"),
        ({"names": ("logit", "logit")}, "twice"),
        ({"horizon_s": 65.0}, "no whole number"),
        ({"cadence_s": 0.1}, "do not go together"),
        ({"least_move": 0.0}, "is none"),
    ],
)
def test_a_definition_that_is_none_of_ours_is_told_why(change, said) -> None:
    assert horizon.check(WHOLE) == ""
    assert said in horizon.check(msgspec.structs.replace(WHOLE, **change))
