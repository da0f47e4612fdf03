"""Real servers for tests, on free loopback ports; `scripts/servers` fetches them.

In a test take a fixture of tests/servers/fixtures.py, or the classes by themselves:

    with Prometheus(tmp_path, version=3) as prometheus:
        prometheus.value("sum(locust_requests_total)")
"""

from __future__ import annotations

from tests.servers.alertmanager import Alertmanager
from tests.servers.base import Server, ServerError
from tests.servers.locate import ServerMissingError, find_executable
from tests.servers.nginx import Nginx
from tests.servers.node_exporter import NodeExporter
from tests.servers.poll import eventually
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.query import Points, QueryableServer, Sample
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics

__all__ = [
    "Alertmanager",
    "Nginx",
    "NodeExporter",
    "Points",
    "Prometheus",
    "Pushgateway",
    "QueryableServer",
    "Sample",
    "Server",
    "ServerError",
    "ServerMissingError",
    "Target",
    "VictoriaMetrics",
    "eventually",
    "find_executable",
    "free_port",
]
