"""The error tree. Refusals of risk are values, not errors; nothing here is raised for an order that may not pass.

::

    AtmxError
    ├─ UserError        the trader can mend it; its text is fit to show
    │   ├─ ConfigError      a setting or a profile file
    │   ├─ InputError       a file or an argument given to a command
    │   └─ Unavailable      this machine lacks something, or the profile is in use
    ├─ DataError        foreign data not to act on; ask again
    │   └─ BadReport        a weather report that cannot be read
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


class DataError(AtmxError):
    """Foreign data that must not be acted on."""


class BadReport(DataError):
    """A weather report that cannot be read; `raw` is what came."""

    def __init__(self, text: str, raw: str) -> None:
        super().__init__(text)
        self.raw = raw


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
