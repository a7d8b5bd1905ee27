"""What a session is opened with: profile, settings and venues, by the command line, the settings and its mode."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from app import paths
from app.setting_store import Store
from app.settings import Source
from engine.core.errors import InputError
from engine.core.ids import VenueId
from engine.store.profile import Lock, Profile

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from app import boot
    from app.keys import KeyRing

LONGEST_S: Final = 10_000_000.0
"""After which a run may be told to leave; about four months."""
SLOWEST, FASTEST = 0.01, 100_000.0
"""Of the simulated day's clock, as in `atmx sandbox`."""


def check(args: argparse.Namespace) -> None:
    """Refuse numbers that no day can be run with; a clock that is no number stops every one behind it."""
    if args.exit_after is not None and not 0.0 <= args.exit_after <= LONGEST_S:
        raise InputError(f"--exit-after: must be 0 to {LONGEST_S:g} seconds, was {args.exit_after:g}")
    if args.speed and not SLOWEST <= args.speed <= FASTEST:
        raise InputError(f"--speed: must be {SLOWEST:g} to {FASTEST:g}, or 0 for the day's own, was {args.speed:g}")
    if args.seed is not None and args.seed < 0:
        raise InputError(f"--seed: must not be negative, was {args.seed}")
    _together(args)


def _together(args: argparse.Namespace) -> None:
    """Refuse options of which one would be passed over in silence."""
    if args.replay:
        return
    if args.demo and args.desk:
        raise InputError("--desk: the simulated day is another session than a desk; leave --demo out, or --desk")
    if args.headless and args.desk == "live":
        raise InputError("--headless: a live desk is armed on the screen; without one there is --desk paper")
    if args.endpoints is not None and demo(args):
        raise InputError("--endpoints: the simulated day has venues of its own; --desk paper asks those that are named")


def demo(args: argparse.Namespace) -> bool:
    """Whether the command line asks for the simulated day: by its name, or by no screen and no desk."""
    return bool(args.demo or (args.headless and not args.desk))


def drives(args: argparse.Namespace) -> bool:
    """Whether the day is traded by the program itself, and halted for its picture: a simulated one without a screen."""
    return bool(args.headless and demo(args) and not args.replay)


def room(args: argparse.Namespace) -> None:
    """Refuse where pictures and a trace could not be written, before a day is traded for them."""
    for option, folder in (("--shots", args.shots), ("--gallery", args.gallery)):
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise InputError(f"{option}: {folder} cannot be made ({e.strerror})") from e
    try:
        if args.trace is not None and not args.trace.exists():  # one that is there is refused when recording begins
            args.trace.open("xb").close()
            args.trace.unlink()
    except OSError as e:
        raise InputError(f"--trace: {args.trace} cannot be written ({e.strerror})") from e


def said(args: argparse.Namespace) -> dict[str, str]:
    """Return what the command line says of settings, by key."""
    desk = "demo" if demo(args) else args.desk
    return {key: text for key, text in (("look.theme", args.theme), ("start.desk", desk)) if text}


def place(args: argparse.Namespace) -> Profile:
    """Return the profile whose files a run writes: a replay has one of its own in it, as it runs beside a session."""
    profile = paths.profile(args.profile)
    return Profile(profile.folder / "replay") if args.replay else profile


class Opening:
    """Decides what a session of a mode is opened with.

    Parameters
    ----------
    store : Store or None
        Settings of the profile; read from its file when None.
    """

    def __init__(self, args: argparse.Namespace, store: Store | None = None) -> None:
        self.args = args
        self.profile = place(args)
        self.lock = Lock(self.profile.lock)
        self.store = store or Store(paths.profile(args.profile).settings, typed=said(args))
        """Settings of the profile; of a desk's own file where it has one."""
        self._rings: dict[Path, KeyRing] = {}

    async def options(self, mode: str) -> boot.Options:
        """Return what the session is opened with; its venues are simulated ones, real ones on paper, or real ones."""
        from app import boot, wiring

        keyring, days = self._keyring(), self.store.now.whole("data.keep_journals") // 86_400
        if mode == "demo":
            seed, speed = self.args.seed or 0, self.args.speed or 0.0
            simulated = wiring.simulated(seed, speed)
            day = boot.Options(
                demo=True, seed=seed, speed=speed, keyring=keyring, wiring=simulated, keep_journals_days=days
            )
            return self._recorded(day)
        live = mode == "live"
        profile = self._place_of(mode)
        found = self._settings(profile).now
        desk = await wiring.desk(
            profile, live=live, addresses=self.args.endpoints, keyring=keyring, found=found, ring=self.ring(profile)
        )
        made = boot.Options(demo=False, live=live, keyring=keyring, wiring=desk, keep_journals_days=days)
        return self._recorded(made)

    def ring(self, profile: Profile) -> KeyRing:
        """Return the keys of a profile: one ring a run, so that a desk finds what is in memory or was unlocked."""
        from app import wiring

        if profile.folder not in self._rings:
            self._rings[profile.folder] = wiring.key_ring(profile, keyring=self._keyring())
        return self._rings[profile.folder]

    def desk_ring(self) -> KeyRing:
        """Return the keys of the desks."""
        return self.ring(self._place_of("paper"))

    def venues(self) -> tuple[VenueId, ...]:
        """Return the venues of the desks."""
        found = self._found(self._place_of("paper")).now.venues
        return tuple(VenueId(name) for name in found.on)

    def where(self, venue: VenueId) -> object:
        """Return where the desks look for a venue.

        Raises
        ------
        ConfigError
            If the list of addresses is wrong.
        """
        from app import wiring

        return wiring.where(self._found(self._place_of("paper")).now, self.args.endpoints, venue)

    def hold(self, mode: str) -> tuple[Profile, Lock]:
        """Return the profile of a mode, and the lock that holds it.

        Raises
        ------
        Unavailable
            If another process holds it.
        """
        profile = self._place_of(mode)
        if profile is self.profile:
            return profile, self.lock
        profile.make()
        lock = Lock(profile.lock)
        lock.take()
        return profile, lock

    def opened_by(self, mode: str) -> str:
        """Return a sentence on who opened the live desk where it was no click; empty otherwise."""
        source = self.store["start.desk"].source
        if mode != "live" or source not in {Source.FILE, Source.ENVIRONMENT}:
            return ""
        who = "TRADE_MODE in the environment" if source is Source.ENVIRONMENT else "start.desk of the settings"
        return f"The live desk was opened by {who}. It is disarmed: arm it in the menu."

    def _recorded(self, options: boot.Options) -> boot.Options:
        """Add what the settings say of the recorder, and of what prices assets."""
        from engine.store.tally import Rotation

        now = self.store.now
        rotate = Rotation(now.whole("data.journal_file_mb") * 1_000_000, float(now.whole("data.journal_file_age")))
        room, packed = now.whole("data.journals_gb") * 1_000_000_000, now.whole("data.pack_journals") // 86_400
        table = now.texts("options.assets")
        return dataclasses.replace(options, rotate=rotate, journals_bytes=room, pack_days=packed, assets=table)

    def _settings(self, profile: Profile) -> Store:
        """Return the settings of a desk: those of its own file where it has one, else the profile's."""
        self.store = self._found(profile)
        return self.store

    def _found(self, profile: Profile) -> Store:
        if profile is not self.profile and profile.settings.exists():
            return Store(profile.settings, typed=said(self.args))
        return self.store

    def _keyring(self) -> bool:
        return not self.args.headless

    def _place_of(self, mode: str) -> Profile:
        """Return the profile of a mode: beside a simulated day's, unless the folder was named on purpose."""
        if mode == "demo" or self.args.profile is not None:
            return self.profile
        return Profile(self.profile.folder / "desk")
