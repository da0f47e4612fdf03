"""Everything that is recorded for one (method, name): its rings, their aggregates, and their series.

There may be thousands of entries. What most of them never need, such as the parts for failures, is created on first
use, and of series only the numbers are kept: Python's garbage collector visits each object, and users under test wait
for it.
"""

from locust_push.core import metrics
from locust_push.core.delta import Delta, DurationDelta, ResponseDelta
from locust_push.core.durations import Durations, HistogramForms
from locust_push.core.hot_path.selection import Ring
from locust_push.core.labels import FAILURE, OVERFLOW, STATUS, SUCCESS, RowKey
from locust_push.core.series import Form, Series
from locust_push.core.table import Cell, Family, RowBlock, SeriesTable
from locust_push.core.values import label_text, sort_response_times

MAX_ERROR_KINDS = 100
"""Limit of error types per entry, and of user exceptions; ordinary tests do not reach it."""


_COUNTERS = Form(
    *(Series(metrics.REQUESTS, ((STATUS, status),)) for status in (SUCCESS, FAILURE)), Series(metrics.RESPONSE_BYTES)
)


class StatsEntry(RowBlock):
    """What is recorded for one (method, name). As a block of the table it has the counters.

    The counter of failures exists from the start, so that a rate of failures is 0 rather than absent.
    """

    __slots__ = (
        "_error_kinds",
        "_errors",
        "_failure",
        "_forms",
        "_recent",
        "_table",
        "_taken_errors",
        "success",
    )

    form = _COUNTERS

    def __init__(
        self,
        table: SeriesTable,
        errors: Family,
        row: RowKey,
        forms: HistogramForms,
        recent: DurationDelta | None = None,
    ) -> None:
        """With ``recent``, one delta collects what is recent in all entries, and none can be taken from this one."""
        self._table = table
        super().__init__(row)
        self._forms = forms
        self._recent = recent
        self.success = ResponseRing(table, row, SUCCESS, forms, recent)
        self._failure: ResponseRing | None = None
        self._errors = errors
        self._error_kinds: dict[str, Cell] | None = None
        self._taken_errors: dict[str, float] | None = None
        table.add(self)

    @property
    def failure(self) -> "ResponseRing":
        """The failed requests."""
        if self._failure is None:
            self._failure = ResponseRing(self._table, self.row, FAILURE, self._forms, self._recent)
        return self._failure

    @property
    def rings(self) -> "tuple[ResponseRing, ...]":
        """Those that there are: that of successes and, once a request has failed, that of failures."""
        return (self.success,) if self._failure is None else (self.success, self._failure)

    @property
    def requests(self) -> int:
        """Requests, as far as drained."""
        return self.success.requests + self.failures

    @property
    def failures(self) -> int:
        """Those of them that failed."""
        return self._failure.requests if self._failure else 0

    def read(self, values: list[float]) -> None:
        """Append the counters."""
        failure = self._failure
        if failure is None:
            values += (self.success.requests, 0, self.success.response_bytes)
        else:
            both = self.success.response_bytes + failure.response_bytes
            values += (self.success.requests, failure.requests, both)

    def count_error(self, kind: str) -> None:
        """Count one failure of this kind."""
        self._error_cell(kind).value += 1

    def absorb(self, delta: ResponseDelta) -> None:
        """Add what another process recorded."""
        (self.failure if delta.failed else self.success).absorb(delta)

    def absorb_error(self, kind: str, count: int) -> None:
        """Add failures of this kind that another process recorded."""
        cell = self._error_cell(label_text(kind))
        cell.value += count
        self._take_error(dict(cell.series[0].labels)["error"], count)

    def drain(self) -> int:
        """Move what waits in the rings into the aggregates; return how many requests that were."""
        drained = self.success.drain()
        return drained + self._failure.drain() if self._failure else drained

    def settle(self) -> int:
        """See :meth:`Durations.settle`."""
        return sum(ring.durations.settle() for ring in self.rings)

    def take_recent(self, method: str, name: str, into: Delta) -> None:
        """Add to ``into`` what was drained, and which errors were counted, since this was last called."""
        for ring in self.rings:
            if ring.requests != ring.taken_requests:
                into.responses.append(ring.take_recent(method, name, failed=ring is self._failure))
        for kind, cell in (self._error_kinds or {}).items():
            if added := int(cell.value - (self._taken_errors or {}).get(kind, 0)):
                into.errors[method, name, kind] = added
                self._take_error(kind, added)

    def _error_cell(self, kind: str) -> Cell:
        """Return the counter of this error type; the first call creates its series."""
        if self._error_kinds is None:
            self._error_kinds = {}
        if kind not in self._error_kinds and len(self._error_kinds) >= MAX_ERROR_KINDS:
            kind = OVERFLOW
        if kind not in self._error_kinds:
            self._error_kinds[kind] = self._errors.cell(*self.row, kind)
        return self._error_kinds[kind]

    def _take_error(self, kind: str, count: float) -> None:
        if self._taken_errors is None:
            self._taken_errors = {}
        self._taken_errors[kind] = self._taken_errors.get(kind, 0) + count


class ResponseRing(Ring):
    """The requests of one (method, name, status): the ring that they are written to, and their aggregates.

    Attributes:
        requests: Requests, as far as drained.
        response_bytes: Their bytes.
        durations: Their durations; the histogram joins the table with the first one.
        taken_requests: ``requests`` when what is recent was last taken.
    """

    __slots__ = ("_taken_bytes", "durations", "requests", "response_bytes", "taken_requests")

    def __init__(
        self, table: SeriesTable, row: RowKey, status: str, forms: HistogramForms, recent: DurationDelta | None
    ) -> None:
        super().__init__()
        self.requests = 0
        self.response_bytes = 0
        self.durations = Durations(table, row, status, forms, recent)
        self.taken_requests = 0
        self._taken_bytes = 0

    def observe(self, response_time: float, response_length: int) -> None:
        """Record one request; without a valid response time it counts as a request without a duration."""
        if self.position == self.capacity and not self.grow():
            self.drain()
        self.put(response_time, response_length)

    def drain(self) -> int:
        """Move what waits in the ring into the aggregates; return how many requests that were."""
        if not self.position:
            return 0
        times, response_bytes = self.take()
        self.requests += len(times)
        self.response_bytes += response_bytes
        ordered, total = sort_response_times(times)
        if ordered:
            self.durations.add(ordered, total)
        return len(times)

    def take_recent(self, method: str, name: str, *, failed: bool) -> ResponseDelta:
        """What was added to the aggregates since this was last called."""
        requests, added = self.requests - self.taken_requests, self.response_bytes - self._taken_bytes
        self.taken_requests, self._taken_bytes = self.requests, self.response_bytes
        return ResponseDelta(method, name, failed, requests, added, self.durations.histogram.take_recent())

    def absorb(self, delta: ResponseDelta) -> None:
        """Add what another process recorded for this (method, name, status)."""
        self.requests += delta.requests
        self.taken_requests += delta.requests
        self.response_bytes += delta.response_bytes
        self._taken_bytes += delta.response_bytes
        if delta.durations.count:
            self.durations.absorb(delta.durations)
