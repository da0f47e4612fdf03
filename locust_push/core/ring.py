"""The buffer between the request event and aggregation: preallocated, without a lock, and of plain numbers.

What arrays take is a number or an error, so that no object of a stranger is kept, and their numbers lie side by side.
Lists take an object sooner by some nanoseconds, but what they hold is strewn over the memory, more with every minute,
and each of them must be fetched again to be summed up, and once more to be let go of.

Why no lock is needed: Locust runs all users of a process as greenlets of one thread, and a greenlet gives way only
where it waits. Between reading ``position`` and writing it back nothing waits, so every write is alone. What is full is
enlarged, or drained, by the one who finds it full; nothing is overwritten.
"""

from array import array

FIRST_CAPACITY = 4
"""Observations that a new ring has room for: thousands of names that are called now and then must stay small."""

LAST_CAPACITY = 2048
"""Observations that a busy ring grows to, 32 kB: what a drain does for each bucket is then shared by many, and it still
takes a quarter of a millisecond."""


class Ring:
    """Observations of one series since it was last drained.

    The writer fills the slot at ``position``, and then moves it on; a write beyond the last slot raises IndexError,
    which is how a full ring tells.

    Attributes:
        position: The next free slot, and so how many observations wait to be drained.
        response_times: Milliseconds, as the event gave them: not yet looked at, so any of them may be NaN or negative.
        response_lengths: Bytes, from 0 to 2 ** 64 - 1; nobody has looked at them either.
    """

    __slots__ = ("position", "response_lengths", "response_times")

    def __init__(self) -> None:
        self.position = 0
        self.response_times = array("d", bytes(8 * FIRST_CAPACITY))
        self.response_lengths = array("Q", bytes(8 * FIRST_CAPACITY))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.position} of {len(self.response_times)} observations>"

    def grow(self) -> bool:
        """Double the slots; False where there are as many as there may be."""
        if len(self.response_times) == LAST_CAPACITY:
            return False
        self.response_times *= 2
        self.response_lengths *= 2
        return True

    def take(self) -> "tuple[list[float], array[int]]":
        """Empty the ring; give back the times and the lengths that were in it."""
        used, self.position = self.position, 0
        return self.response_times[:used].tolist(), self.response_lengths[:used]
