from __future__ import annotations

import os
import stat
import sys

import pytest

from engine.core.errors import StoreError, Unavailable
from engine.store.profile import Lock, Profile


def test_a_profile_keeps_everything_under_its_folder(tmp_path):
    profile = Profile(tmp_path / "p").make()
    assert profile.ledger("paper") == profile.ledger("demo") == tmp_path / "p" / "ledger-paper.db"
    assert profile.ledger("live") == tmp_path / "p" / "ledger.db"
    assert profile.ledger("replay") is None
    assert sorted(path.name for path in profile.folder.iterdir()) == ["journal", "logs"]
    profile.make()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_its_folders_are_their_owners_alone(tmp_path):
    profile = Profile(tmp_path / "p").make()
    for folder in (profile.folder, profile.journals, profile.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="file"):
        Profile(tmp_path / "file" / "p").make()


def test_the_second_one_is_turned_away_and_told_by_whom(tmp_path):
    with Lock(tmp_path / "lock"):
        with pytest.raises(Unavailable, match=f"in use by process {os.getpid()}"):
            Lock(tmp_path / "lock").take()
        assert (tmp_path / "lock").read_text().strip() == str(os.getpid())
    with Lock(tmp_path / "lock"):
        pass


def test_freeing_twice_or_never_taken_is_nothing(tmp_path):
    lock = Lock(tmp_path / "lock")
    lock.free()
    lock.take()
    lock.free()
    lock.free()


@pytest.mark.skipif(sys.platform != "linux", reason="a file that takes no writes")
def test_a_lock_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "lock").symlink_to("/dev/full")
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be written"):
            Lock(tmp_path / "lock").take()
