"""One collector of prometheus_client: third-party code that may raise, wait, or take long."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

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
        busy: Whether a call of it is in progress.
        left_out: How many combinations of label values were not read, beyond the limit.
    """

    def __init__(self, collector: Any, *, begun: bool) -> None:
        self.begun = begun
        self.busy = False
        self.left_out = 0
        self._collector = collector
        self._warned: set[str] = set()

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
        """The families that the collector returns; of a metric with unbounded label values, at most ``limit`` samples.

        To ask ``collect()`` for 100,000 combinations takes most of a second, in which no user runs. Where
        prometheus_client's metrics are not what they are known to be, all are asked for.
        """
        self.left_out = 0
        children = getattr(self._collector, "_metrics", None)
        if isinstance(children, dict) and len(children) > limit:
            with suppress(AttributeError):
                beginning = _Beginning(self._collector, limit)
                self.left_out = beginning.left_out
                return [beginning]
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


class _Sample(NamedTuple):
    """What is read of a sample of prometheus_client."""

    name: str
    labels: dict[str, str]
    value: float
    exemplar: Any


class _Beginning:
    """A metric of prometheus_client with more children than there may be series: a family of the first of them.

    Samples are made as they are asked for, so that others can run in between; those of one child are of one moment.
    There is no public way to ask a metric for a part of it.
    """

    def __init__(self, metric: Any, limit: int) -> None:
        """Take the first ``limit`` children at most.

        Raises:
            AttributeError: This prometheus_client is different.
        """
        with metric._lock:  # noqa: SLF001  # see the class
            self._children = [*islice(metric._metrics.items(), limit)]  # noqa: SLF001
            self.left_out = len(metric._metrics) - len(self._children)  # noqa: SLF001
        whole = metric._get_metric()  # noqa: SLF001
        self.name, self.type, self.documentation, self.unit = whole.name, whole.type, whole.documentation, whole.unit
        self._full_name: str = metric._name  # noqa: SLF001
        self._label_names: tuple[str, ...] = metric._labelnames  # noqa: SLF001
        self._limit = limit

    @property
    def samples(self) -> Iterator[_Sample]:
        """The samples of as many children as it takes to reach the limit."""
        taken = 0
        for values, child in self._children:
            if taken >= self._limit:
                break
            labels = dict(zip(self._label_names, values, strict=True))
            for suffix, own, value, _, exemplar, *_ in child._samples():  # noqa: SLF001
                taken += suffix != "_created"
                yield _Sample(self._full_name + suffix, labels | own, value, exemplar)
