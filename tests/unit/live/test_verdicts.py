"""docs/comparing.md's table of verdicts: each row is judged at the end of a run and by ``locust-push gate``, alike."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from locust_push.cli.main import main
from locust_push.core.labels import TOTAL
from locust_push.live.run_description import Role
from locust_push.options.settings import Settings
from locust_push.outputs.registry import target
from tests.unit.live.test_run import Bench
from tests.unit.results import archives

PAGE = Path(__file__).parents[3] / "docs/comparing.md"
NAMES = {
    "gate_allow": "--allow",
    "gate_min_requests": "--min-requests",
    "gate_confidence": "--confidence",
    "baseline": "--baseline",
    "baseline_match": "--baseline-match",
    "baseline_from": "--baseline-from",
}
"""Settings of a run, and the options of the command that say the same."""


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        gate: When the run fails.
        does: What the run does.
        met: The verdict.
        settings: Of the gate.
        before: Makes earlier runs in the archive.
        allow: What lets it pass, if anything does.
    """

    gate: str
    does: Callable[[Bench], None]
    met: bool = False
    settings: tuple[tuple[str, Any], ...] = ()
    before: Callable[[Path], None] | None = None
    allow: str = ""


def requests(count: int, milliseconds: float = 5.0, failures: int = 0) -> Callable[[Bench], None]:
    """Return a function that makes requests, of which the last ones fail."""

    def make(bench: Bench) -> None:
        assert bench.run.recorder
        for number in range(count):
            error = OSError() if number >= count - failures else None
            bench.run.recorder.on_request(
                request_type="GET", name="/", response_time=milliseconds, response_length=1, exception=error
            )

    return make


def interrupted(bench: Bench) -> None:
    requests(200)(bench)
    bench.run.description.cut_short = "interrupted"


def earlier(**run: Any) -> Callable[[Path], None]:
    """Return a function that writes an earlier run of 5 ms, with these fields in its run.json."""

    def write(folder: Path) -> None:
        name = run.get("name", "/")
        ticks = [archives.requests("GET", name, 200), archives.bucket("GET", name, "+Inf", 200)]
        for method, row in (("GET", name), TOTAL):
            ticks += [archives.told(method, row, quantile, 0.005) for quantile in ("0.05", "0.25", "0.5", "0.95", "1")]
        start = time.time() - 1000
        about = archives.description(start, start + 60) | {key: one for key, one in run.items() if key != "name"}
        archives.write(folder, run.get("run_id", "earlier"), ticks, describe=about, start=round(start))

    return write


RELATIVE = (("baseline", "latest:5"),)

CASES = {
    "all expressions judged, none holds": [Case("p95 > 800ms", requests(200), met=True)],
    "an expression holds": [
        Case("p95 > 1ms", requests(200)),
        Case("p50 > +10%", requests(200, 9.0), settings=RELATIVE, before=earlier()),
        Case("p75 > 4ms", requests(200)),
        Case("rps outside 0..0.001", requests(200)),
    ],
    "the run made no requests": [Case("p95 > 800ms", requests(0)), Case("failures > 1", requests(0))],
    "the run was interrupted before its `--run-time` or its shape was over": [
        Case("p95 > 800ms", interrupted, allow="unfinished")
    ],
    "a percentile of fewer requests than it needs": [Case("p95 > 800ms", requests(99), allow="few-requests")],
    "the requests are few, but enough of them are too slow to exclude chance": [
        Case("p95 > 800ms", requests(20, 1001.0))
    ],
    "an error rate above its limit, though the limit is within its 99 % interval": [
        Case("error_rate > 2%", requests(20, failures=1), allow="few-requests")
    ],
    "counts, rates and error rates below their limit, at any number of requests": [
        Case("error_rate > 2%", requests(20), met=True),
        Case("failures > 0", requests(20), met=True),
        Case("requests < 20", requests(20), met=True),
    ],
    "a selector that matches no request": [Case("p95{name=/nosuch} > 1s", requests(200))],
    "a request in the run only, or in the baseline only, for a relative expression": [
        Case("p50{name=*} > +10%", requests(200), settings=RELATIVE, before=earlier(name="/old"), allow="one-sided")
    ],
    "no earlier good run with the same parameters": [
        Case("p95 > +10%", requests(200), settings=RELATIVE, allow="no-baseline"),
        *(
            Case("p95 > +10%", requests(200), settings=RELATIVE, before=earlier(**bad), allow="no-baseline")
            for bad in ({"gate_met": False}, {"cut_short": "aborted"}, {"end_time": None}, {"info": {"users": "7"}})
        ),
        Case(
            "p95 > +10%",
            requests(200),
            settings=(*RELATIVE, ("baseline_match", (("git_branch", "main"),))),
            before=earlier(info={"parameters": "", "git_branch": "feature"}),
            allow="no-baseline",
        ),
    ],
    "a baseline that cannot be read, or a named one that does not exist or is not complete": [
        Case("p95 > +10%", requests(200), settings=(("baseline", "nosuch"),)),
        Case("p95 > +10%", requests(200), settings=(("baseline", "earlier"),), before=earlier(end_time=None)),
        Case("p95 > +10%", requests(200), settings=(*RELATIVE, ("baseline_from", "http://127.0.0.1:9"))),
    ],
    "a metric of the locustfile that the run does not have": [Case("shop_orders_total < 5", requests(200))],
    "a change that may be chance (`within spread`), or below its floor": [
        Case("p50 > +10% and +20ms", requests(200, 9.0), met=True, settings=RELATIVE, before=earlier()),
        Case("p50 > +1%", requests(200, 5.2), met=True, settings=RELATIVE, before=earlier()),
        Case("error_rate > +10%", requests(1000, failures=1), met=True, settings=RELATIVE, before=earlier()),
    ],
}
ELSEWHERE = {
    "a worker was lost: it was missing when the run ended": "test_closed_gates.py",
    "a percentile for which the pushed buckets do not show whether it exceeds the limit": "test_gate.py",
    "the run has no end (its master was killed, or the end did not arrive)": "a process that is killed judges nothing",
    "the run was aborted by `--push-abort`": "test_run.py",
    "`locust-push gate`: the run is in progress, does not exist, or its store does not answer": "test_reading_runs.py",
    "an expression that cannot be read, or a relative one without a baseline": "test_gates.py",
}
"""Rows that cannot be judged both ways, and where they are tested or why not."""


def at_the_end(folder: Path, case: Case, **settings: Any) -> bool | None:
    """Judge as at the end of a run."""
    given = {**dict(case.settings), **settings}
    if "baseline_from" in given:
        given["baseline_from"] = target("--push-baseline-from", given["baseline_from"])
    bench = Bench(folder, Role.LOCAL, gates=(case.gate,), **given)
    bench.run.description.start_time = time.time() - 60
    case.does(bench)
    bench.end()
    return bench.run.closing.gate_met


def by_the_command(folder: Path, case: Case, *arguments: str) -> int:
    """Judge the same run from the archive; return the exit code."""
    for name, value in case.settings:
        values = [f"{key}={one}" for key, one in value] if isinstance(value, tuple) else [value]
        arguments += tuple(argument for one in values for argument in (NAMES[name], one))
    command = ["gate", "a-run", "--from", f"file:{folder}", "--fail-if", case.gate, *arguments]
    return CliRunner().invoke(main, command).exit_code


@pytest.mark.parametrize(
    ("row", "case"),
    [pytest.param(row, case, id=f"{row}-{case.gate}") for row, cases in CASES.items() for case in cases],
)
def test_both_ways_give_the_verdict_of_the_table(row: str, case: Case, tmp_path: Path) -> None:
    """The verdicts at the end of the run and by the command are equal, also with allowed causes."""
    if case.before:
        case.before(tmp_path)
    assert at_the_end(tmp_path, case) is case.met
    assert by_the_command(tmp_path, case) == (0 if case.met else 3)
    if case.allow:
        again = tmp_path / "again"
        if case.before:
            case.before(again)
        assert at_the_end(again, case, gate_allow=(case.allow,)) is True
        assert by_the_command(again, case, "--allow", case.allow) == 0
        assert f"unless `{case.allow}` is allowed" in table()[row]


def table() -> dict[str, str]:
    """Return the verdicts of the page by case."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \| ([0-3]) \|$", PAGE.read_text(), re.MULTILINE)
    return {case: verdict for case, verdict, _ in rows}


def test_a_mistaken_folder_of_baselines_is_not_the_first_run_of_a_project(tmp_path: Path) -> None:
    """A missing folder is an error, probably a typing error, even if no baseline is allowed."""
    settings = (*RELATIVE, ("baseline_from", f"file:{tmp_path}/nosuch"))
    case = Case("p95 > +10%", requests(200), settings=settings)
    assert at_the_end(tmp_path, case, gate_allow=("no-baseline",)) is False


def test_each_row_of_the_table_is_tested() -> None:
    """Each row of the page has a test, here or in the named file."""
    assert table().keys() == CASES.keys() | ELSEWHERE.keys()


def test_both_ways_have_the_same_options() -> None:
    """Each setting of a run's gate is an option of the command."""
    ours = {name for name in Settings.__dataclass_fields__ if name.startswith(("gate_", "baseline"))}
    assert ours - {"gateway_retention"} == NAMES.keys()
    shown = CliRunner().invoke(main, ["gate", "--help"]).output
    assert all(option in shown for option in (*NAMES.values(), "--warmup"))
