"""Business metrics in one line of a locustfile: prometheus_client's own, made so that a locustfile may be loaded twice.

prometheus_client refuses a second metric of a name, which is what a locustfile that is imported again would make. It
is imported when the first metric is declared, since that takes 60 ms which a locustfile without any shall not pay.
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
    """A count that only grows, pushed as ``<name>_total``.

    Declaring it again gives the same object.

    Raises:
        ValueError: the name is taken by another kind of metric, or one with other labels.
    """
    from prometheus_client import Counter  # noqa: PLC0415  # see the module

    return _declare(Counter, name, labelnames, lambda: Counter(name, documentation, labelnames))


def gauge(name: str, documentation: str, labelnames: Sequence[str] = ()) -> "prometheus_client.Gauge":
    """A value that goes up and down; declaring it again and errors as of :func:`counter`."""
    from prometheus_client import Gauge  # noqa: PLC0415  # see the module

    return _declare(Gauge, name, labelnames, lambda: Gauge(name, documentation, labelnames))


def histogram(
    name: str, documentation: str, labelnames: Sequence[str] = (), *, buckets: Sequence[float] | None = None
) -> "Histogram":
    """A distribution, of durations in seconds unless ``buckets`` are given; by default those of ``--push-buckets``.

    Declaring it again and errors as of :func:`counter`.
    """
    return _declare(
        Histogram, name, labelnames, lambda: Histogram(name, documentation, tuple(labelnames), buckets=buckets)
    )


class Histogram:
    """A ``prometheus_client.Histogram`` that is made when a run starts, or when it is used before.

    Since only then ``--push-buckets`` is known: a worker hears of it from its master.
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
        """The histogram of prometheus_client; made, with the buckets of now, when it is first asked for."""
        if self._made is None:
            from prometheus_client import Histogram as Made  # noqa: PLC0415  # see the module

            buckets = self._buckets or _run_buckets or Made.DEFAULT_BUCKETS
            self._made = Made(self._name, self._documentation, self._labelnames, buckets=buckets)
        return self._made

    def make(self) -> None:
        """Make it now, so that it is there from the start of a run; a name that is taken is logged."""
        try:
            _ = self.made
        except ValueError as error:
            logger.error("locust-push: the histogram %s cannot be made: %s", self._name, error)  # noqa: TRY400  # one line

    def labels(self, *values: object, **named: object) -> "prometheus_client.Histogram":
        """The child of these label values."""
        return self.made.labels(*values, **named)

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        """Add an observation, with labels such as ``trace_id`` that say which one it was."""
        self.made.observe(amount, exemplar)

    def time(self) -> "Timer":
        """A context manager and decorator that observes how long a block or function takes, seconds."""
        return self.made.time()


_declared: dict[str, tuple[type, tuple[str, ...], Any]] = {}
_run_buckets: tuple[float, ...] = ()


def use_buckets(buckets: tuple[float, ...]) -> None:
    """Make the histograms that wait for a run, with its ``buckets`` (seconds)."""
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
        raise ValueError(f"{name} is declared as a {known[0].__name__} with labels {known[1]} already; rename one")
    metric: M = known[2]
    return metric
