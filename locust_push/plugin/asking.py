"""The configuration of one Locust environment: its options, including those of the web form, and the run ID."""

import argparse
import logging
import os
import socket
from typing import Any

from locust.env import Environment

from locust_push.config.errors import ConfigurationError
from locust_push.live.run_description import Role
from locust_push.options.resolve import label_values, settings_from_options, web_metrics
from locust_push.options.settings import Settings
from locust_push.options.web_form import checked_values, correct
from locust_push.plugin.environment import role_of
from locust_push.plugin.process import Process, new_run_id

logger = logging.getLogger(__name__)

_URL_VARIABLE = "LOCUST_PUSH_URL"


class Asking:
    """The options of one environment.

    Attributes:
        own: A worker's own options, before those of its master; None elsewhere.
    """

    def __init__(self, environment: Environment, process: Process) -> None:
        self.own: argparse.Namespace | None = None
        self._environment = environment
        self._process = process
        self._checked: dict[str, Any] = {}
        self._mistakes: list[str] = []
        self._mistaken = False
        self._run_id: str | None = None
        self._resolved_run_id: str | None = None

    @property
    def is_scraped(self) -> bool:
        """Whether there is a web UI that can be scraped."""
        options = self._environment.parsed_options
        return self._environment.web_ui is not None and options is not None and web_metrics(options)

    @property
    def pushes(self) -> bool:
        """Whether there is somewhere to push to."""
        return bool(getattr(self._environment.parsed_options, "push_url", None))

    @property
    def required(self) -> bool:
        """Whether ``--push-required`` is set."""
        return bool(getattr(self._environment.parsed_options, "push_required", False))

    @property
    def has_gate(self) -> bool:
        """Whether a gate is set."""
        return bool(getattr(self._environment.parsed_options, "push_gate", None))

    def settings(self) -> Settings | None:
        """Return the settings from the current options; None if nothing is pushed or scraped.

        Raises:
            ConfigurationError: An option cannot be used.
        """
        options = self._environment.parsed_options
        if options is None or not hasattr(options, "push_url"):
            self._warn_of_ignored_url()
            return None
        return settings_from_options(
            options,
            environ=os.environ,
            hostname=socket.gethostname(),
            pid=os.getpid(),
            own=self.own,
            scraped=self.is_scraped,
        )

    def settings_now(self) -> Settings | None:
        """Return the settings as the options are now; None where they cannot be used, or nothing is pushed."""
        try:
            return self.settings()
        except ConfigurationError:
            return None

    def checked(self) -> None:
        """Note the values of the options, which have been checked, before the web form is used."""
        self._checked = checked_values(self._environment.parsed_options)

    def settings_of_run(self) -> Settings | None:
        """Return the settings of a run that starts now. Invalid values of the web form are left out and logged.

        Raises:
            ConfigurationError: An option that is not from the form cannot be used.
        """
        while True:
            try:
                return self.settings()
            except ConfigurationError as error:
                if not self._correct(error):
                    raise
                logger.error("locust-push: left out of the web form: %s", error)  # noqa: TRY400  # one line
                self._mistakes.append(str(error))
                self._mistaken = True

    def _correct(self, error: ConfigurationError) -> bool:
        options = self._environment.parsed_options
        if options is None or role_of(self._environment) is Role.WORKER:
            return False
        return correct(options, error, self._checked)

    def form_mistakes(self) -> list[str]:
        """Return the errors in the submitted web form; the invalid values are left out from now on."""
        try:
            self.settings_of_run()
        except ConfigurationError:
            logger.debug("locust-push: this was logged at the start of the run", exc_info=True)
        mistakes, self._mistakes = self._mistakes, []
        return mistakes

    def take_mistaken(self) -> bool:
        """Return whether the web form of the run that starts now had an invalid value."""
        mistaken, self._mistaken = self._mistaken, False
        return mistaken

    def run_id(self, settings: Settings) -> str:
        """Return the ID of the run that starts now. The master chooses it, and Locust sends it to every worker."""
        if role_of(self._environment) is Role.WORKER:
            if settings.run_id is None:
                logger.warning("locust-push: the master sent no run ID: import locust_push in its locustfile")
            return settings.run_id or new_run_id()
        if settings.run_id != self._resolved_run_id:
            # Different from what was written here last time, so it was set by the user, on the command line or in the
            # web form.
            self._run_id = settings.run_id
        from locust_push.live.run_claim import claim_run_id  # noqa: PLC0415 - with requests, only for a run that pushes

        self._resolved_run_id = claim_run_id(
            self._process.run_ids, self._run_id, settings.targets, environ=os.environ, generate=new_run_id
        )
        sent = {"push_run_id": self._resolved_run_id, "push_label": label_values(settings.labels) or None}
        vars(self._environment.parsed_options).update(sent)
        return self._resolved_run_id

    def _warn_of_ignored_url(self) -> None:
        """Warn that options are missing, if Locust is used as a library: nothing else explains the missing push."""
        if os.environ.get(_URL_VARIABLE) and not self._process.warned_of_url:
            self._process.warned_of_url = True
            logger.warning(
                "locust-push: %s is ignored, since the Environment has no options of locust-push: call "
                "locust_push.register(), then create it with parsed_options=get_parser().parse_args([])",
                _URL_VARIABLE,
            )
