"""A profile keeps every file under one folder, by the names of the outside contract."""

from __future__ import annotations

import os

import pytest

from app import paths
from engine.core.errors import Unavailable


def test_every_file_lies_under_the_profile_by_its_contracted_name(tmp_path):
    p = paths.profile(tmp_path)
    named = [p.paper_ledger, p.live_ledger, p.journal, p.checkpoint, p.checkpoint_key, p.settings, p.layout, p.logs]
    assert [file.relative_to(tmp_path).as_posix() for file in named] == [
        "ledger-paper.db", "ledger.db", "journal", "checkpoint.json", "checkpoint.key", "settings.toml",
        "layout.json", "logs",
    ]  # fmt: skip
    assert p.lock.parent == tmp_path


def test_naming_a_profile_writes_nothing(tmp_path):
    paths.profile(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_the_system_says_where(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert paths.profile().root.name == "atmx"


def test_a_home_sign_and_a_relative_path_become_absolute(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert paths.profile(paths.Path("~/a")).root == tmp_path / "a"
    assert paths.profile(paths.Path("b")).root == tmp_path / "b"


def test_creating_makes_the_folders_for_their_owner_alone(tmp_path):
    p = paths.profile(tmp_path / "deep" / "profile").create()
    assert p.journal.is_dir()
    assert p.logs.is_dir()
    if os.name == "posix":
        assert p.root.stat().st_mode & 0o077 == 0
    assert p.create() == p


def test_a_folder_that_is_a_file_is_named_in_words(tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(Unavailable, match="taken"):
        paths.profile(tmp_path / "taken").create()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_named_in_words(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(Unavailable, match="closed"):
        paths.profile(closed).create()
