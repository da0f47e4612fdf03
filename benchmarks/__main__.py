"""Runs benchmarks and writes their tables into docs/performance.md, each between the two comments that name it.

python -m benchmarks            all of them, more than an hour
python -m benchmarks saturated  one, or several
python -m benchmarks --list     which there are
"""

import os
import platform
import re
import sys
from importlib import import_module
from pathlib import Path
from time import monotonic

import click

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"

NAMES = (
    "listener",
    "encode",
    "saturated",
    "cost",
    "stalls",
    "memory",
    "scale",
    "hanging_receiver",
    "imports",
    "reports",
    "custom",
    "archive",
    "verdicts",
)
"""A module each, with a function ``report``; in the order of the page."""

MACHINE = "machine"


@click.command(help=__doc__.replace("\n\n", "\n\n\b\n"))
@click.option("--list", "listing", is_flag=True, help="Print the names of the benchmarks, and end.")
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
def main(listing: bool, names: tuple[str, ...]) -> None:
    """Run them."""
    if listing:
        print(*NAMES, sep="\n")
        return
    for name in names or NAMES:
        print(f"benchmark: {name}", file=sys.stderr, flush=True)
        started = monotonic()
        found = import_module(f"benchmarks.{name}").report()
        print(f"{found}\n", flush=True)
        print(f"benchmark: {name} took {monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        PAGE.write_text(with_section(PAGE.read_text(), name, found))
    PAGE.write_text(with_section(PAGE.read_text(), MACHINE, machine()))


def with_section(page: str, name: str, content: str) -> str:
    """The page with new content between the comments of a name.

    Raises:
        LookupError: It has no such comments.
    """
    place = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    found, count = re.subn(place, lambda match: f"{match[1]}\n{content}\n\n{match[2]}", page, flags=re.DOTALL)
    if count != 1:
        raise LookupError(f"{PAGE.name} has {count} places for {name!r}, and needs one")
    return found


def machine() -> str:
    """What it was measured on."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = found[1] if found else platform.processor()
    return f"Measured on {os.cpu_count()} cores of an {processor}, Python {platform.python_version()}."


if __name__ == "__main__":
    main()
