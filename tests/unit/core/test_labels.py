"""Reserved label values stay reserved."""

from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.labels import AGGREGATED, OVERFLOW, not_ours

MARKED = st.builds("{}{}{}".format, st.text("_"), st.sampled_from((AGGREGATED, OVERFLOW)), st.text("_"))
NAMES = st.one_of(st.text(), MARKED)


@given(st.sets(NAMES))
def test_no_input_takes_a_name_of_ours_and_no_two_become_one(names: set[str]) -> None:
    """No event gets the name of the total or of the overflow, and all names remain different."""
    recorded = {not_ours(name) for name in names}
    assert len(recorded) == len(names)
    assert not recorded & {AGGREGATED, OVERFLOW}


def test_other_names_stay_as_they_are() -> None:
    """An ordinary name is recorded as the same object, which the hot path finds by identity."""
    for name in ("", "/", "Aggregated ", "aggregated", "__overflow", "_", "A" * 4000):
        assert not_ours(name) is name
