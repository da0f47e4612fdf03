"""The percentiles of response times that are measured: the one list for what is pushed, read back, shown and judged."""

PERCENTILES = ("50", "90", "95", "99", "99.9")
"""As the label ``percentile`` has them."""

MAXIMUM = "1"
"""The label ``quantile`` of the longest response time."""


def percentile_share(percentile: str) -> float:
    """Return the share of requests (0 to 1) that a percentile such as ``99.9`` stands for, without a rounding error."""
    return float(f"{percentile}e-2")


def quantile_label(percentile: str) -> str:
    """Return a percentile as the label ``quantile`` has it: ``0.999`` for ``99.9``."""
    return repr(percentile_share(percentile))
