"""Fires invalid request events, and 100,000 names; prints how many events those were."""

import itertools
import math
from decimal import Decimal
from typing import Any

from locust import User, task

import locust_push  # noqa: F401  # switches it on

MANY = 100_000
CLEAN_METHOD, CLEAN_NAME = "GET", "/items"


class Unspeakable(Exception):  # noqa: N818  # not an error of ours
    """An object that raises when converted to text."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError("no words")

    __repr__ = __str__


class Undecided:
    """An object whose truth value raises."""

    def __bool__(self) -> bool:
        """Fail."""
        raise RuntimeError("who knows")


NAMES: list[Any] = [
    "x" * 10_000, None, 7, 3.5, True, 'quo"te', "new\nline", "car\rriage", "back\\slash", "ta\tb", "nul\0", "", " ",
    "{brace}", "naïve 🦗", "lone \ud800", b"bytes", ("a", "tuple"), ["a", "list"], Unspeakable(), math.nan,
]  # fmt: skip
METHODS: list[Any] = [None, 1, "", "GET\n", "x" * 10_000, Unspeakable(), ["list"]]
TIMES: list[Any] = [None, math.nan, -1, math.inf, -math.inf, "12", "text", True, 1e300, Decimal("1.5"), 10**400, [1]]
LENGTHS: list[Any] = [None, -1, "text", math.nan, math.inf, 1e300, 10**400, [1]]
FAILURES: list[Any] = [
    Unspeakable(), "a text", 1, Undecided(), ValueError("x" * 10_000), ValueError('quo"te\n'), KeyError(None), type,
]  # fmt: skip
NO_FAILURES: list[Any] = [None, 0, "", False, [], {}]


def hostile_events() -> list[dict[str, Any]]:
    """Return events with one odd value each, and some with several."""
    clean = {"request_type": CLEAN_METHOD, "name": CLEAN_NAME, "response_time": 1.0, "response_length": 1}
    fields = {"request_type": METHODS, "name": NAMES, "response_time": TIMES, "response_length": LENGTHS}
    single = [clean | {field: value} for field, values in fields.items() for value in values]
    errors = [clean | {"exception": value} for value in [*FAILURES, *NO_FAILURES]]
    several = [
        clean | {"name": name, "response_time": time, "exception": error}
        for name, time, error in itertools.product(NAMES[:4], TIMES[:4], FAILURES[:4])
    ]
    return [{}, {"name": "only a name"}, *single, *errors, *several]


class Attacker(User):
    """Fires all events once."""

    @task
    def attack(self) -> None:
        """Fire the events, and end the run."""
        request = self.environment.events.request
        hostile = hostile_events()
        for event in hostile * 2:  # once as a new name, once as a known one
            request.fire(**event)
        for number in range(MANY):
            request.fire(request_type="GET", name=f"/item/{number}", response_time=1.0, response_length=1)
        failed = sum("exception" in event and event["exception"] in FAILURES for event in hostile) * 2
        print(f"fired: {len(hostile) * 2 + MANY} failed: {failed}")  # noqa: T201  # what a test reads
        assert self.environment.runner
        self.environment.runner.quit()
