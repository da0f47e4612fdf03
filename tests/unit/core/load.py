"""Generated requests for property tests, of several processes."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from locust_push.core.histogram import DurationHistogram
from tests.unit.core.recording import Read, Recording


class NotFoundError(Exception):
    """An exception class."""


class BrokenError(Exception):
    """Another exception class."""


@dataclass(frozen=True)
class Request:
    """A request, and the process that makes it."""

    process: int
    name: str
    milliseconds: float | None
    length: int
    error: Exception | None

    def fire(self, recording: Recording) -> None:
        """Fire the request."""
        recording.fire("GET", self.name, self.milliseconds, self.length, self.error)


def requests(processes: int) -> st.SearchStrategy[list[Request]]:
    """Return a strategy for requests of a number of processes."""
    return st.lists(
        st.builds(
            Request,
            process=st.integers(0, processes - 1),
            name=st.sampled_from(["/a", "/b", "/c"]),
            milliseconds=st.one_of(st.none(), st.floats(0, 1e6), st.sampled_from([0.0, 100.0, 500.0, 1e4])),
            length=st.integers(0, 10_000),
            error=st.one_of(st.none(), st.sampled_from([NotFoundError(), BrokenError()])),
        ),
        max_size=60,
    )


Distribution = tuple[int, float, float, int, dict[int, int]]


def distributions(recording: Recording) -> dict[tuple[str, str, str], Distribution]:
    """Return data that no series shows: the exponential histogram of each (method, name, status)."""
    found = {}
    for method, name, endpoint in recording.recorder.endpoints():
        found[method, name, "success"] = _contents(endpoint.success.durations.histogram)
        found[method, name, "failure"] = _contents(endpoint.failure.durations.histogram)
    return found


def _contents(of: DurationHistogram) -> Distribution:
    return of.count, of.min, of.max, of.zeros, {index: count for index, count in of.exponential.items() if count}


def split_sums(read: Read) -> tuple[Read, Read]:
    """Sums of durations, which depend on the order of addition, apart from all that must be exact."""
    sums = {key: value for key, value in read.items() if key[0].endswith("_sum")}
    return sums, {key: value for key, value in read.items() if key not in sums}
