"""Which ID a run gets, and whether another run has it already."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from locust_push.config.targets import Protocol, Target
from locust_push.core import metrics
from locust_push.core.clock import TimeLimit
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.run_file import claim_run_folder
from locust_push.identity.run_ids import RunIds, of_attempt
from locust_push.live.run_description import RunDescription
from locust_push.options.settings import Settings
from locust_push.results.sources.query_api import QueryApi, StoreError, query_url, quoted

logger = logging.getLogger(__name__)

_STARTS = f"last_over_time({metrics.RUN_START.name}{{run_id=%s}}[30d])"
"""Asks for the starts of all runs with an ID, as far back as runs are looked for by default."""

_SAME_START = 0.001
"""Seconds. The store may have this run's own start by now, as the float that it was."""


def claim_run_id(
    run_ids: RunIds,
    asked: str | None,
    targets: Sequence[Target],
    *,
    environ: Mapping[str, str],
    generate: Callable[[], str],
) -> str:
    """Return the ID of a run that starts now, which no run of this process and of its archives has.

    Args:
        run_ids: Those of this process.
        asked: As the user gave it, or None.
        targets: Where the run is pushed to.
        environ: Environment variables, for the attempt of a CI job.
        generate: Makes an ID that nobody has.
    """
    archives = [target.directory for target in targets if target.protocol is Protocol.ARCHIVE]
    run_id = of_attempt(asked, environ) if asked else generate()
    return run_ids.claim(run_id, lambda candidate: all(claim_run_folder(folder, candidate) for folder in archives))


def ask_whether_used(settings: Settings, description: RunDescription, time_limit: TimeLimit) -> Iterator[None]:
    """Ask each store that can be read whether another run has the ID of this one, and say so; in steps, one a store.

    For a greenlet of its own: each step waits for a store, ``--push-timeout`` at most. One that cannot be asked is
    passed over. An ID that was generated is in use nowhere.
    """
    for target in settings.targets if settings.run_id else ():
        if target.protocol.kind is Protocol.REMOTE_WRITE and (url := query_url(target.url)):
            _ask(settings, description, target, url, time_limit)
            yield


def _ask(  # one store of one run
    settings: Settings, description: RunDescription, target: Target, url: str, time_limit: TimeLimit
) -> None:
    run_id, transport = description.run_id, HttpTransport(settings.endpoint(target), time_limit, time.time)
    try:
        starts = QueryApi(transport, url).last(_STARTS % quoted(run_id), time.time())
    except StoreError as error:
        logger.debug("locust-push: whether run ID %s is in use is not known: %s", run_id, error)
        return
    finally:
        transport.close()
    if any(abs(start.value - description.start_time) > _SAME_START for start in starts):
        logger.warning(
            "locust-push: run ID %s is in use already at %s: both runs are one there, and their totals add up; give "
            "each run an ID of its own, or leave --push-run-id out to have one generated",
            run_id,
            target.url,
        )
