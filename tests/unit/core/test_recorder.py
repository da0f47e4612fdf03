"""The recorder with ordinary and with many events; test_recorder_hostile.py has invalid ones."""

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any
from unittest.mock import Mock

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.durations import format_bound
from locust_push.core.hot_path.plain import FIRST_CAPACITY, LAST_CAPACITY
from locust_push.core.hot_path.selection import make_listener
from locust_push.core.labels import AGGREGATED, OVERFLOW
from locust_push.core.recorder import Recorder
from locust_push.core.stats_entry import MAX_ERROR_KINDS
from tests.unit.core.recording import Read, Recording


@pytest.fixture
def recording() -> Recording:
    return Recording()


def test_a_request_is_counted_with_its_bytes_and_duration(recording: Recording) -> None:
    """Milliseconds are converted to seconds, once, and every metric of a request has its labels."""
    recording.fire("GET", "/a", 120.0, 4000)
    expected: Read = {
        ("locust_requests_total", "GET", "/a", "success"): 1,
        ("locust_requests_total", "GET", "/a", "failure"): 0,
        ("locust_response_bytes_total", "GET", "/a"): 4000,
        **{
            ("locust_request_duration_seconds_bucket", "GET", "/a", "success", bound): count
            for bound, count in zip(("0.1", "0.5", "1.0", "5.0", "+Inf"), (0, 1, 1, 1, 1), strict=True)
        },
        ("locust_request_duration_seconds_sum", "GET", "/a", "success"): 0.12,
        ("locust_request_duration_seconds_count", "GET", "/a", "success"): 1,
    }
    assert recording.read() == expected


def test_success_and_failure_have_counters_and_histograms_of_their_own(recording: Recording) -> None:
    """Each status has its own counter and histogram, and its histogram's count is the counter's value."""
    for milliseconds in range(30):
        recording.fire("GET", "/a", milliseconds, 1, OSError() if milliseconds % 3 == 0 else None)
    read = recording.read()
    for status, count, total in (("success", 20, 0.3), ("failure", 10, 0.135)):
        assert read["locust_requests_total", "GET", "/a", status] == count
        assert read["locust_request_duration_seconds_count", "GET", "/a", status] == count
        assert read["locust_request_duration_seconds_bucket", "GET", "/a", status, "+Inf"] == count
        assert read["locust_request_duration_seconds_sum", "GET", "/a", status] == pytest.approx(total)
    assert read["locust_response_bytes_total", "GET", "/a"] == 30
    assert read["locust_request_failures_total", "GET", "/a", "OSError"] == 10


def test_failures_are_a_series_before_the_first_one(recording: Recording) -> None:
    """The counter of failures is 0, not absent, from the first request on."""
    recording.fire("GET", "/a", 1.0, 1)
    assert recording.read()["locust_requests_total", "GET", "/a", "failure"] == 0


def failed_response(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(response=response)


class StatusError(Exception):
    """Failures of geventhttpclient, which FastHttpUser reports, get their HTTP status."""

    def __init__(self, code: object) -> None:
        self.code = code


@pytest.mark.parametrize(
    ("exception", "kind"),
    [
        (failed_response(404), "HTTP 404"),
        (failed_response(503), "HTTP 503"),
        (StatusError(500), "HTTP 500"),
        (StatusError(7), "StatusError"),
        (StatusError("500"), "StatusError"),
        (requests.ConnectionError("refused"), "ConnectionError"),
        (ValueError("a free message"), "ValueError"),
        ("a free message", "failure"),
        (True, "failure"),
    ],
)
def test_failures_are_counted_by_a_bounded_kind(recording: Recording, exception: object, kind: str) -> None:
    """The type is the HTTP status if known (also of a response that is false), else the class; never the message."""
    for _ in range(2):
        recording.fire("GET", "/a", 1.0, 1, exception)
    read = recording.read()
    assert read["locust_request_failures_total", "GET", "/a", kind] == 2
    assert sum(key[0] == "locust_request_failures_total" for key in read) == 1


def test_kinds_of_error_are_bounded(recording: Recording) -> None:
    """Beyond the limit all new types share one series; known types keep theirs, and none is lost."""
    kinds = [type(f"Error{number}", (Exception,), {}) for number in range(MAX_ERROR_KINDS + 50)]
    for kind in [*kinds, kinds[0]]:
        recording.fire("GET", "/a", 1.0, 1, kind())
        recording.recorder.on_user_error(exception=kind())
    read = recording.read()
    for metric, labels in (("locust_request_failures_total", ("GET", "/a")), ("locust_user_exceptions_total", ())):
        counts = {key[-1]: value for key, value in read.items() if key[0] == metric and key[1:-1] == labels}
        assert (counts["Error0"], counts[OVERFLOW]) == (2, 50)
        assert sum(counts.values()) == len(kinds) + 1
        assert len(counts) == MAX_ERROR_KINDS + 1


def test_exceptions_of_users_are_counted_by_class(recording: Recording) -> None:
    """Locust's user_error event, with unused arguments, counts the class of the exception."""
    for error in (KeyError("a"), KeyError("b"), ValueError()):
        recording.recorder.on_user_error(user_instance=object(), exception=error, tb=None)
    read = recording.read()
    assert read == {("locust_user_exceptions_total", "KeyError"): 2, ("locust_user_exceptions_total", "ValueError"): 1}


SIZES = sorted({size + step for size in (1, 16, 32, 64, 128, 256, 512, 1024, 2048) for step in (-1, 0, 1)})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("exception", [None, OSError()], ids=["success", "failure"])
def test_a_full_ring_loses_nothing(recording: Recording, size: int, exception: Exception | None) -> None:
    """Any number of requests before the next tick is counted, at the edges of every capacity."""
    for number in range(size):
        recording.fire("GET", "/a", number, 1, exception)
    read = recording.read()
    assert recording.requests(read) == size
    status = "failure" if exception else "success"
    if size:
        assert read["locust_request_duration_seconds_count", "GET", "/a", status] == size
        assert read["locust_request_duration_seconds_sum", "GET", "/a", status] == pytest.approx(
            sum(range(size)) / 1000
        )
        assert read["locust_response_bytes_total", "GET", "/a"] == size


@given(st.lists(st.integers(min_value=0, max_value=2 * LAST_CAPACITY + 100), max_size=6))
def test_counts_do_not_depend_on_when_is_drained(bursts: list[int]) -> None:
    """Bursts of any size between ticks add up, and every counter only grows."""
    recording, earlier = Recording(), dict[tuple[str, ...], float]()
    for burst in bursts:
        for number in range(burst):
            recording.fire("GET", "/a", number, 2)
        read = recording.read()
        assert all(read[key] >= value for key, value in earlier.items())
        earlier = read
    assert recording.requests(recording.read()) == sum(bursts)


def test_names_beyond_the_cap_share_a_series() -> None:
    """The limit is on names; requests beyond it are counted, reported once, kept by method, and known names stay."""
    recording = Recording(max_names=2)
    for name in ("/a", "/b", "/c", "/d", "/a"):
        recording.fire("GET", name, 1.0, 1)
    recording.fire("PURGE", "/e", 1.0, 1)
    read = recording.read()
    assert recording.requests(read) == 6
    assert read["locust_requests_total", "GET", "/a", "success"] == 2
    assert read["locust_requests_total", "GET", OVERFLOW, "success"] == 2
    assert read["locust_requests_total", OVERFLOW, OVERFLOW, "success"] == 1
    assert (recording.recorder.overflow_requests, recording.recorder.overflow_example) == (3, "GET /c")


def test_names_beyond_the_cap_take_the_fast_way_too() -> None:
    """A name beyond the limit is on the fast path from its second request on: the slow one takes ten times as long."""
    recording = Recording(max_names=1)
    careful = Mock(wraps=recording.recorder.record_unusual)
    recorder = recording.recorder
    recorder.on_request = make_listener(recorder._successes, recorder.record_failure, careful)
    for name in ("/known", "/beyond"):
        for _ in range(FIRST_CAPACITY):
            recording.fire("GET", name, 1.0, 1)
    # Each once as a new name; then their rings are there.
    assert [call.args[1] for call in careful.call_args_list] == ["/known", "/beyond"]
    assert recording.recorder.overflow_requests == FIRST_CAPACITY
    assert recording.read()["locust_requests_total", "GET", OVERFLOW, "success"] == FIRST_CAPACITY


def test_a_hundred_thousand_names_are_bounded() -> None:
    """100,000 names are all counted in series and memory that the limit bounds."""
    recording = Recording(max_names=1000)
    recording.fire("GET", "known", 1.0, 1)
    tracemalloc.start()
    for number in range(100_000):
        recording.fire("GET", f"/{number}", 1.0, 1)
        if number == 20_000:
            early = tracemalloc.get_traced_memory()[0]
    late = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    recording.fire("GET", "known", 1.0, 1)
    read = recording.read()
    assert recording.requests(read) == 100_002
    assert read["locust_requests_total", "GET", "known", "success"] == 2
    assert recording.recorder.overflow_requests == 99_001
    assert len({key[:3] for key in read if key[0] == "locust_requests_total"}) == 1001
    assert late - early < 10_000, "80,000 further names took memory"


def test_a_name_that_means_something_to_us_has_a_row_of_its_own() -> None:
    """Names, methods and errors such as __overflow__ and Aggregated are distinguished from reserved ones."""
    recording = Recording(max_names=3)
    for name in (OVERFLOW, AGGREGATED, "_Aggregated", "/beyond", OVERFLOW):
        recording.fire("GET", name, 1.0, 1)
    recording.fire("GET", OVERFLOW, 1.0, 1, type(OVERFLOW, (Exception,), {})())
    read = recording.read()
    assert read["locust_requests_total", "GET", "___overflow__", "success"] == 2
    assert read["locust_requests_total", "GET", "_Aggregated", "success"] == 1
    assert read["locust_requests_total", "GET", "__Aggregated", "success"] == 1
    assert read["locust_requests_total", "GET", OVERFLOW, "success"] == recording.recorder.overflow_requests == 1
    assert read["locust_request_failures_total", "GET", "___overflow__", "___overflow__"] == 1


class Thing:
    """An object that an event may contain."""


def test_nothing_of_an_event_is_kept(recording: Recording) -> None:
    """Response, exception, context and other objects of an event can be freed when the event is over."""
    thing = Thing()
    error = StatusError(thing)
    kept: list[Callable[[], object]] = [weakref.ref(error), weakref.ref(thing)]
    recording.fire("GET", "/a", 1.0, 1)
    recording.fire("GET", "/a", 1.0, 1, error, response=thing, context={"user": thing}, url=thing)
    recording.fire("GET", "/a", thing, thing, None, response=thing)
    recording.fire("GET", thing, 1.0, 1)
    recording.recorder.on_user_error(user_instance=thing, exception=error, tb=None)
    del error, thing
    gc.collect()
    assert [reference() for reference in kept] == [None, None]


def allocated_by(work: Callable[[], None]) -> int:
    """Return the bytes that are allocated during ``work`` and still held after it."""
    gc.collect()
    tracemalloc.start()
    work()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held


def test_a_warm_ring_takes_no_memory(recording: Recording) -> None:
    """After the first ticks further requests use no more memory."""

    def tick() -> None:
        for number in range(LAST_CAPACITY * 3):
            recording.fire("GET", "/a", number * 0.1, number, response=object())
        recording.read()

    def ticks() -> None:
        for _ in range(5):
            tick()

    tick()
    assert allocated_by(ticks) < 10_000


def advance(steps: Iterator[None], count: int) -> None:
    for _ in range(count):
        next(steps)


def test_a_drain_of_many_names_gives_way() -> None:
    """Draining pauses after a bounded number of names and requests, so that users never wait for all of them."""
    recording = Recording(max_names=2000)
    for burst in (1, 1, 100):
        for number in range(2000):
            for _ in range(burst):
                recording.fire("GET", f"/{number}", 1.0, 1)
        endpoints = [endpoint for _, _, endpoint in recording.recorder.endpoints()]
        steps = recording.recorder.drain()
        drained = [0, *(sum(not endpoint.success.position for endpoint in endpoints) for _ in steps)]
        assert len(drained) >= 2000 / 150
        assert max(after - before for before, after in pairwise(drained)) <= (150 if burst == 1 else 40)


@given(st.lists(st.lists(st.integers(min_value=0, max_value=399), max_size=40), max_size=8))
def test_requests_during_the_pauses_of_a_drain_are_not_lost(pauses: list[list[int]]) -> None:
    """Requests of old and new names during a pause of a drain are counted once, by it or by the next one."""
    recording = Recording(max_names=300)
    for number in range(200):
        recording.fire("GET", f"/{number}", 1.0, 1)
    draining = recording.recorder.drain()
    for pause in pauses:
        next(draining, None)
        for number in pause:
            for _ in range(FIRST_CAPACITY):
                recording.fire("GET", f"/{number}", 1.0, 1)
    assert_consumed(draining)
    assert recording.requests(recording.read()) == 200 + FIRST_CAPACITY * sum(map(len, pauses))


def assert_consumed(steps: Iterable[Any]) -> None:
    assert len(list(steps)) < 1000


def test_two_drains_at_once_count_everything_once() -> None:
    """A second drain that starts in a pause of the first one takes nothing twice."""
    recording = Recording(max_names=1000)
    for number in range(1000):
        recording.fire("GET", f"/{number}", 1.0, 1)
    first, second = recording.recorder.drain(), recording.recorder.drain()
    advance(first, 2)
    advance(second, 3)
    assert_consumed(first)
    assert_consumed(second)
    assert recording.requests(recording.read()) == 1000


def test_bounds_are_written_as_floats() -> None:
    """``le`` of a whole number keeps its .0, as Prometheus 3 and OpenMetrics write it."""
    assert [format_bound(bound) for bound in (0.005, 1, 2.5, 60)] == ["0.005", "1.0", "2.5", "60.0"]


def test_how_many_names_are_known_shows_in_the_representation() -> None:
    """The representation has the number of names and its limit."""
    recorder: Recorder = Recording(max_names=7).recorder
    recorder.on_request(request_type="GET", name="/a", response_time=1.0, response_length=1)
    assert repr(recorder) == "<Recorder 1 of 7 names>"
