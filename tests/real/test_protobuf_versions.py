"""The generated code under every major version of protobuf that the package declares, installed for real."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ROUND_TRIP = """
import google.protobuf
from locust_push.wire.generated.remote_write_v1_pb2 import Label, Sample, TimeSeries, WriteRequest

labels = [Label(name="__name__", value="é"), Label(name="le", value="+Inf")]
series = TimeSeries(labels=labels, samples=[Sample(value=1.5, timestamp=1_800_000_000_000)])
request = WriteRequest(timeseries=[series])
assert WriteRequest.FromString(request.SerializeToString()) == request
print(google.protobuf.__version__)
"""


def install(major: str, target: Path) -> None:
    """Install the newest protobuf of a major version into a folder, or skip; in CI that is a failure."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
    # Python's protobuf counts on from 3.20 as 4, 5, 6, 7: a major version each year.
    done = subprocess.run([*command, f"protobuf=={major}.*"], capture_output=True, text=True, timeout=150, check=False)
    if done.returncode:
        reason = f"protobuf {major} cannot be installed: {done.stderr.strip()[-300:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.parametrize("major", ["5", "6", "7"])
def test_the_generated_code_works_under(major: str, tmp_path: Path) -> None:
    """Messages round-trip with the newest protobuf of each major version, and without a warning."""
    install(major, tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    command = [sys.executable, "-W", "error", "-c", ROUND_TRIP]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith(f"{major}.")
