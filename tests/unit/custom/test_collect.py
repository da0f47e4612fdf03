"""The metrics of a locustfile as series, from the start of a run to its end."""

import logging
import math
import struct
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, UntypedMetricFamily

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import MetricType
from tests.unit.custom.collectors import Run, Scripted

STALE_BITS = 0x7FF0000000000002


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def bits(value: float) -> int:
    number: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return number


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_every_kind_of_metric_has_the_names_of_prometheus_clients_own_exposition(registry: CollectorRegistry) -> None:
    """Counter, Gauge, Summary, Histogram, Info and Enum are converted, without creation times."""
    run = Run(registry)
    Counter("logins", "Logins.", registry=registry).inc(3)
    Gauge("stock", "Stock.", registry=registry).set(2.5)
    Summary("cart", "Cart.", registry=registry).observe(4)
    Histogram("order_seconds", "Orders.", buckets=[1, 5], registry=registry).observe(2)
    Info("build", "Build.", registry=registry).info({"version": "1"})
    Enum("phase", "Phase.", states=["open", "closed"], registry=registry).state("closed")
    assert run.values() == {
        "logins_total": 3,
        "stock": 2.5,
        "cart_count": 1,
        "cart_sum": 4,
        'order_seconds_bucket{le="1.0"}': 0,
        'order_seconds_bucket{le="5.0"}': 1,
        'order_seconds_bucket{le="+Inf"}': 1,
        "order_seconds_count": 1,
        "order_seconds_sum": 2,
        'build_info{version="1"}': 1,
        'phase{phase="open"}': 0,
        'phase{phase="closed"}': 1,
    }


def test_families_keep_type_and_help_and_unit(registry: CollectorRegistry) -> None:
    """HELP and TYPE are those of the locustfile in every process; untyped metrics are gauges."""
    Counter("logins", "Logins by type.", registry=registry)
    Histogram("order", "Orders.", unit="seconds", registry=registry)
    run = Run(registry, Scripted(lambda: [UntypedMetricFamily("odd", "Odd.", value=1)]))
    metrics = {series.metric.name: series.metric for series in run.tick().series}
    assert {name: (metric.type, metric.help, metric.unit) for name, metric in metrics.items()} == {
        "logins_total": (MetricType.COUNTER, "Logins by type.", ""),
        "order_seconds": (MetricType.HISTOGRAM, "Orders.", "seconds"),
        "odd": (MetricType.GAUGE, "Odd.", ""),
    }


def test_cumulative_metrics_count_from_the_start_of_the_run(registry: CollectorRegistry) -> None:
    """Counts from before a run are not included; gauges are unchanged."""
    logins = Counter("logins", "Logins.", registry=registry)
    cart = Summary("cart", "Cart.", registry=registry)
    stock = Gauge("stock", "Stock.", registry=registry)
    logins.inc(1000)
    cart.observe(7)
    stock.set(5)
    run = Run(registry)
    logins.inc(2)
    cart.observe(3)
    assert run.values() == {"logins_total": 2, "cart_count": 1, "cart_sum": 3, "stock": 5}


def test_a_second_run_starts_again_at_zero(registry: CollectorRegistry) -> None:
    """Two runs in one process each have only their own counts."""
    logins = Counter("logins", "Logins.", ["type"], registry=registry)
    first = Run(registry)
    logins.labels("a").inc(5)
    assert first.values() == {'logins_total{type="a"}': 5}
    second = Run(registry)
    logins.labels("b").inc()
    assert second.values() == {'logins_total{type="a"}': 0, 'logins_total{type="b"}': 1}


def test_a_counter_that_is_reset_goes_on(registry: CollectorRegistry) -> None:
    """After a reset no count is lost, and the series never falls."""
    logins = Counter("logins", "Logins.", registry=registry)
    logins.inc(100)
    run = Run(registry)
    logins.inc(5)
    assert run.values()["logins_total"] == 5
    logins.reset()
    logins.inc(2)
    assert run.values()["logins_total"] == 7


def test_a_sum_may_fall_by_negative_observations(registry: CollectorRegistry) -> None:
    """Only a falling count is a reset; a sum follows its count."""
    balance = Summary("balance", "Balance.", registry=registry)
    run = Run(registry)
    balance.observe(5)
    assert run.values() == {"balance_count": 1, "balance_sum": 5}
    balance.observe(-8)
    assert run.values() == {"balance_count": 2, "balance_sum": -3}


def test_a_histogram_that_is_made_anew_goes_on_as_a_whole(registry: CollectorRegistry) -> None:
    """Buckets, count and sum of a removed and recreated label continue together."""
    orders = Histogram("order", "Orders.", ["type"], buckets=[1], registry=registry)
    run = Run(registry)
    orders.labels("a").observe(3)
    orders.labels("a").observe(3)
    run.tick()
    orders.remove("a")
    orders.labels("a").observe(0.5)
    assert list(run.values().values()) == [1, 3, 3, 6.5]


def test_what_vanishes_keeps_totals_and_ends_gauges(registry: CollectorRegistry) -> None:
    """A removed label of a counter keeps its value, one of a gauge gets a staleness marker; both can return."""
    logins = Counter("logins", "Logins.", ["type"], registry=registry)
    stock = Gauge("stock", "Stock.", ["type"], registry=registry)
    run = Run(registry)
    logins.labels("a").inc(5)
    stock.labels("a").set(9)
    run.tick()
    logins.clear()
    stock.clear()
    gone = run.values()
    assert gone['logins_total{type="a"}'] == 5
    assert bits(gone['stock{type="a"}']) == STALE_BITS
    logins.labels("a").inc(7)
    stock.labels("a").set(1)
    assert run.values() == {'logins_total{type="a"}': 12, 'stock{type="a"}': 1}


def test_a_metric_that_is_registered_again_goes_on(registry: CollectorRegistry) -> None:
    """A counter that is unregistered and recreated with its name is the same series."""
    logins = Counter("logins", "Logins.", registry=registry)
    run = Run(registry)
    logins.inc(3)
    run.tick()
    registry.unregister(logins)
    Counter("logins", "Logins.", registry=registry).inc(4)
    assert run.values() == {"logins_total": 7}


def test_what_is_new_is_preceded_by_a_zero(registry: CollectorRegistry) -> None:
    """A series that appears during the run is new in that snapshot, so that encoders begin it with a 0."""
    logins = Counter("logins", "Logins.", ["type"], registry=registry)
    run = Run(registry)
    logins.labels("a").inc()
    run.tick()
    logins.labels("b").inc()
    snapshot = run.tick()
    assert snapshot.known == 1
    assert len(snapshot.values) == 2
    assert snapshot.series[1].metric.type.cumulative


def test_a_collector_that_fails_costs_only_itself(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """The series of a failing collector keep their values, others continue, it is logged once and called again."""
    given: list[Any] = [CounterMetricFamily("revenue", "Revenue.", value=10)]

    def give() -> Any:
        if not given:
            raise RuntimeError("the till is stuck")
        return given

    run = Run(registry, Scripted(give))
    given[0] = CounterMetricFamily("revenue", "Revenue.", value=15)
    logins = Counter("logins", "Logins.", registry=registry)
    run.tick()
    family = given.pop()
    logins.inc()
    assert [run.values(), run.values()] == [{"revenue_total": 5, "logins_total": 1}] * 2
    given.append(family)
    assert run.values()["revenue_total"] == 5
    [message] = messages(caplog)
    assert "<Scripted> fails: RuntimeError('the till is stuck')" in message


class OfItsOwn(BaseException):
    """Exceptions that are not an Exception, such as gevent's Timeout, are handled as well."""


@pytest.mark.parametrize("nonsense", [None, 7, [None], [7], OfItsOwn()], ids=repr)
def test_no_nonsense_stops_a_tick(nonsense: Any, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a collector returns or raises, the metrics of others arrive."""

    def give() -> Any:
        if isinstance(nonsense, BaseException):
            raise nonsense
        return nonsense

    run = Run(registry)
    run.collectors.append(Scripted(give))
    Counter("logins", "Logins.", registry=registry).inc()
    assert run.values() == {"logins_total": 1}
    assert len(messages(caplog)) == 1


def test_a_collector_that_failed_at_the_start_counts_from_its_first_value() -> None:
    """If a collector fails at the start, its earlier counts are not attributed to the run."""
    values = iter([None, 1000, 1003])

    def give() -> Any:
        value = next(values)
        if value is None:
            raise ConnectionError("not up yet")
        return [CounterMetricFamily("revenue", "Revenue.", value=value)]

    run = Run(None, Scripted(give))
    assert run.values() == {"revenue_total": 0}
    assert run.values() == {"revenue_total": 3}


def test_a_slow_collector_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the duration of a slow collector."""
    run = Run()

    def give() -> Any:
        run.clock.now += 0.06
        return [GaugeMetricFamily("stock", "Stock.", value=1)]

    run.collectors.append(Scripted(give))
    assert run.values() == run.values() == {"stock": 1}
    [message] = messages(caplog)
    assert "took 60 ms" in message


def test_a_collector_that_waits_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """A collector that waits for a database without an answer delays the tick only up to its limit."""
    run = Run()

    def give() -> Any:
        run.clock.now += 1
        return [GaugeMetricFamily("stock", "Stock.", value=1)]

    run.collectors.append(Scripted(give))
    assert run.values() == {}
    assert any("longer than 0.25 s" in message for message in messages(caplog))


def test_a_later_pass_overtakes_one_that_waits(registry: CollectorRegistry) -> None:
    """While a collector waits, the end of the run reads all others; the waiting pass does nothing more."""
    logins = Counter("logins", "Logins.", registry=registry)
    run = Run(registry)
    seen: list[dict[str, float]] = []

    def give() -> Any:
        if not seen:
            seen.append({})
            logins.inc()
            seen.append(run.values())
        return [GaugeMetricFamily("stock", "Stock.", value=1)]

    run.collectors.insert(0, Scripted(give))
    steps = list(run.custom.collect())
    assert seen[1] == {"logins_total": 1}
    # The counter was asked and taken; then came the other pass.
    assert len(steps) == 2
    assert [series.name for series in run.table.series] == ["logins_total"]
    assert run.values() == {"logins_total": 1, "stock": 1}


def test_others_may_run_between_families(registry: CollectorRegistry) -> None:
    """A pass pauses after each collector and after each family."""
    for number in range(5):
        Counter(f"logins_{number}", "Logins.", registry=registry)
    run = Run(registry)
    assert len(list(run.custom.collect())) == 10


def test_no_pause_is_within_a_histogram(registry: CollectorRegistry) -> None:
    """A large metric is read in parts, and each histogram is complete at every pause."""
    orders = Histogram("order", "Orders.", ["type"], buckets=[1, 2, 3], registry=registry)
    run = Run(registry)
    for kind in range(100):
        orders.labels(kind).observe(2)
    sizes = [len(run.table.series) for _ in run.custom.collect()]
    assert len(sizes) > 5
    assert {size % 6 for size in sizes} == {0}


def test_there_is_a_limit_to_series(registry: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """Existing series stay, more are dropped and counted, which is logged once with the option."""
    logins = Counter("logins", "Logins.", ["user"], registry=registry)
    run = Run(registry, max_series=3)
    for user in range(5):
        logins.labels(str(user)).inc()
    assert list(run.values()) == [f'logins_total{{user="{user}"}}' for user in range(3)]
    assert run.custom.left_out == 2
    logins.labels("6").inc()
    assert len(run.values()) == 3
    assert run.custom.left_out == 3
    [message] = messages(caplog)
    assert "more than 3 custom series; 2 are dropped" in message
    assert "--push-max-custom-series" in message


def test_no_histogram_is_torn(registry: CollectorRegistry) -> None:
    """A histogram that begins below the limit gets all of its buckets."""
    orders = Histogram("order", "Orders.", ["type"], buckets=[1, 2, 3], registry=registry)
    run = Run(registry, max_series=8)
    for kind in "abc":
        orders.labels(kind).observe(2)
    values = run.values()
    assert [name for name in values if "_count" in name] == ['order_count{type="a"}', 'order_count{type="b"}']
    assert len(values) == 12


@pytest.mark.parametrize("name", ["locust_requests", "locust_current_users", "locust_request_duration_seconds_sum"])
def test_a_name_of_ours_is_left_out(name: str, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """A metric with one of the agent's names, registered during the run, is logged once; others are pushed."""
    run = Run(registry)
    kind = Counter if name == "locust_requests" else Gauge
    kind(name, "Mine.", registry=registry)
    Counter("logins", "Logins.", registry=registry)
    assert run.values() == run.values() == {"logins_total": 0}
    [message] = messages(caplog)
    assert f"{name} has a name that locust-push uses itself" in message


@pytest.mark.parametrize("label", ["run_id", "team", "odd.name"])
def test_a_label_of_the_run_is_left_out(
    label: str, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """A label that every series has, or that not every receiver accepts, is refused."""
    run = Run(registry, labels=frozenset({"job", "instance", "run_id", "team"}))
    run.collectors.append(Scripted(lambda: [GaugeMetricFamily("stock", "Stock.", labels=[label])]))
    run.collectors.append(Scripted(lambda: [_labelled(label)]))
    assert run.values() == {}
    [message] = messages(caplog)
    assert "shelves has a label" in message


def _labelled(label: str, name: str = "shelves") -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, "A gauge.", labels=[label])
    family.add_metric(["x"], 1)
    return family


def test_a_series_that_two_collectors_give_counts_once(caplog: pytest.LogCaptureFixture) -> None:
    """The first one's value is used, and the log names the second: duplicates in a request would be refused."""
    run = Run()
    run.collectors += [
        Scripted(lambda: [CounterMetricFamily("revenue", "Revenue.", value=1)]),
        Scripted(lambda: [CounterMetricFamily("revenue", "Revenue.", value=2)]),
    ]
    assert run.values() == run.values() == {"revenue_total": 1}
    [message] = messages(caplog)
    assert "returns revenue_total{} twice" in message


def test_a_name_has_one_type(caplog: pytest.LogCaptureFixture) -> None:
    """A gauge with the name of a counter is dropped, since receivers would refuse both."""
    run = Run()
    run.collectors += [
        Scripted(lambda: [CounterMetricFamily("revenue", "Revenue.", value=1)]),
        Scripted(lambda: [_labelled("shop", "revenue_total")]),
    ]
    assert run.values() == {"revenue_total": 1}
    assert "revenue_total is a gauge here and a counter elsewhere" in messages(caplog)[0]


def test_exemplars_go_along_once(registry: CollectorRegistry) -> None:
    """A new exemplar of a counter or a bucket is in the next snapshot, and in no later one."""
    logins = Counter("logins", "Logins.", registry=registry)
    orders = Histogram("order", "Orders.", buckets=[1], registry=registry)
    logins.inc(exemplar={"trace_id": "before"})
    run = Run(registry)
    assert run.exemplars() == {}
    logins.inc(2, exemplar={"trace_id": "a"})
    orders.observe(0.5, {"trace_id": "b"})
    found = run.exemplars()
    assert {name: (one.labels, one.value) for name, one in found.items()} == {
        "logins_total": ((("trace_id", "a"),), 2),
        'order_bucket{le="1.0"}': ((("trace_id", "b"),), 0.5),
    }
    assert all(one.timestamp_ms > 1_700_000_000_000 for one in found.values())
    assert run.exemplars() == {}


def test_an_exemplar_without_a_time_is_of_now() -> None:
    """An exemplar without a time gets that of the tick."""
    from prometheus_client.samples import Exemplar as Given  # noqa: PLC0415  # the name is taken by ours

    run = Run()
    family = CounterMetricFamily("revenue", "Revenue.")
    family.add_metric([], 1, exemplar=Given({"trace_id": "a"}, 1.0))
    run.collectors.append(Scripted(lambda: [family]))
    run.clock.now = 12.5
    assert run.exemplars() == {"revenue_total": Exemplar((("trace_id", "a"),), 1.0, 12500)}


def test_gauges_may_be_anything(registry: CollectorRegistry) -> None:
    """NaN, infinity and negative numbers of a gauge are unchanged."""
    stock = Gauge("stock", "Stock.", registry=registry)
    run = Run(registry)
    for value in (-1.0, math.inf):
        stock.set(value)
        assert run.values() == {"stock": value}
    stock.set(math.nan)
    assert math.isnan(run.values()["stock"])


def test_text_is_cleaned_where_it_is_admitted(registry: CollectorRegistry) -> None:
    """Help that is not a text, and labels that are not UTF-8, are converted."""
    Gauge("odd", 42, registry=registry).set(1)  # type: ignore[arg-type]  # what a locustfile may do
    Gauge("odder", "caf\udce9", ["shop"], registry=registry).labels("caf\udce9").set(1)
    run = Run(registry)
    assert run.values() == {"odd": 1, 'odder{shop="caf?"}': 1}
    assert [series.metric.help for series in run.tick().series] == ["42", "caf?"]


def test_one_series_for_labels_that_are_the_same(registry: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """Labels that differ only in surrogates, or of which one is empty, are one series, counted once."""
    stock = Gauge("stock", "Stock.", ["shop"], registry=registry)
    for shop in ("caf\udce9", "caf\udce8", "caf?"):
        stock.labels(shop).set(1)

    def families() -> list[GaugeMetricFamily]:
        family = GaugeMetricFamily("level", "Level.", labels=["a", "b"])
        family.add_metric(["x", ""], 1)
        family.add_sample("level", {"a": "x"}, 2)
        return [family]

    run = Run(registry, Scripted(families))
    run.tick()
    assert [series.name for series in run.tick().series] == ["stock", "level"]
    assert sum("it is counted once" in message for message in messages(caplog)) == 2


def test_a_value_that_is_none_costs_itself(registry: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """A gauge with the value None is absent rather than 0; the collector's other metrics are pushed."""

    def families() -> list[GaugeMetricFamily]:
        family = GaugeMetricFamily("level", "Level.", labels=["a"])
        family.add_metric(["x"], None)  # type: ignore[arg-type]  # what a collector may do
        family.add_metric(["y"], 3)
        return [family]

    assert Run(registry, Scripted(families)).values() == {'level{a="y"}': 3}
    [message] = messages(caplog)
    assert "= None, which is not a number" in message


def test_what_ends_has_one_marker(registry: CollectorRegistry) -> None:
    """A gauge that disappears is in one more snapshot, as a marker, and then left out until it returns."""
    stock = Gauge("stock", "Stock.", ["shop"], registry=registry)
    run = Run(registry)
    stock.labels("a").set(1)
    assert (run.tick().ended, run.tick().absent) == (frozenset(), frozenset())
    stock.remove("a")
    first, second = run.tick(), run.tick()
    assert (first.ended, first.absent) == (frozenset({0}), frozenset())
    assert (second.ended, second.absent) == (frozenset({0}), frozenset({0}))
    stock.labels("a").set(2)
    third = run.tick()
    assert (third.ended, third.values) == (frozenset(), [2])


def test_what_never_had_a_value_has_no_marker(registry: CollectorRegistry) -> None:
    """A series of a family that is refused later in the pass was in no snapshot, and gets no marker."""

    def families() -> list[GaugeMetricFamily]:
        family = GaugeMetricFamily("level", "Level.", labels=["a"])
        family.add_metric(["x"], 1)
        family.add_sample("level", {"job": "mine"}, 2)
        return [family]

    run = Run(registry, Scripted(families))
    assert run.tick().absent == {0}


def test_endless_label_values_are_not_asked_for(registry: CollectorRegistry) -> None:
    """Of thousands of combinations only as many are read as there is room for; the rest is counted."""
    logins = Counter("logins", "Logins.", ["user"], registry=registry)
    orders = Histogram("order", "Orders.", ["user"], buckets=[1], registry=registry)
    for user in range(2000):
        logins.labels(user).inc()
        orders.labels(user).observe(1)
    run = Run(registry, max_series=10)
    values = run.values()
    assert len(values) == 10
    assert run.custom.left_out >= 2 * 2000 - 20
    assert 'logins_total{user="9"}' in values


def test_many_label_values_are_read_in_pieces(registry: CollectorRegistry) -> None:
    """Users run between them: what one does meanwhile is in the samples that are still to be read."""
    visits = Counter("visits", "Visits.", ["user"], registry=registry)
    run = Run(registry)
    for user in range(250):
        visits.labels(user).inc()
    steps = run.custom.collect()
    next(steps)
    next(steps)
    for user in (0, 249):
        visits.labels(user).inc(7)
    assert len([*steps]) >= 2
    snapshot = run.table.snapshot(2000, 1000)
    values = {series.labels[0][1]: value for series, value in zip(snapshot.series, snapshot.values, strict=True)}
    assert (values["0"], values["249"]) == (1, 8)
