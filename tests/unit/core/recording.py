"""A recorder with its table, and its contents after a tick in a comparable form."""

from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable

BUCKETS = (0.1, 0.5, 1.0, 5.0)

Read = dict[tuple[str, ...], float]
"""Sample name and label values -> value."""


class Recording:
    """A recorder as Locust drives it."""

    def __init__(self, max_names: int = 100, *, recent_by_name: bool = True) -> None:
        self.table = SeriesTable()
        self.recorder = Recorder(
            self.table, forms=HistogramForms(BUCKETS), max_names=max_names, recent_by_name=recent_by_name
        )

    def fire(
        self, method: object, name: object, ms: object, length: object, error: object = None, **rest: object
    ) -> None:
        """Fire the event with Locust's keywords."""
        self.recorder.on_request(
            request_type=method, name=name, response_time=ms, response_length=length, exception=error, **rest
        )

    def read(self) -> Read:
        """Drain, read all series, and assert that none exists twice."""
        for _ in self.recorder.drain():
            pass
        snapshot = self.table.snapshot(2000, 1000)
        keys = [(series.name, *(value for _, value in series.labels)) for series in snapshot.series]
        assert len(keys) == len(set(keys)), "a series is there twice"
        return dict(zip(keys, snapshot.values, strict=True))

    @staticmethod
    def requests(read: Read) -> float:
        """All requests that were counted."""
        return sum(value for key, value in read.items() if key[0] == "locust_requests_total")
