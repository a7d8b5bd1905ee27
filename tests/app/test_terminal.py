"""The terminal from start to end: what goes wrong is told, kept, and costs no more than it must."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QTimer

from app import cli, opening
from app.terminal import Terminal
from engine.core.errors import InputError, InvariantBroken, StoreError, Unavailable
from engine.store.profile import Lock
from tests.app.conftest import atmx
from tests.app.program import CALM, meta, program


def _fail() -> None:
    raise ZeroDivisionError("a slot that fails")


def _crashes(desk) -> list:
    return sorted(desk.profile.logs.glob("crash-*.txt"))


def _toasts(desk) -> list[str]:
    return [toast.row.text for toast in desk.window.toasts.toasts]


@pytest.mark.limit(30)
async def test_an_exception_in_a_slot_is_reported_and_trading_goes_on(tmp_path, capsys) -> None:
    async with program(tmp_path, *CALM, hook=True) as desk:
        await desk.ready()
        QTimer.singleShot(0, desk.window, _fail)
        await desk.until(lambda: _crashes(desk))
        (report,) = _crashes(desk)
        assert "ZeroDivisionError: a slot that fails" in report.read_text()
        await desk.until(lambda: any("ZeroDivisionError" in text and report.name in text for text in _toasts(desk)))
        assert not desk.state.session.reduce_only
        await desk.take(await desk.outcome())
        await desk.buy()
        assert desk.terminal.crashes == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert desk.code == 0


@pytest.mark.limit(30)
async def test_three_alike_in_a_moment_let_only_positions_shrink(tmp_path) -> None:
    async with program(tmp_path, *CALM, hook=True) as desk:
        await desk.ready()
        for _ in range(3):
            assert not desk.state.session.reduce_only
            QTimer.singleShot(0, desk.window, _fail)
            await desk.breathe(0.05)
        await desk.until(lambda: desk.state.session.reduce_only)
        assert len(_crashes(desk)) == 1  # a kind is written down once
    assert meta(tmp_path)["reduce_only"] == "1"


@pytest.mark.limit(30)
async def test_an_exception_in_a_task_is_reported_too(tmp_path) -> None:
    async def fail() -> None:
        _fail()

    async with program(tmp_path, *CALM, hook=True) as desk:
        await desk.ready()
        asyncio.get_running_loop().spawn(fail(), name="fails")  # type: ignore[attr-defined]  # ours
        await desk.until(lambda: _crashes(desk))


@pytest.mark.limit(30)
async def test_a_contradiction_of_our_own_halts(tmp_path) -> None:
    async with program(tmp_path, *CALM, hook=True) as desk:
        await desk.ready()
        desk.terminal.report(InvariantBroken("cash is not conserved"), "kernel")
        await desk.until(lambda: desk.state.session.halted_by)
        await desk.until(desk.window.halt.isVisible)


@pytest.mark.parametrize("damage", [b"no ledger at all", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_ledger_is_refused_in_a_sentence_and_left_as_it_is(tmp_path, damage) -> None:
    ledger = tmp_path / "ledger-paper.db"
    ledger.write_bytes(damage)
    done = atmx("--demo", "--headless", "--exit-after", "10", "--profile", str(tmp_path))
    assert done.returncode == 2
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("atmx:")]
    assert "ledger-paper.db" in said
    assert "Traceback" not in done.stderr
    assert ledger.read_bytes() == damage


@pytest.mark.limit(30)
async def test_a_damaged_ledger_frees_the_profile(tmp_path, loop) -> None:
    (tmp_path / "ledger-paper.db").write_bytes(b"no ledger at all")
    argv = ["--profile", str(tmp_path), *CALM]
    terminal = Terminal(cli._parser(argv).parse_args(argv), logs=None)  # type: ignore[arg-type]  # nothing crashes
    assert await terminal.main() == 2
    assert isinstance(terminal.failure, StoreError)
    with Lock(tmp_path / "lock"):
        pass
    terminal.window.deleteLater()


async def test_a_profile_in_use_is_turned_away_before_a_window_is_shown(tmp_path) -> None:
    argv = ["--profile", str(tmp_path), *CALM]
    with Lock(tmp_path / "lock"):
        terminal = Terminal(cli._parser(argv).parse_args(argv), logs=None)  # type: ignore[arg-type]
        assert await terminal.main() == 2
        assert isinstance(terminal.failure, Unavailable)
        assert terminal.window is None
        with pytest.raises(Unavailable):
            Lock(tmp_path / "lock").take()  # it was not let go by the one turned away


@pytest.mark.parametrize("size", ["wide", "1366", "100x100", "1366xx768", "-1x-1", "1e3x1e3"])
def test_a_size_that_is_none_is_refused(tmp_path, size) -> None:
    argv = ["--profile", str(tmp_path), f"--size={size}"]
    with pytest.raises(InputError, match="--size"):
        Terminal(cli._parser(argv).parse_args(argv), logs=None)  # type: ignore[arg-type]


@pytest.mark.limit(30)
async def test_the_size_asked_for_is_the_windows(tmp_path) -> None:
    async with program(tmp_path, *CALM, "--size", "1366x768") as desk:
        assert (desk.window.width(), desk.window.height()) == (1366, 768)
        assert desk.terminal.painted is not None
        await desk.ready()


@pytest.mark.limit(30)
async def test_closed_at_the_welcome_nothing_was_opened(tmp_path) -> None:
    async with program(tmp_path) as desk:
        await desk.breathe()
    assert desk.code == 0
    assert not (tmp_path / "ledger-paper.db").exists()


@pytest.mark.limit(30)
async def test_the_time_given_ends_it(tmp_path) -> None:
    async with program(tmp_path, *CALM, "--exit-after", "0.5") as desk:
        while desk.code is None:  # noqa: ASYNC110 - the program ends by itself
            await asyncio.sleep(0.05)
        assert desk.code == 0


@pytest.mark.parametrize(
    ("file", "environ", "words"),
    [
        ('[look]\ntheme = "pink"\n', {}, ("settings.toml: look.theme has 'pink'", "dark, light, contrast")),
        ("[data]\nkeep_journals = 0\n", {}, ("settings.toml: data.keep_journals has 0", "1 d to 3650 d")),
        ("", {"TRADE_MODE": "armed"}, ("environment variable TRADE_MODE: start.desk has 'armed'", "paper, live")),
    ],
)
def test_a_bad_setting_is_refused_at_the_start_in_one_sentence(
    tmp_path, monkeypatch, capsys, file, environ, words
) -> None:
    (tmp_path / "settings.toml").write_text(file)
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert cli.run(["--headless", "--profile", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    for word in words:
        assert word in said


def test_the_mode_of_the_environment_gives_way_to_the_command_line(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TRADE_MODE", "live")

    def wanted(*argv: str) -> str:
        args = cli._parser([]).parse_args(["--profile", str(tmp_path), *argv])
        return Terminal(args, logs=None).opening.store.now.text("start.desk")  # type: ignore[arg-type]  # nothing is logged

    assert wanted() == "live"
    assert wanted("--demo") == wanted("--headless") == "demo"
    assert wanted("--desk", "paper") == "paper"
    assert wanted("--desk", "paper", "--headless") == "paper"


def test_a_headless_run_trades_a_simulated_day_alone_and_no_desk() -> None:
    def drives(*argv: str) -> bool:
        return opening.drives(cli._parser([]).parse_args(argv))

    assert drives("--headless")
    assert drives("--headless", "--demo")
    assert not drives("--headless", "--desk", "paper")
    assert not drives("--headless", "--replay", "latest")
    assert not drives("--demo")
