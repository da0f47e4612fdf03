"""Reads runs from a store with PromQL, whether they were pushed to it or scraped from a Pushgateway.

A run is found by ``locust_run_start_time_seconds``, of which it has one series: the store is queried for the last day
first, then for increasingly long times before, until there are enough. Its results are the last samples of its series,
summed over processes by the store itself, and the samples of a few gauges as they are stored, tick by tick. All ranges
are bounded by the run's start and end, so that reading an old run costs as much as reading a new one.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from locust_push.core import metrics
from locust_push.core.clock import Clock
from locust_push.core.labels import INSTANCE, RUN_ID, RUN_INFO_LABELS
from locust_push.results.build import COUNTING, build_summary
from locust_push.results.model import Run, RunResults
from locust_push.results.names import enough_for, find_run
from locust_push.results.own_metrics import own_series
from locust_push.results.samples import Curve, Findings, LastHistogram, LastSample, before_resets
from locust_push.results.sources.query_api import QueryApi, StoreError, selector
from locust_push.results.tally import COUNTED

DEFAULT_SINCE = 30 * 86400.0
"""Longest time to search back for runs, seconds."""

_FIRST_WINDOW = 86400.0
"""First time to search back, seconds."""

_AFTER_END = 300.0
"""Seconds after a run's end in which its last samples may be: it flushes, and a Pushgateway is scraped later."""

_IDENTITY = (
    metrics.RUN_INFO.name,
    metrics.RUN_START.name,
    metrics.RUN_END.name,
    metrics.RUN_CUT_SHORT.name,
    metrics.RUN_GATE_MET.name,
    metrics.RUN_JUDGED_FROM.name,
)
_OF_ONE_LIFE = tuple(metric.name for metric in (*metrics.WHOLE_RUN, *metrics.STEADY_STATE) if metric)
"""What a process writes about a run at its end; after a reset of its counters that lacks everything before it."""

_TOLD = (metrics.RUN_JUDGED_FROM.name, metrics.WORKERS.name)
_DURATIONS = (metrics.REQUEST_DURATION.name,)
_PROCESSES = (metrics.REQUESTS.name, metrics.PUSH_REQUESTS.name)
_CURVES = tuple(metric.name for metric in metrics.OVER_TIME)

_INFO_LABELS = frozenset(RUN_INFO_LABELS)
_NO_USERS_LABELS = {"__name__", INSTANCE, RUN_ID, *_INFO_LABELS}
_KEPT = "__name__, method, name, status, error, le, vmrange"
"""Labels that are kept when series are summed over processes."""


_Counts = tuple[Sequence[LastSample], Sequence[LastHistogram]]
"""The last samples and the last native histograms of the cumulative series."""


class PrometheusRuns:
    """The runs in a store.

    Attributes:
        delay: Seconds after which pushed data can be read. VictoriaMetrics shows new series after some ten.
    """

    delay = 20.0

    def __init__(
        self, api: QueryApi, clock: Clock, *, match: Mapping[str, str] | None = None, since: float | None = None
    ) -> None:
        """Query ``api``.

        Args:
            api: The store.
            clock: Unix time.
            match: Labels that runs must have; others are ignored.
            since: Unix time; earlier runs are ignored; by default :data:`DEFAULT_SINCE` ago.
        """
        self._api = api
        self._clock = clock
        self._match = match or {}
        self._since = since

    def list(self, limit: int | None = None) -> Sequence[Run]:
        """Return the newest runs, all without a ``limit``, newest first.

        Raises:
            StoreError: The store does not answer.
        """
        now = self._clock()
        oldest = self._oldest(now)
        found: dict[str, Run] = {}
        end, window = now, _FIRST_WINDOW
        while end > oldest and not _enough(found.values(), limit, end):
            start = max(oldest, end - window)
            # Newer windows take precedence: a run that reaches into an older one ends in the newer.
            found = {run.run_id: run for run in self._runs(start, end) if run.matches(self._match)} | found
            end, window = start, 2 * window
        young = [run for run in found.values() if run.start_time is None or run.start_time >= oldest]
        newest = sorted(young, key=lambda run: run.age_key, reverse=True)[:limit]
        return self._with_last_times(newest, now)

    def before(self, run: Run, match: Mapping[str, str]) -> Iterator[Run]:
        """Yield the runs that began before ``run``, have its parameters and these labels, the newest first.

        The store itself filters them, and is queried for increasingly long times before, as long as more are wanted.

        Raises:
            StoreError: The store does not answer.
        """
        now = self._clock()
        end = min(now, (run.end_time or now) + _AFTER_END)
        oldest, window = (run.start_time or now) - DEFAULT_SINCE if self._since is None else self._since, _FIRST_WINDOW
        known, waiting = {run.run_id}, list[Run]()
        alike = _alike(run, match)
        while end > oldest:
            start = max(oldest, end - window)
            found = [one for one in self._runs(start, end, alike) if one.run_id not in known and one.is_before(run)]
            known |= {one.run_id for one in found}
            waiting = sorted((*waiting, *found), key=lambda one: one.age_key)
            # A run that began before this window may have begun before others that only the next window shows.
            while waiting and (start <= oldest or (waiting[-1].start_time or 0.0) >= start):
                yield waiting.pop()
            end, window = start, 2 * window

    def find(self, name: str) -> Run:
        """Return a run by its ID, ``latest`` or ``latest~N``.

        Raises:
            UnknownRunError: There is no such run.
            StoreError: The store does not answer.
        """
        now = self._clock()
        by_id = [run for run in self._runs(self._oldest(now), now, run_id=name) if run.matches(self._match)]
        if by_id:
            return self._with_last_times(by_id, now)[0]
        return find_run(self.list(enough_for(name)), name)

    def read(self, name: str, own_metrics: Collection[str] = (), warmup: float | None = None) -> RunResults:
        """Return the results of a run, by its ID, ``latest`` or ``latest~N``, with these metrics of the locustfile.

        Raises:
            UnknownRunError: There is no such run.
            StoreError: The store does not answer.
        """
        run = self.find(name).excluding(warmup)
        now = self._clock()
        end = now if run.end_time is None else min(now, run.end_time + _AFTER_END)
        start = self._oldest(now) if run.start_time is None else run.start_time
        window = _window(start, end)
        instances = self._restarts(run.run_id, end, window)
        restarted = [instance for instance, restarts in instances.items() if restarts]
        counts = self._counts(run.run_id, end, window, own_metrics, restarted)
        told = _TOLD if restarted else (*_OF_ONE_LIFE, *_TOLD)
        findings = replace(self._findings(run.run_id, end, window, counts, told), instances=[*instances])
        if run.judged_from is not None:
            end, window = run.judged_from, _window(start, run.judged_from)
            last, native = self._counts(run.run_id, end, window, own_metrics, restarted)
            findings = replace(findings, before=last, native_before=native)
        return build_summary(run, findings)

    def _restarts(self, run_id: str, end: float, window: str) -> Mapping[str, float]:
        """Return the number of counter resets of each instance; nearly always 0."""
        found = self._api.last(f"sum by (instance) (resets({selector(_PROCESSES, run_id=run_id)}{window}))", end)
        return {process.labels.get(INSTANCE, ""): process.value for process in found}

    def _findings(self, run_id: str, end: float, window: str, counts: _Counts, told: Sequence[str]) -> Findings:
        last, native = counts
        last = [*last, *self._api.last(f"last_over_time({selector(told, run_id=run_id)}{window})", end)]
        curves = self._api.curves(f"{selector(_CURVES, run_id=run_id)}{window}", end)
        return Findings(
            # The time of these answers is that of the query, not of the samples.
            [replaced._replace(timestamp_ms=0) for replaced in last],
            curves,
            self._counted(run_id, end, window, _tick_of(curves)),
            native,
        )

    def _counted(self, run_id: str, end: float, window: str, tick: int) -> Sequence[Curve]:
        """Query the cumulative requests tick by tick; a process that has ended keeps its count.

        A store may refuse to read that many samples at once. Then the run over time comes from the gauges.
        """
        if not tick:
            return ()
        requests = selector([metrics.REQUESTS.name], run_id=run_id)
        total = f"sum by (status) (last_over_time({requests}{window}))"
        # VictoriaMetrics counts the steps of a subquery from the time of the query, and ticks lie on multiples.
        at = math.ceil(1000 * end / tick) * tick / 1000
        try:
            return self._api.curves(f"{total}{window.removesuffix(']')}:{tick}ms]", at)
        except StoreError:
            return ()

    def _counts(
        self, run_id: str, end: float, window: str, own_metrics: Collection[str], restarted: Sequence[str]
    ) -> _Counts:
        """Return the counts up to a Unix time; those of ``restarted`` instances include the time before a restart.

        Two lives of a process share an instance only if they have the same run ID and ``--push-instance``.
        """
        api, durations = self._api, selector(_DURATIONS, run_id=run_id)
        own = [series for name in own_metrics for series in own_series(name)]
        last = api.last(f"sum by ({_KEPT}) (last_over_time({selector(COUNTED, run_id=run_id)}{window}))", end)
        if own:
            last += api.last(f"last_over_time({selector(own, run_id=run_id)}{window})", end)
        native = api.native(f"sum by (method, name, status) (last_over_time({durations}{window}))", end)
        native = native or api.last_native(f"{durations}{window}", end)
        counting = [*COUNTED, *(name for name in own if name.endswith(COUNTING))]
        for instance in restarted:
            curves = api.curves(f"{selector(counting, run_id=run_id, instance=instance)}{window}", end)
            last += before_resets(curves)
            histograms = f"{selector(_DURATIONS, run_id=run_id, instance=instance)}{window}"
            native += api.native_before_resets(histograms, end)
        return last, native

    def starts(self, run_id: str) -> Iterable[float]:
        """Return the Unix times at which processes began a run with exactly that ID.

        Raises:
            StoreError: The store does not answer.
        """
        now = self._clock()
        window = _window(self._oldest(now), now)
        found = self._api.last(f"last_over_time({selector([metrics.RUN_START.name], run_id=run_id)}{window})", now)
        return [sample.value for sample in found]

    def _oldest(self, now: float) -> float:
        return now - DEFAULT_SINCE if self._since is None else self._since

    def _runs(self, start: float, end: float, only: str = "", **labels: str) -> Sequence[Run]:
        """Return the runs that have samples between two Unix times; ``only`` those with such a series, if given."""
        window = f"[{max(1, round(end - start))}s]"
        among = f" and on (run_id) last_over_time({only}{window})" if only else ""
        return _runs_of(self._api.last(f"last_over_time({selector(_IDENTITY, **labels)}{window}){among}", end))

    def _with_last_times(self, runs: Sequence[Run], now: float) -> Sequence[Run]:
        """Query whether runs without an end are in progress: then they have samples that are not stale."""
        if all(run.end_time is not None for run in runs):
            return runs
        alive = self._api.last(f"timestamp({selector([metrics.RUN_START.name])})", now)
        times = {sample.labels.get(RUN_ID): sample.value for sample in alive}
        return [run if run.end_time is not None else replace(run, last_time=times.get(run.run_id)) for run in runs]


def _tick_of(curves: Sequence[Curve]) -> int:
    """Return the usual milliseconds between two samples of a run; 0 without any."""
    gaps = [after - before for curve in curves for (before, _), (after, _) in pairwise(curve.samples)]
    return round(median(gaps)) if gaps else 0


def _enough(runs: Iterable[Run], limit: int | None, end: float) -> bool:
    """Whether enough runs began after ``end``: those that are still to be found are older."""
    return limit is not None and sum((run.start_time or 0.0) >= end for run in runs) >= limit


def _runs_of(samples: Iterable[LastSample]) -> Sequence[Run]:
    """Group identifying series by run; if a run ID was used twice, its first start and its last end count."""
    runs: dict[str, Run] = {}
    for sample in samples:
        run_id = sample.labels.get(RUN_ID, "")
        run = runs.get(run_id) or Run(run_id, {}, None, None)
        runs[run_id] = _with(run, sample)
    return [run for run in runs.values() if run.run_id]


def _window(start: float, end: float) -> str:
    return f"[{max(1, round(end - start) + 60)}s]"


def _alike(run: Run, match: Mapping[str, str]) -> str:
    """Return the selector of a series that exists for every run comparable with ``run``."""
    parameters = {"parameters": run.info["parameters"]} if "parameters" in run.info else {}
    return selector([metrics.RUN_INFO.name], **parameters, **match)


def _with(run: Run, sample: LastSample) -> Run:
    name = sample.labels["__name__"]
    if name == metrics.RUN_CUT_SHORT.name:
        return replace(run, cut_short=sample.labels.get("state", ""))
    if name == metrics.RUN_GATE_MET.name:
        return replace(run, gate_met=bool(sample.value))
    if name == metrics.RUN_JUDGED_FROM.name:
        return replace(run, judged_from=sample.value)
    if name == metrics.RUN_INFO.name:
        info = {label: value for label, value in sample.labels.items() if label in _INFO_LABELS}
        labels = {label: value for label, value in sample.labels.items() if label not in _NO_USERS_LABELS}
        return replace(run, info=info, labels=labels)
    if name == metrics.RUN_START.name:
        return replace(run, start_time=min(sample.value, run.start_time or sample.value))
    return replace(run, end_time=max(sample.value, run.end_time or 0.0))
