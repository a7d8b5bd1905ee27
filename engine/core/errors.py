"""The error tree. Refusals of risk are values, not errors; nothing here is raised for an order that may not pass.

::

    AtmxError
    ├─ UserError        the trader can mend it; its text is fit to show
    │   ├─ ConfigError      a setting or a profile file
    │   ├─ InputError       a file or an argument given to a command
    │   └─ Unavailable      this machine lacks something, or the profile is in use
    ├─ VenueError       a venue, or the way to it
    │   ├─ Unreachable      nothing was sent: may be tried again
    │   ├─ OutcomeUnknown   it may have arrived: never repeated, reconciled
    │   ├─ Throttled        asked too often; says when to come back
    │   ├─ VenueRefused     a definite no
    │   ├─ AuthFailed       keys or clock: this venue stops
    │   └─ WireError        bytes that cannot be read
    ├─ DataError        foreign data not to act on; ask again
    │   ├─ BadReport        a weather report that cannot be read
    │   └─ NoAnswer         a weather service that gave nothing to read; says when to come back
    ├─ StoreError       what is on disk
    │   ├─ StoreTooNew      written by a newer program
    │   ├─ StoreDamaged     not readable, or not what was written
    │   └─ ChainBroken      the settlement log is not what was sealed
    └─ InvariantBroken  ours: halt, keep the screen, save the journal tail
"""

from __future__ import annotations


class AtmxError(Exception):
    """Base of everything raised on purpose."""


class UserError(AtmxError):
    """The trader can mend it."""


class ConfigError(UserError):
    """A setting or a file of the profile is wrong; the text names file, key, value and range."""


class InputError(UserError):
    """A file or an argument is wrong; the text names the file and the field."""


class Unavailable(UserError):
    """The machine lacks something, or another process uses the profile."""


class VenueError(AtmxError):
    """A venue did not do what was asked; `venue` names it."""

    def __init__(self, venue: str, text: str) -> None:
        super().__init__(text)
        self.venue = venue


class Unreachable(VenueError):
    """Nothing was sent."""


class OutcomeUnknown(VenueError):
    """A time-out, a 5xx, a connection cut after sending, an answer that cannot be read."""


class Throttled(VenueError):
    """Refused for asking too often, before anything was done; `retry_after_s` is None where the venue is silent."""

    def __init__(self, venue: str, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(venue, text)
        self.retry_after_s = retry_after_s


class VenueRefused(VenueError):
    """A definite no; `code` is ours or the venue's, one word."""

    def __init__(self, venue: str, code: str, text: str) -> None:
        super().__init__(venue, text)
        self.code = code


class AuthFailed(VenueError):
    """The venue does not take our keys, or our clock."""


class WireError(VenueError):
    """Bytes of a venue that cannot be read; `raw` is their beginning."""

    def __init__(self, venue: str, text: str, raw: bytes | str = b"") -> None:
        super().__init__(venue, text)
        self.raw = raw[:200]


class DataError(AtmxError):
    """Foreign data that must not be acted on."""


class BadReport(DataError):
    """A weather report that cannot be read; `raw` is what came."""

    def __init__(self, text: str, raw: str) -> None:
        super().__init__(text)
        self.raw = raw


class NoAnswer(DataError):
    """A weather service gave nothing to read.

    `again_s` is how long to leave it alone, None where that is ours to choose; `lasting` means that asking again
    changes nothing: the key, the address or what was asked for is wrong. `unreached` means that there was no connection
    to it, nor has there been one before.
    """

    def __init__(
        self,
        source: str,
        text: str,
        *,
        status: int = 0,
        again_s: float | None = None,
        lasting: bool = False,
        unreached: bool = False,
    ) -> None:
        super().__init__(text)
        self.source = source
        self.status = status
        self.again_s = again_s
        self.lasting = lasting
        self.unreached = unreached


class StoreError(AtmxError):
    """What is on disk cannot be used as it is."""


class StoreTooNew(StoreError):
    """The file was written by a newer program; it was not touched."""


class StoreDamaged(StoreError):
    """The file is not what was written; it was not touched."""


class ChainBroken(StoreError):
    """The settlement log is not what was sealed; `at` is the first bad sequence number."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(text)
        self.at = at


class InvariantBroken(AtmxError):
    """A contradiction of our own making."""
