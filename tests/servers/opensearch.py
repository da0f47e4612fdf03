"""OpenSearch, which has the interface of Elasticsearch: a node embedded in a small program."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.servers import web
from tests.servers.base import Server
from tests.servers.locate import ServerMissingError, cache_folder, find_executable


class OpenSearch(Server):
    """One node without security, replicas and most plugins."""

    name = "opensearch"
    program = "java"
    ready_path = "/_cluster/health?wait_for_status=green&timeout=1s"
    start_seconds = 120.0

    def command(self) -> list[str]:
        """Return the command line."""
        jars = f"{self._jars}{os.sep}*"
        program = str(Path(__file__).with_name("Search.java"))
        # It is to start fast, and lives for seconds.
        machine = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
        return [str(self.executable()), *machine, "-cp", jars, program, str(self.folder), str(self.port)]

    def executable(self) -> Path:
        """Return Java; the jars must be there, too."""
        if not self._jars.is_dir():
            message = "opensearch is not there: run scripts/servers java maven opensearch"
            raise ServerMissingError(message)
        return find_executable("java", "java")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the answer to a request with a JSON body, which must be a success."""
        return self._call(method, path, json.dumps(body) if body is not None else "")

    def bulk(self, actions: Sequence[tuple[Mapping[str, object], Mapping[str, object]]]) -> Any:
        """Return the answer to several actions with a document each, all of them visible from then on."""
        lines = [json.dumps(part) for action in actions for part in action]
        return self._call("POST", "/_bulk?refresh=true", "\n".join(lines) + "\n")

    @property
    def _jars(self) -> Path:
        return cache_folder() / self.name / "lib"

    def _call(self, method: str, path: str, body: str) -> Any:
        answer = web.request(
            method, self.url + path, body.encode(), headers={"Content-Type": "application/json"}, timeout=60
        )
        assert answer.status // 100 == 2, answer.text
        return json.loads(answer.text)
