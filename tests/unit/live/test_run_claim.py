"""The ID of a run, and the warning about an ID in use."""

import json
from pathlib import Path
from urllib.parse import SplitResult

import pytest

from locust_push.delivery.answer import HttpAnswer
from locust_push.identity.run_ids import RunIds
from locust_push.live.run_claim import ask_whether_used, claim_run_id
from locust_push.live.run_description import RunDescription
from locust_push.options.settings import Settings
from locust_push.outputs.destination import Access, Lookup
from locust_push.outputs.registry import target
from locust_push.outputs.remote_write.destination import RemoteWriteDestination
from locust_push.results.sources.prometheus import PrometheusRuns
from locust_push.results.sources.query_api import QueryApi
from tests.registering import registered

START = 1_800_000_000.0


def claim(folder: Path, asked: str | None, **environ: str) -> str:
    """Return the ID of a run of a new process that pushes to an archive in a folder."""
    targets = [target("--push-url", f"file:{folder}")]
    return claim_run_id(RunIds(), asked, targets, environ=environ, generate=lambda: "generated")


def test_a_run_of_another_process_keeps_its_folder(tmp_path: Path) -> None:
    """An ID that is given twice, or generated twice, gives two runs of the archive."""
    assert [claim(tmp_path, "R") for _ in range(3)] == ["R", "R-2", "R-3"]
    assert [claim(tmp_path, None) for _ in range(2)] == ["generated", "generated-2"]


def test_an_attempt_of_a_ci_job_is_numbered_once(tmp_path: Path) -> None:
    """The attempt is added to a given ID; a generated one already has it."""
    second = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ATTEMPT": "2"}
    assert claim(tmp_path, "R", **second) == "R-attempt2"
    assert claim(tmp_path, None, **second) == "generated"


class Shelf(RemoteWriteDestination):
    """A destination that has runs with an ID, or cannot be queried."""

    protocols = ("shelf", "shelf-1", "shelf-2")
    schemes = frozenset({"shelf"})

    def __init__(self, *starts: float, readable: bool = True) -> None:
        self.asked = 0
        self._starts = starts
        self._readable = readable

    def recognizes(self, parts: SplitResult) -> bool:
        """Recognize its scheme."""
        return parts.scheme == "shelf"

    def runs(self, access: Access, lookup: Lookup) -> PrometheusRuns:  # noqa: ARG002 - the interface's
        """Return a store."""
        self.asked += 1
        return PrometheusRuns(QueryApi(self, access.target.url), lambda: START)

    def exchange(self, *_: object, **__: object) -> HttpAnswer:
        """Answer a query."""
        result = [{"metric": {}, "value": [START, str(start)]} for start in self._starts]
        body = json.dumps({"data": {"result": result}}).encode()
        return HttpAnswer(200 if self._readable else 403, {}, "", body, complete=True)


@pytest.mark.parametrize(
    ("shelf", "run_id", "used"),
    [
        (Shelf(), "R", False),
        (Shelf(START), "R", False),
        (Shelf(START, START - 3600), "R", True),
        (Shelf(START - 3600), "R", True),
        (Shelf(START - 3600, readable=False), "R", False),
        (Shelf(START - 3600), None, False),
    ],
    ids=["unknown", "its own", "both", "of another", "unreadable", "generated"],
)
def test_an_id_in_use_is_warned_of(
    shelf: Shelf, run_id: str | None, used: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A store with a run of another start under the ID is named; an unreadable one is not mentioned."""
    with registered(shelf):
        settings = Settings(targets=(target("--push-url", "shelf://here/x"),), instance="here", run_id=run_id)
        steps = list(ask_whether_used(settings, RunDescription("R", (), START)))
    assert len(steps) == shelf.asked == (run_id is not None)
    assert ["run ID R is already in use" in line for line in caplog.messages] == [True] * used
