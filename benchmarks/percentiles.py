"""How far off the percentiles of a distributed run are, by who says them. Prints docs/percentiles.md's table.

A real run: a master and three workers whose response times have nothing in common, each of which writes its own down.
"""

import tempfile
from pathlib import Path

from benchmarks.timing import table
from locust_push.core.histogram import RELATIVE_ERROR
from tests.real.percentiles import Percentile, run_profiles


def row(of: Percentile) -> list[str]:
    """The exact percentile, and the relative error of each that was said."""
    said = (of.ours, of.locusts, of.average)
    return [of.quantile, f"{1000 * of.exact:,.2f} ms", *(f"{of.error(each, of.exact):.2%}" for each in said)]


def report() -> str:
    """Run; the table."""
    with tempfile.TemporaryDirectory() as folder:
        profiles = run_profiles(Path(folder))
    requests = " + ".join(f"{number:,}" for number in profiles.requests)
    headings = ["quantile", "exact", "locust-push is off by", "Locust itself", "an average of the workers' percentiles"]
    return (
        f"{requests} requests of three workers; the summary counts {profiles.counted:,.0f}.\n\n"
        f"{table(headings, map(row, profiles.percentiles))}\n\nStated error of locust-push: {RELATIVE_ERROR:.2%}."
    )


if __name__ == "__main__":
    print(report())
