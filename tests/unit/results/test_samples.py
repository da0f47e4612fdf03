"""What counters had reached when they began again."""

from locust_push.results.samples import Curve, before_resets

DURATIONS = "locust_request_duration_seconds"


def curve(suffix: str, *values: float | None, **labels: str) -> Curve:
    """A series with a value a second; None where it has none."""
    samples = [(1000 * second, value) for second, value in enumerate(values) if value is not None]
    return Curve({"__name__": f"{DURATIONS}_{suffix}", "name": "/", **labels}, samples)


def test_a_counter_that_falls_began_again() -> None:
    """Each time, and with what it had last."""
    assert [one.value for one in before_resets([curve("sum", 0, 5, 40, 0, 7, 0, 1), curve("sum", 1, 2)])] == [47, 0]


def test_a_bucket_that_is_there_once_it_holds_something_begins_again_with_its_count() -> None:
    """It may come back higher than before, and one that does not come back ends with what it has."""
    counters = [
        curve("count", 0, 5, 9, 0, 4, 8),
        curve("bucket", None, 5, 6, None, None, 7, vmrange="a"),
        curve("bucket", None, None, 3, None, None, None, vmrange="b"),
        curve("bucket", None, None, None, None, 4, 5, vmrange="c"),
        curve("bucket", None, 5, 6, None, None, 7, vmrange="of another histogram", name="other"),
    ]
    assert [one.value for one in before_resets(counters)] == [9, 6, 0, 0, 0]
