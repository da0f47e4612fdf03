"""The hot path of this process: compiled where it could be, or else in Python."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locust_push.core.hot_path.plain import Ring, make_listener

    COMPILED: bool
else:
    # Only one of them is imported: the command line asks which it is, and should not wait for the other.
    try:
        from locust_push.core.hot_path.compiled import Ring, make_listener
    except ImportError:
        from locust_push.core.hot_path.plain import Ring, make_listener

        COMPILED = False
    else:
        COMPILED = True

__all__ = ["COMPILED", "Ring", "make_listener"]
