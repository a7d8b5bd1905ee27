from __future__ import annotations

from pathlib import Path

import pytest

from app.commands import inputs
from engine.core.errors import InputError
from engine.core.ids import StationId


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfKNYC \xff")
    assert inputs.text(file) == "KNYC \ufffd"


def test_a_folder_and_a_huge_file_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        inputs.text(tmp_path)
    file = tmp_path / "a.txt"
    file.write_bytes(b"123456")
    monkeypatch.setattr(inputs, "LARGEST", 5)
    with pytest.raises(InputError, match=r"a\.txt: larger than 5 bytes"):
        inputs.text(file)


def test_what_is_known_of_the_shipped_stations() -> None:
    known = inputs.known()
    midway = StationId("KMDW")
    assert (known.minutes[midway], known.names[midway], inputs.offsets()[midway]) == (53, "Chicago Midway", -6)
