"""A destination more for the time of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from locust_push.outputs.destination import Destination
from locust_push.outputs.registry import DESTINATIONS


@contextmanager
def registered(destination: Destination) -> Iterator[None]:
    """Add a destination for the duration of the block; it is tried first."""
    DESTINATIONS.insert(0, destination)
    try:
        yield
    finally:
        DESTINATIONS.remove(destination)
