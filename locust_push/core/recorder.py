"""Records Locust's request events, and aggregates them.

A request takes one of two paths. The fast path, :attr:`Recorder.on_request`, looks up the ring of its series by method
and name, and stores two numbers. An event that does not fit (a new name, a missing time, text instead of a number)
raises inside it and takes the slow path, :meth:`Recorder.record_unusual`, which accepts anything. Neither path raises,
and neither keeps anything of the event but text and numbers.
"""

from collections.abc import Generator, Iterator
from typing import Any

from locust_push.core import metrics
from locust_push.core.delta import Delta, Totals, finished
from locust_push.core.durations import HistogramForms
from locust_push.core.hot_path.selection import make_listener
from locust_push.core.labels import ERROR, METHOD, NAME, OVERFLOW, RowKey, not_ours
from locust_push.core.stats_entry import MAX_ERROR_KINDS, ResponseRing, StatsEntry
from locust_push.core.table import Family, SeriesTable
from locust_push.core.values import error_kind, is_failure, label_text, milliseconds, response_bytes

MAX_OVERFLOW_NAMES = 10_000
"""Names beyond the limit that use the fast path; each one needs memory, so that later ones use the slow path."""

_DRAIN_WORK, _RING_WORK = 4096, 32
"""Work after which a drain yields, about a millisecond, and the work for one ring; one request counts as 1."""

_TAKEN_AT_ONCE = 128
"""Entries that a delta is taken of before it yields; they take less than a millisecond."""


class Recorder:
    """Counts every request of one process in one run.

    Attributes:
        on_request: Listener for Locust's ``request`` event.
        overflow_example: The first name that exceeded ``max_names``, for a warning; None while there is none.
    """

    def __init__(
        self, table: SeriesTable, *, forms: HistogramForms, max_names: int, recent_by_name: bool = True
    ) -> None:
        """Record into ``table``, durations as ``forms`` says, with at most ``max_names`` (method, name) pairs.

        Recent values are kept by name for :meth:`take_recent`, or only in total for :meth:`take_totals`, which is a
        third less work.
        """
        self._table = table
        self._forms = forms
        self._max_names = max_names
        self._endpoints: dict[RowKey, StatsEntry] = {}
        self._methods: set[str] = set()
        # Raw (method, name) of the event -> ring; two levels, since looking a text up twice is cheaper than a tuple
        # once.
        self._successes: dict[str, dict[str, ResponseRing]] = {}
        self._failures: dict[str, dict[str, StatsEntry]] = {}
        self._errors = Family(table, metrics.REQUEST_FAILURES, METHOD, NAME, ERROR)
        self._exceptions = Family(table, metrics.USER_EXCEPTIONS, ERROR)
        self._exception_kinds: set[str] = set()
        self._recent = Delta()
        self._totals = None if recent_by_name else Totals()
        self._overflow_names = 0
        self.overflow_example: str | None = None
        self.on_request = make_listener(self._successes, self.record_failure, self.record_unusual)

    def __repr__(self) -> str:
        return f"<Recorder {len(self._endpoints)} of {self._max_names} names>"

    def record_failure(self, method: Any, name: Any, response_time: Any, response_length: Any, exception: Any) -> None:
        """Record a failed request with a known name; raises for unusual values, before anything is counted."""
        endpoint = self._failures[method][name]
        ring = endpoint.failure
        kind = error_kind(exception)
        ring.put(response_time, response_length)
        endpoint.count_error(kind)

    def record_unusual(self, method: Any, name: Any, response_time: Any, response_length: Any, exception: Any) -> None:
        """Record any event at all: unknown names, values of any type, full rings."""
        endpoint = self._endpoint(method, name)
        failed = is_failure(exception)
        ring = endpoint.failure if failed else endpoint.success
        ring.observe(milliseconds(response_time), response_bytes(response_length))
        if failed:
            endpoint.count_error(error_kind(exception))

    def on_user_error(self, exception: Any = None, **_: object) -> None:
        """Listen for Locust's ``user_error`` event."""
        kind = self._count_exceptions(error_kind(exception), 1)
        self._recent.exceptions[kind] = self._recent.exceptions.get(kind, 0) + 1

    @property
    def overflow_requests(self) -> int:
        """How many requests were recorded under :data:`OVERFLOW`."""
        overflowing = (self._endpoints.get((method, OVERFLOW)) for method in {*self._methods, OVERFLOW})
        return sum(ring.requests + ring.position for each in overflowing if each for ring in each.rings)

    @property
    def buckets(self) -> tuple[float, ...]:
        """Upper bounds of the classic buckets, seconds."""
        return self._forms.bounds

    def endpoints(self) -> Iterator[tuple[str, str, "StatsEntry"]]:
        """Yield method, name and aggregates of everything recorded."""
        for (method, name), endpoint in self._endpoints.items():
            yield method, name, endpoint

    def take_recent(self) -> Delta:
        """Return what was recorded and drained here since the last call, without what was absorbed from others."""
        return finished(self.recent_steps())

    def recent_steps(self) -> Generator[None, None, Delta]:
        """Do the same in steps. A request that is drained meanwhile is in this delta or in the next one."""
        recent, self._recent = self._recent, Delta()
        for number, ((method, name), endpoint) in enumerate(list(self._endpoints.items()), 1):
            endpoint.take_recent(method, name, recent)
            if not number % _TAKEN_AT_ONCE:
                yield
        return recent

    def take_totals(self) -> Totals:
        """Return the same for all names together, if recent values are not kept by name."""
        if self._totals is None:
            raise TypeError("recent values are kept by name in this recorder")
        requests = sum(endpoint.requests for endpoint in self._endpoints.values())
        failures = sum(endpoint.failures for endpoint in self._endpoints.values())
        taken = Totals(
            requests - self._totals.requests, failures - self._totals.failures, self._totals.durations.take()
        )
        self._totals.requests, self._totals.failures = requests, failures
        return taken

    def absorb(self, delta: Delta) -> None:
        """Add what another process recorded; the limit on names is for all processes together.

        Raises:
            ValueError: Its classic buckets differ. Nothing is added then.
        """
        if any(response.durations.highest_classic > len(self.buckets) for response in delta.responses):
            raise ValueError("the delta has other classic buckets than this recorder")
        for response in delta.responses:
            self._entry(label_text(response.method), label_text(response.name)).absorb(response)
        for (method, name, kind), count in delta.errors.items():
            self._entry(label_text(method), label_text(name)).absorb_error(kind, count)
        for kind, count in delta.exceptions.items():
            self._count_exceptions(kind, count)

    def _count_exceptions(self, kind: str, count: int) -> str:
        """Count, and return the kind that stands for this one."""
        kind = bounded(label_text(kind), self._exception_kinds, MAX_ERROR_KINDS)
        self._exceptions.cell(kind).value += count
        return kind

    def drain(self) -> Iterator[None]:
        """Move all observations from the rings into the aggregates, yielding where the caller may pause."""
        work, native = 0, self._forms.native_schema is not None
        for endpoint in list(self._endpoints.values()):
            work += _RING_WORK + endpoint.drain()
            if native:
                work += endpoint.settle()
            if work >= _DRAIN_WORK:
                yield
                work = 0

    def _endpoint(self, raw_method: Any, raw_name: Any) -> StatsEntry:
        """Return the entry of an event; the next event like it will use the fast path."""
        method, name = not_ours(label_text(raw_method)), not_ours(label_text(raw_name))
        entry = self._failures.get(method, {}).get(name)
        if entry is None:
            entry = self._entry(method, name)
            if (method, name) not in self._endpoints:
                if self._overflow_names == MAX_OVERFLOW_NAMES:
                    return entry
                self._overflow_names += 1
        # Only a value that was not converted may be looked up as it is: 1 and "1" share an entry, but not a key.
        if raw_method is method and raw_name is name:
            self._successes.setdefault(method, {})[name] = entry.success
            self._failures.setdefault(method, {})[name] = entry
        return entry

    def _entry(self, method: str, name: str) -> StatsEntry:
        """Return the entry of these labels, or the entry for all labels beyond the limit."""
        entry = self._endpoints.get((method, name))
        if entry is None and len(self._endpoints) >= self._max_names:
            return self._overflow(method, name)
        self._methods.add(method)
        return entry or self._new_endpoint(method, name)

    def _new_endpoint(self, method: str, name: str) -> StatsEntry:
        recent = self._totals.durations if self._totals else None
        row = method, name
        endpoint = self._endpoints[row] = StatsEntry(self._table, self._errors, row, self._forms, recent)
        return endpoint

    def _overflow(self, method: str, name: str) -> StatsEntry:
        if self.overflow_example is None and name != OVERFLOW:
            self.overflow_example = f"{method} {name}"
        method = method if method in self._methods else OVERFLOW
        return self._endpoints.get((method, OVERFLOW)) or self._new_endpoint(method, OVERFLOW)


def bounded(kind: str, known: set[str], limit: int) -> str:
    """Return ``kind``, or :data:`OVERFLOW` if it exceeds the limit."""
    if kind not in known:
        if len(known) >= limit:
            return OVERFLOW
        known.add(kind)
    return kind
