"""What can be wrong with a backup or a restore, said so that a person can mend it."""

from __future__ import annotations


class BackupError(Exception):
    """It cannot be done; the message says why, and what to do."""


class NoSpaceError(BackupError):
    """A disk is full."""
