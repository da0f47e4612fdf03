"""The example of docs/testing.md works."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.real.locust_process import ROOT

LOCUSTFILE = """
from locust import User, constant, task

class Visitor(User):
    wait_time = constant(0.05)

    @task
    def work(self):
        self.environment.events.request.fire(
            request_type="GET", name="/", response_time=1, response_length=1, exception=None, context={}
        )
"""


def test_the_example_works(tmp_path: Path) -> None:
    """Run unchanged in a folder with a locustfile, its assertions hold."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "testing.md").read_text(), re.DOTALL)
    assert found is not None
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", found[1]]
    done = subprocess.run(command, cwd=tmp_path, env=environ, check=False, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
