"""Connects Locust's and the user's loggers to the file."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from locust_push.config.errors import ConfigurationError
from locust_push.core.series import Labels
from locust_push.logs.file import WholeLineHandler

if TYPE_CHECKING:
    from locust_push.logs.ecs import EcsFormatter

OPTION = "--push-log-file"

LOGGERS = ("", "locust")
"""The root logger, which the user's own loggers propagate to, and Locust's, which does not propagate."""


class LogFile:
    """The structured log of this process."""

    def __init__(self, handler: WholeLineHandler, formatter: "EcsFormatter") -> None:
        self._formatter = formatter
        handler.setFormatter(formatter)
        for name in LOGGERS:
            logging.getLogger(name).addHandler(handler)
        self.path = handler.path

    def set_run(self, run_id: str, labels: Labels) -> None:
        """Add this run's ID and labels to all later lines."""
        self._formatter.set_run(run_id, labels)


def open_log_file(path: Path) -> LogFile:
    """Start the structured log; in the process that logs, so after any fork.

    Raises:
        ConfigurationError: The path cannot be written to, or ecs-logging is not installed.
    """
    try:
        from locust_push.logs.ecs import EcsFormatter  # noqa: PLC0415  # an extra; imported only if it is used
    except ImportError:
        remedy = "pip install 'locust-push[logs]'"
        raise ConfigurationError(OPTION, None, "needs ecs-logging, which is not installed", remedy) from None
    try:
        handler = WholeLineHandler(path)
    except OSError as error:
        problem = f"cannot be written to ({error.strerror})"
        raise ConfigurationError(OPTION, str(path), problem, "check the folder and its permissions") from None
    return LogFile(handler, EcsFormatter())
