"""One collector of prometheus_client: a stranger's code, that may raise, wait, or take its time."""

import logging
from collections.abc import Callable
from typing import Any

from locust_push.core.clock import TimeLimit

logger = logging.getLogger(__name__)

LONGEST = 0.25
"""Seconds that a collector may wait, for a database say. The end of a run waits for it, too, and there a master gives
its workers half a second in all."""

SLOW = 0.05
"""Seconds, in which users under test wait unless the collector itself lets them run; more than a busy machine takes
from anybody."""


class CollectorSource:
    """A collector, and what is known of it.

    Attributes:
        begun: Whether its values of the start of the run are known, or it came later.
        busy: Whether somebody waits for its answer right now.
    """

    def __init__(self, collector: Any, *, begun: bool) -> None:
        self.begun = begun
        self.busy = False
        self._collector = collector
        self._told: set[str] = set()

    def __repr__(self) -> str:
        return f"<CollectorSource {self._collector!r}>"

    def ask(self, time_limit: TimeLimit, clock: Callable[[], float]) -> list[Any] | None:
        """All metric families that it has now, or None where it fails or takes too long."""
        self.busy, started = True, clock()
        try:
            with time_limit(LONGEST):
                return [*self._collector.collect()]
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001  # a gevent.Timeout of the collector's own is no Exception
            self.failed(error)
            return None
        finally:
            self.busy = False
            if (seconds := clock() - started) > SLOW:
                self.tell("slow", f"took {seconds * 1000:.0f} ms, in which users may have waited")

    def failed(self, error: BaseException) -> None:
        """Log, once, that it cannot be used."""
        if isinstance(error, TimeoutError):
            self.tell("late", f"took longer than {LONGEST:g} s and was given up; let it collect in the background")
        else:
            self.tell("failed", f"fails: {error!r}; its metrics keep their last values while it does")

    def tell(self, kind: str, text: str) -> None:
        """Log something, of each kind once."""
        if kind not in self._told:
            self._told.add(kind)
            logger.warning("locust-push: the collector %r %s (logged once)", self._collector, text)
