"""The nginx web server, for benchmarks: it answers faster than any load generator can send requests."""

from __future__ import annotations

from tests.servers.base import Server

# One process without a master: killing a master would leave its workers behind. Every path that Debian compiled in and
# only root may write to is moved here.
_CONFIGURATION = """\
daemon off;
master_process off;
pid nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {address} backlog=4096;
        default_type text/plain;
        location / {{ return 200 "ok\\n"; }}
    }}
}}
"""


class Nginx(Server):
    """An nginx that answers every path with `ok`."""

    name = "nginx"
    program = "nginx"
    ready_path = "/"

    def prepare(self) -> None:
        """Write the configuration."""
        (self.folder / "nginx.conf").write_text(_CONFIGURATION.format(address=self.address))

    def command(self) -> list[str]:
        """Return the command line."""
        return [str(self.executable()), "-e", "stderr", "-p", str(self.folder), "-c", "nginx.conf"]
