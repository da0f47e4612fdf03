"""prometheus_client's own registry, and the check before a run."""

import re
from collections.abc import Iterator

import pytest
from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, REGISTRY, Counter, Gauge

from locust_push.config.errors import ConfigurationError
from locust_push.core.labels import RUN_LABELS
from locust_push.custom.registry import check_registry, registered_collectors


@pytest.fixture
def registered() -> Iterator[list[Counter | Gauge]]:
    """Remove the collectors that a test registers with prometheus_client's global registry."""
    metrics: list[Counter | Gauge] = []
    yield metrics
    for metric in metrics:
        REGISTRY.unregister(metric)


def test_the_clients_own_collectors_are_left_out_unless_asked_for(registered: list[Counter | Gauge]) -> None:
    """Process, platform and garbage collector are included with the option only; the locustfile's metrics always."""
    registered.append(counter := Counter("registry_logins", "Logins."))
    own = {PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR}
    without, with_own = (set(registered_collectors(process_metrics=option)) for option in (False, True))
    assert counter in without
    assert not without & own
    assert with_own == without | own


@pytest.mark.parametrize(
    ("name", "labels", "problem"),
    [
        ("locust_requests", [], "'locust_requests_total': has a name that locust-push uses itself; rename it"),
        ("registry_orders", ["run_id"], "'registry_orders': has a label run_id, which every series of a run has"),
        ("registry_orders", ["team"], "'registry_orders': has a label team, which every series of a run has"),
    ],
)
def test_a_collision_is_refused(name: str, labels: list[str], problem: str, registered: list[Counter | Gauge]) -> None:
    """A counter with one of our names, or a label of the run, is refused before its first use."""
    registered.append(Counter(name, "Mine.", labels))
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        check_registry(registered_collectors(process_metrics=False), RUN_LABELS | {"team"})


def test_what_does_not_collide_passes(registered: list[Counter | Gauge]) -> None:
    """Other names, also with our prefix, and other labels are allowed."""
    registered += [Gauge("locust_shop_stock", "Stock.", ["method"]), Counter("registry_orders", "Orders.")]
    check_registry(registered_collectors(process_metrics=True), RUN_LABELS)


def test_a_registry_that_lists_no_collectors_is_read_as_a_whole(
    registered: list[Counter | Gauge], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the private attribute the public method is used, and the log states the consequence."""
    registered.append(Counter("registry_logins", "Logins."))
    with monkeypatch.context() as renamed:
        renamed.setitem(vars(REGISTRY), "_collectors", vars(REGISTRY)["_collector_to_names"])
        renamed.delattr(REGISTRY, "_collector_to_names")
        one, other = [*registered_collectors(process_metrics=False), *registered_collectors(process_metrics=False)]
    check_registry([one], RUN_LABELS)
    assert one == other
    assert [family.name for family in one.collect()] == ["registry_logins"]
    assert len(caplog.records) == 1
    assert "as a whole" in repr(other)
