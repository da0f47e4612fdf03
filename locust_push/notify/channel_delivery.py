"""Sends a message in a few attempts; after the last one the failure is logged once."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import field

from locust_push.core.record import record
from locust_push.delivery.retry import Backoff
from locust_push.notify.channels import Channel
from locust_push.notify.message import ChannelError, Message

logger = logging.getLogger(__name__)

ATTEMPTS = 4


@record(slots=True)
class ChannelDelivery:
    """Sends messages to one channel.

    Attributes:
        channel: The channel.
        backoff: How long to wait between attempts.
        wait: Waits for a number of seconds.
        attempts: The most attempts for one message.
        sent: Messages sent so far.
        failed: Messages that could not be sent so far.
        retries: Attempts beyond the first ones so far.
    """

    channel: Channel
    backoff: Backoff = field(default_factory=lambda: Backoff(random.random))
    wait: Callable[[float], object] = time.sleep
    attempts: int = ATTEMPTS
    sent: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)
    retries: int = field(default=0, init=False)

    def deliver(self, message: Message) -> bool:
        """Send a message, or log why not; return whether it was sent."""
        reason = ""
        for attempt in range(1, self.attempts + 1):
            try:
                self.channel.send(message)
            except ChannelError as error:
                reason = str(error)
            else:
                self.sent += 1
                return True
            if attempt < self.attempts:
                self.retries += 1
                self.wait(self.backoff.seconds(attempt))
        self.failed += 1
        logger.warning(
            "locust-push: the message %r was not sent to %s in %d attempts: %s",
            message.title,
            self.channel.name,
            self.attempts,
            reason,
        )
        return False
