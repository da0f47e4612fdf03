"""Robots of DingTalk and Feishu: one attempt to send one message.

Both refuse messages with status 200 and a code in the body, and require signed requests if a secret is set; Apprise
treats the 200 of DingTalk as success and does not sign for Feishu. So these two are implemented here.

Sources: DingTalk, "Custom robot access" (signature, 20 messages a minute, 20,000 bytes); Feishu, "Use bots in groups"
(signature, 100 messages a minute, 20 KB).
"""

import base64
import hashlib
import hmac
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import NamedTuple, Protocol
from urllib.parse import parse_qs, quote, unquote, urlsplit

from locust_push.config.channels import masked_channel
from locust_push.config.endpoint import HttpEndpoint, Tls
from locust_push.config.errors import ConfigurationError
from locust_push.core.clock import Clock
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.server_text import masked_line
from locust_push.delivery.verdict import Retry
from locust_push.notify.message import ChannelError, Message, cut_off

MAX_BYTES = 16_000
"""Largest size of a message: both services refuse more than some 20,000 bytes, including escapes and envelope."""

TIMEOUT = 10.0
"""Seconds for one attempt."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


class RobotAddress(NamedTuple):
    """The contents of a channel's URL: ``scheme://secret@token/phone/phone``; without a secret nothing is signed."""

    token: str
    secret: str
    phones: tuple[str, ...]


class RobotRequest(NamedTuple):
    """The request to post."""

    url: str
    content: Mapping[str, object]


class Robot(Protocol):
    """The differences between services."""

    pace: float
    """Seconds between two messages, so that the service does not block the robot."""
    code: str
    """Field of the answer that is 0 if the message was accepted."""
    reason: str
    """Field of the answer with the reason of a refusal."""

    def request(self, to: RobotAddress, text: str, now: float) -> RobotRequest:
        """Return the request for a text at a Unix time."""
        ...


class DingTalk:
    """A custom robot of a DingTalk group."""

    pace, code, reason = 3.0, "errcode", "errmsg"

    def request(self, to: RobotAddress, text: str, now: float) -> RobotRequest:
        """Return the request; its signature is part of the URL."""
        url = f"https://oapi.dingtalk.com/robot/send?access_token={to.token}"
        if to.secret:
            stamp = str(round(1000 * now))
            signature = _signature(to.secret, f"{stamp}\n{to.secret}")
            url += f"&timestamp={stamp}&sign={quote(signature, safe='')}"
        return RobotRequest(url, {"msgtype": "text", "text": {"content": text}, "at": {"atMobiles": list(to.phones)}})


class Feishu:
    """A custom bot of a Feishu group."""

    pace, code, reason = 0.6, "code", "msg"

    def request(self, to: RobotAddress, text: str, now: float) -> RobotRequest:
        """Return the request; its signature is part of the body, and the key holds what is signed elsewhere."""
        stamp = str(round(now))
        signed = {"timestamp": stamp, "sign": _signature(f"{stamp}\n{to.secret}", "")} if to.secret else {}
        url = f"https://open.feishu.cn/open-apis/bot/v2/hook/{to.token}"
        return RobotRequest(url, {**signed, "msg_type": "text", "content": {"text": text}})


ROBOTS: Mapping[str, Robot] = {"dingtalk": DingTalk(), "feishu": Feishu()}
"""Services by the scheme of a channel's URL."""


class RobotChannel:
    """A channel to one robot."""

    def __init__(
        self,
        name: str,
        robot: Robot,
        to: RobotAddress,
        *,
        wall: Clock = time.time,
        monotonic: Clock = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.name = name
        self._robot = robot
        self._to = to
        self._wall = wall
        self._monotonic = monotonic
        self._wait = wait
        self._next = monotonic()

    def __repr__(self) -> str:
        return f"<RobotChannel {self.name}>"

    def send(self, message: Message) -> None:
        """Send a message: exactly one attempt, after a wait for the rate limit if needed.

        Raises:
            ChannelError: The service did not accept it.
        """
        self._wait(max(0.0, self._next - self._monotonic()))
        self._next = self._monotonic() + self._robot.pace
        text = cut_off(f"{message.title}\n{message.text}", MAX_BYTES)
        self._post(self._robot.request(self._to, text, self._wall()))

    def _post(self, request: RobotRequest) -> None:
        # The same bundle as requests uses, for proxies that intercept TLS.
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        endpoint = HttpEndpoint(
            url=request.url, username=None, password=None, bearer_token=None, headers=(), tls=Tls(ca=bundle),
            timeout=TIMEOUT,
        )  # fmt: skip
        transport = HttpTransport(endpoint, lambda _: nullcontext(), time.time)
        body = json.dumps(request.content, ensure_ascii=False).encode(errors="replace")
        answer = transport.exchange("POST", request.url, body, {"Content-Type": "application/json; charset=utf-8"})
        transport.close()
        if isinstance(answer, Retry):
            raise ChannelError(self._plain(f"{answer.reason}: {answer.detail}"))
        if not answer.ok or not self._taken(answer.body):
            raise ChannelError(self._plain(f"http_{answer.status}: {answer.text}"))

    def _taken(self, body: bytes) -> bool:
        """Whether an answer reports success; others, such as a proxy's page, do not."""
        try:
            content = json.loads(body)
        except ValueError:
            return False
        return isinstance(content, dict) and content.get(self._robot.code) == 0

    def _plain(self, text: str) -> str:
        secrets = [self._to.token, self._to.secret]
        return masked_line(text, [secret for secret in secrets if secret])


def robot_address(option: str, url: str) -> RobotAddress:
    """Return the contents of a channel's URL.

    Raises:
        ConfigurationError: It has no token, or an invalid one; it names ``option``.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.netloc.rpartition("@")[2]
    secret = unquote(parts.netloc.rpartition("@")[0]) or query.get("secret", [""])[0]
    token = unquote(host) or query.get("token", [""])[0]
    if not _TOKEN.fullmatch(token):
        remedy = f"write it like {parts.scheme}://TOKEN or {parts.scheme}://SECRET@TOKEN"
        raise ConfigurationError(option, masked_channel(url), "has no token of a robot", remedy)
    named = (*parts.path.split("/"), *",".join(query.get("to", [])).split(","))
    return RobotAddress(token, secret, tuple(phone for phone in named if phone))


def _signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()
