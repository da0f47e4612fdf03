"""The buffer between the request event and aggregation: preallocated, without a lock.

Why no lock is needed: Locust runs all users of a process as greenlets of one thread, and a greenlet gives way only
where it waits. Between reading ``position`` and writing it back nothing waits, so every write is alone. What is full is
enlarged, or drained, by the one who finds it full; nothing is overwritten.
"""

FIRST_CAPACITY = 4
"""Observations that a new ring has room for: thousands of names that are called now and then must stay small."""

LAST_CAPACITY = 512
"""Observations that a busy ring grows to: draining is then a rare event, and still takes well under a millisecond."""


class Ring:
    """Observations of one series since it was last drained.

    The writer fills the two slots from ``position`` on, and then moves it on; a write beyond the last slot raises
    IndexError, which is how a full ring tells.

    Attributes:
        position: The next free slot.
        slots: By turns a duration in seconds and a response length in bytes, as the event gave it: not yet looked at.
    """

    __slots__ = ("position", "slots")

    def __init__(self) -> None:
        self.position = 0
        self.slots: list[float] = [0.0] * (2 * FIRST_CAPACITY)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.waiting} of {len(self.slots) // 2} observations>"

    @property
    def waiting(self) -> int:
        """How many observations wait to be drained."""
        return self.position // 2

    def grow(self) -> bool:
        """Double the slots; False where there are as many as there may be."""
        size = len(self.slots)
        if size == 2 * LAST_CAPACITY:
            return False
        self.slots += [0.0] * size
        return True

    def take(self) -> tuple[list[float], list[float]]:
        """Empty the ring; give back the durations and the lengths that were in it."""
        used, self.position = self.position, 0
        return self.slots[:used:2], self.slots[1:used:2]
