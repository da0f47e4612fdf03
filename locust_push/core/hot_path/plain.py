"""The hot path in Python: the ring, and the listener that fills it. ``compiled.c`` has the same contract.

A ring consists of arrays. An array stores a number or raises, so no third-party object is kept, and its numbers are
contiguous in memory. Appending to a list is faster by some nanoseconds, but its objects are scattered over the memory,
and each must be fetched again to be summed and once more to be freed.
"""

from array import array
from collections.abc import Callable, Mapping
from typing import Any

from locust_push.core.values import MAX_RESPONSE_BYTES

FIRST_CAPACITY = 4
"""Capacity of a new ring, in observations: small, since there may be thousands of rarely used names."""

LAST_CAPACITY = 2048
"""Capacity that a busy ring grows to, in observations (32 kB): enough to spread a drain's cost per bucket over many of
them; such a drain takes a quarter of a millisecond."""


class Ring:
    """Observations of one series since it was last taken.

    Attributes:
        position: The next free slot, and so how many observations wait to be taken.
    """

    __slots__ = ("position", "response_lengths", "response_times")

    def __init__(self) -> None:
        self.position = 0
        # Milliseconds as the event gave them, so any of them may be NaN or negative, and bytes up to 2 ** 64 - 1.
        self.response_times = array("d", bytes(8 * FIRST_CAPACITY))
        self.response_lengths = array("Q", bytes(8 * FIRST_CAPACITY))

    def __repr__(self) -> str:
        return f"<Ring {self.position} of {self.capacity} observations>"

    @property
    def capacity(self) -> int:
        """How many observations there is room for."""
        return len(self.response_times)

    def put(self, response_time: Any, response_length: Any) -> None:
        """Fill the next slot, with milliseconds and bytes.

        Raises:
            IndexError: The ring is full.
            Exception: A value is not a number, or the length is negative.
        """
        position = self.position
        self.response_times[position] = response_time
        self.response_lengths[position] = response_length
        self.position = position + 1

    def grow(self) -> bool:
        """Double the capacity; return False if it is at its limit."""
        if self.capacity == LAST_CAPACITY:
            return False
        self.response_times *= 2
        self.response_lengths *= 2
        return True

    def take(self) -> tuple[list[float], int]:
        """Empty the ring; return its response times, and the sum of its lengths.

        An implausibly large length counts as 0.
        """
        times, lengths = self.response_times[: self.position], self.response_lengths[: self.position]
        self.position = 0
        total = sum(lengths)
        return times.tolist(), total if total < MAX_RESPONSE_BYTES else sum(
            each for each in lengths if each < MAX_RESPONSE_BYTES
        )


def make_listener(
    successes: Mapping[str, Mapping[str, Ring]],
    record_failure: Callable[[Any, Any, Any, Any, Any], None],
    record_unusual: Callable[[Any, Any, Any, Any, Any], None],
) -> Callable[..., None]:
    """Make a listener for Locust's ``request`` event, which fires with keywords only.

    It never raises an ``Exception``.

    Args:
        successes: By method and name, where successful requests go.
        record_failure: Takes method, name, time, length and exception of a request that has one.
        record_unusual: Takes the same, for an event that raised, that has no ring yet, or whose ring is full.
    """

    # A closure saves attribute look-ups, tens of thousands of times a second.
    def on_request(
        *,
        request_type: Any = None,
        name: Any = None,
        response_time: Any = None,
        response_length: Any = None,
        exception: Any = None,
        # Unused, but named: for each keyword that is not named, Python compares all names before it gives up.
        response: Any = None,  # noqa: ARG001
        context: Any = None,  # noqa: ARG001
        start_time: Any = None,  # noqa: ARG001
        url: Any = None,  # noqa: ARG001
        **_: object,
    ) -> None:
        try:
            if exception:
                record_failure(request_type, name, response_time, response_length, exception)
                return
            ring = successes[request_type][name]
            position = ring.position
            ring.response_times[position] = response_time
            ring.response_lengths[position] = response_length
            ring.position = position + 1
        except Exception:  # noqa: BLE001 - the way of everything unusual, a full ring and a new name included
            record_unusual(request_type, name, response_time, response_length, exception)

    return on_request
