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

AT_ONCE = 100
"""Combinations of label values that are read in one step: a millisecond for histograms."""

SLOW = 0.05
"""Seconds; a slower collector is logged, since users wait unless it yields. A busy machine alone does not cause it."""


class CollectorSource:
    """A collector and its state.

    Attributes:
        begun: Whether its values at the start of the run are known, or it was registered later.
        busy: Whether a call of it is in progress.
    """

    def __init__(self, collector: Any, *, begun: bool) -> None:
        self.begun = begun
        self.busy = False
        self._collector = collector
        self._beginning: _Beginning | None = None
        self._warned: set[str] = set()

    @property
    def left_out(self) -> int:
        """How many samples were not read, beyond the limit, as far as they have been read."""
        return self._beginning.left_out if self._beginning else 0

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
        self._beginning = None
        children = getattr(self._collector, "_metrics", None)
        # A gauge may call functions of the locustfile, which only ask() bounds.
        at_once = limit if getattr(self._collector, "_type", "") == "gauge" else AT_ONCE
        if isinstance(children, dict) and len(children) > min(at_once, limit):
            with suppress(AttributeError):
                self._beginning = _Beginning(self._collector, limit)
                return [self._beginning]
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
    """The first children of a prometheus_client metric, as a family whose samples are made as they are asked for.

    Others can run in between; the samples of one child are of one moment. There is no public way to ask for a part of a
    metric.

    Attributes:
        left_out: How many samples were not made, once all others were.
    """

    def __init__(self, metric: Any, limit: int) -> None:
        """Take the children that it takes for ``limit`` samples.

        Raises:
            AttributeError: This prometheus_client is different.
        """
        with metric._lock:  # noqa: SLF001  # see the class
            self._children = [*islice(metric._metrics.items(), limit)]  # noqa: SLF001
            self._total = len(metric._metrics)  # noqa: SLF001
        whole = metric._get_metric()  # noqa: SLF001
        self.name, self.type, self.documentation, self.unit = whole.name, whole.type, whole.documentation, whole.unit
        self._full_name: str = metric._name  # noqa: SLF001
        self._label_names: tuple[str, ...] = metric._labelnames  # noqa: SLF001
        self._limit = limit
        self.left_out = 0

    @property
    def samples(self) -> Iterator[_Sample]:
        """The samples of as many children as it takes to reach the limit."""
        taken = read = 0
        for values, child in self._children:
            if taken >= self._limit:
                break
            read += 1
            labels = dict(zip(self._label_names, values, strict=True))
            for suffix, own, value, _, exemplar, *_ in child._samples():  # noqa: SLF001
                taken += suffix != "_created"
                yield _Sample(self._full_name + suffix, labels | own, value, exemplar)
        # All children of a metric have as many samples.
        self.left_out = (self._total - read) * taken // max(1, read)
