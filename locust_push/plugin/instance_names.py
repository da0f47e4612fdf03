"""Grants names of ``--push-instance``: workers ask, the master decides, by Locust's own messages.

A worker must know its name when its run starts, and cannot wait: the same greenlet receives the start and the answer.
It therefore asks at ``init``. One that joins a running test may receive the start first; its name then gets random
characters, like that of any other process.
"""

import time

from locust.env import Environment
from locust.rpc import Message
from locust.runners import MasterRunner

from locust_push.identity.instances import NameOwners
from locust_push.live.faults import Faults
from locust_push.plugin.messages import NAME_ANSWER, NAME_QUESTION

JUST_CONNECTED = 0.5
"""Seconds after a worker's connection in which its request may still arrive; the start of a run waits for it."""


class AskedName:
    """A worker's side.

    Attributes:
        owned: The name that the master granted to this worker alone; None without a grant.
    """

    def __init__(self) -> None:
        self.owned: str | None = None

    def ask(self, environment: Environment, name: str, faults: Faults) -> None:
        """Ask the master for a name."""
        if environment.runner is not None and name:
            environment.runner.register_message(NAME_ANSWER, faults.guarded(self.on_answer))
            environment.runner.send_message(NAME_QUESTION, {"name": name})

    def on_answer(self, msg: Message, **_: object) -> None:
        """Take the master's answer."""
        self.owned = msg.data["name"] if msg.data["owned"] else None


class AnsweredNames:
    """The master's side."""

    def __init__(self) -> None:
        self._owners = NameOwners()
        self._last_connection = 0.0

    def register(self, environment: Environment, runner: MasterRunner, own_name: str, faults: Faults) -> None:
        """Add the listeners; the master's own name is granted to no worker."""
        self._owners.owned(own_name, "")
        runner.register_message(NAME_QUESTION, faults.guarded(self.on_question))
        environment.events.worker_connect.add_listener(faults.guarded(self.on_connect))

    def on_connect(self, **_: object) -> None:
        """Note that a worker connected, and may ask."""
        self._last_connection = time.monotonic()

    def on_question(self, environment: Environment, msg: Message, **_: object) -> None:
        """Answer a worker."""
        owned = self._owners.owned(msg.data["name"], msg.node_id)
        if environment.runner is not None:
            environment.runner.send_message(NAME_ANSWER, {"name": msg.data["name"], "owned": owned}, msg.node_id)

    def settle(self) -> None:
        """Answer workers that have just connected, before the run starts."""
        left = self._last_connection + JUST_CONNECTED - time.monotonic()
        if left > 0:
            time.sleep(left)  # Locust lets other greenlets run here
