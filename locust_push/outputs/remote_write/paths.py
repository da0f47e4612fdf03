"""The paths of remote-write receivers, which identify their URLs, and of the query APIs of the same servers. Pure.

Sources: the documentation of Prometheus and VictoriaMetrics, Mimir, Grafana Cloud, Amazon Managed Service for
Prometheus, and Thanos Receive.
"""

from collections.abc import Mapping

PROMETHEUS_PATH = "/api/v1/write"
"""The path of Prometheus, and of most compatible servers."""

_QUERY_PATHS: Mapping[str, str | None] = {
    PROMETHEUS_PATH: "",
    "/api/v1/push": "/prometheus",
    "/api/prom/push": "/api/prom",
    "/api/v1/remote_write": "",
    "/api/v1/receive": None,
    "/write": None,
    "/push": None,
    "/receive": None,
    "/remote_write": None,
}
"""End of a receiver's path -> what replaces it in front of the query API, for Prometheus, Mimir, Grafana Cloud and
Amazon; Thanos is queried at another component. Shorter ends are those of proxies and other servers."""

_INSERT = "/insert/"
"""Part of the paths of vminsert, the component of a VictoriaMetrics cluster that receives; queries go to another
one."""

_ENDS = ("/write", "/push", "/receive", "/remote_write")
"""All ends of paths."""


def is_receiver(path: str) -> bool:
    """Whether a path is that of a remote-write receiver, with or without a slash at its end."""
    return path.rstrip("/").endswith(_ENDS)


def query_url(push_url: str) -> str | None:
    """Return where data that is pushed to ``push_url`` can be queried; None if the URL does not show it."""
    url = push_url.partition("?")[0].rstrip("/")
    end = _end(url)
    base = _QUERY_PATHS.get(end)
    return None if base is None or _INSERT in url else url.removesuffix(end) + base


def base_url(push_url: str) -> str:
    """Return a receiver's URL without its query and the end of its path: the base of other APIs of the server."""
    url = push_url.partition("?")[0].rstrip("/")
    return url.removesuffix(_end(url))


def _end(url: str) -> str:
    return next((end for end in _QUERY_PATHS if url.endswith(end)), "")
