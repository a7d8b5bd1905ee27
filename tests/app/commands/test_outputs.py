"""Files that commands write, refused before the work for them begins."""

from __future__ import annotations

import os

import pytest

from app.commands import outputs
from engine.core.errors import InputError
from engine.store import database


def test_a_new_file_and_one_that_is_there_are_fit(tmp_path) -> None:
    (tmp_path / "old.csv").write_text("a\n")
    (tmp_path / "empty.csv").touch()
    for file in (None, tmp_path / "new.csv", tmp_path / "old.csv", tmp_path / "empty.csv"):
        outputs.fit("--out", file)
    assert not (tmp_path / "new.csv").exists()


def test_what_is_not_fit_is_named_with_its_option_and_why(tmp_path) -> None:
    database.connect(tmp_path / "ledger.db", full=True).close()
    for name, why in (
        (".", "it is a folder"),
        ("nowhere/new.csv", "no such folder"),
        ("ledger.db", "is not written over"),
        ("x" * 300, "too long"),
    ):
        with pytest.raises(InputError, match=f"^--out: .*cannot be written .*{why}"):
            outputs.fit("--out", tmp_path / name)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_not_fit(tmp_path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="no permission"):
        outputs.fit("--out", tmp_path / "new.csv")
