"""Records behave as the dataclasses do that type checkers take them for."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from locust_push.core.record import record


def _defined(by: Callable[..., Any]) -> Any:
    @by(frozen=True, slots=True)
    class Point:
        """A point."""

        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list, repr=False, compare=False)
        drawn: bool = field(default=False, init=False)

    return Point


@pytest.fixture(params=[record, dataclass])
def point(request: pytest.FixtureRequest) -> Any:
    """The same class, defined by either."""
    return _defined(request.param)


def test_values_are_given_by_position_or_name_and_have_defaults(point: Any) -> None:
    """Values go to fields in their order, by name, or are the default, a new one from a factory."""
    assert (point(1, y=3).x, point(1, y=3).y, point(1).y, point(1).drawn) == (1, 3, 2, False)
    assert point(1).tags is not point(1).tags


@pytest.mark.parametrize("given", [((), {}), ((1, 2, [], True), {}), ((1,), {"x": 1}), ((1,), {"z": 1})])
def test_values_that_do_not_fit_are_refused(point: Any, given: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    """A value that is missing, one too many, one twice, and one without a field raise TypeError."""
    with pytest.raises(TypeError):
        point(*given[0], **given[1])


def test_equality_hash_and_text_go_by_the_fields(point: Any) -> None:
    """Fields left out of comparison and text are left out of equality, hash and repr."""
    assert point(1) == point(1, tags=["a"]) != point(2)
    assert hash(point(1)) == hash(point(1, tags=["a"]))
    assert repr(point(1)).endswith("Point(x=1, y=2, drawn=False)")
    assert point(1) != (1, 2)


def test_a_frozen_one_is_not_changed(point: Any) -> None:
    """Setting or deleting a field raises, and the functions of dataclasses work."""
    made = point(1)
    with pytest.raises(FrozenInstanceError):
        made.x = 5
    with pytest.raises(FrozenInstanceError):
        del made.x
    assert replace(made, x=7).x == 7
    assert [each.name for each in fields(made)] == ["x", "y", "tags", "drawn"]


def test_one_that_is_not_frozen_is_changed_and_has_no_hash() -> None:
    """A field is set, and the record is no key, since it may change."""

    @record(slots=True)
    class Counter:
        count: int = 0

    made = Counter()
    made.count += 1
    assert made.count == 1
    with pytest.raises(TypeError):
        hash(made)
