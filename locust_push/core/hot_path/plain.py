"""The hot path in Python: the ring, and the listener that fills it. ``compiled.c`` keeps the same promises.

The ring is of arrays: what they take is a number or an error, so that no object of a stranger is kept, and their
numbers lie side by side. Lists take an object sooner by some nanoseconds, but what they hold is strewn over the memory,
more with every minute, and each of them must be fetched again to be summed up, and once more to be let go of.
"""

from array import array
from collections.abc import Callable, Mapping
from typing import Any

from locust_push.core.values import MAX_RESPONSE_BYTES

FIRST_CAPACITY = 4
"""Observations that a new ring has room for: thousands of names that are called now and then must stay small."""

LAST_CAPACITY = 2048
"""Observations that a busy ring grows to, 32 kB: what a drain does for each bucket is then shared by many, and it still
takes a quarter of a millisecond."""


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
            Exception: Whatever it takes to say that something is no number, or a length is negative.
        """
        position = self.position
        self.response_times[position] = response_time
        self.response_lengths[position] = response_length
        self.position = position + 1

    def grow(self) -> bool:
        """Double the slots; False where there are as many as there may be."""
        if self.capacity == LAST_CAPACITY:
            return False
        self.response_times *= 2
        self.response_lengths *= 2
        return True

    def take(self) -> tuple[list[float], int]:
        """Empty the ring; give back the times that were in it, and the sum of the lengths.

        A length that is too large to be one counts 0.
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

    It never raises what is no more than an Exception.

    Args:
        successes: By method and name, where successful requests go.
        record_failure: Takes method, name, time, length and exception of a request that has one.
        record_unusual: Takes the same of whatever raised, or has no ring, or found it full.
    """

    # A closure: each attribute look-up saved is saved tens of thousands of times a second.
    def on_request(
        *,
        request_type: Any = None,
        name: Any = None,
        response_time: Any = None,
        response_length: Any = None,
        exception: Any = None,
        # Not looked at, but named: what is not costs Python a comparison with every name that there is.
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
