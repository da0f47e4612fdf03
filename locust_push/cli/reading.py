"""The source of runs for the commands that read them, and the filters on it."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from locust_push.cli.connection import CONNECTION, connect, connection_options
from locust_push.cli.output import warn
from locust_push.cli.parameters import age, checked, checked_if_given, from_option, source_url
from locust_push.config.values import duration, label_pair
from locust_push.identity.run_ids import of_attempt
from locust_push.outputs.destination import Lookup
from locust_push.outputs.reading import run_source
from locust_push.results.compare import NothingInCommonError
from locust_push.results.model import Run, RunResults, State
from locust_push.results.names import UnknownRunError
from locust_push.results.source import RunSource
from locust_push.results.sources.query_api import StoreError

F = TypeVar("F", bound=Callable[..., Any])

_SHOW_PROGRESS_AFTER = 1.0
"""Seconds."""

_SETTLE_POLL = 0.5
"""Seconds between two checks of a run that seems to be in progress."""

_TALK = tuple(name for name in CONNECTION if name != "protocol")

_OPTIONS = (
    from_option(
        source_url,
        "Where the runs are: a store that answers PromQL, such as http://localhost:9090, or an archive, file:DIR.",
    ),
    click.option(
        "--match",
        callback=checked(label_pair),
        multiple=True,
        metavar="NAME=VALUE",
        help="Only runs with this label: job, one of --push-label, or one of locust_run_info such as git_branch. "
        "Repeatable.",
    ),
    click.option(
        "--since",
        callback=checked_if_given(age),
        metavar="TIME",
        help="Only runs that started within this time, such as 12h or 90d. Default: 30d in a store, any in an archive.",
    ),
)

unfinished_option = click.option(
    "--unfinished", is_flag=True, help="Accept a run that is still in progress, with its results so far."
)


def reading_options(command: F) -> F:
    """Add the options that :func:`open_source` takes."""
    command = connection_options(names=_TALK)(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@contextmanager
def open_source(
    source: str, match: Sequence[tuple[str, str]] = (), since: float | None = None, **connection: Any
) -> Iterator[RunSource]:
    """Open the source that ``--from`` names; an error with runs in the block ends the command with one line, code 1."""
    try:
        with opened_source(source, match, since, **connection) as runs:
            yield runs
    except (UnknownRunError, StoreError, NothingInCommonError, UnusableRunError, OSError) as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def opened_source(
    source: str, match: Sequence[tuple[str, str]] = (), since: float | None = None, **connection: Any
) -> Iterator[RunSource]:
    """Open the source that a URL names, and close it at the end; the caller handles errors."""
    with ExitStack() as stack:
        oldest = None if since is None else time.time() - since
        yield _open(stack, source, dict(match), oldest, connection)


def _open(
    stack: ExitStack, source: str, match: Mapping[str, str], since: float | None, connection: dict[str, Any]
) -> RunSource:
    place = connect((source,), connection)
    access, progress = stack.enter_context(place.access()), stack.enter_context(LateProgress())
    return run_source(access, Lookup(match=match, since=since, warn=warn, progress=progress))


class UnusableRunError(Exception):
    """A run has no results, or not yet; ``str()`` is one line."""


warmup_option = click.option(
    "--warmup",
    callback=checked_if_given(duration),
    metavar="TIME",
    help="Exclude the beginning of each run, such as 30s; 0 excludes nothing. Default: the --push-warmup of the run.",
)


def read_run(source: RunSource, name: str, *, unfinished: bool = False, warmup: float | None = None) -> RunResults:
    """Return the results of a run; if the run broke off, a warning goes to standard error.

    Raises:
        UnusableRunError: It is still in progress, or has no requests.
        UnknownRunError: There is no such run.
    """
    run = ended_run(source, name, unfinished=unfinished)
    if run.state(time.time()) is State.BROKEN_OFF:
        warn(f"Run {run.run_id} has no end: its master was killed, or the end was not delivered.")
    summary = source.read(run.run_id, warmup=warmup)
    if not summary.aggregated.requests:
        raise UnusableRunError(f"run {run.run_id} has no requests")
    return summary


def ended_run(source: RunSource, name: str, *, unfinished: bool) -> Run:
    """Return a run that has ended, or with ``--unfinished`` one that may be in progress.

    Raises:
        UnusableRunError: It is still in progress.
        UnknownRunError: There is no such run.
    """
    name = _of_this_attempt(source, name)
    run = source.find(name) if unfinished else _settled(source, name)
    if run.state(time.time()) is State.RUNNING and not unfinished:
        raise UnusableRunError(f"run {run.run_id} is still in progress; wait for its end, or give --unfinished")
    return run


def _of_this_attempt(source: RunSource, name: str) -> str:
    """Return the ID that this attempt of a CI job gave its run, where there is a run with it, else ``name`` itself."""
    own = of_attempt(name, os.environ)
    if own == name:
        return name
    try:
        source.find(own)
    except UnknownRunError:
        return name
    warn(f"This is a further attempt of a CI job; its run {name} is {own}.")
    return own


def _settled(source: RunSource, name: str) -> Run:
    """Return a run once its source shows all data that was pushed to it."""
    run = source.find(name)
    deadline = time.monotonic() + source.delay
    if run.state(time.time()) is State.RUNNING and source.delay:
        warn(f"Run {run.run_id} has no end yet; waiting up to {source.delay:.0f} s for the store to show it.")
    while run.state(time.time()) is State.RUNNING and time.monotonic() < deadline:
        time.sleep(_SETTLE_POLL)
        run = source.find(run.run_id)
    return run


class LateProgress:
    """Show a progress bar on standard error, if that is a terminal and reading takes longer than a second."""

    def __init__(self) -> None:
        columns = TextColumn("reading"), BarColumn(20), DownloadColumn(), TimeRemainingColumn()
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("reading")
        self._due = math.inf

    def __enter__(self) -> Self:
        self._due = time.monotonic() + _SHOW_PROGRESS_AFTER
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    def __call__(self, done: int, total: int) -> None:
        """Show the progress."""
        if time.monotonic() < self._due:
            return
        if not self._progress.live.is_started and sys.stderr.isatty():
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total)
