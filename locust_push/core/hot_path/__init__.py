"""What runs at every request: a listener that stores two numbers in a ring.

Only code that runs per request belongs here. There are two implementations with the same contract: ``compiled.c``,
built at installation if there is a C compiler, and ``plain.py``, which takes three times as long. ``selection``
chooses.

Why a ring needs no lock: Locust runs all users of a process as greenlets of one thread, and a greenlet yields only
where it waits. Nothing waits between reading a ring's position and writing it back, so writes never interleave. The
writer that finds a ring full enlarges or drains it; nothing is overwritten.
"""
