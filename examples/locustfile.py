"""The smallest locustfile with locust-push: one import, and `--push-url` on the command line.

locust -f examples/locustfile.py --headless --users 10 --run-time 1m --host https://your.test.host --push-url file:runs
"""

from locust import FastHttpUser, between, task

import locust_push  # noqa: F401  # adds the options to Locust; `locust-push run` does the same without this line


class Visitor(FastHttpUser):
    wait_time = between(1, 2)

    @task
    def open_home_page(self) -> None:
        self.client.get("/")
