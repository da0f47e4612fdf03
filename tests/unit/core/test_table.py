import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.table import Cell, Family, SeriesTable

USERS = Metric("users", MetricType.GAUGE, "Users.")


def cell(name: str, value: float = 0) -> Cell:
    return Cell(Series(USERS, (("user_class", name),)), value)


class Pair:
    """A block of two series, the second always twice the first."""

    def __init__(self, name: str) -> None:
        self.series = [*cell(f"{name} once").series, *cell(f"{name} twice").series]
        self.value = 0.0

    def __len__(self) -> int:
        return len(self.series)

    def read(self, values: list[float]) -> None:
        """Append the value and its double."""
        values += [self.value, 2 * self.value]


def test_values_stand_where_their_series_stand() -> None:
    """A snapshot has one value per series, in the order in which the blocks were added."""
    table = SeriesTable()
    pair = Pair("a")
    for block in (cell("first", 1), pair, cell("last", 9)):
        table.add(block)
    pair.value = 3
    snapshot = table.snapshot(2000, 1000)
    assert [dict(series.labels)["user_class"] for series in snapshot.series] == ["first", "a once", "a twice", "last"]
    assert snapshot.values == [1, 3, 6, 9]
    assert (snapshot.timestamp_ms, snapshot.previous_ms) == (2000, 1000)


@given(st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=10))
def test_a_series_keeps_its_index(growth: list[int]) -> None:
    """When a table grows between snapshots, series keep their indexes."""
    table, earlier = SeriesTable(), [Series(USERS)][:0]
    for tick, new in enumerate(growth, start=1):
        for number in range(new):
            table.add(Pair(f"{tick}.{number}"))
        snapshot = table.snapshot(tick * 1000, tick * 1000 - 1000)
        assert list(snapshot.series[: len(earlier)]) == earlier
        earlier = list(snapshot.series)


@given(st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=10))
def test_known_counts_the_series_of_earlier_snapshots(growth: list[int]) -> None:
    """``known`` is 0 in the first snapshot, and then the size of the previous one."""
    table, size = SeriesTable(), 0
    for tick, new in enumerate(growth, start=1):
        for number in range(new):
            table.add(cell(f"{tick}.{number}"))
        snapshot = table.snapshot(tick * 1000, tick * 1000 - 1000)
        assert (snapshot.known, len(snapshot.values)) == (size, size + new)
        size += new


def test_a_snapshot_does_not_change_when_the_table_does() -> None:
    """Values of a snapshot do not change, and later series are beyond the length of its values."""
    table, first = SeriesTable(), cell("first", 1)
    table.add(first)
    snapshot = table.snapshot(2000, 1000)
    first.value = 2
    table.add(cell("second"))
    assert snapshot.values == [1]
    assert snapshot.series[0] is first.series[0]


def test_a_family_makes_one_series_per_combination_of_label_values() -> None:
    """Asking again for the same label values gives the same cell, and no second series."""
    table = SeriesTable()
    family = Family(table, USERS, "user_class", "host")
    family.cell("Buyer", "a").value = 4
    family.cell("Buyer", "b").value = 5
    family.cell("Buyer", "a").value += 1
    snapshot = table.snapshot(2000, 1000)
    assert [series.labels for series in snapshot.series] == [
        (("user_class", "Buyer"), ("host", "a")),
        (("user_class", "Buyer"), ("host", "b")),
    ]
    assert snapshot.values == [5, 5]


def test_replacing_a_family_sets_what_is_gone_to_zero() -> None:
    """A user class that is no longer reported becomes 0; a new one appears."""
    table = SeriesTable()
    family = Family(table, USERS, "user_class")
    family.replace({"Buyer": 3, "Reader": 4})
    family.replace({"Reader": 5, "Admin": 1})
    values = {
        series.labels[0][1]: value for series, value in zip(table.series, table.snapshot(2, 1).values, strict=True)
    }
    assert values == {"Buyer": 0, "Reader": 5, "Admin": 1}


def test_a_suffix_becomes_part_of_the_sample_name() -> None:
    """A family with a suffix names its samples with it, and its metric keeps the family's name."""
    table = SeriesTable()
    Family(table, Metric("send_seconds", MetricType.SUMMARY, "Time."), suffix="_sum").cell()
    assert (table.series[0].name, table.series[0].metric.name) == ("send_seconds_sum", "send_seconds")


def test_every_type_but_the_gauge_is_cumulative() -> None:
    """Counters, histograms and summaries start at 0 and only grow; a gauge does not."""
    assert {kind for kind in MetricType if not kind.cumulative} == {MetricType.GAUGE}


def test_the_size_of_a_table_shows_in_its_representation() -> None:
    """The representation has the number of series and blocks."""
    table = SeriesTable()
    table.add(Pair("a"))
    assert repr(table) == "<SeriesTable 2 series in 1 blocks>"


def test_series_are_found_by_index_in_any_order() -> None:
    """They are created block by block on request; each index, from either end, always gives the same one."""
    table = SeriesTable()
    for number in range(5):
        table.add(Pair(f"{number}") if number % 2 else cell(f"{number}"))
    series = list(table.series)
    assert len(series) == len(table.series) == 7
    for index in (6, 0, 3, 3, -1, 2, -7):
        assert table.series[index] == series[index]
    assert list(table.series[2:5]) == series[2:5]
    with pytest.raises(IndexError):
        table.series[7]


def exemplar(timestamp_ms: int, trace_id: str) -> Exemplar:
    return Exemplar((("trace_id", trace_id),), 1.0, timestamp_ms)


def test_exemplars_are_in_one_snapshot_only() -> None:
    """A snapshot has new exemplars; a peek has the last ones, and does not consume them."""
    table = SeriesTable()
    table.add(cell("first"))
    table.note_exemplar(0, exemplar(1000, "a"))
    assert table.look(1500).exemplars == {0: exemplar(1000, "a")}
    assert table.snapshot(2000, 1000).exemplars == {0: exemplar(1000, "a")}
    assert table.snapshot(3000, 2000).exemplars == {}
    assert table.look(3500).exemplars == {0: exemplar(1000, "a")}


def test_exemplars_of_a_series_are_in_order() -> None:
    """One that is less than a millisecond newer is left out, since receivers may refuse the request."""
    table = SeriesTable()
    table.add(cell("first"))
    for timestamp_ms, trace_id in ((1000, "a"), (1000, "b"), (999, "c")):
        table.note_exemplar(0, exemplar(timestamp_ms, trace_id))
    assert table.snapshot(2000, 1000).exemplars == {0: exemplar(1000, "a")}
    table.note_exemplar(0, exemplar(1001, "d"))
    assert table.snapshot(3000, 2000).exemplars == {0: exemplar(1001, "d")}
