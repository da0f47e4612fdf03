"""The steady load, in a shape of three steps."""

from locust import LoadTestShape

from tests.real.locustfiles.steady import Visitor

__all__ = ["Steps", "Visitor"]


class Steps(LoadTestShape):
    """Users at each second; the run ends after the last one."""

    steps = (1, 3, 2)

    def tick(self) -> tuple[int, float] | None:
        """Return users and spawn rate."""
        second = int(self.get_run_time())
        return (self.steps[second], 10.0) if second < len(self.steps) else None
