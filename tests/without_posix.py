"""Hides from the package what Windows lacks: ``python -m pytest -p tests.without_posix tests/unit/…``.

Only ``locust_push`` is affected: on Linux other libraries need these modules and functions.
"""

import builtins
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

MODULES = frozenset({"fcntl", "grp", "pwd", "resource", "termios", "tty"})
"""Modules of the standard library that only POSIX systems have."""

ATTRIBUTES = {
    "os": frozenset({
        *("O_CLOEXEC", "fork", "forkpty", "getpgid", "getuid", "geteuid", "killpg", "mkfifo", "nice", "posix_spawn"),
        *("register_at_fork", "sched_getaffinity", "sched_setaffinity", "setsid", "statvfs", "uname", "waitid"),
    }),
    "signal": frozenset({"SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "alarm", "pthread_kill", "setitimer"}),
}  # fmt: skip
"""Module -> attributes that only POSIX systems have."""


class _Lacking(ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._whole = importlib.import_module(name)

    def __getattr__(self, name: str) -> Any:
        if name in ATTRIBUTES[self.__name__]:
            raise AttributeError(f"{name} is hidden")
        return getattr(self._whole, name)


_import = builtins.__import__
_lacking = {name: _Lacking(name) for name in ATTRIBUTES}


def _without(name: str, globals: Mapping[str, Any] | None = None, *rest: Any, **more: Any) -> Any:  # noqa: A002
    ours = globals is not None and str(globals.get("__name__")).startswith("locust_push.")
    if ours and name in MODULES:
        raise ImportError(f"{name} is hidden")
    return _lacking[name] if ours and name in _lacking else _import(name, globals, *rest, **more)


builtins.__import__ = _without
