"""DingTalk and Feishu behind a proxy that terminates TLS: requests, and the handling of answers."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from locust_push.config.errors import ConfigurationError
from locust_push.notify.channels import Channel, open_channels
from locust_push.notify.message import ChannelError, Message
from locust_push.notify.robots import MAX_BYTES, DingTalk, RobotAddress, RobotChannel, robot_address
from tests.monitoring.sinks import ChatServices

MESSAGE = Message("A title", "a line")
TOKEN, SECRET = "robot-token-1", "SEC0123456789"  # of nobody


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServices]:
    services = ChatServices(tmp_path)
    for name, value in services.environ.items():
        monkeypatch.setenv(name, value)
    with services.running():
        yield services


def robot(url: str) -> Channel:
    (channel,) = open_channels("--push-notify", [url])
    return channel


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        ("dingtalk", b'{"errcode": 310000, "errmsg": "keywords not in content"}'),
        ("feishu", b'{"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}'),
        ("dingtalk", b"<html>please log in</html>"),
        ("feishu", b"[] no answer"),
    ],
)
def test_a_refusal_with_200_is_a_refusal(chat: ChatServices, service: str, answer: bytes) -> None:
    """The reason is the service's own; a proxy's page is a failure as well. The next message is sent."""
    channel = robot(f"{service}://{TOKEN}")
    chat.answers.append(answer)
    with pytest.raises(ChannelError, match=answer.decode()[-8:-3]):
        channel.send(MESSAGE)
    channel.send(MESSAGE)
    assert len(chat.received) == 2


def test_dingtalk_is_signed_in_the_url(chat: ChatServices) -> None:
    """The signature is of time and secret, keyed by the secret; phone numbers are passed on."""
    robot(f"dingtalk://{SECRET}@{TOKEN}/13800000000").send(MESSAGE)
    (request,) = chat.received
    query = parse_qs(urlsplit(request.path).query)
    signed = f"{query['timestamp'][0]}\n{SECRET}".encode()
    assert query["access_token"] == [TOKEN]
    assert base64.b64decode(query["sign"][0]) == hmac.digest(SECRET.encode(), signed, hashlib.sha256)
    assert request.json["text"]["content"] == "A title\na line"
    assert request.json["at"]["atMobiles"] == ["13800000000"]


def test_feishu_is_signed_in_the_body(chat: ChatServices) -> None:
    """The signature is of an empty text, keyed by time and secret; without a secret there is none."""
    robot(f"feishu://{SECRET}@{TOKEN}").send(MESSAGE)
    robot(f"feishu://{TOKEN}").send(MESSAGE)
    signed, plain = chat.received
    key = f"{signed.json['timestamp']}\n{SECRET}".encode()
    assert base64.b64decode(signed.json["sign"]) == hmac.digest(key, b"", hashlib.sha256)
    assert signed.path == f"/open-apis/bot/v2/hook/{TOKEN}"
    assert plain.json == {"msg_type": "text", "content": {"text": "A title\na line"}}


def test_a_long_message_is_cut_off_and_says_so(chat: ChatServices) -> None:
    """A long text is cut to the accepted size, counted in bytes, with a note."""
    robot(f"feishu://{TOKEN}").send(Message("A title", "負" * 20_000))
    (request,) = chat.received
    assert MAX_BYTES - 3 < len(request.json["content"]["text"].encode()) <= MAX_BYTES
    assert request.json["content"]["text"].endswith("longer than a message may be)")


def test_messages_keep_the_pace_of_the_service(chat: ChatServices) -> None:
    """Messages are spaced, since DingTalk blocks a robot that sends more than twenty a minute."""
    waits: list[float] = []
    channel = RobotChannel("d", DingTalk(), RobotAddress(TOKEN, "", ()), monotonic=lambda: 5.0, wait=waits.append)
    channel.send(MESSAGE)
    channel.send(MESSAGE)
    assert waits == [0.0, 3.0]
    assert len(chat.received) == 2


def test_secrets_are_in_no_error(chat: ChatServices) -> None:
    """Tokens and secrets are masked, even if the service repeats them."""
    chat.answers.append(f'{{"errcode": 1, "errmsg": "{TOKEN} {SECRET}"}}'.encode())
    with pytest.raises(ChannelError) as caught:
        robot(f"dingtalk://{SECRET}@{TOKEN}").send(MESSAGE)
    assert TOKEN not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", ["dingtalk:///", "feishu://a%20b", "dingtalk://secret@"])
def test_a_url_without_a_token_is_a_usage_error(url: str) -> None:
    """An invalid URL is refused before the run, without the secret."""
    with pytest.raises(ConfigurationError, match="TOKEN"):
        robot_address("--push-notify", url)
