"""The contents of a report, and of its head: the run, its outcome, and warnings. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from locust_push.documents.tables import (
    BAD,
    DOUBTFUL,
    GOOD,
    PALE,
    duration_text,
    excluded,
    when,
)
from locust_push.results.compare import Comparison, NothingInCommonError, compare
from locust_push.results.gate import GateResult
from locust_push.results.judgement import Judgement
from locust_push.results.model import RunResults, State

_NAMES = {
    "locustfile": "locustfile",
    "host": "host",
    "users": "users",
    "spawn_rate": "spawn rate",
    "run_time": "run time",
    "profile": "profile",
    "git_commit": "git commit",
    "git_branch": "git branch",
    "ci": "CI",
    "ci_url": "CI job",
    "locust_version": "Locust",
}
"""Labels of ``locust_run_info``, in a report's order, and their titles there; others follow under their own names."""


MAX_REASONS = 5
"""Most reasons for a verdict in the head; the gate's table has all."""


@dataclass(frozen=True, slots=True)
class ReportVerdict:
    """The outcome of the run in short; ``meaning`` is one of :mod:`locust_push.documents.tables`."""

    meaning: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the run; ``before`` is that of the baseline, empty if equal or unknown."""

    name: str
    value: str
    before: str = ""

    @property
    def link(self) -> str:
        """The value if it may become a link: other schemes are not safe."""
        return self.value if self.value.startswith(("http://", "https://")) else ""


@dataclass(frozen=True, slots=True)
class Report:
    """The contents of a report.

    Attributes:
        run: The run.
        generated: Unix time of its creation.
        comparison: Comparison of a baseline with the run, if there is one.
        gate: Result of a gate, if there was one.
        notes: Further notes, a line each.
    """

    run: RunResults
    generated: float
    comparison: Comparison | None = None
    gate: GateResult | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: GateResult, generated: float) -> "Report":
        """Return the report of a judged run, compared with its first baseline if there is one."""
        gate = result if result.judgements else None
        notes = () if gate else result.warnings
        try:
            comparison = compare(result.baselines, result.run) if result.baselines else None
        except NothingInCommonError as error:
            return cls(result.run, generated, None, gate, (*notes, f"{error}, so that they are not compared"))
        return cls(result.run, generated, comparison, gate, notes)

    @property
    def baseline(self) -> RunResults | None:
        """The baseline of the comparison."""
        return self.comparison.base if self.comparison else None

    @property
    def title(self) -> str:
        """The run's ID, and the baseline's."""
        return f"{self.run.run.run_id} against {self.baseline.run.run_id}" if self.baseline else self.run.run.run_id

    @property
    def verdict(self) -> ReportVerdict:
        """The verdict of the gate, or else the state of the run."""
        if self.gate:
            return ReportVerdict(GOOD, "gate met") if self.gate.met else ReportVerdict(BAD, _why_not(self.gate))
        ended = self.run.run.how_it_ended(self.generated)
        return ReportVerdict(PALE if ended == State.FINISHED else DOUBTFUL, ended)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the gate was not met, a line each, those that failed before those that were not judged."""
        if self.gate is None:
            return ()
        bad = sorted((one for one in self.gate.judgements if not one.met), key=lambda one: one.outcome.name)
        more = [f"and {len(bad) - MAX_REASONS} more"] if len(bad) > MAX_REASONS else []
        return (*self.gate.problems, *map(_reason, bad[:MAX_REASONS]), *more)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings, a line each."""
        return tuple(dict.fromkeys(_warnings(self)))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Facts about the run, and about the baseline if they differ."""
        after = _facts(self.run)
        before = _facts(self.baseline) if self.baseline else {}
        names = [name for name in {**after, **before} if after.get(name) or before.get(name)]
        return tuple(_fact(name, after, before) for name in names)


def readable_time(unix: float) -> str:
    """Return a Unix time as text in UTC, since a report is read in other time zones."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _reason(judgement: Judgement) -> str:
    measure = judgement.expression.measure
    value, before = measure.show(judgement.value, judgement.limit), measure.show(judgement.baseline, judgement.value)
    against = f", {before} in the baseline" if not math.isnan(judgement.baseline) else ""
    because = f" ({judgement.reason})" if judgement.reason else ""
    return f"{judgement.label}: {judgement.expression.text} {judgement.outcome}: {value}{against}{because}"


def _why_not(gate: GateResult) -> str:
    failed = sum(not judgement.met for judgement in gate.judgements)
    return f"gate not met: {gate.problems[0] if gate.problems else f'{failed} of {len(gate.judgements)}'}"


def _fact(name: str, after: dict[str, str], before: dict[str, str]) -> Fact:
    value, other = after.get(name, "-"), before.get(name, "")
    return Fact(name, value, "" if other == value else other)


def _facts(summary: RunResults) -> dict[str, str]:
    run = summary.run
    known = {"started (UTC)": when(run), "duration": duration_text(run), "excluded": excluded(run)}
    named = {name: run.info.get(label, "") for label, name in _NAMES.items()}
    others = {name: value for name, value in {**run.info, **run.labels}.items() if name not in _NAMES}
    made = {"processes": str(len(summary.instances) or ""), "percentiles from": str(summary.precision)}
    return {name: value for name, value in {**known, **named, **others, **made}.items() if value not in {"", "-"}}


def _warnings(report: Report) -> Iterator[str]:
    if not report.run.aggregated.requests:
        yield "the run made no requests"
    if report.run.run.warmup:
        yield f"all numbers are {excluded(report.run.run)}, the warm-up; the charts over time show all of it"
    ended = report.run.run.how_it_ended(report.generated)
    if report.gate and ended != State.FINISHED:
        yield f"the run {'was' if report.run.run.cut_short else 'is'} {ended}"
    yield from report.notes
    yield from report.comparison.warnings if report.comparison else ()
    yield from report.gate.warnings if report.gate else ()
