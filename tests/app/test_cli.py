from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from engine.store.profile import Lock, Profile

ROOT = Path(__file__).parents[2]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "app", *argv]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def assert_one_line(said: str) -> None:
    assert said.startswith("atmx: ")
    assert said.count("\n") == 1
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "argv",
    [
        ["bogus"],
        ["--bogus"],
        ["--seed", "x"],
        ["--theme", "pink"],
        ["--speed"],
        ["chain"],
        ["chain", "bogus"],
        ["chain", "verify"],
        ["replay"],
        ["price", "lmsr", "--bogus"],
        ["high", "--bogus"],
        ["kill", "extra"],
        ["export", "orders", "--format", "x\ny"],
        ["fetch"],
        ["record"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_2_and_says_what_is_wrong(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("atmx")
    assert "error:" in said.err
    assert said.err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes them")
@pytest.mark.parametrize(
    ("words", "code"), [("--version", 0), ("price kelly --p 0.6 --price 0.5", 0), ("price kelly", 2)]
)
def test_a_closed_output_is_no_failure(words: str, code: int) -> None:
    """Windowed programs on Windows have neither output: the first word that was said ended them."""
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        line = f"{sys.executable} -m app {words} {closed}"
        done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == code, (closed, done.stderr)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--shots", "--gallery", "--trace"])
def test_where_nothing_can_be_written_is_said_before_a_day_is_traded(option: str, tmp_path, capsys) -> None:
    """Pictures failed after the whole session, its document printed, with an exit code of 2; a trace was lost."""
    (tmp_path / "file").write_text("")
    words = ["--demo", "--headless", "--exit-after", "1", "--profile", str(tmp_path / "profile"), "--json"]
    assert cli.run([*words, option, str(tmp_path / "file" / "there")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert_one_line(said.err)
    assert option in said.err
    assert not (tmp_path / "profile").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--demo --desk paper", "--desk: the simulated day is another session than a desk"),
        ("--headless --desk live", "--headless: a live desk is armed on the screen"),
        ("--demo --endpoints there.json", "--endpoints: the simulated day has venues of its own"),
        ("--headless --endpoints there.json", "--endpoints: the simulated day has venues of its own"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_opens(words, says, tmp_path, capsys) -> None:
    """A demo day was traded on the desk that was asked for, and the venues that were named were never asked."""
    folder = tmp_path / "profile"
    assert cli.run([*words.split(), "--exit-after", "1", "--profile", str(folder)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert_one_line(said.err)
    assert says in said.err
    assert not folder.exists()


def test_signs_of_a_file_that_would_work_on_a_screen_are_not_shown(tmp_path, capsys) -> None:
    file = tmp_path / "reports"
    file.write_bytes(b"\x1b[2J\x07\x9b31m hello\n")
    assert cli.run(["high", "--station", "KMDW", "--date", "2026-07-03", "--metar", str(file)]) == 2
    said = capsys.readouterr().err
    assert "hello" in said
    assert said.removesuffix("\n").isprintable()


def test_bad_usage_ends_the_process_without_a_traceback() -> None:
    done = run("bogus")
    assert (done.returncode, done.stdout) == (2, "")
    assert "bogus" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("argv", [["replay", "NOWHERE.db"], ["chain", "verify", "NOWHERE.db"]], ids=" ".join)
def test_bad_input_is_2_in_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert_one_line(said.err)
    assert "NOWHERE.db" in said.err


@pytest.mark.parametrize(
    "words",
    [
        "--exit-after nan",
        "--exit-after -1",
        "--exit-after inf",
        "--speed nan",
        "--speed -1",
        "--speed 1e9",
        "--seed -1",
    ],
)
def test_a_number_no_day_can_be_run_with_is_2_in_one_line(
    words: str, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --exit-after nan the terminal never left, with --speed -1 the day's clock ran back."""
    option, value = words.split()
    folder = tmp_path / "profile"
    assert cli.run(["--demo", "--headless", "--profile", str(folder), f"{option}={value}"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert_one_line(said.err)
    assert said.err.startswith(f"atmx: {option}: must")
    assert not folder.exists()


def test_a_file_that_is_no_ledger_or_journal_is_2_in_one_line(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "noise.db"
    file.write_bytes(b"this is no database\n" * 100)
    for argv in (["replay", str(file)], ["chain", "verify", str(file)]):
        assert cli.run(argv) == 2, argv
        assert_one_line(capsys.readouterr().err)


def test_a_name_the_system_refuses_is_2_in_one_line(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    long = str(tmp_path / ("x" * 300))
    for argv in (["replay", long], ["export", "fills", "--profile", long], ["report", long], ["report", "--cities"]):
        assert cli.run([*argv, "--profile", long] if argv[-1] == "--cities" else argv) == 2, argv
        said = capsys.readouterr()
        assert said.out == ""
        assert_one_line(said.err)
        assert "x" * 300 in said.err


FEES = ["fees", "kalshi", "--side", "buy", "--price", "0.5", "--count", "1", "--role", "taker"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_an_output_that_takes_no_more_is_3_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "app", *FEES], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3
    assert_one_line(done.stderr)


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_reader_that_went_away_is_no_error() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app", *FEES],
            cwd=ROOT,
            stdout=writes,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("encoding", [None, "ascii", "cp1252"])
def test_no_sign_ends_a_command_whatever_the_encoding(encoding: str | None) -> None:
    """A title has a degree sign or ≥ in it, and of a pipe Windows takes neither for granted."""
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment |= {} if encoding is None else {"PYTHONIOENCODING": encoding}
    say = "sys.stdout.write('\\u2265 87\\xb0F'); sys.stderr.write('\\u2265')"
    code = f"import sys; from app import __main__ as it; it._speak(); {say}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stdout == ("≥ 87°F".encode() if encoding is None else "≥ 87°F".encode(encoding, "backslashreplace"))


def test_a_profile_in_use_is_3_in_one_line(tmp_path) -> None:
    profile = Profile(tmp_path / "profile")
    profile.make()
    lock = Lock(profile.lock)
    lock.take()
    try:
        done = run("--demo", "--headless", "--profile", str(profile.folder), "--exit-after", "1")
    finally:
        lock.free()
    assert done.returncode == 3, done.stderr
    assert_one_line(done.stderr)


def test_no_is_1_when_nobody_is_there_to_be_halted(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["kill", "--profile", str(tmp_path / "nobody")]) == 1
    assert "nothing was halted" in capsys.readouterr().out


def test_help_names_every_command_and_version_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"    {name}" in said for name in cli.COMMANDS)
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("atmx ")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == 0
    assert f"atmx {name}" in capsys.readouterr().out


def test_a_word_that_is_a_command_can_be_a_value() -> None:
    args = cli._parser(["--profile", "chain"]).parse_args(["--profile", "chain"])
    assert (args.profile, args.run) == (Path("chain"), cli._terminal)


def _below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every parser of a command, and of the commands in it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield one
                yield from _below(one)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_an_option_before_the_command_is_not_forgotten(name: str) -> None:
    """A command's own default would be put over what was said: `atmx --profile DIR kill` halted another profile."""
    parser = cli._parser([name])
    ours = {action.dest for action in parser._actions} - {"help", "size"}  # of the window, and of a touch
    own = [one for below in _below(parser) for one in below._actions if one.dest in ours]
    assert [one.dest for one in own if one.default is not argparse.SUPPRESS] == []


def test_kill_halts_the_profile_named_before_it(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--profile", str(tmp_path / "mine"), "--json", "kill"]) == 1
    assert capsys.readouterr().out == '{"ok": false}\n'
    assert cli.run(["--profile", str(tmp_path / "mine"), "kill"]) == 1
    assert str(tmp_path / "mine") in capsys.readouterr().out


def test_the_terminal_starts_without_the_commands() -> None:
    """Start-up time: what a command needs is imported when it is asked for."""
    code = "import sys; from app import cli; cli._parser([]); print(sorted(m for m in sys.modules if 'commands.' in m))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [m for m in cli.COMMANDS.values() if m in done.stdout] == []
