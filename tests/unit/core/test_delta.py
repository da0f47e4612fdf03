"""Deltas between recorders: the sum of all deltas equals the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.delta import Delta, DurationDelta, ResponseDelta
from locust_push.core.durations import HistogramForms
from locust_push.core.labels import OVERFLOW
from locust_push.core.recorder import Recorder
from locust_push.core.stats_entry import MAX_ERROR_KINDS
from locust_push.core.table import SeriesTable
from tests.unit.core.load import Request, distributions, requests, split_sums
from tests.unit.core.recording import BUCKETS, Recording

PROCESSES = 3


def in_one_place(load: list[Request]) -> Recording:
    """Everything recorded by one recorder."""
    recording = Recording()
    for request in load:
        request.fire(recording)
    return recording


def taken(recording: Recording) -> Delta:
    """Return the delta since the last call."""
    recording.read()
    return recording.recorder.take_recent()


def told_in_parts(load: list[Request], cuts: set[int]) -> list[Delta]:
    """Return the deltas of several processes that report at each cut of the load, and at its end."""
    processes = [Recording() for _ in range(PROCESSES)]
    deltas = []
    for number, request in enumerate(load):
        request.fire(processes[request.process])
        if number in cuts:
            deltas += [taken(process) for process in processes]
    return deltas + [taken(process) for process in processes]


def assert_same(merged: Recording, whole: Recording) -> None:
    """Assert that all series and distributions are equal; sums up to the order of addition."""
    merged_sums, merged_rest = split_sums(merged.read())
    sums, rest = split_sums(whole.read())
    assert merged_rest == rest
    assert merged_sums == pytest.approx(sums)
    assert distributions(merged) == distributions(whole)


@given(requests(PROCESSES), st.sets(st.integers(0, 60)), st.randoms())
def test_any_partition_gives_the_whole(load: list[Request], cuts: set[int], order: st.randoms) -> None:  # type: ignore[valid-type]  # hypothesis's own Random
    """All series are equal, however requests are spread over processes and reports, in any order of reports."""
    deltas = told_in_parts(load, cuts)
    order.shuffle(deltas)  # type: ignore[attr-defined]  # the same
    merged = Recording()
    for delta in deltas:
        merged.recorder.absorb(delta)
    assert_same(merged, in_one_place(load))


@given(requests(PROCESSES), st.sets(st.integers(0, 60)))
def test_merging_is_associative(load: list[Request], cuts: set[int]) -> None:
    """Merging in groups first gives the same result as merging one after the other."""
    durations = [response.durations for delta in told_in_parts(load, cuts) for response in delta.responses]
    left, right = DurationDelta(), DurationDelta()
    for one in durations:
        left.merge(one)
    for one in reversed(durations):
        grouped = DurationDelta()
        grouped.merge(one)
        grouped.merge(right)
        right = grouped
    assert left.sum == pytest.approx(right.sum)
    left.sum = right.sum
    assert left == right


def test_native_histograms_are_merged_as_well() -> None:
    """A recorder with native histograms includes those of everything that it absorbed."""
    table, worker = SeriesTable(), Recording()
    merged = Recorder(table, forms=HistogramForms(BUCKETS, classic=False, native_schema=3), max_names=10)
    for milliseconds in (100.0, 200.0):
        worker.fire("GET", "/", milliseconds, 1)
        merged.absorb(taken(worker))
        for _ in merged.drain():
            pass
    [histogram] = table.snapshot(2, 1).histograms
    assert (histogram.count, sum(histogram.buckets.values())) == (2, 2)
    assert histogram.sum == pytest.approx(0.3)


def test_what_was_taken_is_not_taken_again() -> None:
    """A delta begins at the end of the previous one; without news it is empty, and false."""
    recording = Recording()
    recording.fire("GET", "/", 100.0, 7, OSError())
    first, second = taken(recording), taken(recording)
    assert first
    assert [(one.requests, one.response_bytes, one.durations.count) for one in first.responses] == [(1, 7, 1)]
    assert first.errors == {("GET", "/", "OSError"): 1}
    assert not second


def test_totals_are_of_all_names_together() -> None:
    """If recent values are not kept by name, they are kept in total, and returned once."""
    recording = Recording(recent_by_name=False)
    for name, ms, error in (("/a", 100.0, None), ("/b", 300.0, OSError()), ("/b", None, None)):
        recording.fire("GET", name, ms, 1, error)
    recording.read()
    first, second = recording.recorder.take_totals(), recording.recorder.take_totals()
    assert (first.requests, first.failures, first.durations.count) == (3, 1, 2)
    assert first.durations.sum == pytest.approx(0.4)
    assert (second.requests, second.failures, second.durations.count) == (0, 0, 0)
    with pytest.raises(TypeError, match="by name"):
        Recording().recorder.take_totals()


def test_what_waits_in_a_ring_is_not_taken_yet() -> None:
    """A delta contains only drained data, so that taking it is fast."""
    recording = Recording()
    recording.fire("GET", "/", 100.0, 7)
    recording.fire("GET", "/", 100.0, 7)
    assert not recording.recorder.take_recent().errors
    assert sum(one.requests for one in taken(recording).responses) == 2


def test_what_was_absorbed_is_not_told_on() -> None:
    """A delta contains only the recorder's own data: absorbed data would be counted twice."""
    worker, merged = Recording(), Recording()
    worker.fire("GET", "/", 100.0, 7, OSError())
    worker.recorder.on_user_error(exception=KeyError())
    merged.recorder.absorb(taken(worker))
    assert not taken(merged)
    merged.fire("GET", "/", 100.0, 5, OSError())
    delta = taken(merged)
    assert [(one.requests, one.response_bytes, one.durations.count) for one in delta.responses] == [(1, 5, 1)]
    assert delta.errors == {("GET", "/", "OSError"): 1}
    assert delta.exceptions == {}


def test_user_exceptions_add_up() -> None:
    """Exceptions of users' own code are reported by type."""
    merged = Recording()
    for _ in range(2):
        worker = Recording()
        for _ in range(3):
            worker.recorder.on_user_error(exception=KeyError())
        merged.recorder.absorb(taken(worker))
    assert merged.read()["locust_user_exceptions_total", "KeyError"] == 6


def test_the_cap_on_names_holds_for_all_workers_together() -> None:
    """Names beyond the limit of the merged recorder are counted as overflow; none is lost or counted twice."""
    merged = Recording(max_names=5)
    for process in range(3):
        worker = Recording(max_names=5)
        for number in range(8):
            worker.fire("GET", f"/{process}/{number}", 100.0, 1, OSError())
        merged.recorder.absorb(taken(worker))
    read = merged.read()
    assert Recording.requests(read) == 24
    assert read["locust_requests_total", "GET", OVERFLOW, "failure"] == merged.recorder.overflow_requests == 19
    assert read["locust_request_failures_total", "GET", OVERFLOW, "OSError"] == 19
    assert merged.recorder.overflow_example is not None


def test_kinds_of_error_stay_bounded() -> None:
    """A worker cannot create more types of errors than the limit of one process."""
    delta = Delta(errors={("GET", "/", f"kind {number}"): 1 for number in range(3 * MAX_ERROR_KINDS)})
    merged = Recording()
    merged.recorder.absorb(delta)
    kinds = {key: value for key, value in merged.read().items() if key[0] == "locust_request_failures_total"}
    assert len(kinds) == MAX_ERROR_KINDS + 1
    assert sum(kinds.values()) == 3 * MAX_ERROR_KINDS


def test_a_delta_of_other_buckets_is_refused_whole() -> None:
    """A delta with an invalid part is not merged at all."""
    good = ResponseDelta("GET", "/good", False, 1, 1, DurationDelta(1, 0.1, 0.1, 0.1))  # noqa: FBT003  # as declared
    bad = ResponseDelta("GET", "/bad", False, 1, 1, DurationDelta(1, 0.1, 0.1, 0.1))  # noqa: FBT003  # the same
    bad.durations.classic[99] = 1
    merged = Recording()
    with pytest.raises(ValueError, match="buckets"):
        merged.recorder.absorb(Delta([good, bad], exceptions={"KeyError": 1}))
    assert merged.read() == {}
