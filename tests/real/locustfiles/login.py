"""A web UI with a login that always fails: the smallest user loader for Flask's login."""

from locust import User, constant_throughput, events, task

import locust_push  # noqa: F401  # switches it on


class Visitor(User):
    """Does nothing."""

    wait_time = constant_throughput(10)

    @task
    def nothing(self) -> None:
        """Nothing."""


@events.init.add_listener  # type: ignore[untyped-decorator]  # Locust's events carry no annotations
def protect(environment: object, **_: object) -> None:
    """Return no user."""
    web_ui = getattr(environment, "web_ui")  # noqa: B009  # of Locust, without annotations
    web_ui.app.secret_key = "secret"  # noqa: S105  # of a test
    web_ui.login_manager.user_loader(lambda _: None)
