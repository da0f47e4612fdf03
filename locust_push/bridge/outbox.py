"""The outbox of one channel: a bounded queue and a thread, so that a slow channel does not delay others."""

import logging
import queue
import threading

from locust_push.notify.channel_delivery import ChannelDelivery
from locust_push.notify.message import Message

logger = logging.getLogger(__name__)

LIMIT = 100
"""Most messages that wait for one channel; Alertmanager retries what a full one refuses."""


class Outbox:
    """Sends messages to one channel, in order."""

    def __init__(self, delivery: ChannelDelivery, limit: int = LIMIT) -> None:
        self.delivery = delivery
        self._limit = limit
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"outbox {self.name}", daemon=True)

    def __repr__(self) -> str:
        return f"<Outbox {self.name}, {self.waiting} waiting>"

    @property
    def name(self) -> str:
        """Of the channel."""
        return self.delivery.channel.name

    @property
    def waiting(self) -> int:
        """Messages whose sending has not started."""
        return self._messages.qsize()

    @property
    def full(self) -> bool:
        """Whether it accepts no more."""
        return self.waiting >= self._limit

    @property
    def alive(self) -> bool:
        """Whether the thread that sends messages is running."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread that sends messages."""
        self._thread.start()

    def put(self, message: Message) -> None:
        """Add a message; the caller checks :attr:`full` before."""
        self._messages.put(message)

    def finish(self) -> None:
        """Let the thread end after the messages that are waiting now."""
        self._messages.put(None)

    def join(self, seconds: float) -> bool:
        """Wait for the end of the thread; return whether it ended in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (message := self._messages.get()) is not None:
            try:
                self.delivery.deliver(message)
            except Exception:
                # A bug costs one message, not the channel.
                logger.exception("locust-push: an error while sending %r to %s", message.title, self.name)
