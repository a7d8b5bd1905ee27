"""Where a profile lies on each system; what is in it, `engine.store.profile` says."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from engine.store.profile import Profile


def profile(folder: Path | None = None) -> Profile:
    """Return the profile in `folder`, or the one where this system keeps a program's data. Writes nothing."""
    if folder is None:
        return Profile(platformdirs.user_data_path("atmx", appauthor=False))
    return Profile(folder.expanduser().absolute())


def existing(folder: Path) -> Path:
    """Return the nearest folder that exists, `folder` itself or one above it."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())
