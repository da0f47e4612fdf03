"""Earlier runs, for a process that pushes: their source, by its settings, and reading them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from locust_push.config.targets import Target
from locust_push.core.clock import TimeLimit
from locust_push.live.outlets import access
from locust_push.options.settings import Settings
from locust_push.outputs.archive.destination import ARCHIVE, folder_of
from locust_push.outputs.destination import Lookup
from locust_push.outputs.reading import can_be_read, run_source
from locust_push.results.names import UnknownRunError
from locust_push.results.source import RunSource

logger = logging.getLogger(__name__)


def readable_place(settings: Settings) -> Target | None:
    """Return the source of runs: as configured, else the first push URL that can be read from."""
    if settings.baseline_from is not None:
        return settings.baseline_from
    return next((target for target in settings.targets if can_be_read(access(settings, target))), None)


@contextmanager
def stored_runs(settings: Settings, limit: TimeLimit) -> Iterator[RunSource]:
    """Open the source of runs; ``limit`` bounds each request.

    Raises:
        UnknownRunError: There is no such place.
    """
    place = readable_place(settings)
    if place is None:
        raise UnknownRunError("no store to read it from is configured")
    if place is settings.baseline_from and place.protocol == ARCHIVE and not folder_of(place).is_dir():
        raise UnknownRunError(f"{folder_of(place)} is not an existing folder")
    with access(settings, place, limit) as way:
        yield run_source(way, Lookup(warn=lambda problem: logger.warning("locust-push: %s", problem)))
