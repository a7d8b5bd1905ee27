"""One of several programs started at once on a profile: says whether it owns it, then waits to be told to end."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.core.errors import Unavailable
from engine.store.profile import Lock, Profile

if __name__ == "__main__":
    profile = Profile(Path(sys.argv[1])).make()
    sys.stdin.readline()
    try:
        Lock(profile.lock).take()
        print("owner", flush=True)
    except Unavailable as e:
        print(f"refused {e}", flush=True)
    sys.stdin.readline()
