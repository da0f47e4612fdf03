"""A locustfile that forks during the run; the children live for a while, and end in several ways."""

import multiprocessing
import os
import sys

import gevent
from locust import FastHttpUser, constant_throughput, task

import locust_push  # noqa: F401  # switches it on

PARENT = os.getpid()


def live() -> None:
    """Let other greenlets run, for longer than a tick and a flush."""
    gevent.sleep(2)


class Visitor(FastHttpUser):
    """Reads, and forks after some requests."""

    wait_time = constant_throughput(40)
    made = 0

    @task
    def read(self) -> None:
        """Read an item, except in a child."""
        if os.getpid() != PARENT:
            gevent.sleep(3600)
        Visitor.made += 1
        self.client.get("/items/1")
        if Visitor.made == 20:
            multiprocessing.get_context("fork").Process(target=live).start()
        if Visitor.made == 40 and os.fork() == 0:
            live()
            sys.exit()  # as a program that ends by itself, so that what is registered with atexit runs
