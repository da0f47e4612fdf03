"""Delivers the changes that ``locust-push trend`` found: as a message, and as series for the History dashboard."""

import random
import time
from collections.abc import Iterator, Sequence

import click

from locust_push.cli.connection import Connection
from locust_push.config.errors import ConfigurationError
from locust_push.core import metrics
from locust_push.core.labels import JOB, METHOD, NAME, RUN_ID
from locust_push.core.series import Labels, Series
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.replay import ReplayDelivery, UndeliverableError
from locust_push.delivery.retry import Backoff
from locust_push.documents.tables import plain_text
from locust_push.documents.trends import trend_grid, trend_sentence
from locust_push.notify.channel_delivery import ChannelDelivery
from locust_push.notify.channels import open_channels
from locust_push.notify.message import Kind, Message
from locust_push.results.trend import Trend, TrendChange
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder

_LONGEST = 30.0
"""Seconds for which a receiver that does not answer is tried."""


def send_message(urls: Sequence[str], trends: Sequence[Trend], metric: str) -> None:
    """Send all changes to channels.

    Raises:
        click.UsageError: A URL is none of a channel.
        click.ClickException: A channel did not take the message.
    """
    try:
        channels = open_channels("--notify", urls)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    worse = any(change.verdict == "worse" for one in trends for change in one.changes)
    text = "\n".join((trend_sentence(trends, metric), *plain_text(trend_grid(trends))))
    message = Message(f"Load tests: lasting change of {metric}", text, Kind.WARNING if worse else Kind.INFO)
    deliveries = [ChannelDelivery(channel) for channel in channels]
    failed = [one.channel.name for one in deliveries if not one.deliver(message)]
    if failed:
        raise click.ClickException(f"the message was not sent to {', '.join(failed)}")


def send_changes(place: Connection, trends: Sequence[Trend], metric: str) -> None:
    """Send the size of each change to a remote-write receiver, as a sample of now: it takes none of an earlier time.

    Raises:
        click.ClickException: The receiver did not take them.
    """
    delivery = ReplayDelivery(
        backoff=Backoff(random.random),
        wait=time.sleep,
        monotonic=time.monotonic,
        deadline=time.monotonic() + _LONGEST,
        waiting=lambda _: None,
    )
    try:
        with place.access() as access:
            sink = place.destination.replay(access, {})
            for payload in _payloads(trends, metric):
                delivery.deliver(payload, sink, lambda *_: None)
    except UndeliverableError as error:
        raise click.ClickException(f"the changes were not sent: {error}") from None
    if reasons := "; ".join(delivery.tally.reasons):
        raise click.ClickException(f"{place.target.url} refused the changes: {reasons}")


def _payloads(trends: Sequence[Trend], metric: str) -> Iterator[Payload]:
    now_ms = int(1000 * time.time())
    found = [(one, change) for one in trends for change in one.changes]
    series = [Series(metrics.TREND_CHANGE, _labels(one, change, metric)) for one, change in found]
    changes = Snapshot(now_ms, now_ms, series, [change.percent for _, change in found], 0)
    for step in RemoteWriteEncoder(()).encode(changes):
        if isinstance(step, Payload) and step.samples:
            yield step


def _labels(one: Trend, change: TrendChange, metric: str) -> Labels:
    method, name = one.key
    return (
        (JOB, change.run.labels.get(JOB, "")),
        (RUN_ID, change.run.run_id),
        (METHOD, method),
        (NAME, name),
        ("measure", metric.partition("{")[0]),
        ("verdict", change.verdict),
        ("git_commit", change.commit),
    )
