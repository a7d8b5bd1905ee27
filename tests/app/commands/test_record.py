"""`atmx record`: a journal that replays to what was said of it, however the recording ended."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from app import cli
from engine.core.errors import StoreError
from engine.store import journal
from engine.store.profile import Lock, Profile
from tests.app.conftest import ROOT, atmx

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
COUNTS = ("events", "effects", "digest")


def replayed(capsys, file: Path) -> dict:
    capsys.readouterr()
    assert cli.run(["replay", str(file), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def written(file: Path) -> int:
    """Return how many events of a recording that goes on are on disk."""
    try:
        return sum(1 for _ in journal.Recording(file))
    except StoreError:  # it is only being made
        return 0


def begun(file: Path, *words: str) -> subprocess.Popen[str]:
    """Start a recording of the demo and wait until something of it is on disk."""
    line = [sys.executable, "-m", "app", "record", "--demo", "--out", str(file), *words]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60.0
    while written(file) < 100:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)
    return process


def refused(capsys, *words: str) -> str:
    """Return the one line that a refused recording says."""
    assert cli.run(["record", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_a_recording_replays_to_the_same_counts_and_digest(capsys, tmp_path) -> None:
    done = atmx("record", "--demo", "--out", str(tmp_path / "a.db"), "--minutes", "0.02", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["events"] > 100
    assert said["seconds"] >= 1.2
    found = replayed(capsys, tmp_path / "a.db")
    assert [said[key] for key in COUNTS] == [found[key] for key in COUNTS]
    assert (found["same"], found["stopped"]) == (True, None)
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]
    assert (tmp_path / "a.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_ctrl_c_and_sigterm_end_it_with_the_file_whole(number, capsys, tmp_path) -> None:
    process = begun(tmp_path / "a.db", "--json")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    said, found = json.loads(out), replayed(capsys, tmp_path / "a.db")
    assert [said[key] for key in COUNTS] == [found[key] for key in COUNTS]
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]


def test_of_a_recording_that_was_killed_the_part_on_disk_replays(capsys, tmp_path) -> None:
    process = begun(tmp_path / "a.db")
    process.kill()
    process.communicate(timeout=60)
    found = replayed(capsys, tmp_path / "a.db")
    assert found["events"] > 100
    assert (found["same"], found["stopped"]) == (True, None)


def test_people_read_where_it_goes_and_what_it_holds(tmp_path) -> None:
    done = atmx("record", "--demo", "--out", str(tmp_path / "a.db"), "--minutes", "0.01")
    assert done.returncode == 0
    assert done.stderr == f"atmx: recording into {tmp_path / 'a.db'} for 0.01 min, or until ctrl-C\n"
    assert " events, " in done.stdout
    assert "\ndigest " in done.stdout


def test_it_needs_no_window(tmp_path) -> None:
    code = (
        "import sys; from app import cli;"
        f"code = cli.run(['record', '--demo', '--out', {str(tmp_path / 'a.db')!r}, '--minutes', '0.01', '--json']);"
        "print(code, [name for name in sys.modules if name.startswith('PySide6')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_a_terminal_of_the_profile_goes_on_beside_it(tmp_path) -> None:
    profile = Profile(tmp_path / "profile").make()
    with Lock(profile.lock):
        before = sorted(profile.folder.rglob("*"))
        words = ("--profile", str(profile.folder), "--minutes", "0.01", "--json")
        done = atmx("record", "--demo", "--out", str(tmp_path / "a.db"), *words)
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(profile.folder.rglob("*")) == before


def closed_ports(file: Path) -> Path:
    """Write a list of addresses at which nobody answers."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    rest, ws = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
    file.write_text(json.dumps({name: {"rest": rest, "ws": ws} for name in ("kalshi", "polymarket", "binance")}))
    return file


def test_without_a_network_it_says_what_did_not_answer_and_leaves_no_file(tmp_path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "settings.toml").write_text('[venues]\non = ["kalshi", "binance"]\n[weather]\non = []\n')
    where = closed_ports(tmp_path / "addresses.json")
    words = ("--profile", str(profile), "--endpoints", str(where), "--wait", "3", "--json")
    done = atmx("record", "--out", str(tmp_path / "a.db"), *words)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("atmx: nothing was reached, and nothing was recorded: ")
    assert "kalshi (" in done.stderr
    assert "binance (" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "a.db").exists()
    assert [file.name for file in profile.iterdir()] == ["settings.toml"]


def test_a_journal_that_was_to_be_replaced_stays_where_nothing_was_recorded(capsys, tmp_path) -> None:
    file, part = tmp_path / "a.db", tmp_path / "a.0002.part"
    journal.create(file).close()
    journal.create(part).close()
    was = file.read_bytes(), part.read_bytes()
    (tmp_path / "settings.toml").write_text("[venues]\non = []\n[weather]\non = []\n")
    words = ("--out", str(file), "--replace", "--profile", str(tmp_path))
    assert "nothing to record" in refused(capsys, *words)
    assert (file.read_bytes(), part.read_bytes()) == was
    (tmp_path / "settings.toml").write_text('[venues]\non = ["kalshi"]\n[weather]\non = []\n')
    done = atmx("record", *words, "--endpoints", str(closed_ports(tmp_path / "addresses.json")), "--wait", "2")
    assert done.returncode == 3
    assert (file.read_bytes(), part.read_bytes()) == was
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("a.")) == ["a.0002.part", "a.db"]


def test_settings_that_name_nothing_to_record_are_refused(capsys, tmp_path) -> None:
    (tmp_path / "settings.toml").write_text("[venues]\non = []\n[weather]\non = []\n")
    said = refused(capsys, "--out", str(tmp_path / "a.db"), "--profile", str(tmp_path))
    assert "nothing to record" in said
    assert not (tmp_path / "a.db").exists()


def test_a_file_that_is_there_is_kept(capsys, tmp_path) -> None:
    file = tmp_path / "a.db"
    file.write_text("mine")
    assert "is there already" in refused(capsys, "--demo", "--out", str(file))
    assert str(file) in refused(capsys, "--demo", "--out", str(file), "--replace")
    assert file.read_text() == "mine"


def test_parts_of_another_recording_are_not_mixed_with_a_new_one(capsys, tmp_path) -> None:
    (tmp_path / "a.0002.part").write_bytes(b"")
    assert "a.0002.part lies there" in refused(capsys, "--demo", "--out", str(tmp_path / "a.db"))
    assert not (tmp_path / "a.db").exists()


def test_a_journal_is_replaced_when_told_unless_somebody_writes_it(capsys, tmp_path) -> None:
    file = tmp_path / "a.db"
    other = journal.create(file)
    assert "in use" in refused(capsys, "--demo", "--out", str(file), "--replace")
    other.close()
    done = atmx("record", "--demo", "--out", str(file), "--replace", "--minutes", "0.01", "--json")
    assert done.returncode == 0
    assert replayed(capsys, file)["digest"] == json.loads(done.stdout)["digest"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--minutes", "nan"], "--minutes"),
        (["--minutes", "0"], "--minutes"),
        (["--minutes", "-1"], "--minutes"),
        (["--minutes", "1e300"], "--minutes"),
        (["--wait", "nan"], "--wait"),
        (["--speed", "nan"], "--speed"),
        (["--seed", "-1"], "--seed"),
    ],
    ids=" ".join,
)
def test_a_number_that_is_none_is_refused_before_anything_is_made(words, what, capsys, tmp_path) -> None:
    assert what in refused(capsys, "--demo", "--out", str(tmp_path / "a.db"), *words)
    assert not list(tmp_path.iterdir())


def test_a_live_desk_is_refused(capsys, tmp_path) -> None:
    assert cli.run(["--desk", "live", "record", "--out", str(tmp_path / "a.db")]) == 2
    assert "never trades" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none/a.db", "file/a.db", "folder"])
def test_a_file_that_cannot_be_made_is_named(name, capsys, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    assert str(tmp_path / name) in refused(capsys, "--demo", "--out", str(tmp_path / name))


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000))


def test_a_disk_that_takes_no_more_is_told_and_what_it_took_replays(capsys, tmp_path) -> None:
    file = tmp_path / "a.db"
    line = [sys.executable, "-m", "app", "record", "--demo", "--out", str(file), "--minutes", "0.1", "--json"]
    done = subprocess.run(
        line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, preexec_fn=_small_files
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{file} holds the first " in done.stderr
    assert done.stderr.count("\n") == 1
    found = replayed(capsys, file)
    assert f"holds the first {found['events']} of " in done.stderr
    assert found["same"]
