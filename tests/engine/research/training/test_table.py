"""Tables of rows: joined, saved as numbers only, and refused where a file is none."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.research.training import table as tables
from engine.research.training.table import Table


def small(event: int = 0, names: tuple[str, ...] = ("a", "b")) -> Table:
    n = 4
    return Table(
        names, np.arange(2.0 * n).reshape(n, 2), np.arange(n), np.linspace(-0.01, 0.01, n), np.full(n, 0.5),
        np.full(n, event), np.array([1, 1, 2, 2]),
    )  # fmt: skip


def test_joined_tables_keep_their_events_apart() -> None:
    both = tables.join([small(), small(1), small()])
    assert both.event.tolist() == [0] * 4 + [2] * 4 + [3] * 4
    assert tables.groups(both) == [1, 2]
    with pytest.raises(InputError, match="nothing was recorded"):
        tables.join([])


def test_a_table_that_was_saved_is_the_same_and_any_other_file_is_refused(tmp_path) -> None:
    file = tmp_path / "t.npz"
    small().save(file)
    assert tables.load(file).digest == small().digest
    assert small().digest != small(1).digest
    assert small().digest != small(names=("b", "a")).digest
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 no")
    np.savez(tmp_path / "odd.npz", names=np.array(["a"]), **dict(zip(Table._fields[1:], small()[1:], strict=True)))
    np.savez(tmp_path / "obj.npz", names=np.array([{}], dtype=object))
    for name in ("bad.npz", "odd.npz", "obj.npz", "none.npz"):
        with pytest.raises(InputError, match=name):
            tables.load(tmp_path / name)
