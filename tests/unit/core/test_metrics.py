import re
from pathlib import Path

import pytest

from locust_push.core.metrics import ALL
from locust_push.core.series import Metric, MetricType

REFERENCE = Path(__file__).parents[3] / "docs" / "metrics.md"

# A row of a table in the reference: | `name` | type | labels | unit | help |
ROW = re.compile(r"^\| `(locust_\w+)` \| (\w+) \| (.*?) \| (\w*) \| (.+?) \|$", re.MULTILINE)

each_metric = pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)


@each_metric
def test_names_obey_the_naming_rules(metric: Metric) -> None:
    """Names are lower case, begin with the prefix, and do not end in a suffix of a histogram's samples."""
    assert re.fullmatch(r"locust_[a-z0-9]+(_[a-z0-9]+)*", metric.name)
    assert not metric.name.endswith(("_sum", "_count", "_bucket"))


@each_metric
def test_only_counters_end_in_total(metric: Metric) -> None:
    """A counter's name ends in _total, and no other name does."""
    assert metric.name.endswith("_total") == (metric.type is MetricType.COUNTER)


@each_metric
def test_the_unit_is_the_suffix_of_the_name(metric: Metric) -> None:
    """A base unit is the last part of the name (before _total), and a name that ends in one has that unit."""
    last = metric.name.removesuffix("_total").rsplit("_", 1)[1]
    assert metric.unit == (last if last in {"seconds", "bytes"} else "")


@each_metric
def test_help_is_one_sentence(metric: Metric) -> None:
    """HELP is a line of text that ends in a full stop."""
    assert re.fullmatch(r"\S.*\.", metric.help)


def test_no_name_is_used_twice() -> None:
    """No two metrics share a name, nor does one have the name of another's samples."""
    names = [metric.name for metric in ALL]
    assert len(names) == len(set(names)) > 20


def test_the_reference_names_every_metric_and_no_other() -> None:
    """docs/metrics.md has exactly the metrics of the code, with the same type, unit and help."""
    rows = [(name, kind, unit, text) for name, kind, _, unit, text in ROW.findall(REFERENCE.read_text())]
    assert sorted(rows) == sorted((metric.name, str(metric.type), metric.unit, metric.help) for metric in ALL)
