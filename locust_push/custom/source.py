"""One collector of prometheus_client: third-party code that may raise, wait, or take long."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from locust_push.core.clock import TimeLimit

logger = logging.getLogger(__name__)

LONGEST = 0.25
"""Seconds that a collector may wait, such as for a database. The end of a run waits for it, too, when a master gives
its workers half a second in total."""

SLOW = 0.05
"""Seconds; a slower collector is logged, since users wait unless it yields. A busy machine alone does not cause it."""


class CollectorSource:
    """A collector and its state.

    Attributes:
        begun: Whether its values at the start of the run are known, or it was registered later.
        busy: Whether a call of it is going on.
        left_out: How many combinations of label values were not read, beyond the limit.
    """

    def __init__(self, collector: Any, *, begun: bool) -> None:
        self.begun = begun
        self.busy = False
        self.left_out = 0
        self._collector = collector
        self._warned: set[str] = set()

    def __repr__(self) -> str:
        return f"<CollectorSource {self._collector!r}>"

    def ask(self, time_limit: TimeLimit, clock: Callable[[], float], limit: int) -> list[Any] | None:
        """Return its current metric families, or None if it fails or takes too long.

        Of a metric with more than ``limit`` combinations of label values, the first ``limit`` samples.
        """
        self.busy, started = True, clock()
        try:
            with time_limit(LONGEST):
                return self._families(limit)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001  # a gevent.Timeout of the collector's own is no Exception
            self.failed(error)
            return None
        finally:
            self.busy = False
            if (seconds := clock() - started) > SLOW:
                self.warn("slow", f"took {seconds * 1000:.0f} ms, in which users may have waited")

    def _families(self, limit: int) -> list[Any]:
        """What it gives; of a metric with endless label values only what there may be room for.

        To ask ``collect()`` for 100,000 combinations takes most of a second, in which no user runs. Where
        prometheus_client's metrics are not what they are known to be, all are asked for.
        """
        self.left_out = 0
        children = getattr(self._collector, "_metrics", None)
        if isinstance(children, dict) and len(children) > limit:
            with suppress(AttributeError, KeyError, TypeError, ValueError):
                family, self.left_out = _first_samples(self._collector, limit)
                return [family]
        return [*self._collector.collect()]

    def failed(self, error: BaseException) -> None:
        """Log once that its metrics cannot be used."""
        if isinstance(error, TimeoutError):
            self.warn("late", f"took longer than {LONGEST:g} s and was interrupted; let it collect in the background")
        else:
            self.warn("failed", f"fails: {error!r}; its metrics keep their last values while it does")

    def warn(self, kind: str, text: str) -> None:
        """Log a message, once for each kind."""
        if kind not in self._warned:
            self._warned.add(kind)
            logger.warning("locust-push: the collector %r %s (logged once)", self._collector, text)


def _first_samples(metric: Any, limit: int) -> tuple[Any, int]:
    """The first ``limit`` samples of a metric, all of a combination of labels or none; how many combinations are left.

    There is no public way to ask a metric of prometheus_client for a part of it.
    """
    family, names = metric._get_metric(), metric._labelnames  # noqa: SLF001  # see the caller
    taken, children = 0, dict[tuple[str, ...], None]()
    for suffix, labels, value, timestamp, exemplar, *_ in metric._samples():  # noqa: SLF001
        child = tuple(labels[name] for name in names)
        if taken >= limit and child not in children:
            break
        children[child] = None
        taken += suffix != "_created"
        family.add_sample(family.name + suffix, labels, value, timestamp, exemplar)
    return family, len(metric._metrics) - len(children)  # noqa: SLF001
