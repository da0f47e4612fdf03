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

    The writer fills the slot at ``position``, and then moves it on; a write beyond the last slot raises IndexError,
    which is how a full ring tells.

    Attributes:
        position: The next free slot, and so how many observations wait to be drained.
        response_times: Milliseconds, plain floats as the event gave them: not yet looked at, so any of them may be NaN.
        response_lengths: Bytes, plain integers that nobody has looked at either.
    """

    __slots__ = ("position", "response_lengths", "response_times")

    def __init__(self) -> None:
        self.position = 0
        self.response_times = [0.0] * FIRST_CAPACITY
        self.response_lengths = [0] * FIRST_CAPACITY

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.position} of {len(self.response_times)} observations>"

    def grow(self) -> bool:
        """Double the slots; False where there are as many as there may be."""
        size = len(self.response_times)
        if size == LAST_CAPACITY:
            return False
        self.response_times += [0.0] * size
        self.response_lengths += [0] * size
        return True

    def take(self) -> tuple[list[float], list[int]]:
        """Empty the ring; give back the times and the lengths that were in it."""
        used, self.position = self.position, 0
        return self.response_times[:used], self.response_lengths[:used]
