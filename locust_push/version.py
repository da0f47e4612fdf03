"""The version of this package, in one place, and those of what it sends and writes."""

__version__ = "0.1.0"

PROTOCOLS = {"remote-write": "2.0, 1.0", "archive": "1"}
"""What pushes go by and what archives are written in -> versions, the one tried first in front."""
