"""Imports Locust without gevent's patches, which would block pytest-xdist; makes Hypothesis deterministic."""

import os

from hypothesis import HealthCheck, settings

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "yes"
import locust.argument_parser

# Not for the Locust processes that other tests start.
del os.environ["LOCUST_SKIP_MONKEY_PATCH"]
assert locust.argument_parser

if os.name == "nt":
    # They need file locks, limits of processes, or a POSIX shell.
    collect_ignore = [
        *("core/test_system.py", "demo/test_load.py", "logs/test_logs.py", "test_ci_parts.py", "test_release_check.py"),
        *(
            f"delivery/test_{name}.py"
            for name in ("backlog", "disk_worker", "files", "segment_file", "sender_spool", "spool")
        ),
    ]

# The same examples in every run and no clock: a busy machine is no reason to fail.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
