"""``locust-push bridge``: forward Alertmanager's alerts to channels that Alertmanager does not support."""

import logging
import os
import random
import signal
import threading
import time
from pathlib import Path

import click

from locust_push.bridge.app import Bridge
from locust_push.bridge.outbox import Outbox
from locust_push.bridge.server import BridgeServer
from locust_push.cli.parameters import checked
from locust_push.config.channels import channel_url
from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import SecretFile, SecretSource, SecretText
from locust_push.config.values import duration, listen_address
from locust_push.delivery.retry import Backoff
from locust_push.notify.channel_delivery import ChannelDelivery
from locust_push.notify.channels import Channel, open_channels
from locust_push.notify.message import Message

TOKEN = "LOCUST_PUSH_BRIDGE_TOKEN"  # noqa: S105  # the name of a variable
_LONGEST_BACKOFF = 30.0
_LONGEST_WAIT = 1.0

logger = logging.getLogger(__name__)


@click.command()
@click.option(
    "--push-notify",
    "urls",
    callback=checked(channel_url),
    envvar="LOCUST_PUSH_NOTIFY",
    show_envvar=True,
    multiple=True,
    metavar="URL",
    help="Channel, as an Apprise URL: slack://…, dingtalk://…, feishu://…, mailto://…, json://…. Repeatable. Other "
    "users of "
    "this machine can read the command line: prefer the variable or the file.",
)
@click.option(
    "--notify-file",
    envvar="LOCUST_PUSH_NOTIFY_FILE",
    show_envvar=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with URLs of channels, one per line; # starts a comment.",
)
@click.option(
    "--listen",
    callback=checked(listen_address),
    default="127.0.0.1:9095",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen.",
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File with a token that Alertmanager must send (http_config.authorization). The environment variable {TOKEN} "
    f"can "
    "hold the token instead.",
)
@click.option(
    "--stop-timeout",
    callback=checked(duration),
    default="10s",
    show_default=True,
    metavar="TIME",
    help="Longest time to wait at the end for messages that are not sent yet.",
)
def bridge(
    urls: tuple[str, ...],
    notify_file: Path | None,
    listen: tuple[str, int],
    token_file: Path | None,
    stop_timeout: float,
) -> None:
    """Forward Alertmanager's alerts to Slack, DingTalk, Feishu, e-mail and others.

    Receives Alertmanager's webhook at /alerts, and sends each channel a message when alerts fire and when they are
    resolved. A channel that does not answer is tried four times. Also serves /healthz and /metrics. Without a channel
    it writes the messages to its log. Runs until SIGTERM or Ctrl-C.

    Exit codes: 0 ended by a signal; 1 the port cannot be opened; 2 wrong usage.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    ended = _until_signal()
    try:
        channels = open_channels("--push-notify", [*urls, *_from_file(notify_file)])
        token = _token(token_file)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    app = Bridge([Outbox(_delivery(channel)) for channel in channels or [LogChannel()]], token, time.monotonic)
    try:
        server = BridgeServer(app, *listen, stop_seconds=stop_timeout)
    except OSError as error:
        raise click.ClickException(f"--listen {listen[0]}:{listen[1]}: {error.strerror or error}") from None
    with server:
        names = ", ".join(outbox.name for outbox in app.outboxes)
        logger.info("locust-push: bridge on http://%s/alerts to: %s", server.address, names)
        while not ended.wait(_LONGEST_WAIT):
            pass  # on Windows, a wait without an end would delay Ctrl-C until it ends


class LogChannel:
    """Writes alerts to the log, if there is no channel."""

    name = "log"

    def send(self, message: Message) -> None:
        """Log it."""
        logger.info("locust-push: %s\n%s", message.title, message.text)


def _until_signal() -> threading.Event:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended


def _delivery(channel: Channel) -> ChannelDelivery:
    return ChannelDelivery(channel, Backoff(random.random, first=1.0, longest=_LONGEST_BACKOFF))


def _from_file(path: Path | None) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    stripped = (line.strip() for line in lines)
    return [channel_url("--notify-file", line) for line in stripped if line and not line.startswith("#")]


def _token(path: Path | None) -> SecretSource | None:
    try:
        if path is not None:
            secret = SecretFile(path)
            secret.read()
            return secret
        text = os.environ.get(TOKEN, "").strip()
        return SecretText(text) if text else None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "--token-file", str(path), str(error), "put only the token into it, on one line"
        ) from None
