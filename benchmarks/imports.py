"""What importing locust_push adds to importing Locust."""

import subprocess
import sys
from statistics import median

from benchmarks.timing import in_turns, table

ROUNDS = 9

CODE = """
import time
import locust
{before}
before = time.process_time()
import locust_push
print(time.process_time() - before)
"""
ALTERNATIVES = {
    "import locust_push, after Locust": "",
    "the same, without what others have loaded already": "import requests, google.protobuf.message, snappy",
}


def seconds(alternative: str) -> float:
    """CPU seconds of the import in a new process."""
    command = [sys.executable, "-c", CODE.format(before=ALTERNATIVES[alternative])]
    return float(subprocess.run(command, check=True, text=True, capture_output=True).stdout)


def report() -> str:
    """The table."""
    found = in_turns(ALTERNATIVES, seconds, ROUNDS)
    rows = [[name, f"{1000 * median(each):.0f} ms", f"{1000 * min(each):.0f} ms"] for name, each in found.items()]
    return f"CPU time in a new process, {ROUNDS} rounds:\n\n{table(['', 'median', 'best'], rows)}"


if __name__ == "__main__":
    print(report())
