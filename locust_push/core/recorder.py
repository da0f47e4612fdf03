"""From Locust's request event to aggregates: the hot path, what feeds it, and the blocks of series that it fills.

A request takes one of two ways. The fast one, :attr:`Recorder.on_request`, looks the ring of its series up by method
and name and stores two numbers. Whatever does not fit - a new name, a missing time, text where a number belongs -
raises in there and goes the careful way, :meth:`Recorder.record_unusual`, which accepts anything. Neither raises, and
neither keeps anything of the event but text and numbers.
"""

import hashlib
import math
from array import array
from collections.abc import Callable, Iterator
from typing import Any

from locust_push.core import metrics
from locust_push.core.delta import Delta, ResponseDelta
from locust_push.core.durations import Durations, HistogramForms
from locust_push.core.ring import Ring
from locust_push.core.series import Labels, Series
from locust_push.core.table import Cell, Family, SeriesTable

OVERFLOW = "__overflow__"
"""Stands for every method, name or kind of error beyond the cap."""

MAX_LABEL_CHARACTERS = 256
"""Longer texts are cut and closed with a hash; receivers commonly allow 2,048 bytes, and no dashboard shows more."""

UNPRINTABLE = "<unprintable>"
"""Stands for a method or name that no text can be made of."""

MAX_SECONDS = 1e9
"""Times beyond (30 years) are nonsense and would swallow every other one in the sum."""

MAX_ERROR_KINDS = 100
"""Kinds of error per endpoint, and of user exceptions; a bound, never met by sane tests."""

_MAX_BYTES = 2**60
"""Lengths beyond are nonsense; sums up to here are exact as integers and close as samples."""

_TEXT = str, bytes, bytearray

_DRAIN_WORK, _RING_WORK, _SERIES_WORK, _BUCKET_WORK = 4096, 32, 32, 1
"""What a drain does before it gives way, below a millisecond; what two rings, a new series, and a bucket of a native
histogram count for."""


class Recorder:
    """Counts every request of one process in one run.

    Attributes:
        on_request: Listener for Locust's ``request`` event.
        overflow_example: The first name that exceeded ``max_names``, or None; to be warned of once.
        overflow_requests: How many requests were recorded under :data:`OVERFLOW`.
    """

    def __init__(self, table: SeriesTable, *, forms: HistogramForms, max_names: int) -> None:
        """Record into ``table``, durations as ``forms`` says, with at most ``max_names`` (method, name) pairs."""
        self._table = table
        self._forms = forms
        self._max_names = max_names
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._methods: set[str] = set()
        # Raw (method, name) of the event -> ring; two levels, since looking a text up twice is cheaper than a tuple
        # once.
        self._successes: dict[str, dict[str, ResponseRing]] = {}
        self._failures: dict[str, dict[str, Endpoint]] = {}
        self._errors = Family(table, metrics.REQUEST_FAILURES, "method", "name", "error")
        self._exceptions = Family(table, metrics.USER_EXCEPTIONS, "error")
        self._exception_kinds: set[str] = set()
        self._recent = Delta()
        self.overflow_requests = 0
        self.overflow_example: str | None = None
        self.on_request = self._make_listener()

    def __repr__(self) -> str:
        return f"<Recorder {len(self._endpoints)} of {self._max_names} names>"

    def _make_listener(self) -> Callable[..., None]:
        """The listener as a closure: each attribute look-up saved is saved tens of thousands of times a second."""
        successes = self._successes
        record_failure, record_unusual = self.record_failure, self.record_unusual

        def on_request(  # noqa: PLR0917  # Locust's own names, given by keyword
            request_type: Any = None,
            name: Any = None,
            response_time: Any = None,
            response_length: Any = 0,
            exception: Any = None,
            # Not looked at, but named: what is not costs Python a comparison with every name that there is.
            response: Any = None,  # noqa: ARG001
            context: Any = None,  # noqa: ARG001
            start_time: Any = None,  # noqa: ARG001
            url: Any = None,  # noqa: ARG001
            **_: object,
        ) -> None:
            try:
                if exception:
                    record_failure(request_type, name, response_time, response_length, exception)
                    return
                ring = successes[request_type][name]
                position = ring.position
                ring.seconds[position] = response_time / 1000.0
                ring.lengths[position] = response_length + 0  # a number, or a TypeError: no slot keeps a response alive
                ring.position = position + 1
            except Exception:  # noqa: BLE001 - the way of everything unusual, a full ring and a new name included
                record_unusual(request_type, name, response_time, response_length, exception)

        return on_request

    def record_failure(self, method: Any, name: Any, response_time: Any, response_length: Any, exception: Any) -> None:
        """Record a failed request whose endpoint is known; raises what is unusual before anything is counted."""
        endpoint = self._failures[method][name]
        ring = endpoint.failure
        kind = error_kind(exception)
        position = ring.position
        ring.seconds[position] = response_time / 1000.0
        ring.lengths[position] = response_length + 0
        ring.position = position + 1
        endpoint.count_error(kind)

    def record_unusual(self, method: Any, name: Any, response_time: Any, response_length: Any, exception: Any) -> None:
        """Record any event at all: unknown names, values of any type, full rings."""
        endpoint = self._endpoint(method, name)
        failed = is_failure(exception)
        ring = endpoint.failure if failed else endpoint.success
        ring.observe(duration(response_time), length(response_length))
        if failed:
            endpoint.count_error(error_kind(exception))

    def on_user_error(self, exception: Any = None, **_: object) -> None:
        """Listen for Locust's ``user_error`` event."""
        kind = self._count_exceptions(error_kind(exception), 1)
        self._recent.exceptions[kind] = self._recent.exceptions.get(kind, 0) + 1

    @property
    def buckets(self) -> tuple[float, ...]:
        """Upper bounds of the classic buckets, seconds."""
        return self._forms.bounds

    def endpoints(self) -> Iterator[tuple[str, str, "Endpoint"]]:
        """Method, name and aggregates of everything recorded."""
        for (method, name), endpoint in self._endpoints.items():
            yield method, name, endpoint

    def take_recent(self) -> Delta:
        """What was recorded here, and drained, since this was last called; what was absorbed is told by others."""
        recent, self._recent = self._recent, Delta()
        for (method, name), endpoint in self._endpoints.items():
            endpoint.take_recent(method, name, recent)
        return recent

    def absorb(self, delta: Delta) -> None:
        """Add what another process recorded; the cap on names holds for all of them together.

        Raises:
            ValueError: It has other classic buckets. Nothing of it is added then.
        """
        if any(response.durations.highest_classic > len(self.buckets) for response in delta.responses):
            raise ValueError("a delta of other classic buckets")
        self.overflow_requests += delta.overflow_requests
        for response in delta.responses:
            # What is over the cap there was counted there.
            beyond = 0 if response.name == OVERFLOW else response.requests
            self._endpoint(response.method, response.name, beyond).absorb(response)
        for (method, name, kind), count in delta.errors.items():
            self._endpoint(method, name, 0).absorb_error(kind, count)
        for kind, count in delta.exceptions.items():
            self._count_exceptions(kind, count)

    def _count_exceptions(self, kind: str, count: int) -> str:
        """Count, and return the kind that stands for this one."""
        kind = bounded(label_text(kind), self._exception_kinds, MAX_ERROR_KINDS)
        self._exceptions.cell(kind).value += count
        return kind

    def drain(self) -> Iterator[None]:
        """Move all observations from the rings into the aggregates, yielding where the caller may pause."""
        work = 0
        for endpoint in list(self._endpoints.values()):
            before = len(self._table)
            work += _RING_WORK + endpoint.success.drain() + endpoint.failure.drain()
            work += _BUCKET_WORK * (endpoint.success.durations.settle() + endpoint.failure.durations.settle())
            work += _SERIES_WORK * (len(self._table) - before)
            if work >= _DRAIN_WORK:
                yield
                work = 0

    def _endpoint(self, raw_method: Any, raw_name: Any, requests: int = 1) -> "Endpoint":
        method, name = label_text(raw_method), label_text(raw_name)
        endpoint = self._endpoints.get((method, name))
        if endpoint is None:
            if len(self._endpoints) >= self._max_names:
                return self._overflow(method, name, requests)
            endpoint = self._new_endpoint(method, name)
            self._methods.add(method)
        # Only what label_text left as it was may be found by its raw value: 1 and "1" share an endpoint, not a key.
        if raw_method is method and raw_name is name:
            self._successes.setdefault(method, {})[name] = endpoint.success
            self._failures.setdefault(method, {})[name] = endpoint
        return endpoint

    def _new_endpoint(self, method: str, name: str) -> "Endpoint":
        labels = ("method", method), ("name", name)
        endpoint = self._endpoints[method, name] = Endpoint(self._table, self._errors, labels, self._forms)
        return endpoint

    def _overflow(self, method: str, name: str, requests: int) -> "Endpoint":
        self.overflow_requests += requests
        self._recent.overflow_requests += requests
        if self.overflow_example is None and requests:
            self.overflow_example = f"{method} {name}"
        method = method if method in self._methods else OVERFLOW
        # Among the others, since a locustfile may use that name too, and a series must not be there twice.
        return self._endpoints.get((method, OVERFLOW)) or self._new_endpoint(method, OVERFLOW)


class Endpoint:
    """Everything recorded of one (method, name)."""

    __slots__ = ("_bytes", "_error_kinds", "_errors", "_taken_bytes", "_taken_errors", "failure", "success")

    def __init__(self, table: SeriesTable, errors: Family, labels: Labels, forms: HistogramForms) -> None:
        self._bytes = response_bytes = Cell(Series(metrics.RESPONSE_BYTES, labels))
        self.success = ResponseRing(table, labels, "success", forms, response_bytes)
        self.failure = ResponseRing(table, labels, "failure", forms, response_bytes)
        table.add(response_bytes)
        self._errors = errors
        self._error_kinds: dict[str, Cell] = {}
        self._taken_bytes = 0.0
        self._taken_errors: dict[str, float] = {}

    def count_error(self, kind: str) -> None:
        """Count a failure of a kind."""
        cell = self._error_kinds.get(kind) or self._error_kinds[self._known_kind(kind)]
        cell.value += 1

    def absorb(self, delta: ResponseDelta) -> None:
        """Add what another process recorded."""
        self._taken_bytes += delta.response_bytes
        (self.failure if delta.failed else self.success).absorb(delta)

    def absorb_error(self, kind: str, count: int) -> None:
        """Count failures of a kind that another process recorded."""
        kind = self._known_kind(label_text(kind))
        self._error_kinds[kind].value += count
        self._taken_errors[kind] = self._taken_errors.get(kind, 0) + count

    def take_recent(self, method: str, name: str, into: Delta) -> None:
        """Add to ``into`` what was drained, and which errors were counted, since this was last called."""
        for ring, failed in ((self.success, False), (self.failure, True)):
            if requests := ring.take_recent_requests():
                added, self._taken_bytes = int(self._bytes.value - self._taken_bytes), self._bytes.value
                durations = ring.durations.histogram.take_recent()
                into.responses.append(ResponseDelta(method, name, failed, requests, added, durations))
        for kind, cell in self._error_kinds.items():
            if added := int(cell.value - self._taken_errors.get(kind, 0)):
                into.errors[method, name, kind] = added
                self._taken_errors[kind] = cell.value

    def _known_kind(self, kind: str) -> str:
        """The kind that stands for this one; its series exists from now on."""
        if kind not in self._error_kinds and len(self._error_kinds) >= MAX_ERROR_KINDS:
            kind = OVERFLOW
        if kind not in self._error_kinds:
            (_, method), (_, name) = self.success.labels
            self._error_kinds[kind] = self._errors.cell(method, name, kind)
        return kind


class ResponseRing(Ring):
    """The requests of one (method, name, status): the ring that they are written to, and their aggregates.

    The counter of requests exists from the beginning, so that a rate of failures is 0 and not absent; the histogram
    joins the table with the first duration.
    """

    __slots__ = ("_bytes", "_requests", "_taken_requests", "durations", "labels")

    def __init__(
        self, table: SeriesTable, labels: Labels, status: str, forms: HistogramForms, response_bytes: Cell
    ) -> None:
        super().__init__()
        self.labels = labels
        with_status = (*labels, ("status", status))
        self._requests = Cell(Series(metrics.REQUESTS, with_status))
        self._taken_requests = 0.0
        self._bytes = response_bytes
        self.durations = Durations(table, with_status, forms)
        table.add(self._requests)

    @property
    def requests(self) -> float:
        """Requests, as far as drained."""
        return self._requests.value

    def observe(self, seconds: float | None, response_bytes: int) -> None:
        """Record one request; None is a request without a duration."""
        if seconds is None:
            self._requests.value += 1
            self._bytes.value += response_bytes
            return
        if self.position == len(self.seconds):
            self.drain()
        self.seconds[self.position] = seconds
        self.lengths[self.position] = response_bytes
        self.position += 1

    def drain(self) -> int:
        """Move what waits in the ring into the aggregates; return how many requests that were."""
        if not self.position:
            return 0
        seconds, lengths = self.take()
        self._requests.value += len(seconds)
        self._bytes.value += sum_lengths(lengths)
        ordered, total = sort_durations(seconds)
        if ordered:
            self.durations.add(ordered, total)
        return len(seconds)

    def take_recent_requests(self) -> int:
        """How many requests were added to the aggregates since this was last called."""
        added, self._taken_requests = self._requests.value - self._taken_requests, self._requests.value
        return int(added)

    def absorb(self, delta: ResponseDelta) -> None:
        """Add what another process recorded for this (method, name, status)."""
        self._requests.value += delta.requests
        self._taken_requests += delta.requests
        self._bytes.value += delta.response_bytes
        if delta.durations.count:
            self.durations.absorb(delta.durations)


def label_text(value: Any) -> str:
    """Any value as a label value: plain text of bounded length that is valid UTF-8. Never raises."""
    try:
        # str() may give back an instance of a subclass, with methods of its own; str.__str__ makes a plain text of it.
        text = value if type(value) is str else str.__str__(str(value))
        if len(text) <= MAX_LABEL_CHARACTERS and text.isascii():
            return text
        return _bounded_text(text)
    except Exception:  # noqa: BLE001 - str() of a stranger's object may raise anything
        return UNPRINTABLE


def _bounded_text(text: str) -> str:
    encoded = text.encode("utf-8", "replace")
    clean = encoded.decode("utf-8")
    if len(clean) > MAX_LABEL_CHARACTERS:
        digest = hashlib.blake2s(encoded, digest_size=4).hexdigest()
        clean = f"{clean[: MAX_LABEL_CHARACTERS - 9]}…{digest}"
    # The same object where nothing had to change, so that the caller can tell.
    return text if clean == text else clean


def is_failure(exception: Any) -> bool:
    """Whether Locust itself counts the event as failed: whether ``exception`` is true. Never raises."""
    try:
        return bool(exception)
    except Exception:  # noqa: BLE001 - an object whose truth cannot be told is there, so something went wrong
        return True


def duration(response_time: Any) -> float | None:
    """Milliseconds, as Locust gives them, in seconds; None for what is not a time. Never raises."""
    try:
        # float("12") is a number, but a text is not a time.
        seconds = math.nan if isinstance(response_time, _TEXT) else float(response_time) / 1000.0
    except Exception:  # noqa: BLE001 - None, or an object of any kind
        return None
    return seconds if is_duration(seconds) else None


def is_duration(seconds: float) -> bool:
    """Whether a number of seconds can be a duration: not NaN, infinite, negative or absurd."""
    return 0.0 <= seconds <= MAX_SECONDS


def length(response_length: Any) -> int:
    """A response length in bytes; 0 for what is not one. Never raises."""
    try:
        size = 0 if isinstance(response_length, _TEXT) else int(response_length)
    except Exception:  # noqa: BLE001 - None, NaN, or an object of any kind
        return 0
    return size if 0 <= size < _MAX_BYTES else 0


def sum_lengths(lengths: list[float]) -> int:
    """Sum of response lengths in bytes; whatever is not a length counts 0."""
    try:
        # Unsigned integers of C: anything else raises here, and none of another library can overflow the sum.
        total = int(sum(array("Q", lengths)))
    except Exception:  # noqa: BLE001 - a ring holds what the event gave; looked at one by one below
        total = _MAX_BYTES
    return total if total < _MAX_BYTES else sum(map(length, lengths))


def sort_durations(seconds: list[float]) -> tuple[list[float], float]:
    """Durations in ascending order, with their sum; whatever is not a duration is left out."""
    try:
        # Plain floats first: a stranger's number may have any idea of order, and its repr is no sample value.
        ordered = sorted(map(float, seconds))
        total = sum(ordered)
        # NaN fails every comparison, and shows in the sum wherever it stands in the list.
        if ordered[0] >= 0.0 and ordered[-1] <= MAX_SECONDS and total >= 0.0:
            return ordered, total
    except Exception:  # noqa: BLE001, S110 - what a stranger's division gave; looked at one by one below
        pass
    valid = sorted(filter(is_duration, map(_number, seconds)))
    return valid, sum(valid)


def _number(value: Any) -> float:
    try:
        return float(value)
    except Exception:  # noqa: BLE001 - a stranger's number type
        return math.nan


def bounded(kind: str, known: set[str], limit: int) -> str:
    """``kind``, or :data:`OVERFLOW` where it would be one too many."""
    if kind not in known:
        if len(known) >= limit:
            return OVERFLOW
        known.add(kind)
    return kind


def error_kind(exception: Any) -> str:
    """A bounded kind for an error: ``HTTP 503`` where a status is known, else the class. Never raises.

    A free message is never part of it: it would make a series of its own for every request.
    """
    status = http_status(exception)
    if status is not None:
        return f"HTTP {status}"
    try:
        return label_text(type(exception).__name__) if isinstance(exception, BaseException) else "failure"
    except Exception:  # noqa: BLE001 - not even its class may be told
        return "failure"


def http_status(exception: Any) -> int | None:
    """The HTTP status that made a request fail, or None where something else did. Never raises.

    ``requests`` puts the response on its HTTPError, geventhttpclient (FastHttpUser) the status on its BadStatusCode. A
    failure that the locustfile declared itself keeps its own class, whatever the status was.
    """
    try:
        # Never by truth: a requests.Response of 4xx is false.
        response = getattr(exception, "response", None)
        status = getattr(exception, "code", None) if response is None else getattr(response, "status_code", None)
    except Exception:  # noqa: BLE001 - attributes of a stranger's exception may raise
        return None
    return status if type(status) is int and 100 <= status <= 599 else None
