"""The way to one channel: a bounded queue, and a thread that empties it, so that a slow channel holds up no other."""

import logging
import queue
import threading

from locust_push.notify.channel_delivery import ChannelDelivery
from locust_push.notify.message import Message

logger = logging.getLogger(__name__)

LIMIT = 100
"""Messages that wait for one channel; Alertmanager itself holds back what a full one refuses, and comes again."""


class Outbox:
    """Takes messages to one channel, in order."""

    def __init__(self, courier: ChannelDelivery, limit: int = LIMIT) -> None:
        self.courier = courier
        self._limit = limit
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"outbox {self.name}", daemon=True)

    def __repr__(self) -> str:
        return f"<Outbox {self.name}, {self.waiting} waiting>"

    @property
    def name(self) -> str:
        """Of the channel."""
        return self.courier.channel.name

    @property
    def waiting(self) -> int:
        """Messages that nobody has begun to hand over."""
        return self._messages.qsize()

    @property
    def full(self) -> bool:
        """Whether it takes no more."""
        return self.waiting >= self._limit

    @property
    def alive(self) -> bool:
        """Whether messages are being handed over."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to hand over."""
        self._thread.start()

    def put(self, message: Message) -> None:
        """Add a message; ask whether it is full before."""
        self._messages.put(message)

    def finish(self) -> None:
        """Let the thread end after what is waiting now."""
        self._messages.put(None)

    def join(self, seconds: float) -> bool:
        """Wait for that end; return whether it came in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (message := self._messages.get()) is not None:
            try:
                self.courier.deliver(message)
            except Exception:
                # A fault of ours costs one message, and not the channel.
                logger.exception("locust-push: a fault while handing %r to %s", message.title, self.name)
