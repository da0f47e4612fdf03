"""Internal errors, which must not affect the load test. Each is logged once, and all are counted."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Faults:
    """The internal errors of one process, by the part in which they occurred.

    Attributes:
        count: Number of errors.
    """

    def __init__(self) -> None:
        self.count = 0
        self._logged: set[str] = set()

    def contained(self, part: str) -> "Contained":
        """Catch, count and log an exception in a ``with`` block."""
        return Contained(self, part)

    def guarded(self, function: Callable[P, T]) -> Callable[P, T | None]:
        """Return a function that does the same, and returns None on an error: for functions that Locust calls."""
        part = getattr(getattr(function, "func", function), "__qualname__", repr(function))

        @wraps(function)
        def contained(*arguments: P.args, **named: P.kwargs) -> T | None:
            with self.contained(part):
                return function(*arguments, **named)
            return None

        return contained

    def note(self, part: str, error: BaseException) -> None:
        """Count an exception; log it if it is the first one in ``part``."""
        self.count += 1
        if part not in self._logged:
            self._logged.add(part)
            logger.error(
                "locust-push: internal error in %s; everything else continues (logged once)", part, exc_info=error
            )


class Contained:
    """A context that catches every ``Exception``, but not others such as ``KeyboardInterrupt``."""

    def __init__(self, faults: Faults, part: str) -> None:
        """Catch those of ``part``."""
        self._faults = faults
        self._part = part

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> bool:
        """Count an exception, and suppress it."""
        if not isinstance(error, Exception):
            return False
        self._faults.note(self._part, error)
        return True
