"""A run's recorder as a listener to Locust's events: from the start of the run until its last snapshot."""

from typing import TYPE_CHECKING

from locust.env import Environment

if TYPE_CHECKING:
    from locust_push.live.run import ActiveRun


def listen(environment: Environment, run: "ActiveRun") -> None:
    """Record every request from now on."""
    if run.recorder is not None:
        environment.events.request.add_listener(run.recorder.on_request)
        environment.events.user_error.add_listener(run.recorder.on_user_error)


def finish(environment: Environment, run: "ActiveRun") -> None:
    """Take the last snapshot of a run, begin its flush, and listen no more."""
    run.finish()
    if run.recorder is not None:
        environment.events.request.remove_listener(run.recorder.on_request)
        environment.events.user_error.remove_listener(run.recorder.on_user_error)


def finish_if_complete(environment: Environment, run: "ActiveRun") -> None:
    """Finish a run of which nothing more is to come."""
    if run.complete:
        finish(environment, run)
