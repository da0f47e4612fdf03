"""Serves the series of the run on Locust's web port, for scrapes of long-lived masters and local runners.

Nothing is done before a scrape. The answer is what a push would contain at that moment, and after a run what its last
push contained, until the next run begins: a scrape every 15 seconds would otherwise miss the end.
"""

from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol

from flask import request
from locust.web import WebUI
from prometheus_client.exposition import choose_encoder
from werkzeug.exceptions import HTTPException

from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.wire.exposition.openmetrics import OpenMetricsEncoder
from locust_push.wire.exposition.text import TextEncoder

PATHS = ("/metrics", "/export/prometheus")
"""The default path of Prometheus, and the usual one of exporters for Locust since 2018."""


class Scrapeable(Protocol):
    """The interface of a run for a scrape."""

    @property
    def labels(self) -> Labels:
        """Labels of every series."""
        ...

    def look(self) -> Generator[float, None, Snapshot]:
        """Return the current values, in steps between which other greenlets may run."""
        ...


def answer_scrapes(
    web_ui: WebUI, run: Callable[[], Scrapeable | None], pause: Callable[[], None]
) -> Callable[[], list[str]]:
    """Answer scrapes at :data:`PATHS` below the base path of the web UI, behind its login if it has one.

    The locustfile's own page at one of them takes precedence, whenever it is added. Returns a function that returns the
    paths of such pages.

    Args:
        web_ui: Not started yet.
        run: Returns the current run, or else the last one; None before the first.
        pause: Lets other greenlets run.
    """
    app: Any = web_ui.app

    @web_ui.auth_required_if_enabled  # type: ignore[untyped-decorator]  # Locust's has no annotations
    def scrape() -> tuple[bytes, dict[str, str]]:
        return scrape_response(run(), request.headers.get("Accept", ""), pause)

    base = app.blueprints["locust"].url_prefix or ""
    paths = [base + path for path in PATHS]

    @app.before_request  # type: ignore[untyped-decorator]  # of Flask, by an object of Locust's
    def answer() -> Any:
        ours = request.url_rule is None and request.path in paths and request.method in {"GET", "HEAD"}
        return scrape() if ours else None

    return lambda: [path for path in paths if _is_taken(app, path)]


def _is_taken(app: Any, path: str) -> bool:
    try:
        app.url_map.bind("localhost").match(path)
    except HTTPException:
        return False
    return True


def scrape_response(run: Scrapeable | None, accept: str, pause: Callable[[], None]) -> tuple[bytes, dict[str, str]]:
    """Return body and headers for a scrape with that ``Accept`` header; all values are of one moment."""
    encoder = _encoder(accept, run.labels if run else ())
    parts = [] if run is None else _parts(encoder, _finish(run.look(), pause), pause)
    return b"".join(parts), {"Content-Type": encoder.content_type}


def _encoder(accept: str, labels: Labels) -> TextEncoder:
    # The same content type as prometheus_client's; its own encoder takes twenty times as long for many series.
    _, content_type = choose_encoder(accept)
    return (OpenMetricsEncoder if content_type.startswith("application/openmetrics-text") else TextEncoder)(labels)


def _finish(steps: Generator[float, None, Snapshot], pause: Callable[[], None]) -> Snapshot:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            snapshot: Snapshot = stop.value
            return snapshot
        pause()


def _parts(encoder: TextEncoder, snapshot: Snapshot, pause: Callable[[], None]) -> Iterator[bytes]:
    for part in encoder.encode(snapshot):
        yield part
        pause()
