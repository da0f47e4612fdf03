"""The IDs of the runs of one environment: what the user asks for, and what each run gets."""

import logging
import os

from locust.env import Environment

from locust_push.identity.run_ids import RunIds
from locust_push.live.run_description import Role
from locust_push.options.resolve import label_values
from locust_push.options.settings import Settings
from locust_push.plugin.environment import role_of
from locust_push.plugin.process import new_run_id

logger = logging.getLogger(__name__)


class RunNaming:
    """Chooses the ID of each run as it starts."""

    def __init__(self, environment: Environment, run_ids: RunIds) -> None:
        """Choose IDs that none of ``run_ids``, those of the process, equals."""
        self._environment = environment
        self._run_ids = run_ids
        self._asked: str | None = None
        self._chosen: str | None = None

    def choose(self, settings: Settings) -> str:
        """Return the ID of the run that starts. A master decides it, and Locust sends its options to every worker."""
        if role_of(self._environment) is Role.WORKER:
            if settings.run_id is None:
                logger.warning("locust-push: the master sent no run ID: import locust_push in its locustfile")
            return settings.run_id or new_run_id()
        if settings.run_id != self._chosen:
            # Not what was written here last time, so the user's own: from the command line or the web form.
            self._asked = settings.run_id
        from locust_push.live.run_claim import claim_run_id  # noqa: PLC0415 - with requests, only for a run that pushes

        self._chosen = claim_run_id(
            self._run_ids, self._asked, settings.targets, environ=os.environ, generate=new_run_id
        )
        sent = {"push_run_id": self._chosen, "push_label": label_values(settings.labels) or None}
        vars(self._environment.parsed_options).update(sent)
        return self._chosen
