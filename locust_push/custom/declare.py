"""Declares prometheus_client metrics in one line of a locustfile, safely where a locustfile is loaded twice.

prometheus_client refuses a second metric with the same name, which importing a locustfile again would create. It is
imported when the first metric is declared, because importing it takes 60 ms.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import prometheus_client
    from prometheus_client.context_managers import Timer

logger = logging.getLogger(__name__)

M = TypeVar("M")


def counter(name: str, documentation: str, labelnames: Sequence[str] = ()) -> "prometheus_client.Counter":
    """Return a counter, pushed as ``<name>_total``; the same object if it was declared before.

    Raises:
        ValueError: The name belongs to a metric of another type, or with other labels.
    """
    from prometheus_client import Counter  # noqa: PLC0415  # see the module

    return _declare(Counter, name, labelnames, lambda: Counter(name, documentation, labelnames))


def gauge(name: str, documentation: str, labelnames: Sequence[str] = ()) -> "prometheus_client.Gauge":
    """Return a gauge, a value that goes up and down; repeated declarations and errors as of :func:`counter`."""
    from prometheus_client import Gauge  # noqa: PLC0415  # see the module

    return _declare(Gauge, name, labelnames, lambda: Gauge(name, documentation, labelnames))


def histogram(
    name: str, documentation: str, labelnames: Sequence[str] = (), *, buckets: Sequence[float] | None = None
) -> "Histogram":
    """Return a histogram of durations in seconds; ``buckets`` are those of ``--push-buckets`` unless given.

    Repeated declarations and errors as of :func:`counter`.
    """
    return _declare(
        Histogram, name, labelnames, lambda: Histogram(name, documentation, tuple(labelnames), buckets=buckets)
    )


class Histogram:
    """A ``prometheus_client.Histogram`` that is created when a run starts, or on first use if that is earlier.

    Before that ``--push-buckets`` is not known: a worker gets the option from its master.
    """

    def __init__(
        self, name: str, documentation: str, labelnames: Sequence[str] = (), *, buckets: Sequence[float] | None = None
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._labelnames = labelnames
        self._buckets = buckets
        self._made: prometheus_client.Histogram | None = None

    def __repr__(self) -> str:
        return f"<Histogram {self._name} {'made' if self._made else 'declared'}>"

    @property
    def made(self) -> "prometheus_client.Histogram":
        """The histogram of prometheus_client; the first access creates it, with the current default buckets."""
        if self._made is None:
            from prometheus_client import Histogram as Made  # noqa: PLC0415  # see the module

            buckets = self._buckets or _run_buckets or Made.DEFAULT_BUCKETS
            self._made = Made(self._name, self._documentation, self._labelnames, buckets=buckets)
        return self._made

    def make(self) -> None:
        """Create it now, so that it exists from the start of the run; an error is logged."""
        try:
            _ = self.made
        except ValueError as error:
            logger.error("locust-push: the histogram %s cannot be created and is not pushed: %s", self._name, error)  # noqa: TRY400  # one line

    def labels(self, *values: object, **named: object) -> "prometheus_client.Histogram":
        """Return the child with these label values."""
        return self.made.labels(*values, **named)

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        """Add an observation; ``exemplar`` holds labels that identify it, such as ``trace_id``."""
        self.made.observe(amount, exemplar)

    def time(self) -> "Timer":
        """Return a context manager and decorator that observes the duration of a block or function, in seconds."""
        return self.made.time()


_declared: dict[str, tuple[type, tuple[str, ...], Any]] = {}
_run_buckets: tuple[float, ...] = ()


def use_buckets(buckets: tuple[float, ...]) -> None:
    """Create the declared histograms at the start of a run, with its ``buckets`` (seconds)."""
    global _run_buckets  # noqa: PLW0603  # of the process, as the registry of prometheus_client is
    _run_buckets = buckets
    for _, _, metric in _declared.values():
        if isinstance(metric, Histogram):
            metric.make()


def _declare(kind: type[M], name: str, labelnames: Sequence[str], make: Callable[[], M]) -> M:
    known = _declared.get(name)
    if known is None:
        known = _declared[name] = kind, tuple(labelnames), make()
    if known[:2] != (kind, tuple(labelnames)):
        raise ValueError(
            f"{name} is already declared as a {known[0].__name__} with labels {known[1]}; rename one of them"
        )
    metric: M = known[2]
    return metric
