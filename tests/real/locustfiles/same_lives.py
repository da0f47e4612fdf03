"""The load of steady.py in processes that draw the same random characters, as copies of one virtual machine could."""

import random

from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]

SEEDED = random.Random(1)  # noqa: S311  # no secret
random.Random = lambda *_: SEEDED  # type: ignore[assignment,misc]  # for all later users of the class
