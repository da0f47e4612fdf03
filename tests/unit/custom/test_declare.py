"""The one-line helpers of the public API."""

import logging
from collections.abc import Iterator

import prometheus_client
import pytest
from prometheus_client import REGISTRY

import locust_push
from locust_push.custom import declare


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Remove the metrics that a test declares."""
    before = dict(declare._declared)
    yield
    for name in declare._declared.keys() - before.keys():
        metric = declare._declared.pop(name)[2]
        made = metric._made if isinstance(metric, declare.Histogram) else metric
        if made is not None:
            REGISTRY.unregister(made)
    declare.use_buckets(())


def test_a_locustfile_may_be_loaded_twice() -> None:
    """Declaring a metric again returns the same one, for which prometheus_client itself raises."""
    first = locust_push.counter("declared_logins", "Logins.", ["user_type"])
    assert locust_push.counter("declared_logins", "Logins.", ("user_type",)) is first
    stock = locust_push.gauge("declared_stock", "Stock.")
    assert locust_push.gauge("declared_stock", "Stock.") is stock
    orders = locust_push.histogram("declared_orders", "Orders.")
    assert locust_push.histogram("declared_orders", "Orders.") is orders


def test_one_name_for_two_metrics_is_an_error() -> None:
    """Another type, or other labels, with the same name: the message describes the existing metric."""
    locust_push.counter("declared_logins", "Logins.", ["user_type"])
    taken = r"declared_logins is already declared as a Counter with labels \('user_type',\); rename one of them"
    with pytest.raises(ValueError, match=taken):
        locust_push.counter("declared_logins", "Logins.")
    with pytest.raises(ValueError, match=taken):
        locust_push.gauge("declared_logins", "Logins.", ["user_type"])


def buckets_of(name: str) -> list[str]:
    [family] = [family for family in REGISTRY.collect() if family.name == name]
    return [sample.labels["le"] for sample in family.samples if sample.name.endswith("_bucket")]


def test_a_histogram_has_the_buckets_of_the_run() -> None:
    """It exists from the start of the run, with the bounds of --push-buckets."""
    locust_push.histogram("declared_orders", "Orders.")
    declare.use_buckets((0.5, 2.0))
    assert buckets_of("declared_orders") == ["0.5", "2.0", "+Inf"]


def test_a_histogram_may_have_buckets_of_its_own() -> None:
    """Its own bounds take precedence over those of the run."""
    locust_push.histogram("declared_items", "Items.", buckets=[1, 10])
    declare.use_buckets((0.5, 2.0))
    assert buckets_of("declared_items") == ["1.0", "10.0", "+Inf"]


def test_a_histogram_can_be_used_before_any_run() -> None:
    """If it is used before the run, it has prometheus_client's bounds, and keeps them."""
    locust_push.histogram("declared_orders", "Orders.").observe(1)
    declare.use_buckets((0.5, 2.0))
    assert len(buckets_of("declared_orders")) == len(prometheus_client.Histogram.DEFAULT_BUCKETS)


def test_all_ways_to_observe_arrive() -> None:
    """``labels``, ``observe`` and ``time`` are those of prometheus_client's histogram."""
    plain = locust_push.histogram("declared_plain", "Plain.")
    plain.observe(1.5)
    with plain.time():
        pass
    locust_push.histogram("declared_typed", "Typed.", ["type"]).labels(type="a").observe(3)
    assert REGISTRY.get_sample_value("declared_plain_count") == 2
    assert REGISTRY.get_sample_value("declared_typed_sum", {"type": "a"}) == 3


def test_a_name_that_is_taken_stops_no_run(caplog: pytest.LogCaptureFixture) -> None:
    """A histogram whose name the locustfile has already registered is logged when the run starts."""
    mine = prometheus_client.Gauge("declared_orders", "Mine.")
    locust_push.histogram("declared_orders", "Orders.")
    declare.use_buckets((1.0,))
    REGISTRY.unregister(mine)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "declared_orders cannot be created" in record.getMessage()
