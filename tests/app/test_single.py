"""A second start of a profile brings the first to the front."""

from __future__ import annotations

import asyncio

from app import cli, single
from app.terminal import Terminal
from tests.app.program import CALM, program


async def test_who_answers_comes_up_once(tmp_path) -> None:
    came = []
    task = asyncio.ensure_future(single.answer(tmp_path, lambda: came.append(1)))
    await asyncio.sleep(0)
    assert await single.ask(tmp_path)
    assert came == [1]
    assert not (tmp_path / single.FILE).exists()
    task.cancel()
    await asyncio.wait([task])


async def test_nobody_there_is_no_answer_and_leaves_no_file(tmp_path) -> None:
    assert not await single.ask(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not await single.ask(tmp_path / "missing")


async def test_what_was_asked_of_an_earlier_session_is_not_answered(tmp_path) -> None:
    (tmp_path / single.FILE).touch()
    came = []
    task = asyncio.ensure_future(single.answer(tmp_path, lambda: came.append(1)))
    await asyncio.sleep(0.3)
    task.cancel()
    await asyncio.wait([task])
    assert came == []


async def test_a_second_start_raises_the_first_and_ends_well(tmp_path, capsys) -> None:
    async with program(tmp_path, *CALM) as desk:
        desk.window.showMinimized()
        argv = ["--profile", str(tmp_path), *CALM]
        second = Terminal(cli._parser(argv).parse_args(argv), logs=None)  # type: ignore[arg-type]  # nothing crashes
        assert await second.main() == 0
        assert second.window is None
        assert second.failure is None
        assert not desk.window.isMinimized()
    assert "brought to the front" in capsys.readouterr().out
