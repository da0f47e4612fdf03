"""Comparison of a run with others: the changes, and which of them are more than chance. Pure.

A change is shown if runs of the same load differ that much in at most one of a hundred columns: half of that
probability is for all requests together, half for all rows.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from locust_push.core.labels import TOTAL, RowKey
from locust_push.results.binomial import CONFIDENCE
from locust_push.results.measures import MEASURES, SHIFT, Measure, measure_of
from locust_push.results.model import SAME_WARMUP, PrecisionSource, ResultRow, RunResults
from locust_push.results.statistics.against import Against, ShownChange
from locust_push.results.statistics.mixture import MIX_LIMIT, jumps, mix, mix_distance, with_mix

COMPARED = ("shift", "rps", "error_rate", "p95", "p99")
"""Measures that tables of comparisons show; a change of any of them marks a row as changed."""

FLOOR_PERCENT = 1.0
"""A smaller change is not called better or worse, however certain it is."""

_TAIL = (1 - CONFIDENCE) / 4
"""Probability of a false alarm in one direction, for all requests together as for all rows."""


class NothingInCommonError(Exception):
    """Runs have no request in common; ``str()`` is one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """One measure of a row in all runs; NaN in runs without it.

    Attributes:
        measure: The measure.
        values: In each base, and in the compared run.
        shown: The change shown; None if it cannot be judged.
    """

    measure: Measure
    values: tuple[float, ...]
    shown: ShownChange | None = None

    @property
    def before(self) -> float:
        """The mean of the bases; NaN if none has it."""
        known = [value for value in self.values[:-1] if not math.isnan(value)]
        return fmean(known) if known else math.nan

    @property
    def after(self) -> float:
        """The value in the compared run."""
        return self.values[-1]

    @property
    def percent(self) -> float:
        """Its growth in percent; NaN if one side is missing, or was 0 before."""
        if self.shown and not math.isnan(self.shown.percent):
            return self.shown.percent
        return 100 * (self.after - self.before) / self.before if self.before else math.nan

    @property
    def size(self) -> float:
        """The absolute value of the change in percent; infinite if it was 0 before."""
        return math.inf if math.isnan(self.percent) else abs(self.percent)

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or ``same`` if no change is shown or it is too small to matter."""
        direction = self.shown.direction if self.shown else 0
        if not direction or abs(self.percent) < FLOOR_PERCENT:
            return "same"
        return "worse" if self.measure.is_worse(direction) else "better"


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One (method, name), or the total, in all runs.

    Attributes:
        rows: In each run that is compared with, and in the one that is compared; None where it is not there.
        shown: Returns the shown change of a measure; None if it cannot be judged.
    """

    rows: tuple[ResultRow | None, ...]
    shown: Callable[[Measure], ShownChange | None]

    @property
    def known(self) -> ResultRow:
        """The row of the compared run, or else of a base."""
        return next(row for row in reversed(self.rows) if row is not None)

    @property
    def label(self) -> str:
        """Method and name."""
        return self.known.label

    @property
    def side(self) -> str:
        """The runs that have the row: ``both``, ``base only`` or ``run only``."""
        if not any(self.rows[:-1]):
            return "run only"
        return "base only" if self.rows[-1] is None else "both"

    def change(self, name: str) -> Change:
        """Return the change of the measure with a name."""
        measure = measure_of(name) or SHIFT
        values = tuple(math.nan if row is None else measure.read(row) for row in self.rows)
        return Change(measure, values, self.shown(measure) if self._enough(measure) else None)

    def _enough(self, measure: Measure) -> bool:
        return self.side == "both" and all(row.requests >= measure.least for row in self.rows if row)

    @property
    def weight(self) -> float:
        """Its largest shown change in percent; 0 without any."""
        found = map(self.change, COMPARED)
        return max((one.size for one in found if one.verdict != "same"), default=0.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side.

    Attributes:
        bases: The runs to compare with.
        run: The compared run.
        rows: One for each (method, name) of any run, by size of the change; then by name and method.
        aggregated: All requests together.
        warnings: Why the comparison may be misleading, a line each.
        smallest: Smallest shift of all requests together that would be shown, percent; NaN if none can be.
    """

    bases: tuple[RunResults, ...]
    run: RunResults
    rows: tuple[ComparedRow, ...]
    aggregated: ComparedRow
    warnings: tuple[str, ...]
    smallest: float

    @property
    def base(self) -> RunResults:
        """The first base, which charts show."""
        return self.bases[0]


def compare(bases: Sequence[RunResults], run: RunResults) -> Comparison:
    """Return runs side by side.

    Args:
        bases: The runs to compare with, at least one.
        run: The compared run.

    Raises:
        NothingInCommonError: No (method, name) of the run is in any other.
    """
    sides = (*bases, run)
    found = [{(row.method, row.name): row for row in side.rows} for side in sides]
    before = {key for one in found[:-1] for key in one}
    if before.isdisjoint(found[-1]):
        raise NothingInCommonError(f"runs {_ids(bases)} and {run.run.run_id} have no request in common")
    against, common = Against(run, bases), len(before & found[-1].keys())
    keys = sorted(before | found[-1].keys(), key=lambda key: (key[1], key[0]))
    rows = [ComparedRow(tuple(one.get(key) for one in found), partial(_shown, against, key, common)) for key in keys]
    total = ComparedRow(tuple(side.aggregated for side in sides), partial(_shown, against, TOTAL, 1))
    warnings = [line for base in bases for line in unlike(base, run)]
    warnings += unsteady(run, [MEASURES[name] for name in COMPARED if name in MEASURES])
    ordered = tuple(sorted(rows, key=lambda row: -row.weight))
    smallest = against.smallest(SHIFT, _TAIL)
    return Comparison(tuple(bases), run, ordered, total, tuple(dict.fromkeys(warnings)), smallest)


def _shown(against: Against, key: RowKey, among: int, measure: Measure) -> ShownChange | None:
    return against.change(measure, key, _TAIL, among)


def _ids(runs: Sequence[RunResults]) -> str:
    return ", ".join(one.run.run_id for one in runs)


def unlike(base: RunResults, run: RunResults) -> Iterator[str]:
    """Yield why a comparison of two runs may be misleading, a line each: other parameters, precision, or mix."""
    if base.run.parameters and run.run.parameters and base.run.parameters != run.run.parameters:
        yield f"{base.run.run_id} was run with other parameters ({_differences(base, run)})"
    if base.precision.source is not run.precision.source:
        yield f"response times of {base.run.run_id} are from {base.precision}, of {run.run.run_id} from {run.precision}"
    if abs(base.run.warmup - run.run.warmup) > SAME_WARMUP:
        excluded = f"the first {base.run.warmup:.0f} s of {base.run.run_id} are excluded"
        yield f"{excluded}, of {run.run.run_id} {run.run.warmup:.0f} s"
    if base.precision.source is PrecisionSource.SUMMARY and _known(base) != _known(run):
        yield f"the quantiles of {base.run.run_id} or of this run: a shift may be 2 % off"
    distance = mix_distance(mix(base), mix(run))
    if distance >= MIX_LIMIT:
        yield f"{_mixed(distance)} than in {base.run.run_id}: p95 of all together {_by_mix(base, run)}"


def _known(summary: RunResults) -> bool:
    """Whether a run has enough quantiles to detect a shift of its whole distribution."""
    return "p5" in summary.aggregated.response_times


def _mixed(distance: float) -> str:
    return f"{100 * distance:.0f} % of the requests are of another type"


def _by_mix(base: RunResults, run: RunResults) -> str:
    """Return how much of the change of p95 comes from the mix."""
    measure = MEASURES["p95"]
    before, after, same = measure.read(base.aggregated), measure.read(run.aggregated), with_mix(run, mix(base), measure)
    if math.isnan(before + after + same) or not before or not same:
        return "says nothing about durations"
    return f"changed by {100 * (after / same - 1):+.0f} % through that, by {100 * (same / before - 1):+.0f} % otherwise"


def unsteady(run: RunResults, measures: Sequence[Measure]) -> Iterator[str]:
    """Yield the percentiles of all requests together that are unreliable, since they lie between types of requests."""
    for measure in dict.fromkeys(measures):
        apart = jumps(run, measure)
        if apart:
            yield (
                f"{measure.name} of all requests together lies between types of requests, where chance changes it "
                f"by up to {apart:.0f} %: judge {measure.name}{{name=*}}"
            )


def _differences(base: RunResults, run: RunResults) -> str:
    """Return the labels that describe the test and that differ, with both values."""
    before, after = base.run.what_was_run, run.run.what_was_run
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ", ".join(f"{name} {before.get(name, '-')} → {after.get(name, '-')}" for name in names) or "hash differs"
