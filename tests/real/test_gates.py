"""Gates on real runs: they fail for a slower endpoint, and not if nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.real.test_reading_runs import locust_push, make_run
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target

# Medians, since a test machine that is busy with other tests moves the tails of what takes a millisecond.
EXPRESSIONS = ("p50{name=*} > +10% and +5ms", "rps < -25%", "error_rate > +20% and +2%")


def fail_if(*expressions: str) -> list[str]:
    return [argument for expression in expressions for argument in ("--fail-if", expression)]


def test_a_slower_endpoint_fails_and_repeats_do_not(target: Target, tmp_path: Path) -> None:
    """Five repetitions of one load pass against each other; 30 % on one endpoint fails, only there."""
    archive = f"file:{tmp_path}/runs"
    # What takes a quarter of a millisecond differs by a fifth of it from run to run on a busy machine.
    paths = {"FAST_PATH": "/slow/10", "FLAKY_PATH": "/slow/15"}
    for number in range(5):
        make_run(tmp_path, target, f"repeat-{number}", archive, requests=1000, SLOW_PATH="/slow/40", **paths)
    make_run(tmp_path, target, "slower", archive, requests=1000, SLOW_PATH="/slow/52", **paths)
    for number in range(1, 5):
        repeat = locust_push(
            "gate", f"repeat-{number}", "--from", archive, "--baseline", f"repeat-{number - 1}", *fail_if(*EXPRESSIONS)
        )
        assert repeat.returncode == 0, repeat.stdout
    last = locust_push("gate", "repeat-4", "--from", archive, "--baseline", "latest:4", *fail_if(*EXPRESSIONS))
    assert last.returncode == 0, last.stdout
    assert "repeat-3, repeat-2, repeat-1, repeat-0" in last.stdout
    slower = locust_push("gate", "slower", "--from", archive, "--baseline", "latest:5", *fail_if(EXPRESSIONS[0]))
    assert slower.returncode == 3, slower.stdout
    assert [line for line in slower.stdout.splitlines() if line.startswith("failed")] == [
        line for line in slower.stdout.splitlines() if "GET /slow " in line
    ]


def run_with_gate(
    folder: Path, target: Target, *arguments: str, requests: int = 600, locustfile: str = "three_speeds.py"
) -> LocustProcess:
    """Run Locust to its end with gates."""
    before = target.total()
    with LocustProcess(
        folder, *HEADLESS, "-u", "10", "-r", "10", "-H", target.url, "--push-interval", "500ms", *arguments,
        locustfile=locustfile,
    ) as locust:  # fmt: skip
        locust.end_when(lambda: target.total() - before > requests)
    return locust


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_a_run_fails_by_a_gate_of_its_own(mode: str, target: Target, tmp_path: Path) -> None:
    """Exit code 3 and the table in the log, without an available receiver; a gate that is met changes nothing."""
    processes = distributed() if mode == "distributed" else ()
    pushed = (*processes, "--push-url", "http://127.0.0.1:9/api/v1/write", "--push-flush-timeout", "0")
    failed = run_with_gate(tmp_path, target, *pushed, "--push-gate", "p95{name=/slow} > 10ms", "--push-gate", "rps < 1")
    assert failed.exit_code == 3, failed.output
    assert "against no baseline" in failed.output
    assert "gate: NOT MET: run " in failed.output
    assert any(line.startswith("failed") and "GET /slow" in line for line in failed.output.splitlines())
    assert any(line.startswith("ok") and "Aggregated" in line for line in failed.output.splitlines())
    met = run_with_gate(tmp_path, target, *pushed, "--push-gate", "p95 > 10s")
    assert met.exit_code == 0, met.output


def test_locusts_own_exit_code_goes_before(target: Target, tmp_path: Path) -> None:
    """Locust's own failures keep their exit code."""
    locust = run_with_gate(
        tmp_path, target, "--exit-code-on-error", "7", "--push-url", "file:runs", "--push-gate", "p50 > 0ms"
    )
    assert locust.exit_code == 7, locust.output


def test_a_baseline_is_read_from_where_the_run_goes(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Baselines are the newest good runs with the same parameters, from the store that is pushed to.

    The first has none: it is not met and says how to begin, or passes where that is allowed.
    """
    own = f"user-{target.port}"
    arguments = (
        "--push-url", prometheus.write_url, "--push-label", f"test={own}", "--push-baseline", "latest:2",
        "--push-gate", "p50{name=/slow} > +50% and +20ms",
    )  # fmt: skip
    refused = run_with_gate(
        tmp_path, target, *arguments, "--push-run-id", f"{own}-0", "--push-baseline-match", "job=none"
    )
    assert refused.exit_code == 3, refused.output
    assert "there is no earlier good run with the same parameters, job=none" in refused.output
    assert "To let pass the first run of a project, which then is the baseline of the next, give" in refused.output
    first = run_with_gate(
        tmp_path, target, *arguments, "--push-run-id", f"{own}-1", "--push-baseline-match", "test=none",
        "--push-gate-allow", "no-baseline",
    )  # fmt: skip
    assert first.exit_code == 0, first.output
    second = run_with_gate(tmp_path, target, *arguments, "--push-run-id", f"{own}-2")
    assert second.exit_code == 0, second.output
    assert f"gate: Met: run {own}-2 against {own}-1." in second.output
    assert f"{own}-0 was skipped as a baseline: it did not meet its own gate" in second.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--push-gate", "p95 >> 1s"), "at character 5"),
        (("--push-gate", "p95 > +10%"), "is relative to a baseline; add --push-baseline latest:5"),
        (("--push-url", "", "--push-gate", "p95 > 1s"), "needs a --push-url; add --push-url file:runs"),
    ],
)
def test_a_gate_that_cannot_be_judged_stops_locust_before_the_run(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """An invalid gate is one line, and exit code 2."""
    url = () if "--push-url" in arguments else ("--push-url", "file:runs")
    with LocustProcess(tmp_path, *HEADLESS, *url, *arguments, "-H", "http://127.0.0.1:9") as locust:
        assert locust.wait() == 2
    (line,) = [line for line in locust.output.splitlines() if "error: --push-gate" in line]
    assert words in line
