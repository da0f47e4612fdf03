"""Stand-ins for the parts of Locust that are read: runner, workers, options."""

from types import SimpleNamespace


class Worker:
    """A worker, as the master's runner lists it."""

    def __init__(self, state: str, *, warned: bool = False) -> None:
        self.state = state
        self.cpu_warning_emitted = warned


class Runner:
    """A runner with users, and a master."""

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
    """The parts of Locust's environment that are read."""

    def __init__(self) -> None:
        self.runner = Runner()
        self.process_exit_code: int | None = None
        self.parsed_options = SimpleNamespace(exit_code_on_error=1)
