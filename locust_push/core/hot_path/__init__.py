"""What runs at every request: a listener that stores two numbers in a ring, compiled where it could be.

Here may live only what each request costs time in. There are two of it, with the same promises: ``compiled.c``, made
when the package is installed where there is a C compiler, or else ``plain.py``, which takes three times as long;
``selection`` chooses.

Why a ring needs no lock: Locust runs all users of a process as greenlets of one thread, and a greenlet gives way only
where it waits. Between reading a ring's position and writing it back nothing waits, so every write is alone. What is
full is enlarged, or drained, by the one who finds it full; nothing is overwritten.
"""
