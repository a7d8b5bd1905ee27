"""The pictures that a run was asked for, taken before it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import gallery, opening, shots

if TYPE_CHECKING:
    import argparse

    from app.bridge import Bridge
    from app.window import Window


async def take(args: argparse.Namespace, window: Window, bridge: Bridge) -> None:
    """Take every dock in every state (`--gallery`), and every workspace, dialog and the halt (`--shots`)."""
    if args.gallery is not None:
        args.gallery.mkdir(parents=True, exist_ok=True)
        await gallery.take(window, args.gallery, bridge.clock)
    if args.shots is not None:
        args.shots.mkdir(parents=True, exist_ok=True)
        await shots.take(window, args.shots, bridge.dialogs())
        await shots.over(window, args.shots)
        if opening.drives(args):
            await shots.halted(window, args.shots, bridge.session.kernel.state.session.account_name)
