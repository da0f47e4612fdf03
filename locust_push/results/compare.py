"""Two runs side by side: what of one became what of the other. Pure."""

import math
from dataclasses import dataclass

from locust_push.results.measures import MEASURES, Measure
from locust_push.results.model import SAME_WARMUP, ResultRow, RunResults

NOISE_PERCENT = 5.0
"""A change below this is not called better or worse: two runs against the same service differ by as much."""


class NothingInCommonError(Exception):
    """Two runs have no request in common; ``str()`` is one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """One measure of a row, before and after; NaN on the side that does not have it.

    Attributes:
        measure: Which one.
        before: In the base.
        after: In the run.
    """

    measure: Measure
    before: float
    after: float

    @property
    def percent(self) -> float:
        """By how much it grew; NaN where one side is missing, or where it was 0 before."""
        return 100 * (self.after - self.before) / self.before if self.before else math.nan

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or, within the noise and where nothing can be said, ``same``."""
        change = self.after - self.before
        if not change or math.isnan(change) or abs(self.percent) < NOISE_PERCENT:
            return "same"
        return "worse" if self.measure.is_worse(change) else "better"


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One (method, name), or all of it, in both runs.

    Attributes:
        before: In the base; None where only the run has it.
        after: In the run; None where only the base has it.
    """

    before: ResultRow | None
    after: ResultRow | None

    @property
    def label(self) -> str:
        """Method and name."""
        row = self.after or self.before
        return row.label if row else ""

    @property
    def side(self) -> str:
        """Where the row is: ``both``, ``base only`` or ``run only``."""
        if self.before is None:
            return "run only"
        return "base only" if self.after is None else "both"

    def change(self, name: str) -> Change:
        """Return what became of the measure of a name."""
        measure = MEASURES[name]
        return Change(measure, *(math.nan if row is None else measure.read(row) for row in (self.before, self.after)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        base: What is compared with.
        run: What is compared.
        rows: One for each (method, name) of either, ordered by name, then method.
        aggregated: All requests together.
        warnings: Why the comparison may not be fair, a line each.
    """

    base: RunResults
    run: RunResults
    rows: tuple[ComparedRow, ...]
    aggregated: ComparedRow
    warnings: tuple[str, ...]


def compare(base: RunResults, run: RunResults) -> Comparison:
    """Return two runs side by side.

    Raises:
        NothingInCommonError: No (method, name) is in both.
    """
    before, after = ({(row.method, row.name): row for row in summary.rows} for summary in (base, run))
    if not before.keys() & after.keys():
        raise NothingInCommonError(f"runs {base.run.run_id} and {run.run.run_id} have no request in common")
    keys = sorted(before.keys() | after.keys(), key=lambda key: (key[1], key[0]))
    rows = tuple(ComparedRow(before.get(key), after.get(key)) for key in keys)
    total = ComparedRow(base.aggregated, run.aggregated)
    return Comparison(base, run, rows, total, tuple(unlike(base, run)))


def unlike(base: RunResults, run: RunResults) -> list[str]:
    """Return why two runs should not be compared, a line each: other parameters, or another precision."""
    lines = []
    if base.run.parameters and run.run.parameters and base.run.parameters != run.run.parameters:
        lines.append(f"{base.run.run_id} was run with other parameters ({_differences(base, run)})")
    if base.precision.source is not run.precision.source:
        lines.append(
            f"response times of {base.run.run_id} are from {base.precision}, of {run.run.run_id} from {run.precision}"
        )
    if abs(base.run.warmup - run.run.warmup) > SAME_WARMUP:
        lines.append(
            f"the first {base.run.warmup:.0f} s of {base.run.run_id} are excluded, of {run.run.run_id} "
            f"{run.run.warmup:.0f} s"
        )
    return lines


def _differences(base: RunResults, run: RunResults) -> str:
    """Return the labels that describe what was run and that differ, with both values."""
    before, after = base.run.what_was_run, run.run.what_was_run
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ", ".join(f"{name} {before.get(name, '-')} → {after.get(name, '-')}" for name in names) or "hash differs"
