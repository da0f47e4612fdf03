"""Fires events with methods and names that locust-push reserves; no service is needed."""

from locust import User, task

import locust_push  # noqa: F401  # switches it on

EVENTS = (("GET", "/", 50.0, 80), ("", "Aggregated", 5.0, 20), ("GET", "__overflow__", 5.0, 5), ("", "", 5.0, 5))
"""Method, name, milliseconds, and how many."""


class Namesake(User):
    """Fires all events once."""

    @task
    def fire(self) -> None:
        """Fire the events, and end the run."""
        for method, name, milliseconds, count in EVENTS:
            for _ in range(count):
                self.environment.events.request.fire(
                    request_type=method, name=name, response_time=milliseconds, response_length=1
                )
        assert self.environment.runner
        self.environment.runner.quit()
