"""prometheus_client's registry, read without importing the library."""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from locust_push.config.errors import ConfigurationError
from locust_push.custom.names import label_problem, name_problem

_OWN_COLLECTORS = ("PROCESS_COLLECTOR", "PLATFORM_COLLECTOR", "GC_COLLECTOR")
"""Collectors that prometheus_client registers itself, about the process rather than the test."""


def registered_collectors(*, process_metrics: bool) -> list[Any]:
    """Return the collectors in ``prometheus_client.REGISTRY``; none if the locustfile does not import it.

    They are called one by one, since the registry's own ``collect()`` ends with the first collector that fails.

    Args:
        process_metrics: Whether to include the collectors that prometheus_client registers itself.
    """
    client = sys.modules.get("prometheus_client")
    names = _names_by_collector(client)
    own = [] if process_metrics else [getattr(client, name, None) for name in _OWN_COLLECTORS]
    return [collector for collector in names if not any(collector is other for other in own)]


def check_registry(collectors: Iterable[Any], run_labels: Collection[str]) -> None:
    """Refuse registered metrics that the run cannot have.

    Raises:
        ConfigurationError: locust-push uses the name itself, or a label is one that every series of the run has.
    """
    names = _names_by_collector(sys.modules.get("prometheus_client"))
    for collector in collectors:
        for name, problem in _problems(collector, names.get(collector, ()), run_labels):
            raise ConfigurationError("prometheus_client metric", name, problem, "rename it")


def _names_by_collector(client: Any) -> Mapping[Any, Iterable[str]]:
    found: Mapping[Any, Iterable[str]] = getattr(getattr(client, "REGISTRY", None), "_collector_to_names", {})
    # A copy, since a locustfile may register more during the loop.
    return dict(found)


def _problems(collector: Any, names: Iterable[str], run_labels: Collection[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if problem := name_problem(name):
            yield name, problem
    # A metric with labels has no samples to look at before it is used first.
    if problem := label_problem(getattr(collector, "_labelnames", ()), run_labels):
        yield next(iter(names), repr(collector)), problem
