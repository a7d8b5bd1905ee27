"""A profile lies where it was asked for, else where the system keeps a program's data."""

from __future__ import annotations

from pathlib import Path

from app import paths


def test_naming_a_profile_writes_nothing(tmp_path):
    assert paths.profile(tmp_path / "new").folder == tmp_path / "new"
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_the_system_says_where(monkeypatch, tmp_path):
    for name in ("XDG_DATA_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    assert paths.profile().folder.name == "atmx"


def test_a_home_sign_and_a_relative_path_become_absolute(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert paths.profile(Path("~/a")).folder == tmp_path / "a"
    assert paths.profile(Path("b")).folder == tmp_path / "b"


def test_the_nearest_existing_folder_is_found(tmp_path):
    assert paths.existing(tmp_path) == tmp_path
    assert paths.existing(tmp_path / "not" / "yet") == tmp_path
