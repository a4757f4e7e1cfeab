"""Whether a service's database can be used: it answers, and has its indexes."""

from __future__ import annotations

import time
from collections.abc import Callable

from ihala.config import ConfigError
from ihala.errors import WorldIsDown
from ihala.logs import logger
from ihala.mongo import Database, Document, is_refused, is_world_down

log = logger(__name__)

_ASK_EVERY_S = 1.0
_REFUSED = """cannot start, settings are wrong:
  IHALA_MONGODB_URI: MongoDB refuses its user or password; name a user that may read and write \
this database, with the password that MongoDB has for it"""

RESTORING = "restoring"
"""A collection that is there from the first to the last moment of a restore."""


class RestoreUnderwayError(WorldIsDown):
    """A backup is being restored, or its restoring broke off: nobody may start on half of it."""


class Prepared:
    """The first check that reaches the database calls ``prepare``; later ones only ask if it is up.

    ``prepare`` makes every index; it is safe and cheap to call at each start.
    """

    def __init__(self, database: Database[Document], prepare: Callable[[], None]) -> None:
        self._database = database
        self._prepare = prepare
        self._done = False

    def check(self) -> None:
        """Return when the database can be used; raise what is wrong otherwise."""
        if self._done:
            self._database.command("ping")
            return
        if self._database[RESTORING].find_one() is not None:
            raise RestoreUnderwayError("a restore is under way, or broke off: finish it")
        self._prepare()
        self._done = True

    def try_now(self) -> bool:
        """Whether it can be used now: with the database away, a web process starts, unready.

        Raises ConfigError when the database is there and does not let us in.
        """
        try:
            self.check()
        except Exception as error:
            if is_refused(error):
                raise ConfigError(_REFUSED) from error
            if not is_world_down(error):
                raise
            log.warning("the database cannot be reached yet", error=type(error).__name__)
            return False
        return True

    def wait(self) -> None:
        """Return once the database can be used, however long that takes."""
        while not self.try_now():
            time.sleep(_ASK_EVERY_S)
