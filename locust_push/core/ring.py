"""The buffer between the request event and aggregation: preallocated, without a lock.

Why no lock is needed: Locust runs all users of a process as greenlets of one thread, and a greenlet gives way only
where it waits. Between reading ``position`` and writing it back nothing waits, so every write is alone. What is full is
enlarged, or drained, by the one who finds it full; nothing is overwritten.
"""

FIRST_CAPACITY = 4
"""Slots of a new ring: thousands of names that are called now and then must stay small."""

LAST_CAPACITY = 512
"""Slots that a busy ring grows to: draining is then a rare event, and still takes well under a millisecond."""


class Ring:
    """Observations of one series since it was last drained.

    The writer fills the slot at ``position`` and then moves it on; a write beyond the last slot raises IndexError,
    which is how a full ring tells.

    Attributes:
        position: The next free slot; as many observations wait to be drained.
        seconds: Durations in seconds, a slot each.
        lengths: Response lengths in bytes as the event gave them, a slot each; not yet looked at.
    """

    __slots__ = ("lengths", "position", "seconds")

    def __init__(self) -> None:
        self.position = 0
        self.seconds: list[float] = [0.0] * FIRST_CAPACITY
        self.lengths: list[float] = [0] * FIRST_CAPACITY

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.position} of {len(self.seconds)} slots used>"

    def grow(self) -> bool:
        """Double the slots; False where there are as many as there may be."""
        slots = len(self.seconds)
        if slots == LAST_CAPACITY:
            return False
        self.seconds += [0.0] * slots
        self.lengths += [0] * slots
        return True

    def take(self) -> tuple[list[float], list[float]]:
        """Empty the ring; give back the durations and the lengths that were in it."""
        used, self.position = self.position, 0
        return self.seconds[:used], self.lengths[:used]
