"""The message at the end of a run. Pure."""

from collections.abc import Sequence

from locust_push.core.labels import AGGREGATED
from locust_push.core.record import record
from locust_push.live.run_totals import RunTotals, TotalsRow
from locust_push.notify.message import Kind, Message

_WORST = 5
"""Most rows of failures in a message."""

_VERDICTS = {True: ("passed", Kind.SUCCESS), False: ("failed", Kind.FAILURE)}


@record(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """The facts about a run for the message at its end.

    Attributes:
        run_id: Its ID.
        seconds: Its duration.
        summary: Its results.
        passed: Whether Locust ends with exit code 0.
        host: The target of the test; None if unknown.
        links: Name and URL of pages about the run.
        verdict: The verdict of the gate, in lines of text; empty without one.
    """

    run_id: str
    seconds: float
    summary: RunTotals
    passed: bool
    host: str | None = None
    links: Sequence[tuple[str, str]] = ()
    verdict: Sequence[str] = ()


def run_end_message(end: RunEnd) -> Message:
    """Return the message: totals, response times, most frequent failures, the gate's verdict, links."""
    total = next(row for row in end.summary.rows if row.name == AGGREGATED)
    verdict, kind = _VERDICTS[end.passed]
    lines = [
        *([f"Target: {end.host}"] if end.host else []),
        f"{total.requests:,} requests in {_duration(end.seconds)}, {total.rate:,.1f} per second",
        _failures(total),
        *_response_times(total),
        *_worst(end.summary.rows),
        *end.verdict,
        *(f"{name}: {url}" for name, url in end.links),
    ]
    title = f"Load test {verdict}: {end.run_id}"
    return Message(title, "\n".join(lines), kind)


def _failures(row: TotalsRow) -> str:
    if not row.failures:
        return "No request failed"
    return f"{row.failures:,} failed ({100 * row.failures / row.requests:.1f} %)"


def _response_times(total: TotalsRow) -> list[str]:
    times = total.response_times
    shown = [f"{name} {_time(times[quantile])}" for name, quantile in _SHOWN if quantile in times]
    return [f"Response times: {', '.join(shown)}"] if shown and total.requests else []


_SHOWN = (("median", "0.5"), ("p95", "0.95"), ("p99", "0.99"), ("max", "1"))


def _worst(rows: Sequence[TotalsRow]) -> list[str]:
    failing = [row for row in rows if row.failures and row.name != AGGREGATED]
    failing.sort(key=lambda row: row.failures, reverse=True)
    lines = [f"- {f'{row.method} {row.name}'.strip()}: {_failures(row)}" for row in failing[:_WORST]]
    if len(failing) > _WORST:
        lines.append(f"- and {len(failing) - _WORST} more")
    return lines


def _time(seconds: float) -> str:
    digits = 0 if seconds >= 0.09995 else 1  # as tables show them
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.{digits}f} ms"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
