"""Invalid events. None of them may raise, and every one is counted as a request."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.hot_path.plain import LAST_CAPACITY
from locust_push.core.values import MAX_LABEL_CHARACTERS, label_text
from tests.unit.core.recording import Read, Recording


class Hostile:
    """An object that raises on every access, including its class."""

    def __repr__(self) -> str:
        return "<hostile>"  # pytest has to show it

    def _fail(self, *_: object) -> NoReturn:
        raise RuntimeError("hostile")

    __str__ = __bool__ = __hash__ = __eq__ = __float__ = __int__ = __index__ = __len__ = _fail
    __truediv__ = __add__ = __radd__ = __lt__ = __gt__ = __le__ = __ge__ = __getattr__ = _fail
    __class__ = property(_fail)


class HostileText(str):
    """An object that is unequal to everything and cannot be printed."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("hostile")

    def __str__(self) -> str:
        raise RuntimeError("hostile")


class Chameleon(str):
    """A text subclass that stays one when converted, with methods that raise."""

    __slots__ = ()

    def __str__(self) -> "Chameleon":
        return self

    def __hash__(self) -> int:
        raise RuntimeError("hostile")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("hostile")

    def __len__(self) -> int:
        return 1

    def isascii(self) -> bool:
        """An object that is false."""
        return True

    def encode(self, *_: object) -> bytes:
        """Raise, which would end a push."""
        raise RuntimeError("hostile")


class NamelessType(type):
    """A metaclass whose classes have no readable name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]  # the point
        raise RuntimeError("hostile")


class Nameless(metaclass=NamelessType):
    """An object that can be neither printed nor named."""

    def __repr__(self) -> str:
        return "<nameless>"  # pytest has to show it

    def __str__(self) -> str:
        raise RuntimeError("hostile")


class Liar:
    """An object that looks like a number: every comparison and every sum is true."""

    def __truediv__(self, other: object) -> "Liar":
        return self

    __add__ = __radd__ = __truediv__

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __lt__


class Rubbish:
    """A number with arbitrary results of division and addition."""

    def __init__(self, result: object) -> None:
        self.result = result

    def __truediv__(self, other: object) -> object:
        return self.result

    __add__ = __radd__ = __truediv__


class Float64(float):
    """A float subclass as NumPy's, with its own results and representation."""

    __slots__ = ()

    def __truediv__(self, other: float) -> "Float64":
        return Float64(float(self) / other)

    def __add__(self, other: float) -> "Float64":
        return Float64(float(self) + other)

    __radd__ = __add__

    def __repr__(self) -> str:
        return f"np.float64({float(self)!r})"


class Float32:
    """A number as NumPy's that is not a float, and whose results are not either."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value

    def __int__(self) -> int:
        return int(self.value)

    def __truediv__(self, other: float) -> "Float32":
        return Float32(self.value / other)

    def __add__(self, other: float) -> "Float32":
        return Float32(self.value + float(other))

    __radd__ = __add__

    def __repr__(self) -> str:
        return f"np.float32({self.value!r})"


class Int8:
    """An integer as NumPy's: sums beyond eight bits wrap around."""

    def __init__(self, value: int) -> None:
        self.value = (value + 128) % 256 - 128

    def __int__(self) -> int:
        return self.value

    __index__ = __int__

    def __truediv__(self, other: float) -> Float64:
        return Float64(self.value / other)

    def __add__(self, other: int) -> "Int8":
        return Int8(self.value + int(other))

    __radd__ = __add__

    def __lt__(self, other: int) -> bool:
        return self.value < int(other)

    def __ge__(self, other: int) -> bool:
        return self.value >= int(other)


class HostileError(Exception):
    """An object without attributes."""

    def __str__(self) -> str:
        raise RuntimeError("hostile")

    def __bool__(self) -> bool:
        raise RuntimeError("hostile")

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError("hostile")


class FalsyError(Exception):
    """An exception that is false."""

    def __bool__(self) -> bool:
        return False


# By name, since not even pytest and Hypothesis can look at some of them.
TEXTS: dict[str, object] = {
    "long": "x" * 10_000,
    "long and not ASCII": "é" * 10_000,
    "empty": "",
    "None": None,
    "integer": 7,
    "NaN": math.nan,
    "bytes": b"bytes",
    "quote": 'quo"te',
    "line feed": "new\nline",
    "backslash": "back\\slash",
    "control characters": "\x00\x7f",
    "lone surrogate": "\ud800 lone",
    "emoji": "\N{GRINNING FACE}",
    "list": [],
    "object": object(),
    "text that raises": HostileText("/a"),
    "text that stays what it is": Chameleon("/a"),
    "without a class name": Nameless(),
    "raises everywhere": Hostile(),
}

NUMBERS: dict[str, object] = {
    "None": None,
    "NaN": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "negative": -1.0,
    "minus zero": -0.0,
    "huge": 1e300,
    "beyond floats": 10**400,
    "text": "12",
    "bytes": b"12",
    "bytearray": bytearray(b"12"),
    "bool": True,
    "Decimal": Decimal("1.5"),
    "Decimal NaN": Decimal("NaN"),
    "Fraction": Fraction(1, 3),
    "complex": 1j,
    "list": [],
    "float32": Float32(1.5),
    "float64": Float64(1.5),
    "int8": Int8(100),
    "float64 NaN": Float64(math.nan),
    "liar": Liar(),
    "divides to None": Rubbish(None),
    "divides to a text": Rubbish("12"),
    "divides to NaN": Rubbish(math.nan),
    "divides to a liar": Rubbish(Liar()),
    "without a class name": Nameless(),
    "raises everywhere": Hostile(),
}

ERRORS: dict[str, object] = {
    "raises": HostileError(),
    "false": FalsyError(),
    "raises everywhere": Hostile(),
    "without a class name": Nameless(),
    "text": "text",
    "integer": 1,
    "object": object(),
}

NOT_TIMES = ("None", "text", "bytes", "bytearray", "NaN", "infinity", "negative", "Decimal NaN", "liar", "huge")

any_ordinary = st.one_of(st.text(), st.floats(), st.integers(), st.none())


def one_of(things: dict[str, object]) -> st.SearchStrategy[Callable[[], object]]:
    """An odd or ordinary value, wrapped so that Hypothesis does not inspect it."""
    return st.one_of(
        st.sampled_from(sorted(things)).map(lambda name: lambda: things[name]),
        any_ordinary.map(lambda value: lambda: value),
    )


def check(recording: Recording, events: int) -> Read:
    """Assert that everything was counted, as plain numbers and texts that can be encoded."""
    read = recording.read()
    assert recording.requests(read) == events
    for key, value in read.items():
        assert type(value) in {int, float}
        assert math.isfinite(value)
        assert all(type(part) is str and len(part.encode()) < 2048 for part in key)
    return read


def surrounded(*event: Any) -> Iterator[tuple[Any, ...]]:
    """Return the event among ordinary ones of the same name, and enough copies of it to fill a ring."""
    yield ("GET", "/a", 1.0, 1, None)
    for _ in range(LAST_CAPACITY + 1):
        yield event
        yield ("GET", "/a", 1.0, 1, None)


@pytest.mark.parametrize("kind", TEXTS)
def test_methods_and_names_may_be_anything(kind: str) -> None:
    """A method or name of any type is counted with a text that receivers accept."""
    recording, text = Recording(), TEXTS[kind]
    for _ in range(20):
        recording.fire(text, "/a", 1.0, 1)
        recording.fire("GET", text, 1.0, 1)
        recording.fire(text, text, 1.0, 1, OSError())
    check(recording, 60)


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("error", [None, OSError()], ids=["success", "failure"])
def test_times_may_be_anything(kind: str, error: Exception | None) -> None:
    """A response time of any type is counted, and the durations of other requests are right."""
    recording = Recording()
    events = list(surrounded("GET", "/a", NUMBERS[kind], 1, error))
    for event in events:
        recording.fire(*event)
    read = check(recording, len(events))
    assert read["locust_response_bytes_total", "GET", "/a"] == len(events)
    assert read["locust_request_duration_seconds_bucket", "GET", "/a", "success", "0.1"] >= LAST_CAPACITY + 2


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("error", [None, OSError()], ids=["success", "failure"])
def test_lengths_may_be_anything(kind: str, error: Exception | None) -> None:
    """A response length of any type is counted, with its duration, and the bytes of others are right."""
    recording = Recording()
    events = list(surrounded("GET", "/a", 1.0, NUMBERS[kind], error))
    for event in events:
        recording.fire(*event)
    read = check(recording, len(events))
    assert read["locust_response_bytes_total", "GET", "/a"] >= LAST_CAPACITY + 2
    durations = [value for key, value in read.items() if key[0] == "locust_request_duration_seconds_count"]
    assert sum(durations) == len(events)


@pytest.mark.parametrize("kind", NOT_TIMES)
def test_what_is_no_time_is_a_request_without_a_duration(kind: str) -> None:
    """An invalid time counts as a request and is left out of the histogram, including its sum."""
    recording = Recording()
    recording.fire("GET", "/a", 250.0, 1)
    for _ in range(3):
        recording.fire("GET", "/a", NUMBERS[kind], 1)
    read = check(recording, 4)
    assert read["locust_request_duration_seconds_count", "GET", "/a", "success"] == 1
    assert read["locust_request_duration_seconds_sum", "GET", "/a", "success"] == 0.25


@pytest.mark.parametrize("number", [Decimal("1.5"), Float32(1.5), Float64(1.5), Fraction(3, 2)], ids=repr)
def test_numbers_of_other_libraries_are_times_and_lengths(number: object) -> None:
    """Decimal, Fraction and NumPy's numbers have their numeric values."""
    recording = Recording()
    for _ in range(2):
        recording.fire("GET", "/a", number, number)
    read = check(recording, 2)
    assert read["locust_request_duration_seconds_sum", "GET", "/a", "success"] == pytest.approx(0.003)
    assert read["locust_response_bytes_total", "GET", "/a"] in {2, 3}


def test_small_integers_of_numpy_do_not_overflow() -> None:
    """Lengths of an eight-bit type add up beyond its range."""
    recording = Recording()
    for _ in range(10):
        recording.fire("GET", "/a", 1.0, Int8(100))
    assert check(recording, 10)["locust_response_bytes_total", "GET", "/a"] == 1000


@pytest.mark.parametrize("kind", ERRORS)
def test_exceptions_may_be_anything(kind: str) -> None:
    """A failure of any type is counted once; an exception that is false is not a failure, as in Locust."""
    recording, error = Recording(), ERRORS[kind]
    for _ in range(2):
        recording.fire("GET", "/a", 1.0, 1, error)
        recording.recorder.on_user_error(exception=error)
    read = check(recording, 2)
    kinds = sum(value for key, value in read.items() if key[0] == "locust_request_failures_total")
    assert kinds == read["locust_requests_total", "GET", "/a", "failure"] == (0 if type(error) is FalsyError else 2)


def test_an_exception_that_answers_nothing_still_has_its_class() -> None:
    """An exception with unreadable attributes is counted by its class."""
    recording = Recording()
    recording.fire("GET", "/a", 1.0, 1, HostileError())
    assert recording.read()["locust_request_failures_total", "GET", "/a", "HostileError"] == 1


def test_an_event_may_lack_anything() -> None:
    """An event without arguments, and one with unknown arguments, are requests."""
    recording = Recording()
    recording.recorder.on_request()
    recording.recorder.on_request(request_type="GET", name="/a", response_time=1.0, invented=Hostile())
    check(recording, 2)


@given(
    st.lists(
        st.tuples(one_of(TEXTS), one_of(TEXTS), one_of(NUMBERS), one_of(NUMBERS), one_of({"none": None, **ERRORS})),
        max_size=60,
    )
)
def test_any_mixture_is_counted(events: list[tuple[Callable[[], object], ...]]) -> None:
    """In any sequence of events, every request is counted and every series can be encoded."""
    recording = Recording()
    for event in events:
        recording.fire(*(part() for part in event))
    check(recording, len(events))


@given(
    st.one_of(
        one_of(TEXTS), st.text(alphabet="aé\n😀", min_size=MAX_LABEL_CHARACTERS - 3).map(lambda text: lambda: text)
    )
)
def test_label_texts_are_bounded_and_valid(value: Callable[[], object]) -> None:
    """Any value becomes a plain text of bounded length in valid UTF-8, and again the same text."""
    text = label_text(value())
    assert type(text) is str
    assert len(text) <= MAX_LABEL_CHARACTERS
    assert text.encode().decode() == text == label_text(text)


@given(st.text(max_size=MAX_LABEL_CHARACTERS))
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    """A text that needs no change is the same object, which the recorder looks up directly."""
    assert label_text(text) is text


def test_long_texts_that_differ_stay_different() -> None:
    """Two long names that differ only at their ends stay different."""
    first, second = label_text("x" * 10_000 + "1"), label_text("x" * 10_000 + "2")
    assert first[:200] == second[:200]
    assert first != second
