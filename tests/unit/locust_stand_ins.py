"""Stand-ins for what is read of Locust: a runner, its workers, its statistics."""


class Entry:
    """A row of Locust's statistics, or their total."""

    current_rps = 0.0
    current_fail_per_sec = 0.0
    current_response_time: float | None = None

    def __init__(self, method: str, name: str, requests: int, failures: int = 0) -> None:
        self.method = method
        self.name = name
        self.num_requests = requests
        self.num_failures = failures
        self.total_rps = requests / 10

    def get_response_time_percentile(self, share: float) -> float:
        """Milliseconds: a thousand times the share."""
        return 1000 * share

    def get_current_response_time_percentile(self, share: float) -> float | None:
        """Milliseconds, the same for every share."""
        del share
        return self.current_response_time


class Stats:
    """Locust's statistics."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = {(entry.name, entry.method): entry for entry in entries}
        self.total = Entry("", "Aggregated", sum(entry.num_requests for entry in entries))


class Worker:
    """A worker, as a master sees it."""

    def __init__(self, state: str) -> None:
        self.state = state


class Runner:
    """A runner that makes requests, and a master as well."""

    def __init__(self) -> None:
        self.user_classes_count: dict[str, int] = {}
        self.reported_user_classes_count: dict[str, int] = {}
        self.user_count = 0
        self.current_cpu_usage = 12.5
        self.current_memory_usage = 1 << 20
        self.clients: dict[str, Worker] = {}


class Environment:
    """What is read of Locust's environment."""

    def __init__(self, *entries: Entry) -> None:
        self.runner = Runner()
        self.stats = Stats(*entries)
