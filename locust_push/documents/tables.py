"""Tables of text for runs, comparisons and verdicts, independent of the output format. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from locust_push.results.compare import COMPARED, Change, ComparedRow, Comparison
from locust_push.results.gate import GateResult
from locust_push.results.judgement import Allow, Judgement, Outcome
from locust_push.results.measures import MEASURES, SHIFT, Unit
from locust_push.results.model import ResultRow, Run, RunResults, visible
from locust_push.results.statistics.against import ShownChange

GOOD, BAD, DOUBTFUL, PALE = "good", "bad", "doubtful", "pale"
"""Meanings of a cell; the output format chooses the colour."""

ROW_MEASURES = ("requests", "failures", "rps", "avg", "p50", "p95", "p99", "max")
ALL_ROW_MEASURES = (
    "requests",
    "failures",
    "error_rate",
    "rps",
    "avg",
    "min",
    "p50",
    "p90",
    "p95",
    "p99",
    "p99.9",
    "max",
)
"""Columns of results if there is room for all of them."""

_PLACES = 3
"""Most requests that are named for each type of failure."""

HEADINGS = {"error_rate": "failed", "rps": "req/s"}
NOTHING_SHOWN = "~"
"""The sign for a change that may be chance."""

_SIDE_BY_SIDE = 4
"""Most runs whose values are shown side by side; of more the mean and the last one are shown."""

MEANINGS = {"better": GOOD, "worse": BAD, "same": PALE}
"""The meaning of the verdict on a change."""

_OUTCOMES = {
    Outcome.MET: GOOD,
    Outcome.FAILED: BAD,
    Outcome.WITHIN_SPREAD: DOUBTFUL,
    Outcome.NOT_JUDGED: BAD,
    Outcome.ALLOWED: DOUBTFUL,
}

_HINTS = {
    Allow.NO_BASELINE: "the first run of a project, which then is the baseline of the next",
    Allow.ONE_SIDED: "requests that are new or gone",
    Allow.FEW_REQUESTS: "rows that have too few requests to be judged",
}
"""What each cause stands for."""


@dataclass(frozen=True, slots=True)
class TableCell:
    """A piece of text.

    Attributes:
        text: One line.
        meaning: One of :data:`GOOD` and so on, or empty; applies to the note, if there is one.
        note: A note on the text, beside or below it.
        order: The number that it is sorted by; None for text, NaN comes last.
    """

    text: str
    meaning: str = ""
    note: str = ""
    order: float | None = None

    def __post_init__(self) -> None:
        """Escape line breaks and control characters: run IDs, parameters and expressions come from outside."""
        object.__setattr__(self, "text", visible(self.text))
        object.__setattr__(self, "note", visible(self.note))

    @property
    def line(self) -> str:
        """Text and note."""
        return f"{self.text} {self.note}".strip()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        columns: Headings; those of numbers are set to the right.
        rows: As many cells each as there are columns.
        left: How many columns from the left hold text.
        totals: How many rows from the bottom sum up those above them.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[TableCell]]
    left: int = 1
    totals: int = 0

    @property
    def body(self) -> Sequence[Sequence[TableCell]]:
        """The rows without totals."""
        return self.rows[: len(self.rows) - self.totals]

    @property
    def foot(self) -> Sequence[Sequence[TableCell]]:
        """The totals."""
        return self.rows[len(self.rows) - self.totals :]


def runs_grid(runs: Iterable[Run], now: float) -> Grid:
    """Return a list of runs."""
    columns = ("run", "started (UTC)", "state", "duration", "users", "what")
    return Grid(columns, [_run_cells(run, now) for run in runs], len(columns))


def rows_grid(summary: RunResults, measures: Sequence[str] = ROW_MEASURES) -> Grid:
    """Return the results of a run, request by request; all of them together last."""
    columns = ("request", *map(_heading, measures))
    return Grid(columns, [list(_row_cells(row, measures)) for row in (*summary.rows, summary.aggregated)], totals=1)


def failures_grid(summary: RunResults, base: RunResults | None = None) -> Grid | None:
    """Return the failures of a run by kind, and those of a base beside them; None without any."""
    kinds = summary.aggregated.failures_by_kind
    before = base.aggregated.failures_by_kind if base else {}
    columns = ("type of failure", "where", "failures", *(["in the base"] if base else []))
    rows = [
        [
            TableCell(kind),
            TableCell(_places(kind, summary)),
            *_counts(kind, kinds, *([before] if base else [])),
        ]
        for kind in {**kinds, **before}
        if kinds.get(kind) or before.get(kind)
    ]
    return Grid(columns, rows, 2) if rows else None


def messages_grid(summary: RunResults) -> Grid | None:
    """Return the messages of failed requests, the most frequent first; None without any."""
    rows = [
        [
            TableCell(f"{one.method} {one.name}".strip()),
            TableCell(one.text),
            TableCell(f"{one.failures:,}", order=one.failures),
        ]
        for one in summary.error_texts
    ]
    return Grid(("request", "message", "failures"), rows, 2) if rows else None


def comparison_grid(comparison: Comparison, *, narrow: bool = False) -> Grid:
    """Return runs side by side, each value as ``base → run``, and its change where one is shown, with its interval.

    Args:
        comparison: Of the runs.
        narrow: Whether half of the interval's width is shown, as a terminal has no room for both of its ends.
    """
    columns = ("request", *map(_heading, COMPARED))
    return Grid(
        columns, [list(_compared_cells(row, narrow)) for row in (*comparison.rows, comparison.aggregated)], totals=1
    )


def gate_grid(result: GateResult) -> Grid:
    """Return the problems of the run as a whole, and the verdict of each expression on each of its rows."""
    columns = ("verdict", "fails if", "request", "value", "baseline")
    problems = [_problem_cells(problem) for problem in result.problems]
    return Grid(columns, [*problems, *map(_judgement_cells, result.judgements)], 3)


def gate_sentence(result: GateResult) -> str:
    """Return the verdict in a line: which run, and against which ones."""
    against = ", ".join(one.run.run_id for one in result.baselines) or "no baseline"
    judged = ", ".join(filter(None, (result.run.run.run_id, excluded(result.run.run))))
    return f"{'Met' if result.met else 'NOT MET'}: run {judged} against {against}."


def gate_hints(result: GateResult, option: str) -> list[str]:
    """Return a line for each cause that left an expression unjudged and can be allowed, by ``option``."""
    causes = {one.cause for one in result.judgements if one.outcome is Outcome.NOT_JUDGED}
    return [f"To let pass {what}, give {option} {cause}." for cause, what in _HINTS.items() if cause in causes]


def plain_text(grid: Grid) -> list[str]:
    """Return a table as aligned lines."""
    return aligned([grid.columns, *([cell.line or "-" for cell in row] for row in grid.rows)], grid.left)


def aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Return rows as aligned lines: the first ``left`` columns left-aligned, the others right-aligned."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    signs = ["<" if number < left else ">" for number in range(len(widths))]
    template = "  ".join(f"{{:{sign}{width}}}" for sign, width in zip(signs, widths, strict=True))
    return [template.format(*row).rstrip() for row in rows]


def headline(run: Run, now: float) -> str:
    """Return a run in one line: its ID, start, duration and parameters."""
    parts = [run.run_id, when(run), duration_text(run), excluded(run)]
    if run.end_time is None or run.cut_short:
        parts.append(run.how_it_ended(now))
    return visible(", ".join(part for part in (*parts, _what(run)) if part not in {"", "-"}))


def excluded(run: Run) -> str:
    """Return the part of a run that its results exclude: its warm-up; empty without one."""
    return f"without the first {run.warmup:.0f} s" if run.warmup else ""


def _heading(name: str) -> str:
    return name if name == SHIFT.name else f"{HEADINGS.get(name, name)} {MEASURES[name].symbol}".strip()


def _run_cells(run: Run, now: float) -> list[TableCell]:
    whole = run.end_time is not None and not run.cut_short
    failed = "(gate not met)" if run.gate_met is False else ""
    return [
        TableCell(run.run_id),
        TableCell(when(run)),
        TableCell(run.how_it_ended(now), "" if whole and not failed else DOUBTFUL, failed),
        TableCell(duration_text(run)),
        TableCell(run.info.get("users", "-")),
        TableCell(_what(run)),
    ]


def when(run: Run) -> str:
    """Return the start of a run, in UTC; - if unknown."""
    return "-" if run.start_time is None else f"{datetime.fromtimestamp(run.start_time, UTC):%Y-%m-%d %H:%M:%S}"


def duration_text(run: Run) -> str:
    """Return the duration of a run, as Locust writes durations; - if unknown."""
    if run.duration is None:
        return "-"
    minutes, seconds = divmod(round(run.duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m{seconds:02}s" if hours else f"{minutes}m{seconds:02}s" if minutes else f"{seconds}s"


def _what(run: Run) -> str:
    known = [run.info.get("locustfile", ""), run.info.get("host", ""), run.info.get("git_branch", "")]
    return " ".join([*filter(None, known), run.info.get("git_commit", "")[:8]]).strip()


def _row_cells(row: ResultRow, measures: Sequence[str]) -> Iterator[TableCell]:
    yield TableCell(row.label)
    for name in measures:
        value = MEASURES[name].read(row)
        bad = name == "failures" and value > 0
        yield TableCell(MEASURES[name].number(value), BAD if bad else "", order=value)


def _counts(kind: str, *sides: Mapping[str, int]) -> Iterator[TableCell]:
    for side in sides:
        yield TableCell(f"{side.get(kind, 0):,}", order=side.get(kind, 0))


def _places(kind: str, summary: RunResults) -> str:
    """Return the requests with most failures of this type."""
    failing = (row for row in summary.rows if row.failures_by_kind.get(kind))
    found = sorted(failing, key=lambda row: -row.failures_by_kind[kind])
    named = [f"{row.label} ({row.failures_by_kind[kind]:,})" for row in found[:_PLACES]]
    return ", ".join([*named, f"{len(found) - _PLACES} more"] if len(found) > _PLACES else named)


def _compared_cells(row: ComparedRow, narrow: bool) -> Iterator[TableCell]:
    yield TableCell(row.label) if row.side == "both" else TableCell(row.label, DOUBTFUL, f"({row.side})")
    for name in COMPARED:
        change = row.change(name)
        meaning = MEANINGS[change.verdict] if row.side == "both" else ""
        yield TableCell(_values(change), meaning, _change_text(row, change, narrow), change.percent)


def _values(change: Change) -> str:
    """Return the value in each run, or the mean of many; of a shift only the change has a meaning."""
    if change.measure is SHIFT:
        return "" if change.verdict == "same" else percent_text(change.percent)
    sides = change.values if len(change.values) <= _SIDE_BY_SIDE else (change.before, change.after)
    return " → ".join(map(change.measure.number, sides))


def _change_text(row: ComparedRow, change: Change, narrow: bool) -> str:
    """Return what is shown of a change: ``~`` is for nothing."""
    if row.side != "both":
        return ""
    if change.verdict == "same":
        return NOTHING_SHOWN
    if change.measure.unit is Unit.PERCENT:
        return f"{change.after - change.before:+.2g} pts"
    if change.measure is SHIFT:
        return _half_interval(change.shown) if narrow else _interval(change.shown)
    return f"{percent_text(change.percent)} {_half_interval(change.shown)}" if narrow else interval_text(change.shown)


def _problem_cells(problem: str) -> list[TableCell]:
    return [TableCell(str(Outcome.FAILED), BAD), TableCell(problem), TableCell(""), TableCell("-"), TableCell("-")]


def _judgement_cells(judgement: Judgement) -> list[TableCell]:
    measure = judgement.expression.measure
    count = judgement.change.baselines if judgement.change else 0
    return [
        TableCell(str(judgement.outcome), _OUTCOMES[judgement.outcome]),
        TableCell(judgement.expression.text),
        _noted(judgement.label, f"({judgement.reason})" if judgement.reason else ""),
        _noted(measure.show(judgement.value, judgement.limit), interval_text(judgement.change), judgement.value),
        _noted(
            measure.show(judgement.baseline, judgement.value),
            f"({count} baseline{'s' if count > 1 else ''})" if count else "",
            judgement.baseline,
        ),
    ]


def interval_text(change: ShownChange | None) -> str:
    """Return a change with its interval; empty if unknown."""
    if change is None or math.isnan(change.percent):
        return ""
    interval = _interval(change)
    return f"{percent_text(change.percent)} ({interval})" if interval else percent_text(change.percent)


def _interval(change: ShownChange | None) -> str:
    if change is None or math.isnan(change.low):
        return ""
    low, high = (percent_text(end).removesuffix(" %") for end in (change.low, change.high))
    return f"{low} to {high} %"


def _half_interval(change: ShownChange | None) -> str:
    """Return half the width of the interval, where there is no room for both of its ends."""
    if change is None or math.isnan(change.low):
        return ""
    return percent_text((change.high - change.low) / 2).replace("+", "±").removesuffix(" %")


def percent_text(value: float) -> str:
    """Return a change in percent; below ten with one decimal."""
    if math.isnan(value):
        return ""
    digits = 0 if abs(value) >= 9.95 else 1
    return f"{round(value, digits) + 0.0:+,.{digits}f} %"


def _noted(text: str, note: str, order: float | None = None) -> TableCell:
    return TableCell(text, PALE if note else "", note, order)
