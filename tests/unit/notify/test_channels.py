from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from locust_push.config.channels import channel_url, masked_channel
from locust_push.config.errors import ConfigurationError
from locust_push.notify.channels import Channel, open_channels
from locust_push.notify.message import ChannelError, Kind, Message
from tests.monitoring.sinks import HttpSink
from tests.servers.ports import free_port

MESSAGE = Message("A title", "a line\nhttp://a/link", Kind.FAILURE)
SECRET = "very-secret-token"  # noqa: S105  # of nobody


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink().running() as sink:
        yield sink


def open_one(url: str) -> Channel:
    (channel,) = open_channels("--push-notify", [url])
    return channel


def test_a_message_arrives(sink: HttpSink) -> None:
    """Title, text and kind arrive in one request."""
    open_one(f"json://{sink.address}/hook").send(MESSAGE)
    (request,) = sink.received
    assert (request.json["title"], request.json["message"], request.json["type"]) == (
        MESSAGE.title,
        MESSAGE.text,
        "failure",
    )


def test_a_refusal_says_why(sink: HttpSink) -> None:
    """The status is in the reason, and there is only one attempt."""
    sink.statuses.append(503)
    with pytest.raises(ChannelError, match="503"):
        open_one(f"json://{sink.address}/hook").send(MESSAGE)
    assert len(sink.received) == 1


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
def test_nothing_of_the_url_is_logged(level: int, sink: HttpSink, caplog: pytest.LogCaptureFixture) -> None:
    """URLs are not logged at any level, on success or failure."""
    sink.statuses.append(500)
    with caplog.at_level(level):
        channel = open_one(f"json://user:{SECRET}@{sink.address}/{SECRET}")
        with pytest.raises(ChannelError) as caught:
            channel.send(MESSAGE)
        channel.send(MESSAGE)
    assert sink.received[1].path == f"/{SECRET}"
    assert SECRET not in caplog.text + str(caught.value) + repr(channel)


def test_nobody_there_is_a_failure() -> None:
    """A refused connection is reported as such."""
    with pytest.raises(ChannelError, match="onnection"):
        open_one(f"json://127.0.0.1:{free_port()}/").send(MESSAGE)


def test_others_may_log_while_nothing_is_sent(caplog: pytest.LogCaptureFixture, sink: HttpSink) -> None:
    """Only log messages of our own sending are suppressed."""
    open_one(f"json://{sink.address}").send(MESSAGE)
    logging.getLogger("apprise").warning("of another library")
    assert caplog.messages == ["of another library"]


def test_channels_of_a_kind_are_numbered(sink: HttpSink) -> None:
    """Channels have different names in logs and metrics, without their URLs."""
    channels = open_channels("--push-notify", [f"json://{sink.address}/{n}" for n in "ab"] + ["feishu://token0123"])
    assert [channel.name for channel in channels] == ["json", "json-2", "feishu"]


def test_a_url_that_apprise_does_not_know_is_a_usage_error() -> None:
    """The error has the option, but not the URL."""
    with pytest.raises(ConfigurationError) as caught:
        open_channels("--push-notify", [f"slack://{SECRET}"])
    assert "--push-notify" in str(caught.value)
    assert "not valid for Apprise" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("text", [SECRET, f"://{SECRET}", f"slack:{SECRET}", f"slack://{SECRET} x"])
def test_what_is_no_url_is_a_usage_error(text: str) -> None:
    """A URL without a scheme or with blanks is refused without being shown."""
    with pytest.raises(ConfigurationError) as caught:
        channel_url("--push-notify", text)
    assert SECRET not in str(caught.value)


def test_masks_keep_channels_apart() -> None:
    """Two URLs have two masks, one URL always the same, and only the scheme is shown."""
    first, second = masked_channel(f"slack://{SECRET}/1"), masked_channel(f"slack://{SECRET}/2")
    assert first == masked_channel(f"slack://{SECRET}/1") != second
    assert first.startswith("slack://")
    assert first.endswith("***")
    assert SECRET not in first
