"""Alerts on this machine: a sound, and a message at the tray. Amounts are in neither: others may hear and see them."""

from __future__ import annotations

import asyncio
import functools
import io
import math
import shutil
import struct
import subprocess
import sys
import wave
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from engine.views.alarms import CHANNEL_WORDS, SOUND, TRAY, ChannelLine

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QIcon

RATE: Final = 22_050
TONES: Final = {False: (880.0, 660.0), True: (880.0, 1_175.0, 880.0, 1_175.0)}
"""Hertz of the tones of a sound, by whether it is urgent."""
TONE_S: Final = 0.16
LOUD: Final = 0.4
PATIENCE_S: Final = 5.0
PLAYERS: Final = (("afplay",), ("pw-play",), ("paplay",), ("aplay", "-q"))
"""Programs that play a file, the best first: of macOS, of PipeWire, of PulseAudio, of ALSA."""

NO_PLAYER: Final = "no program that plays sounds was found (afplay, pw-play, paplay, aplay)"


def sound(tones: tuple[float, ...]) -> bytes:
    """Return tones one after another as a WAV file, each fading in and out so that it does not click."""
    count = round(RATE * TONE_S)
    frames = bytearray()
    for tone in tones:
        for n in range(count):
            swell = math.sin(math.pi * n / count)
            frames += struct.pack("<h", round(32_767 * LOUD * swell * math.sin(2 * math.pi * tone * n / RATE)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(frames))
    return out.getvalue()


def player() -> tuple[str, ...]:
    """Return the command that plays a file here; empty where there is none. On Windows the system plays."""
    if sys.platform == "win32":
        return ("winsound",)
    for command in PLAYERS:
        found = shutil.which(command[0])
        if found is not None:
            return (found, *command[1:])
    return ()


def play(command: tuple[str, ...], folder: Path, *, urgent: bool) -> str:
    """Play a sound to its end; return why it was not heard, or nothing. Blocks: call it in a thread."""
    if not command:
        return NO_PLAYER
    path = folder / f"alert-{'urgent' if urgent else 'plain'}.wav"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sound(TONES[urgent]))
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(path), winsound.SND_FILENAME)
            return ""
        done = subprocess.run(  # our own command and file
            [*command, str(path)], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, RuntimeError, subprocess.SubprocessError) as e:
        return f"the sound was not played ({type(e).__name__})"
    return "" if done.returncode == 0 else f"{command[0].rpartition('/')[2]} ended with {done.returncode}"


class Tray(QObject):
    """The program's icon at the system's tray, shown with the first message."""

    clicked = Signal()

    def __init__(self, icon: QIcon, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._tray: QSystemTrayIcon | None = None

    @staticmethod
    def missing() -> str:
        """Return why there is no tray; empty where there is one."""
        return "" if QSystemTrayIcon.isSystemTrayAvailable() else "this desktop has no tray"

    def show(self, title: str, text: str, *, urgent: bool) -> str:
        """Show a message; return why it was not shown, or nothing."""
        why = self.missing()
        if why:
            return why
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._icon, self)
            self._tray.setToolTip("atmx")
            self._tray.messageClicked.connect(self.clicked)
            self._tray.activated.connect(lambda _why: self.clicked.emit())
            self._tray.show()
        kind = QSystemTrayIcon.MessageIcon
        self._tray.showMessage(title, text, kind.Critical if urgent else kind.Information)
        return ""

    def hide(self) -> None:
        """Leave the tray."""
        if self._tray is not None:
            self._tray.hide()


class Here:
    """Sound and tray as channels: what came of the last alert, and how often it worked."""

    def __init__(self, tray: Tray, folder: Path) -> None:
        self.tray, self._folder = tray, folder
        self.player = player()
        self._counts = {SOUND: (0, 0, ""), TRAY: (0, 0, "")}

    async def ring(self, channel: str, title: str, brief: str, *, urgent: bool) -> str:
        """Tell on this machine; return why that failed, or nothing."""
        if channel == TRAY:
            why = self.tray.show(title, brief, urgent=urgent)
        else:
            work = functools.partial(play, self.player, self._folder, urgent=urgent)
            why = await asyncio.get_running_loop().run_in_executor(None, work)
        sent, failed, _ = self._counts[channel]
        self._counts[channel] = (sent + (not why), failed + bool(why), why)
        return why

    def line(self, name: str, *, off: bool, said: str) -> ChannelLine:
        """Return how a channel stands; `said` is what its last test found."""
        sent, failed, why = self._counts[name]
        missing = self.tray.missing() if name == TRAY else "" if self.player else NO_PLAYER
        state = "off" if off else "missing" if missing else "failing" if why else "ready"
        return ChannelLine(
            name=name, title=CHANNEL_WORDS[name], state=state, detail=missing or said or why, sent=sent,
            failed=failed, waiting=0, last_at=None, keyed=False,
        )  # fmt: skip
