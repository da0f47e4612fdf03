"""Stand-ins for what is read of Locust: a runner, its workers, its options."""

from types import SimpleNamespace


class Worker:
    """A worker, as a master sees it."""

    def __init__(self, state: str, *, warned: bool = False) -> None:
        self.state = state
        self.cpu_warning_emitted = warned


class Runner:
    """A runner that makes requests, and a master as well."""

    def __init__(self) -> None:
        self.user_classes_count: dict[str, int] = {}
        self.reported_user_classes_count: dict[str, int] = {}
        self.user_count = 0
        self.final_user_classes_count: dict[str, int] = {}
        self.cpu_warning_emitted = False
        self.clients: dict[str, Worker] = {}
        self.errors: dict[str, object] = {}
        self.exceptions: dict[int, object] = {}


class Environment:
    """What is read of Locust's environment."""

    def __init__(self) -> None:
        self.runner = Runner()
        self.process_exit_code: int | None = None
        self.parsed_options = SimpleNamespace(exit_code_on_error=1)
