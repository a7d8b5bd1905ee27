"""Sessions as Parquet: skipped where DuckDB is not installed, but for the sentence that says so."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from app import cli
from engine.core.errors import StoreDamaged, Unavailable
from engine.research import session_parquet
from engine.store.journal import Recording
from tests.engine.host.recorded import EVENTS, write

HAS = find_spec("duckdb") is not None
needs = pytest.mark.skipif(not HAS, reason="DuckDB (extra research) is not installed")


@pytest.mark.skipif(HAS, reason="DuckDB is installed")
def test_without_duckdb_one_sentence_says_what_is_missing(tmp_path, capsys) -> None:
    path = write(tmp_path / "a.db")
    with pytest.raises(Unavailable, match=r"atmx\[research\]"):
        session_parquet.write(Recording(path), tmp_path / "a.parquet")
    (tmp_path / "journal").mkdir()
    path.rename(tmp_path / "journal" / "20260703T150000Z.db")
    assert cli.run(["export", "session", "--profile", str(tmp_path), "--out", str(tmp_path / "a.parquet")]) == 3
    assert "extra research" in capsys.readouterr().err


@needs
def test_a_session_comes_back_as_it_was(tmp_path) -> None:
    path, out = write(tmp_path / "a.db"), tmp_path / "it's a.parquet"
    assert session_parquet.write(Recording(path), out) == EVENTS
    assert list(session_parquet.read(out)) == list(Recording(path))


@needs
def test_both_clocks_can_be_queried(tmp_path) -> None:
    path, out = write(tmp_path / "a.db"), tmp_path / "a.parquet"
    session_parquet.write(Recording(path), out)
    with session_parquet.duckdb().connect() as connection:
        query = (
            "SELECT count(*), count(venue_at), min(received_at - venue_at) FROM read_parquet(?) WHERE kind = 'Trade'"
        )
        rows, told, least = connection.execute(query, [str(out)]).fetchone()
    trades = [e.event() for e in Recording(path) if e.kind == "Trade"]
    assert (rows, told) == (len(trades), sum(e.venue_time is not None for e in trades))
    assert least == min(e.at - e.venue_time for e in trades if e.venue_time is not None)


@needs
def test_what_is_no_archive_is_damage(tmp_path) -> None:
    path = tmp_path / "no.parquet"
    path.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(StoreDamaged, match="no archived session"):
        list(session_parquet.read(path))
