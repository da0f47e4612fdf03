"""What a run is and what came of it. Only data types: every source makes them, every report is made from them."""

import hashlib
from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum
from typing import NamedTuple

from locust_push.core.labels import SHARES
from locust_push.core.record import record

PERCENTILE_SHARES: Mapping[str, float] = {f"p{100 * float(share):g}": float(share) for share in SHARES} | {"max": 1.0}
"""Response times that are quantiles, and the share of requests that were no slower."""

RESPONSE_TIMES = (*PERCENTILE_SHARES, "avg", "min")
"""Keys of the response times that a row has."""

ALIVE_SECONDS = 300.0
"""A run whose last sample is younger is taken to be going on; the time after which Prometheus calls a series stale."""

SAME_WARMUP = 10.0
"""Seconds by which two warm-ups may differ that are taken for the same: one ends with the tick that knows all of it."""

_PARAMETERS = ("locustfile", "host", "users", "spawn_rate", "run_time", "profile")
"""Labels of ``locust_run_info`` that say what was run; commit and CI job say who ran it."""


class State(StrEnum):
    """How far a run got."""

    FINISHED = "finished"
    RUNNING = "running"
    BROKEN_OFF = "broken off"


class CutShort(StrEnum):
    """Why a run ended before its time."""

    INTERRUPTED = "interrupted"
    ABORTED = "aborted"


@record(frozen=True, slots=True)
class Run:
    """What is known of a run without its results.

    Attributes:
        run_id: The label ``run_id``.
        info: Labels of ``locust_run_info``; empty where nobody recorded them.
        start_time: Unix seconds; None if unknown.
        end_time: Unix seconds; None for a run that is going on or broke off.
        labels: ``job`` and the user's labels, as far as known.
        last_time: Unix time of the last sample; None where nobody looked, since the run has an end.
        cut_short: Why the run ended before its time: one of :class:`CutShort`; empty where it did not.
        gate_met: Whether it met the gate that it was judged by; None where it was not.
        judged_from: Unix time from which on its results count; None for from its start.
    """

    run_id: str
    info: Mapping[str, str]
    start_time: float | None
    end_time: float | None
    labels: Mapping[str, str] = field(default_factory=dict)
    last_time: float | None = None
    cut_short: str = ""
    gate_met: bool | None = None
    judged_from: float | None = None

    @property
    def warmup(self) -> float:
        """Seconds at the beginning that are excluded from the results."""
        return 0.0 if self.judged_from is None or self.start_time is None else self.judged_from - self.start_time

    @property
    def judged_seconds(self) -> float | None:
        """Seconds that the results stand for: the duration without what is excluded; None where it is not known."""
        return None if self.duration is None else max(0.0, self.duration - self.warmup)

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, or to the last sample; None where they are not known or contradict each other."""
        end = self.last_time if self.end_time is None else self.end_time
        if self.start_time is None or end is None or end <= self.start_time:
            return None
        return end - self.start_time

    @property
    def parameters(self) -> str:
        """A hash of what was run, to tell whether two runs may be compared; empty where nothing is known.

        The label ``parameters`` of ``locust_run_info`` where there is one, else made of the labels that there are.
        """
        known = [f"{name}={value}" for name, value in self.what_was_run.items()]
        made = hashlib.blake2s("\n".join(known).encode(), digest_size=4).hexdigest() if known else ""
        return self.info.get("parameters", made)

    @property
    def what_was_run(self) -> Mapping[str, str]:
        """The labels of ``locust_run_info`` that say what was run, and not by whom or when."""
        return {name: self.info[name] for name in _PARAMETERS if name in self.info}

    def state(self, now: float) -> State:
        """Return how far the run got, as seen at a Unix time."""
        if self.end_time is not None:
            return State.FINISHED
        alive = self.last_time is not None and now - self.last_time < ALIVE_SECONDS
        return State.RUNNING if alive else State.BROKEN_OFF

    def how_it_ended(self, now: float) -> str:
        """Return how far the run got, and why it ended before its time; as seen at a Unix time."""
        return self.cut_short or str(self.state(now))

    def excluding(self, warmup: float | None) -> "Run":
        """Return the run with its first ``warmup`` seconds excluded; None for as it was run, 0 for nothing excluded.

        Where it was run with such a warm-up, it stays as it is: that ended with a tick, and is known exactly.
        """
        if warmup is None or self.start_time is None:
            return self
        if self.judged_from is not None and warmup and abs(self.warmup - warmup) <= SAME_WARMUP:
            return self
        return replace(self, judged_from=self.start_time + warmup if warmup else None)

    @property
    def age_key(self) -> tuple[float, str]:
        """The sort key of runs: their start; runs without a known start come first."""
        return self.start_time or 0.0, self.run_id

    def is_before(self, run: "Run") -> bool:
        """Whether this one began before ``run``, and was run with the same parameters."""
        earlier = run.start_time is None or (self.start_time or 0.0) < run.start_time
        return self.run_id != run.run_id and self.parameters == run.parameters and earlier

    def matches(self, wanted: Mapping[str, str]) -> bool:
        """Whether the run has all of these labels, be they its own or those of ``locust_run_info``."""
        has = {**self.info, **self.labels, "run_id": self.run_id}
        return all(has.get(name) == value for name, value in wanted.items())


class Bucket(NamedTuple):
    """Durations above ``lower`` and up to ``upper`` seconds, and how many they were; not cumulative."""

    lower: float
    upper: float
    requests: float


class PrecisionSource(StrEnum):
    """Where response times come from, best first."""

    NATIVE = "native histograms"
    SUMMARY = "end-of-run summary"
    CLASSIC = "classic histograms"
    NOTHING = "nothing"


@record(frozen=True, slots=True)
class Precision:
    """How well quantiles are known; ``str()`` says it.

    Attributes:
        source: What they were read from.
        relative_error: The largest one of a quantile, 0.011 for 1.1 %; None where it is as wide as a classic bucket.
    """

    source: PrecisionSource
    relative_error: float | None

    def __str__(self) -> str:
        if self.source is PrecisionSource.NOTHING:
            return "no response times"
        known = self.relative_error is not None
        return f"{self.source}, ±{100 * (self.relative_error or 0):.1f} %" if known else f"{self.source}, ± one bucket"


UNMEASURED = Precision(PrecisionSource.NOTHING, None)


def visible(text: str) -> str:
    """Return text on one line that neither breaks tables nor steers terminals: what cannot be seen is escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


@record(frozen=True, slots=True)
class ResultRow:
    """The results of one (method, name), or of all.

    Attributes:
        method: Empty for the aggregate.
        name: As given to Locust.
        requests: Requests made, failed ones included.
        failures: Failed requests.
        requests_per_second: Mean over the run; 0 where its length is not known.
        response_times: Seconds by the keys of :data:`RESPONSE_TIMES`; empty where no request had a duration. ``avg``
            is exact, and so are ``min`` and ``max`` where the run's end reports them; else ``min`` is the lower bound
            of its bucket, and missing where that is 0.
        failures_per_second: The same of failed requests.
        failures_by_kind: How many of each kind of error (an exception class, or ``HTTP 503``), the most frequent first.
        response_bytes: Sum of the lengths of all response bodies.
        histogram: The distribution of durations, ascending, without empty buckets; the last bound may be infinite.
        precision: Of the quantiles.
    """

    method: str
    name: str
    requests: int
    failures: int
    requests_per_second: float
    response_times: Mapping[str, float]
    failures_per_second: float = 0.0
    failures_by_kind: Mapping[str, int] = field(default_factory=dict)
    response_bytes: int = 0
    histogram: tuple[Bucket, ...] = ()
    precision: Precision = UNMEASURED

    @property
    def failure_percent(self) -> float:
        """Failed requests in percent of all; 0 where there were none."""
        return 100 * self.failures / self.requests if self.requests else 0.0

    @property
    def label(self) -> str:
        """Method and name as people write them: ``GET /products``; on one line, whatever they hold."""
        return visible(f"{self.method} {self.name}".strip()) or "(no name)"


@record(frozen=True, slots=True)
class Point:
    """The run at one tick; NaN where nothing was measured.

    Rates are those since the tick before, quantiles those of the last ten seconds or one tick, the longer. Where
    requests were not counted, rates look back as far as quantiles.

    Attributes:
        elapsed: Seconds since the run's start.
        users: Running over all processes.
        requests_per_second: Over all requests.
        failures_per_second: The same of failed ones.
        p50: Seconds, over all requests.
        p95: The same.
        p99: The same.
    """

    elapsed: float
    users: float
    requests_per_second: float
    failures_per_second: float
    p50: float
    p95: float
    p99: float


class OwnSample(NamedTuple):
    """Where a series of the locustfile's own metrics ended, all processes together: its name, labels and value."""

    name: str
    labels: Mapping[str, str]
    value: float


@record(frozen=True, slots=True)
class RunResults:
    """The results of a run.

    Attributes:
        run: Which one, and what is known of it.
        rows: One for each (method, name), ordered by name, then method.
        aggregated: All requests together.
        series: The run over time, at the resolution of its ticks, oldest first; empty where its master pushed nothing.
        instances: Processes that pushed, ordered.
        own: What became of the locustfile's own metrics, as far as they were asked for.
        lost_workers: How many workers were missing when the run ended, with what they had not reported.
    """

    run: Run
    rows: tuple[ResultRow, ...]
    aggregated: ResultRow
    series: tuple[Point, ...] = ()
    instances: tuple[str, ...] = ()
    own: tuple[OwnSample, ...] = ()
    lost_workers: int = 0

    @property
    def precision(self) -> Precision:
        """How well the quantiles of all requests together are known."""
        return self.aggregated.precision
