"""Both hot paths, compiled and in Python, have the same behaviour."""

from __future__ import annotations

import gc
import importlib
import math
import shutil
import subprocess
import sys
import sysconfig
import weakref
from pathlib import Path
from typing import Any

import pytest

from locust_push.core.hot_path import selection as hot_path
from locust_push.core.hot_path.plain import FIRST_CAPACITY, LAST_CAPACITY
from locust_push.core.values import MAX_RESPONSE_BYTES

# What tests of this folder see when the compiled one is out of the way.
WITHOUT_COMPILED = """
import sys
sys.modules["locust_push.core.hot_path.compiled"] = None
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def implementation(name: str) -> Any:
    """Run the test with each of the two, by its module's name."""
    if name == "compiled" and not hot_path.COMPILED:
        compiler = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0])
        header = Path(sysconfig.get_path("include"), "Python.h")
        assert not (compiler and header.exists()), "there is a C compiler, and yet the hot path was not compiled"
        pytest.skip(f"the hot path is not compiled: no C compiler, or no {header}")
    return importlib.import_module(f"locust_push.core.hot_path.{name}")


@pytest.fixture(params=["compiled", "plain"])
def either(request: pytest.FixtureRequest) -> Any:
    return implementation(request.param)


class Heard:
    """The calls of a listener, and its ring for GET /a."""

    def __init__(self, made_of: Any) -> None:
        self.failures: list[tuple[Any, ...]] = []
        self.unusual: list[tuple[Any, ...]] = []
        self.ring = made_of.Ring()
        self.other_ring = made_of.Ring()
        successes = {"GET": {"/a": self.ring, "/unknown": object()}, "PUT": {"/a": self.other_ring}}
        self.fire = made_of.make_listener(successes, self.record_failure, self.record_unusual)

    def record_failure(self, *event: Any) -> None:
        """Record the call, or refuse it."""
        self.failures.append(event)
        if event[1] == "/raises":
            raise KeyError(event[1])

    def record_unusual(self, *event: Any) -> None:
        """Accept any arguments."""
        self.unusual.append(event)


def event(name: object = "/a", time: object = 1.0, length: object = 1, **rest: object) -> dict[str, object]:
    """Return the keywords that Locust fires, changed as the test wants."""
    usual: dict[str, object] = {
        "exception": None,
        "response": None,
        "context": {},
        "start_time": 0.0,
        "url": "http://a",
    }
    return {"request_type": "GET", "name": name, "response_time": time, "response_length": length, **usual, **rest}


class Number:
    """An object with side effects when it is converted to a number."""

    def __init__(self, becomes: float, before: Any) -> None:
        self._becomes = becomes
        self._before = before

    def __float__(self) -> float:
        self._before()
        return self._becomes


def stop() -> None:
    raise SystemExit


def test_all_tests_of_the_core_pass_without_the_compiled_one() -> None:
    """Without the compiled module everything works in Python."""
    here = Path(__file__)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILED, "-p", "no:cacheprovider", here.parent, f"--ignore={here}"],
        check=False,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_ring_grows_to_its_last_capacity_and_no_further(either: Any) -> None:
    """A ring doubles each time it is full, up to the largest capacity; then it is drained unchanged."""
    ring, capacities = either.Ring(), [FIRST_CAPACITY]
    while ring.grow():
        capacities.append(ring.capacity)
    assert capacities == [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]
    assert (capacities[-1], ring.grow()) == (LAST_CAPACITY, False)
    assert repr(either.Ring()) == "<Ring 0 of 4 observations>"


def test_what_is_in_a_ring_that_grows_stays_there(either: Any) -> None:
    """Growing keeps the observations in order."""
    ring = either.Ring()
    for number in range(FIRST_CAPACITY):
        ring.put(float(number), number)
    assert ring.grow()
    ring.put(4.5, 4)
    assert (ring.position, ring.take()) == (5, ([0.0, 1.0, 2.0, 3.0, 4.5], 10))
    assert (ring.position, ring.take()) == (0, ([], 0))
    assert ring.capacity == 2 * FIRST_CAPACITY


def test_a_full_ring_says_so(either: Any) -> None:
    """An observation that does not fit raises, and changes nothing."""
    ring = either.Ring()
    for number in range(FIRST_CAPACITY):
        ring.put(number, number)
    with pytest.raises(IndexError):
        ring.put(1.0, 1)
    assert ring.take() == ([0.0, 1.0, 2.0, 3.0], 6)


@pytest.mark.parametrize("length", [MAX_RESPONSE_BYTES, 2**60, 2**64 - 1])
def test_lengths_that_are_none_count_nothing(either: Any, length: int) -> None:
    """An impossibly large length is left out of the sum; the largest valid one is kept."""
    ring = either.Ring()
    while ring.grow():
        pass
    ring.put(1.0, length)
    for _ in range(LAST_CAPACITY - 1):
        ring.put(1.0, MAX_RESPONSE_BYTES - 1)
    assert ring.take()[1] == (LAST_CAPACITY - 1) * (MAX_RESPONSE_BYTES - 1)


@pytest.mark.parametrize("what", [(None, 1), ("1", 1), (b"1", 1), (1.0, None), (1.0, -1), (1.0, 2**64), (1.0, 1.5)])
def test_what_is_no_number_is_not_put(either: Any, what: tuple[object, object]) -> None:
    """A ring refuses values that are not numbers, and stores nothing."""
    ring, heard = either.Ring(), Heard(either)
    with pytest.raises((TypeError, OverflowError, ValueError)):
        ring.put(*what)
    assert ring.take() == ([], 0)
    heard.fire(**event("/a", *what))
    assert (heard.ring.position, heard.unusual) == (0, [("GET", "/a", *what, None)])


def test_any_number_is_put(either: Any) -> None:
    """Integers, infinity and NaN are stored unchanged; the drain checks them."""
    heard = Heard(either)
    for number in (1, True, math.inf, -1.0):
        heard.fire(**event(time=number))
    assert heard.ring.take() == ([1.0, 1.0, math.inf, -1.0], 4)
    heard.fire(**event(time=math.nan))
    assert math.isnan(heard.ring.take()[0][0])
    assert not heard.unusual


def test_each_method_has_its_rings(either: Any) -> None:
    """Alternating methods do not use each other's rings."""
    heard = Heard(either)
    for number in range(FIRST_CAPACITY):
        heard.fire(**event(time=number))
        heard.fire(**event(time=-number, request_type="PUT"))
    assert heard.ring.take()[0] == [0.0, 1.0, 2.0, 3.0]
    assert heard.other_ring.take()[0] == [0.0, -1.0, -2.0, -3.0]


def test_failures_are_handed_on(either: Any) -> None:
    """A request with an exception is recorded as a failure or, if that raises, on the slow path."""
    heard, error = Heard(either), OSError()
    heard.fire(**event(exception=error))
    assert heard.failures == [("GET", "/a", 1.0, 1, error)]
    heard.fire(**event("/raises", exception=error))
    assert heard.unusual == [("GET", "/raises", 1.0, 1, error)]
    assert heard.ring.position == 0


@pytest.mark.parametrize(
    "unusual",
    [
        {"name": "/new"},
        {"request_type": "PATCH"},
        {"request_type": []},
        {"name": {}},
        {"name": None},
        {"name": "/unknown"},
        {"request_type": "DELETE", "name": "/unknown"},
    ],
)
def test_what_has_no_ring_goes_the_careful_way(either: Any, unusual: dict[str, object]) -> None:
    """Neither a new name nor one that cannot be looked up raises."""
    heard = Heard(either)
    fired = {**event(), **unusual}
    heard.fire(**fired)
    assert heard.unusual == [(fired["request_type"], fired["name"], 1.0, 1, None)]


def test_an_empty_event_is_unusual(either: Any) -> None:
    """Missing keywords are None, and additional ones are ignored."""
    heard = Heard(either)
    heard.fire()
    heard.fire(name="/a", invented=object())
    assert heard.unusual == [(None,) * 5, (None, "/a", None, None, None)]
    with pytest.raises(TypeError):
        heard.fire("GET")


class Keyword(str):
    """A keyword similar to ``name`` that raises when compared."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash("name")

    def __eq__(self, other: object) -> bool:
        raise ValueError


def test_keywords_may_be_hostile_when_compiled() -> None:
    """A keyword that raises when it is compared is ignored."""
    heard = Heard(implementation("compiled"))
    heard.fire(**{Keyword("hostile"): "/a", "request_type": "GET"})
    assert heard.unusual == [("GET", None, None, None, None)]


def test_a_full_ring_goes_the_careful_way(either: Any) -> None:
    """The listener calls the slow path when the ring is full."""
    heard = Heard(either)
    for number in range(FIRST_CAPACITY + 1):
        heard.fire(**event(time=float(number)))
    assert heard.unusual == [("GET", "/a", 4.0, 1, None)]
    assert heard.ring.take() == ([0.0, 1.0, 2.0, 3.0], 4)


@pytest.mark.parametrize("ends", [SystemExit, KeyboardInterrupt])
def test_what_ends_a_process_passes_through(either: Any, ends: type[BaseException]) -> None:
    """Only an Exception is caught: killing a greenlet, or Ctrl-C, must work."""

    def end() -> None:
        raise ends

    heard = Heard(either)
    with pytest.raises(ends):
        heard.fire(**event(time=Number(1.0, end)))
    assert (heard.ring.position, heard.unusual) == (0, [])


def test_events_within_events_are_not_lost_when_compiled() -> None:
    """If converting a number fires another event, both are recorded."""
    heard = Heard(implementation("compiled"))
    heard.fire(**event(time=Number(2.0, lambda: heard.fire(**event(time=1.0)))))
    assert heard.ring.take() == ([1.0, 2.0], 2)


def test_nothing_of_an_event_is_kept(either: Any) -> None:
    """Neither a ring nor a listener keeps objects of an event, or loses a reference to them."""
    heard, time, length, error = Heard(either), 123.456, 10**6, OSError()
    held = [event(time=time, length=length), event(exception=error), event("/new", time, length)]
    before = [sys.getrefcount(each) for each in (time, length, error)]
    for _ in range(FIRST_CAPACITY):
        for each in held:
            heard.fire(**each)
        heard.failures.clear()
        heard.unusual.clear()
    heard.ring.take()
    assert [sys.getrefcount(each) for each in (time, length, error)] == before


def test_a_listener_that_knows_itself_is_collected(either: Any) -> None:
    """A listener and its recorder refer to each other, and are freed together."""
    heard = Heard(either)
    gone = weakref.ref(heard)
    del heard
    gc.collect()
    assert gone() is None
