"""Chooses the ID of a run, and detects whether another run has it."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from locust_push.config.targets import Target
from locust_push.identity.run_ids import RunIds, of_attempt
from locust_push.live.outlets import access
from locust_push.live.run_description import RunDescription
from locust_push.options.settings import Settings
from locust_push.outputs.registry import destination_of

logger = logging.getLogger(__name__)


def claim_run_id(
    run_ids: RunIds,
    asked: str | None,
    targets: Sequence[Target],
    *,
    environ: Mapping[str, str],
    generate: Callable[[], str],
) -> str:
    """Return the ID of a run that starts now, which no other run of this process or in its archives has.

    Args:
        run_ids: The run IDs of this process.
        asked: The ID that the user gave, or None.
        targets: The destinations of the run.
        environ: Environment variables, for the attempt of a CI job.
        generate: Generates a unique ID.
    """

    def is_free(run_id: str) -> bool:
        return all(destination_of(target.protocol).claim(target, run_id) for target in targets)

    return run_ids.claim(of_attempt(asked, environ) if asked else generate(), is_free)


def ask_whether_used(settings: Settings, description: RunDescription) -> Iterator[None]:
    """Query each readable store for another run with the ID of this one, and log the result; one step per store.

    For a separate greenlet: each step waits for a store, at most ``--push-timeout``. Stores that cannot be queried are
        skipped. A generated ID is not checked.
    """
    for target in settings.targets if settings.run_id else ():
        if _is_used(settings, description, target):
            logger.warning(
                "locust-push: run ID %s is already in use at %s: both runs are merged there, and their totals add up; "
                "give each run an ID of its own, or omit --push-run-id to have one generated",
                description.run_id,
                target.url,
            )
        yield


def _is_used(settings: Settings, description: RunDescription, target: Target) -> bool:
    with access(settings, target) as way:
        return destination_of(target.protocol).has_other_run(way, description.run_id, description.start_time)
