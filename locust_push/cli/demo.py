"""``locust-push demo``: two short runs against a sample service, and their comparison."""

import math
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from locust_push.cli.drawing import print_grid
from locust_push.cli.parameters import checked, push_url
from locust_push.config.targets import clean_url
from locust_push.config.values import positive_duration
from locust_push.delivery.files import write_whole
from locust_push.demo.load import Load, RunFailedError, complaints, locust_environ
from locust_push.demo.prometheus import DemoPrometheus, PrometheusUnavailableError, demo_prometheus, find_prometheus
from locust_push.demo.service import SampleService
from locust_push.documents.content import Report
from locust_push.documents.formats import render
from locust_push.documents.sentences import comparison_sentence
from locust_push.documents.tables import comparison_grid
from locust_push.results.compare import NothingInCommonError, compare
from locust_push.results.sources.archive import Archive

SLOWDOWN = 1.5
LOG = "locust.log"
_COMPLAINTS_SHOWN = 5


@click.command()
@click.option(
    "--push-url",
    "push_urls",
    callback=checked(push_url),
    multiple=True,
    metavar="URL",
    help="Also push both runs to this remote-write receiver, Pushgateway or archive. Repeatable. Without it, if a "
    "prometheus program is installed, the demo starts one for its own duration.",
)
@click.option(
    "--duration",
    callback=checked(positive_duration),
    default="10s",
    show_default=True,
    metavar="TIME",
    help="Length of each run.",
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("locust-push-demo"),
    show_default=True,
    help="Directory for the archive of the runs and Locust's log. Earlier runs in it are kept.",
)
def demo(push_urls: tuple[str, ...], duration: float, directory: Path) -> None:
    """Run Locust twice against a sample service, and compare.

    Starts a small web service on the loopback interface and tests it with Locust, a master and two workers; then once
    more with a slower database. Both runs are pushed to an archive, which needs no server. Ends with both runs side by
    side, and a report. Takes twice the duration and some ten seconds, and leaves nothing running.

    Exit codes: 0 success; 1 a run failed or was interrupted; 2 wrong usage.
    """
    stage = Stage.prepare(directory, duration)
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _interrupt))
        prometheus = None if push_urls else _own_prometheus(stage, stack)
        places = (*push_urls, prometheus.push_url) if prometheus else push_urls
        for place in places:
            stage.say(f"Pushing to {clean_url(place)} as well.")
        run_ids = _run_both(stage, places)
        page = _compare(stage, *run_ids)
        if prometheus:
            _show_series(stage, prometheus, run_ids)
    _show_next(stage)
    stage.say(f"The comparison as a page, with charts: {page.as_uri()}")


@dataclass(frozen=True, slots=True)
class Stage:
    """The values that all parts of the demo share.

    Attributes:
        console: Where output goes.
        directory: The archive; absolute.
        seconds: Length of each run.
        chance: Chooses ports.
    """

    console: Console
    directory: Path
    seconds: int
    chance: random.Random

    @classmethod
    def prepare(cls, directory: Path, duration: float) -> "Stage":
        """Make the directory, with an empty log.

        Raises:
            click.ClickException: It cannot be written to.
        """
        chance = random.Random()  # noqa: S311  # no secret
        stage = cls(Console(highlight=False), directory.resolve(), math.ceil(duration), chance)
        try:
            stage.directory.mkdir(parents=True, exist_ok=True)
            stage.log.write_bytes(b"")
        except OSError as error:
            raise click.ClickException(
                f"--directory {directory}: {error.strerror}; choose a writable directory"
            ) from None
        return stage

    @property
    def log(self) -> Path:
        """The file with Locust's own output."""
        return self.directory / LOG

    def say(self, text: str, style: str = "") -> None:
        """Show a line as it is, uncut."""
        self.console.print(escape(text), style=style, soft_wrap=True)


def _interrupt(*_: Any) -> None:
    """End as on Ctrl-C: everything that was started is stopped."""
    raise KeyboardInterrupt


def _own_prometheus(stage: Stage, stack: ExitStack) -> DemoPrometheus | None:
    """Start a Prometheus if one is installed; if it does not start, the demo continues without it."""
    program = find_prometheus(os.environ)
    if program is None:
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="locust-push-demo-")))
    try:
        return stack.enter_context(demo_prometheus(program, folder, os.environ, stage.chance))
    except (PrometheusUnavailableError, OSError) as error:
        stage.say(f"{program} is installed, but does not start: {error}", style="yellow")
        return None


def _run_both(stage: Stage, places: Sequence[str]) -> tuple[str, str]:
    """Do both runs and return their IDs."""
    environ = locust_environ(os.environ, [stage.directory.as_uri(), *places])
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    run_ids = f"{stamp}-usual", f"{stamp}-slower"
    with SampleService() as service:
        for run_id, slowdown in zip(run_ids, (1.0, SLOWDOWN), strict=True):
            load = Load(
                run_id=run_id,
                slowdown=slowdown,
                seconds=stage.seconds,
                folder=stage.directory,
                log=stage.log,
                environ=environ,
            )
            _run(stage, service, load)
    return run_ids


def _run(stage: Stage, service: SampleService, load: Load) -> None:
    log_start = stage.log.stat().st_size
    try:
        with _progress(stage.console) as progress:
            task = progress.add_task(load.run_id, total=load.expected_seconds)
            load.run(
                service,
                stage.chance,
                lambda elapsed: progress.update(task, completed=min(elapsed, load.expected_seconds)),
            )
            progress.update(task, completed=load.expected_seconds)
    except (RunFailedError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for line in complaints(stage.log, log_start)[:_COMPLAINTS_SHOWN]:
        stage.say(line, style="yellow")


def _progress(console: Console) -> Progress:
    times = TimeElapsedColumn(), TextColumn("elapsed,"), TimeRemainingColumn(), TextColumn("left")
    return Progress(TextColumn("{task.description}"), BarColumn(20), *times, console=console)


def _compare(stage: Stage, base: str, run: str) -> Path:
    """Show both runs side by side; return the path of the detailed report."""
    archive = Archive(stage.directory, lambda problem: stage.say(problem, style="yellow"))
    stage.console.print()
    stage.say(f"{base} → {run}", style="bold")
    try:
        comparison = compare([archive.read(base)], archive.read(run))
    except NothingInCommonError as error:
        raise click.ClickException(f"{error}; see {stage.log}, or choose a longer --duration") from None
    stage.say(comparison_sentence(comparison))
    print_grid(comparison_grid(comparison, narrow=True), "table")
    page = stage.directory / f"{run}.html"
    write_whole(page, render(Report(comparison.run, time.time(), comparison), page.suffix))
    return page


def _show_series(stage: Stage, prometheus: DemoPrometheus, run_ids: Sequence[str]) -> None:
    try:
        count = prometheus.series_of(run_ids)
    except PrometheusUnavailableError as error:
        stage.say(f"Prometheus did not answer a query: {error}", style="yellow")
    else:
        stage.say(f"{prometheus.url} holds {count:,} series of these runs. It stops with the demo.")


def _show_next(stage: Stage) -> None:
    stage.say(f"\nBoth runs are in {stage.directory}, with Locust's own output in {LOG}.")
    program = _program()
    stage.say("The same, pushed to a Prometheus that runs with --web.enable-remote-write-receiver:")
    stage.say(f"  {program} demo --push-url http://localhost:9090/api/v1/write")
    stage.say("Your own test, without a change to its locustfile:")
    stage.say(f"  {program} run -f locustfile.py --headless --users 20 --run-time 1m --push-url file:runs")


def _program() -> str:
    """Return how to call ``locust-push``: by its name, or by its path if it is not on PATH."""
    return "locust-push" if shutil.which("locust-push") else str(Path(sys.executable).with_name("locust-push"))
