"""prometheus_client's registry, read without importing the library."""

import logging
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from locust_push.config.errors import ConfigurationError
from locust_push.custom.names import label_problem, name_problem

logger = logging.getLogger(__name__)

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
    if names is None:
        return [_WholeRegistry(client.REGISTRY, process_metrics=process_metrics)] if client else []
    own = [] if process_metrics else [getattr(client, name, None) for name in _OWN_COLLECTORS]
    return [collector for collector in names if not any(collector is other for other in own)]


def check_registry(collectors: Iterable[Any], run_labels: Collection[str]) -> None:
    """Refuse registered metrics that the run cannot have.

    Raises:
        ConfigurationError: locust-push uses the name itself, or a label is one that every series of the run has.
    """
    names = _names_by_collector(sys.modules.get("prometheus_client")) or {}
    for collector in collectors:
        for name, problem in _problems(collector, names.get(collector, ()), run_labels):
            raise ConfigurationError("prometheus_client metric", name, problem, "rename it")


class _WholeRegistry:
    """All collectors as one, by the public ``REGISTRY.collect()``, where this prometheus_client shows no single ones.

    Then one collector that fails costs the others as well, as it does when the registry is scraped.
    """

    _told = False

    def __init__(self, registry: Any, *, process_metrics: bool) -> None:
        self._registry = registry
        self._process_metrics = process_metrics
        if not _WholeRegistry._told:
            _WholeRegistry._told = True
            logger.warning(
                "locust-push: this version of prometheus_client does not list its collectors; the registry is read as "
                "a whole, and a collector that fails stops all custom metrics while it does"
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _WholeRegistry)

    def __hash__(self) -> int:
        return hash(_WholeRegistry)

    def __repr__(self) -> str:
        return f"<{self._registry!r} as a whole>"

    def collect(self) -> Iterator[Any]:
        """All families, without those about the process unless they are asked for."""
        for family in self._registry.collect():
            if self._process_metrics or not family.name.startswith(("process_", "python_")):
                yield family


def _names_by_collector(client: Any) -> Mapping[Any, Iterable[str]] | None:
    """The names of each collector; None where they are not where they are known to be, a private attribute."""
    if client is None:
        return {}
    try:
        # A copy, since a locustfile may register more while this is looked through.
        return dict(client.REGISTRY._collector_to_names)  # noqa: SLF001  # there is no public way
    except (AttributeError, TypeError):
        return None


def _problems(collector: Any, names: Iterable[str], run_labels: Collection[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if problem := name_problem(name):
            yield name, problem
    # A metric with labels has no samples to look at before it is used first.
    if problem := label_problem(getattr(collector, "_labelnames", ()), run_labels):
        yield next(iter(names), repr(collector)), problem
