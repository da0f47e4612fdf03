"""Locust as a library: several Environments in one process. ``environments.py <how> <push URL> <target>…``.

``how`` is ``together``, ``in turn``, or ``without options``.
"""

import sys

import gevent
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.runners import Runner

import locust_push
from tests.real.locustfiles.without_plugin import Visitor

how, push_url, *targets = sys.argv[1:]
OPTIONS = ["--push-url", push_url, "--push-interval", "500ms", "--push-required"]


def start(number: int, target: str) -> Runner:
    """Start a run of a separate environment."""
    options = None
    if how != "without options":
        options = get_parser(default_config_files=[]).parse_args([*OPTIONS, "--push-run-id", f"run-{number}"])
    environment = Environment(
        user_classes=[type(f"Visitor{number}", (Visitor,), {})], host=target, parsed_options=options, stop_timeout=5
    )
    locust_push.register(environment.events)
    runner = environment.create_local_runner()
    runner.start(2, spawn_rate=2)
    return runner


locust_push.register()
if how == "in turn":
    for number, target in enumerate(targets):
        runner = start(number, target)
        gevent.sleep(2)
        runner.quit()
else:
    runners = [start(number, target) for number, target in enumerate(targets)]
    for runner in runners:
        gevent.sleep(1.5)
        runner.quit()
