"""Memory: what a process holds above Locust's own, by number of series; and whether ten hours of pushing add to that.

Each figure is the resident size of a process of its own, above that after ``import locust``.
"""

import gc
import subprocess
import sys
from collections.abc import Callable
from statistics import median

import psutil

from benchmarks.timing import show_progress, spread, table

ROUNDS = 3
SERIES_PER_NAME = 22
SIZES = (0, 10_000, 40_000)

HOURS, TICK, NAMES, REQUESTS = 10, 5.0, 500, 5000
"""A soak test: ten hours of ticks, 11,000 series, 1,000 requests a second."""


def resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def grown(name: str, names: int) -> int:
    """Bytes above Locust's own after three pushes with ``names`` names."""
    import locust  # noqa: F401, PLC0415  # the baseline

    before = resident()
    listener, push = (ours if name == "locust-push" else peer)(name)
    for _ in range(3):
        for number in range(names):
            for milliseconds in (3.0, 40.0, 500.0):
                listener(request_type="GET", name=f"/items/{number}", response_time=milliseconds, response_length=5000)
        push()
    return resident() - before


def ours(_: str) -> tuple[Callable[..., None], Callable[[], object]]:
    """Listener and push."""
    import locust_push.delivery.http  # noqa: PLC0415  # what a process that pushes has loaded
    import locust_push.plugin  # noqa: F401, PLC0415
    from benchmarks.soak import Pushing  # noqa: PLC0415

    pushing = Pushing()
    return pushing.listener, pushing.tick


def peer(name: str) -> tuple[Callable[..., None], Callable[[], object]]:
    """The same of a peer."""
    from benchmarks import peers  # noqa: PLC0415

    made = peers.load(name)
    return made.on_request, made.encode


def soak() -> None:
    """Print the resident size, bytes, after each of the hours."""
    import locust  # noqa: F401, PLC0415

    from benchmarks.soak import Pushing  # noqa: PLC0415

    pushing = Pushing()
    for _ in range(HOURS):
        for _ in range(int(3600 / TICK)):
            for number in range(REQUESTS):
                pushing.listener(
                    request_type="GET",
                    name=f"/items/{number % NAMES}",
                    response_time=number * 7919 % 3000,
                    response_length=number,
                )
            pushing.tick()
        print(resident(), flush=True)


def child(*arguments: str) -> list[int]:
    """The numbers that a process of its own prints."""
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    done = subprocess.run(command, check=True, text=True, capture_output=True)
    return [int(line) for line in done.stdout.split()]


def row(name: str) -> list[str]:
    """A row of the table."""
    cells = []
    for size in SIZES:
        show_progress(f"memory of {name} at {size:,} series")
        runs = [child(name, str(size // SERIES_PER_NAME))[0] / 1e6 for _ in range(ROUNDS)]
        cells.append(f"{median(runs):.1f} MB ({spread(runs):.0%})")
    show_progress("")
    return [name, *cells]


def report() -> str:
    """The tables."""
    from benchmarks import peers  # noqa: PLC0415

    found = table(["", *(f"{size:,} series" for size in SIZES)], map(row, ("locust-push", *peers.NAMES)))
    show_progress(f"{HOURS} simulated hours")
    hours = [size / 1e6 for size in child("soak")]
    show_progress("")
    heading = [f"after {hour} h" for hour in range(1, HOURS + 1)]
    return (
        f"Resident size above Locust's own, after three pushes; median and spread of {ROUNDS} processes:\n\n{found}\n\n"
        f"{HOURS} hours with {NAMES} names and {REQUESTS / TICK:,.0f} requests/s, by the manual clock, resident size "
        f"of the process in MB:\n\n{table(heading, [[f'{size:.1f}' for size in hours]])}"
    )


def main() -> None:
    """Print the tables, or as a child the numbers that it is asked for."""
    match sys.argv[1:]:
        case []:
            print(report())
        case ["soak"]:
            soak()
        case [name, names]:
            print(grown(name, int(names)))


if __name__ == "__main__":
    main()
