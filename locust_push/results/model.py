"""A run and its results. Only data types: every source creates them, every report is made from them."""

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
"""A run whose last sample is younger is considered in progress; the time after which Prometheus treats a series as
stale."""

SAME_WARMUP = 10.0
"""Seconds by which two equal warm-ups may differ, since a warm-up ends with a tick."""

_PARAMETERS = ("locustfile", "host", "users", "spawn_rate", "run_time", "profile")
"""Labels of ``locust_run_info`` that describe the test; commit and CI job describe its origin."""


class State(StrEnum):
    """The state of a run."""

    FINISHED = "finished"
    RUNNING = "running"
    BROKEN_OFF = "broken off"


class CutShort(StrEnum):
    """Reasons for the early end of a run."""

    INTERRUPTED = "interrupted"
    ABORTED = "aborted"


@record(frozen=True, slots=True)
class Run:
    """The facts about a run, without its results.

    Attributes:
        run_id: The label ``run_id``.
        info: Labels of ``locust_run_info``; empty if they were not recorded.
        start_time: Unix seconds; None if unknown.
        end_time: Unix seconds; None for a run that is in progress or broke off.
        labels: ``job`` and the user's labels, as far as known.
        last_time: Unix time of the last sample; None if it was not queried, since the run has an end.
        cut_short: Why the run ended early: one of :class:`CutShort`; empty if it did not.
        gate_met: Whether it met its gate; None without one.
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
        """Seconds that the results cover: the duration without what is excluded; None if unknown."""
        return None if self.duration is None else max(0.0, self.duration - self.warmup)

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, or to the last sample; None if they are unknown or contradict each other."""
        end = self.last_time if self.end_time is None else self.end_time
        if self.start_time is None or end is None or end <= self.start_time:
            return None
        return end - self.start_time

    @property
    def parameters(self) -> str:
        """A hash of the test's parameters, which shows whether two runs are comparable; empty if unknown.

        The label ``parameters`` of ``locust_run_info`` if present, else computed from the labels that are present.
        """
        known = [f"{name}={value}" for name, value in self.what_was_run.items()]
        made = hashlib.blake2s("\n".join(known).encode(), digest_size=4).hexdigest() if known else ""
        return self.info.get("parameters", made)

    @property
    def what_was_run(self) -> Mapping[str, str]:
        """The labels of ``locust_run_info`` that describe the test, not its origin or time."""
        return {name: self.info[name] for name in _PARAMETERS if name in self.info}

    def state(self, now: float) -> State:
        """Return the state of the run at a Unix time."""
        if self.end_time is not None:
            return State.FINISHED
        alive = self.last_time is not None and now - self.last_time < ALIVE_SECONDS
        return State.RUNNING if alive else State.BROKEN_OFF

    def how_it_ended(self, now: float) -> str:
        """Return the state of the run at a Unix time, or why it ended early."""
        return self.cut_short or str(self.state(now))

    def excluding(self, warmup: float | None) -> "Run":
        """Return the run with its first ``warmup`` seconds excluded; None for its own warm-up, 0 to exclude nothing.

        If it was run with the same warm-up, it is unchanged: that ended with a tick, and is known exactly.
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
        """Whether the run has all of these labels, its own or those of ``locust_run_info``."""
        has = {**self.info, **self.labels, "run_id": self.run_id}
        return all(has.get(name) == value for name, value in wanted.items())


class Bucket(NamedTuple):
    """Durations above ``lower`` and up to ``upper`` seconds, and how many they were; not cumulative."""

    lower: float
    upper: float
    requests: float


class PrecisionSource(StrEnum):
    """Sources of response times, best first."""

    NATIVE = "native histograms"
    SUMMARY = "end-of-run summary"
    CLASSIC = "classic histograms"
    NOTHING = "nothing"


@record(frozen=True, slots=True)
class Precision:
    """The precision of quantiles; ``str()`` describes it.

    Attributes:
        source: Their source.
        relative_error: Largest relative error of a quantile, 0.011 for 1.1 %; None if it is as wide as a classic
            bucket.
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
    """Return text on one line that is safe in tables and terminals: non-printable characters are escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


@record(frozen=True, slots=True)
class ResultRow:
    """The results of one (method, name), or of all.

    Attributes:
        method: Empty for the aggregate.
        name: As given to Locust.
        requests: Requests made, failed ones included.
        failures: Failed requests.
        requests_per_second: Mean over the run; 0 if its length is unknown.
        response_times: Seconds by the keys of :data:`RESPONSE_TIMES`; empty if no request had a duration. ``avg``
            is exact, and so are ``min`` and ``max`` if the run's end reports them; else ``min`` is the lower bound of
            its bucket, and missing if that is 0.
        failures_per_second: The same of failed requests.
        failures_by_kind: How many of each kind of error (an exception class, or ``HTTP 503``), the most frequent first.
        response_bytes: Sum of the lengths of all response bodies.
        histogram: The distribution of durations, ascending, without empty buckets; the last bound may be infinite.
        precision: Precision of the quantiles.
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

    def __hash__(self) -> int:
        return hash((self.method, self.name, self.requests, self.failures))

    @property
    def failure_percent(self) -> float:
        """Failed requests in percent of all; 0 without requests."""
        return 100 * self.failures / self.requests if self.requests else 0.0

    @property
    def label(self) -> str:
        """Method and name for display: ``GET /products``; on one line, whatever they contain."""
        return visible(f"{self.method} {self.name}".strip()) or "(no name)"


@record(frozen=True, slots=True)
class Point:
    """The run at one tick; NaN if nothing was measured.

    Rates are those since the previous tick, quantiles those of the last ten seconds or one tick, whichever is longer.
    If requests were not counted, rates look back as far as quantiles.

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
    """The final value of a series of the locustfile's own metrics over all processes: name, labels and value."""

    name: str
    labels: Mapping[str, str]
    value: float


class ErrorText(NamedTuple):
    """The message of failed requests of one (method, name), without secrets, and how many failed with it."""

    method: str
    name: str
    text: str
    failures: int


@record(frozen=True, slots=True)
class RunResults:
    """The results of a run.

    Attributes:
        run: The run, with the facts about it.
        rows: One for each (method, name), ordered by name, then method.
        aggregated: All requests together.
        series: The run over time, at the resolution of its ticks, oldest first; empty if its master pushed nothing.
        instances: Processes that pushed, ordered.
        own: The final values of the locustfile's own metrics, as far as requested.
        lost_workers: Number of workers that were missing when the run ended, with the data that they had not reported.
        error_texts: The most frequent messages, in the process that made the run; neither pushed nor stored.
    """

    run: Run
    rows: tuple[ResultRow, ...]
    aggregated: ResultRow
    series: tuple[Point, ...] = ()
    instances: tuple[str, ...] = ()
    own: tuple[OwnSample, ...] = ()
    lost_workers: int = 0
    error_texts: tuple[ErrorText, ...] = ()

    @property
    def precision(self) -> Precision:
        """The precision of the quantiles of all requests together."""
        return self.aggregated.precision
