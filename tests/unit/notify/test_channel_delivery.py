from __future__ import annotations

import logging

import pytest

from locust_push.delivery.retry import Backoff
from locust_push.notify.channel_delivery import ChannelDelivery
from locust_push.notify.message import Message
from tests.unit.notify.fakes import FakeChannel

MESSAGE = Message("a title", "a text")


def delivery(channel: FakeChannel, waits: list[float]) -> ChannelDelivery:
    return ChannelDelivery(channel, Backoff(lambda: 1.0, first=1.0), waits.append)


def test_a_message_is_handed_over_once() -> None:
    """The first successful attempt is the last."""
    channel, waits = FakeChannel(), list[float]()
    one = delivery(channel, waits)
    assert one.deliver(MESSAGE)
    assert (channel.taken, waits, one.sent, one.failed, one.retries) == ([MESSAGE], [], 1, 0, 0)


def test_a_refusal_is_tried_again_after_a_growing_wait() -> None:
    """Waits double from attempt to attempt."""
    channel, waits = FakeChannel(refusals=2), list[float]()
    one = delivery(channel, waits)
    assert one.deliver(MESSAGE)
    assert (channel.taken, waits, one.retries) == ([MESSAGE], [1.0, 2.0], 2)


def test_it_is_given_up_after_four_attempts_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the channel, the message and the last reason, in one line."""
    channel, waits = FakeChannel(refusals=99), list[float]()
    one = delivery(channel, waits)
    with caplog.at_level(logging.WARNING):
        assert not one.deliver(MESSAGE)
    assert (channel.attempts, len(waits), one.sent, one.failed) == (4, 3, 0, 1)
    assert caplog.messages == ["locust-push: the message 'a title' was not sent to fake in 4 attempts: refusal 4"]
