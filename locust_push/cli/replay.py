"""``locust-push replay``: deliver what a spool or an archive holds."""

import random
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any, Self

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from locust_push.cli.connection import Connection, connect, connection_options
from locust_push.cli.output import say, warn
from locust_push.cli.parameters import checked
from locust_push.config.values import positive_duration
from locust_push.delivery.files import claim
from locust_push.delivery.recordings import REFUSED, Playback, Recording, Refusals, choose, find_recordings
from locust_push.delivery.replay import ReplayDelivery, ReplayTotals, UndeliverableError
from locust_push.delivery.retry import Backoff
from locust_push.delivery.spool_folder import ABOUT_FILE
from locust_push.delivery.verdict import Retry
from locust_push.outputs.destination import Access, Destination
from locust_push.wire.payload import Payload


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--timeout",
    callback=checked(positive_duration),
    default="10m",
    show_default=True,
    metavar="TIME",
    help="Longest total time, including waits for a receiver that does not answer.",
)
@click.option("--restart", is_flag=True, help="Start at the beginning, even if an earlier replay stopped later.")
@click.option("--refused", is_flag=True, help="Also send data that a receiver refused before (refused.segment).")
@connection_options("URL to deliver to: a remote-write receiver or a Pushgateway.")
def replay(
    directory: Path, timeout: float, *, restart: bool, refused: bool, push_url: Sequence[str], **connection: Any
) -> None:
    """Deliver what a spool or an archive holds.

    DIRECTORY is that of --push-spool or --push-url file:DIR, one run in it, or the folder of one process. Delivered
    data is deleted from a spool; an archive stays as it is. After an interruption, run it again: it continues where it
    stopped, and sending data again that the receiver already has is harmless. The spool of a running process is
    skipped.

    Exit codes: 0 everything is delivered; 1 something is not; 2 wrong usage.
    """
    place = connect(push_url, connection)
    if not place.destination.takes_recordings:
        title = place.destination.title
        raise click.UsageError(f"{place.target.url} is {title}, which is not a receiver; copy the folder instead")
    found = find_recordings(directory, warn, refused=refused)
    with ExitStack() as claims:
        free = [recording for recording in found if _claimed(recording, claims)]
        if free or not found:
            _replay(directory, _playbacks(free, place), place, timeout, restart=restart)
    if len(free) < len(found):
        raise click.ClickException(
            "some data was skipped and is not delivered; run this command again when no other process uses it"
        )


def _claimed(recording: Recording, claims: ExitStack) -> bool:
    """Return whether no other process uses a spool: its run, which delivers and deletes it, or another replay."""
    if not recording.spooled:
        return True
    try:
        file = claim(recording.folder / ABOUT_FILE)
    except OSError as error:
        warn(f"{error.filename}: {error.strerror}; it is skipped")
        return False
    if file is None:
        warn(f"{recording.folder}: another process uses it, a run or a replay; it is skipped")
        return False
    claims.enter_context(file)
    return True


def _replay(
    directory: Path, playbacks: Sequence[Playback], place: Connection, timeout: float, *, restart: bool
) -> None:
    if not playbacks:
        say(f"{directory}: nothing to deliver.")
        return
    for playback in playbacks if restart else ():
        playback.restart()
    with _Bar(sum(playback.bytes_left for playback in playbacks)) as bar:
        delivery = _delivery(timeout, bar)
        problem = _play_all(playbacks, delivery, place, bar)
    if problem is None:
        for playback in playbacks:
            playback.close(directory)
    _report(directory, place, delivery.tally, problem)


def _playbacks(found: Sequence[Recording], place: Connection) -> list[Playback]:
    """Choose the recordings for the place, and report what goes where."""
    chosen, left = choose(found, place.target.url, place.destination.protocols)
    for url, recordings in _by_url(left):
        protocol = recordings[0].protocol
        meant, its_url = (f" for {url}", url) if url else ("", "and its URL")
        warn(f"Data of {_processes(recordings)}{meant} ({protocol}) stays; deliver it with --push-url {its_url}")
    if left and not chosen:
        raise click.UsageError(f"it holds no data for {place.target.url} ({place.target.protocol})")
    playbacks = [Playback(recording, place.target.url, warn) for recording in chosen]
    for url, recordings in _by_url(chosen):
        meant = f" for {url}" if url else ""
        say(f"Data of {_processes(recordings)}{meant} goes to {place.target.url} ({place.target.protocol}).")
    return playbacks


def _processes(recordings: Sequence[Recording]) -> str:
    return "1 process" if len(recordings) == 1 else f"{len(recordings)} processes"


def _by_url(recordings: Sequence[Recording]) -> list[tuple[str, list[Recording]]]:
    return [(url, [one for one in recordings if one.url == url]) for url in sorted({one.url for one in recordings})]


def _delivery(timeout: float, bar: "_Bar") -> ReplayDelivery:
    return ReplayDelivery(
        backoff=Backoff(random.random),
        wait=time.sleep,
        monotonic=time.monotonic,
        deadline=time.monotonic() + timeout,
        waiting=bar.waiting,
    )


def _play_all(playbacks: Sequence[Playback], delivery: ReplayDelivery, place: Connection, bar: "_Bar") -> str | None:
    """Deliver everything; return why it ended early, if it did."""
    try:
        with place.access() as access:
            for playback in playbacks:
                _play(playback, delivery, place.destination, access, bar)
    except UndeliverableError as error:
        return str(error)
    except KeyboardInterrupt:
        return "interrupted"
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return None


def _following(playback: Playback, destination: Destination) -> Payload | None:
    body = playback.following()
    return None if body is None else destination.payload(body)


def _play(playback: Playback, delivery: ReplayDelivery, destination: Destination, access: Access, bar: "_Bar") -> None:
    sink = destination.replay(access, playback.recording.labels)
    with closing(Refusals(playback.recording)) as refusals:
        for body in playback.bodies():
            delivery.deliver(destination.payload(body), sink, refusals.keep, partial(_following, playback, destination))
            bar.advance(len(body), delivery.tally.samples)


class _Bar:
    """Shows the progress, in a terminal."""

    def __init__(self, total_bytes: int) -> None:
        columns = (
            BarColumn(30),
            DownloadColumn(),
            TransferSpeedColumn(),
            TextColumn("{task.fields[samples]:,} samples,"),
            TimeRemainingColumn(),
            TextColumn("left {task.description}"),
        )
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("", total=total_bytes, samples=0)
        self._reported: set[str] = set()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, count: int, samples: int) -> None:
        """Show ``count`` more bytes, and ``samples`` as the total so far."""
        self._progress.update(self._task, advance=count, samples=samples, description="")

    def waiting(self, verdict: Retry) -> None:
        """Show that the receiver does not accept data at the moment; log each type of failure once."""
        if verdict.reason not in self._reported:
            self._reported.add(verdict.reason)
            warn(f"{verdict.reason}: {verdict.detail}; trying again")
        self._progress.update(self._task, description=f"({verdict.reason}, trying again)")


def _report(directory: Path, place: Connection, tally: ReplayTotals, problem: str | None) -> None:
    """Print the last line; end with code 1 unless everything is delivered."""
    for words, samples in tally.reasons.items():
        warn(f"refused {samples:,} samples: {words}")
    known = f", {tally.known:,} were known to it" if tally.known else ""
    left = "" if problem is None else f"; what is left stays in {directory}"
    say(f"Delivered {tally.delivered:,} samples to {place.target.url}{known}; {tally.refused:,} refused{left}.")
    if problem is not None:
        raise click.ClickException(f"{problem}; run the same command again to continue")
    if tally.reasons:
        kept = f"refused data of a spool is kept in {REFUSED}.segment beside it, the reasons in {REFUSED}.txt"
        raise click.ClickException(f"{kept}; use --refused to send it again")
