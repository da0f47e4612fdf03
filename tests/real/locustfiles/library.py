"""Locust as a library, with separate events: ``library.py <target> <push URL> <run ID>``."""

import sys

import locust_push  # before Locust on purpose

# isort: split
import gevent
import locust
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events

locust_push.register()  # the options come by Locust's global events
EVENTS = Events()
locust_push.register(EVENTS)
locust_push.register(EVENTS)  # once more does nothing

from tests.real.locustfiles.without_plugin import Visitor  # noqa: E402  # Locust first

target, push_url, run_id = sys.argv[1:]
options = get_parser().parse_args(["--push-url", push_url, "--push-run-id", run_id, "--push-interval", "500ms"])
environment = Environment(user_classes=[Visitor], events=EVENTS, host=target, parsed_options=options, stop_timeout=5)
runner = environment.create_local_runner()
EVENTS.init.fire(environment=environment, runner=runner, web_ui=None)
runner.start(2, spawn_rate=2)
gevent.sleep(2)
runner.quit()
EVENTS.quit.fire(exit_code=0)
print(f"Locust {locust.__version__} is done")  # noqa: T201  # what a test reads
