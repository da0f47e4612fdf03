"""The demo as a user runs it, with all its processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from locust_push.results.measures import MEASURES
from locust_push.results.model import ResultRow, RunResults
from locust_push.results.sources.archive import Archive
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.query import QueryableServer


class Demo:
    """One `locust-push demo`, and its archive."""

    def __init__(self, folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> None:
        self.directory = folder / "demo"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
        command = [sys.executable, "-m", "locust_push", "demo", "--directory", str(self.directory), *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            # A Prometheus on PATH would be started; tests that want one say so.
            env={**kept, "PATH": "/usr/bin:/bin", **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def output(self) -> str:
        """Wait for the end; return all that was printed."""
        return self.process.communicate(timeout=120)[0]

    def summaries(self) -> tuple[RunResults, RunResults]:
        """Return both runs from the archive, the usual one first."""
        problems: list[str] = []
        archive = Archive(self.directory, problems.append)
        both = archive.read("latest~1"), archive.read("latest")
        assert problems == []
        return both

    def leftovers(self) -> list[str]:
        """Return the command lines of processes that use this demo's folder."""
        return [line for line in command_lines() if str(self.directory) in line]


def command_lines() -> Iterator[str]:
    """Return the command lines of all processes, with their working directories."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != str(os.getpid()):
            try:
                yield f"{(process / 'cwd').readlink()} {(process / 'cmdline').read_text()}"
            except OSError:
                continue  # it has ended, or is not ours


def row_of(output: str, title: str) -> list[str]:
    """Return the cells of a request that have a value of each run."""
    (line,) = [line for line in output.splitlines() if line.startswith(f"{title} ")]
    return re.findall(r"\S+ → \S+", line)


def expected_row(before: ResultRow, after: ResultRow) -> list[str]:
    """Return the expected contents of the table."""
    measures = (MEASURES[name] for name in ("rps", "error_rate", "p95", "p99"))
    return [f"{measure.number(measure.read(before))} → {measure.number(measure.read(after))}" for measure in measures]


def locusts_own_totals(log: str) -> Sequence[int]:
    """Return the requests of each run from Locust's own table."""
    # It comes twice: the first one has failures in brackets.
    return [int(count) for count in re.findall(r"^ +Aggregated +(\d+) +\d+\(", log, re.MULTILINE)]


def test_the_demo_compares_two_distributed_runs(tmp_path: Path) -> None:
    """The demo ends with both runs side by side, as in the archive and Locust's own table, and leaves no process."""
    demo = Demo(tmp_path, "--duration", "3s")
    output = demo.output()
    assert demo.process.returncode == 0, output
    base, run = demo.summaries()
    assert row_of(output, "Aggregated") == expected_row(base.aggregated, run.aggregated)
    for before, after in zip(base.rows, run.rows, strict=True):
        title = f"{before.method} {before.name}"
        assert row_of(output, title) == expected_row(before, after)
    log = (demo.directory / "locust.log").read_text()
    assert locusts_own_totals(log) == [base.aggregated.requests, run.aggregated.requests]
    assert base.aggregated.requests > 200
    assert run.aggregated.response_times["p95"] > base.aggregated.response_times["p95"]
    assert "other parameters" not in output, "the runs are not alike"
    page = demo.directory / f"{run.run.run_id}.html"
    assert output.rstrip().endswith(page.as_uri())
    assert base.run.run_id in page.read_text()
    # A master and two workers for each run.
    assert len(list(demo.directory.glob("*/*.segment"))) == 6
    assert demo.leftovers() == []
    assert "\x1b" not in output


def test_the_demo_pushes_to_a_receiver_as_well(prometheus: Prometheus, tmp_path: Path) -> None:
    """The receiver of --push-url has the same counts as the archive."""
    demo = Demo(tmp_path, "--duration", "3s", "--push-url", prometheus.write_url)
    output = demo.output()
    assert demo.process.returncode == 0, output
    for summary in demo.summaries():
        assert stored_requests(prometheus, summary.run.run_id) == summary.aggregated.requests


def stored_requests(receiver: QueryableServer, run_id: str) -> float:
    """Return the requests of a run in a receiver."""
    query = f'sum(last_over_time(locust_requests_total{{run_id="{run_id}"}}[10m]))'
    return eventually(lambda: receiver.value(query)) or 0.0


def test_an_installed_prometheus_is_used_for_as_long_as_the_demo_lasts(prometheus: Prometheus, tmp_path: Path) -> None:
    """An installed Prometheus is started, announced, gets the series of both runs, and is stopped."""
    program = prometheus.executable()
    demo = Demo(tmp_path, "--duration", "3s", environ={"PATH": f"{program.parent}:/usr/bin:/bin"})
    output = demo.output()
    assert demo.process.returncode == 0, output
    match = re.search(r"(http://127\.0\.0\.1:\d+) holds ([\d,]+) series", output)
    assert match, output
    assert int(match[2].replace(",", "")) > 500
    assert not any(match[1].removeprefix("http://") in line for line in command_lines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_running(number: signal.Signals, tmp_path: Path) -> None:
    """An interrupted demo ends with exit code 1, and so do all its processes."""
    demo = Demo(tmp_path, "--duration", "60s")
    eventually(lambda: len(demo.leftovers()) > 3, within=30)
    demo.process.send_signal(number)
    output = demo.output()
    assert demo.process.returncode == 1, output
    assert "Aborted" in output
    assert eventually(lambda: not demo.leftovers())


def test_a_run_that_fails_ends_the_demo_with_the_tail_of_its_log(tmp_path: Path) -> None:
    """A failed run ends the demo with the end of its log, and exit code 1."""
    demo = Demo(tmp_path, "--duration", "1s", environ={"LOCUST_PUSH_BUFFER": "much"})
    output = demo.output()
    assert demo.process.returncode == 1
    assert "argument --push-buffer: 'much'" in output
    assert "Traceback" not in output


def test_a_receiver_that_is_down_costs_a_warning_and_nothing_else(tmp_path: Path) -> None:
    """With an unavailable receiver there is a warning, both runs are archived, and no secret is shown."""
    demo = Demo(tmp_path, "--duration", "3s", "--push-url", "http://user:geheim@127.0.0.1:9/api/v1/write",
                environ={"LOCUST_PUSH_FLUSH_TIMEOUT": "1s"})  # fmt: skip
    output = demo.output()
    assert demo.process.returncode == 0, output
    assert "samples are undelivered" in output
    assert all(summary.aggregated.requests > 50 for summary in demo.summaries())
    written = [path.read_bytes() for path in demo.directory.rglob("*") if path.is_file()]
    assert "geheim" not in output
    assert not any(b"geheim" in content for content in written)
