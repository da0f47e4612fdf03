"""Reads facts about the process and the run from Locust's environment, and sends the master's messages."""

import argparse
import copy
import io
import os
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, suppress
from pathlib import Path
from typing import Any

import locust
from locust import log as locust_log
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from locust_push.core.series import Labels
from locust_push.identity.ci import detect_ci
from locust_push.identity.git import detect_git, run_command
from locust_push.identity.run_info import Parameters, run_info_labels
from locust_push.live.run_description import Role
from locust_push.plugin.messages import ACKNOWLEDGE

LONGEST_CONNECT = 5.0
"""Seconds that forked workers have to connect to a master that is about to stop them."""


def own_options(environment: Environment, *, overwritten: bool) -> argparse.Namespace | None:
    """The options of this process itself: the master's overwrite them with its first spawn message.

    Values that only this machine has must be kept: if that message came first, the command line is read again.
    """
    own = _command_line() if overwritten else None
    return copy.copy(environment.parsed_options) if own is None else own


def _command_line() -> argparse.Namespace | None:
    """Return the options on the command line; None if it is that of a program that uses Locust as a library."""
    with redirect_stderr(io.StringIO()), suppress(SystemExit):
        own, foreign = get_parser().parse_known_args()
        return None if foreign else own
    return None


def send_workers_home(environment: Environment) -> None:
    """End the workers of ``--processes`` before the run.

    They are forked by now, and Locust's own clean-up at exit misses running ones: they would try to reach their master
    for minutes. Locust sends a quit message to connected workers, so they get a few seconds to connect.
    """
    expected = getattr(environment.parsed_options, "processes", None)
    if not expected or not isinstance(environment.runner, MasterRunner):
        return
    deadline = time.monotonic() + LONGEST_CONNECT
    while len(environment.runner.clients) < expected and time.monotonic() < deadline:
        time.sleep(0.05)
    environment.runner.quit()


def present_workers(environment: Environment) -> set[str]:
    """Client IDs of the workers that are connected."""
    return {client_id for client_id, client in _workers(environment).items() if client.state != STATE_MISSING}


def missing_workers(environment: Environment) -> set[str]:
    """Client IDs of the workers that have sent no heartbeat for some seconds."""
    return {client_id for client_id, client in _workers(environment).items() if client.state == STATE_MISSING}


def _workers(environment: Environment) -> Mapping[str, Any]:
    return environment.runner.clients if isinstance(environment.runner, MasterRunner) else {}


def acknowledge(environment: Environment, client_id: str, answer: Mapping[str, Any]) -> None:
    """Answer a worker's report. A lost answer is harmless, since the report is sent again."""
    if environment.runner is not None:
        environment.runner.send_message(ACKNOWLEDGE, dict(answer), client_id)


def unhandled_exception() -> bool:
    """Whether Locust has seen an unhandled exception, in one of its greenlets or a listener."""
    return bool(locust_log.unhandled_greenlet_exception)


def ends_with_run(environment: Environment) -> bool:
    """Whether the process ends with its run; with a web UI it continues, and with Locust as a library it is unknown."""
    options = environment.parsed_options
    if getattr(options, "headless", False):
        return True
    return bool(getattr(options, "autostart", False)) and getattr(options, "autoquit", -1) != -1


def end_run(environment: Environment) -> None:
    """End the current run, as Locust does when its run time is over: with a web UI the process continues."""
    if environment.runner is not None:
        (environment.runner.quit if environment.web_ui is None else environment.runner.stop)()


def role_of(environment: Environment) -> Role:
    """Return the role of this process; a custom runner counts as local."""
    if isinstance(environment.runner, MasterRunner):
        return Role.MASTER
    return Role.WORKER if isinstance(environment.runner, WorkerRunner) else Role.LOCAL


def describe(environment: Environment) -> Labels:
    """The labels of ``locust_run_info``: facts about the run from Locust, git and the CI system."""
    return run_info_labels(
        parameters_of(environment),
        locust_version=locust.__version__,
        ci=detect_ci(os.environ),
        git=detect_git(Path.cwd(), run_command),
    )


def parameters_of(environment: Environment) -> Parameters:
    """Return the parameters of the run."""
    options, runner, shape = environment.parsed_options, environment.runner, environment.shape_class
    return Parameters(
        locustfile=environment.locustfile,
        host=environment.host or next((user.host for user in environment.user_classes if user.host), None),
        users=runner.target_user_count if runner else None,
        spawn_rate=getattr(options, "spawn_rate", None),
        run_time=getattr(options, "run_time", None),
        profile=getattr(options, "profile", None),
        user_classes=[user.__name__ for user in environment.user_classes],
        shape_class=type(shape).__name__ if shape else None,
        tags=getattr(options, "tags", None) or (),
        exclude_tags=getattr(options, "exclude_tags", None) or (),
    )
