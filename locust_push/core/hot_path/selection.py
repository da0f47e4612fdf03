"""Chooses the hot path of this process: compiled if it was built, otherwise in Python."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locust_push.core.hot_path.plain import Ring, make_listener

    COMPILED: bool
else:
    # Only one is imported: the command line asks which one it is, and should not load the other.
    try:
        from locust_push.core.hot_path.compiled import Ring, make_listener
    except ImportError:
        from locust_push.core.hot_path.plain import Ring, make_listener

        COMPILED = False
    else:
        COMPILED = True

__all__ = ["COMPILED", "HOT_PATH", "Ring", "make_listener"]

HOT_PATH = "compiled" if COMPILED else "in Python"
"""The choice, as users see it."""
