"""Stand-ins for channels."""

from __future__ import annotations

from locust_push.notify.message import ChannelError, Message


class FakeChannel:
    """A channel that refuses a number of attempts."""

    def __init__(self, name: str = "fake", refusals: int = 0) -> None:
        self.name = name
        self.refusals = refusals
        self.attempts = 0
        self.taken: list[Message] = []

    def send(self, message: Message) -> None:
        """Accept a message, or refuse it."""
        self.attempts += 1
        if self.attempts <= self.refusals:
            raise ChannelError(f"refusal {self.attempts}")
        self.taken.append(message)
