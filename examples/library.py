"""Locust as a library: load tests that a program of your own runs, each with an Environment of its own.

Their results go to where LOCUST_PUSH_URL says: LOCUST_PUSH_URL=file:runs python library.py http://localhost:8000
"""

import sys
from typing import Any

import gevent
from locust import FastHttpUser, constant_throughput, task
from locust.argument_parser import get_parser
from locust.env import Environment

import locust_push

# Adds the options to Locust's parser, so before it is asked.
locust_push.register()


class Visitor(FastHttpUser):
    """Reads the front page ten times a second."""

    wait_time = constant_throughput(10)

    @task
    def read(self) -> None:
        """Read it."""
        self.client.get("/")


def load_test(host: str, *, users: int, seconds: float, run_id: str) -> int:
    """Run a load test; return the exit code, in which gates and --push-required have a say."""
    # Options that are not given come from the environment and from locust.conf, as for the locust command.
    options = get_parser().parse_args(["--push-run-id", run_id])
    environment = Environment(user_classes=[Visitor], host=host, parsed_options=options, stop_timeout=5)
    events: Any = environment.events
    locust_push.register(events)
    runner = environment.create_local_runner()
    events.init.fire(environment=environment, runner=runner, web_ui=None)  # checks the options
    runner.start(users, spawn_rate=users)
    gevent.sleep(seconds)
    runner.quit()
    events.quitting.fire(environment=environment, reverse=True)  # decides the exit code
    return environment.process_exit_code or 0


if __name__ == "__main__":
    codes = [load_test(sys.argv[1], users=users, seconds=3, run_id=f"users-{users}") for users in (2, 8)]
    # What is still on its way is delivered before the process ends.
    sys.exit(max(codes))
