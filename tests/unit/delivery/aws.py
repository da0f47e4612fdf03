"""A server that verifies signatures with botocore's own code, as Amazon's does; and its credentials."""

import hmac
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "eu-west-1"
KEY_ID = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105  # of AWS's own examples
TOKEN = "IQoJb3JpZ2luX2VjE//+=token-of-a-session"  # noqa: S105  # made up

KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
NO_KEYS = {
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
    "AWS_EC2_METADATA_DISABLED": "true",
}

NO_RUNS = b'{"status":"success","data":{"resultType":"vector","result":[]}}'


@dataclass
class SignedServer:
    """The state of the server.

    Attributes:
        url: Base URL.
        key_ids: The key of each request that was let in.
        refused: Why each of the others was not.
        bodies: The bodies that were let in.
        role: Keys given out at ``/role`` so far; those of the last are valid from then on.
    """

    token: str | None
    url: str = ""
    key_ids: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    role: int = 0

    def problem(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """Return why a request is refused, or None."""
        if not headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return "Missing Authentication Token"
        pieces = headers["Authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
        proof = dict(piece.split("=", 1) for piece in pieces)
        key_id = f"ROLE{self.role}" if self.role else KEY_ID
        scope = f"{key_id}/{headers['X-Amz-Date'][:8]}/{REGION}/aps/aws4_request"
        if proof["Credential"] != scope:
            return f"Credential should be scoped to {scope}"
        if headers.get("X-Amz-Security-Token") != self.token:
            return "The security token included in the request is invalid"
        names = proof["SignedHeaders"].split(";")
        must = {"host", "x-amz-date", "content-type", "content-encoding", "x-amz-security-token"}
        if unsigned := must & {name.lower() for name in headers} - set(names):
            return f"not signed: {unsigned}"
        request = _as_signed(method, target, {name: headers[name] for name in names}, body)
        auth = SigV4Auth(Credentials(key_id, SECRET_KEY, self.token), "aps", REGION)
        canonical = auth.canonical_request(request)
        if hmac.compare_digest(auth.signature(auth.string_to_sign(request, canonical), request), proof["Signature"]):
            self.key_ids.append(key_id)
            return None
        return f"The Canonical String for this request should have been {canonical!r}"

    def new_role(self) -> bytes:
        """Return temporary keys that expire so soon that they are renewed before each use."""
        self.role += 1
        until = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f'"AccessKeyId":"ROLE{self.role}","SecretAccessKey":"{SECRET_KEY}","Token":"{TOKEN}"'
        return f'{{{text},"Expiration":"{until}"}}'.encode()


def _as_signed(method: str, target: str, headers: Mapping[str, str], body: bytes) -> AWSRequest:
    path, _, query = target.partition("?")
    # Decoded and encoded again, as Amazon does: a plus is a plus and no blank.
    pairs = [tuple(map(unquote, pair.partition("=")[::2])) for pair in query.split("&") if pair]
    request = AWSRequest(method, f"http://{headers['host']}{path}", dict(headers), body, pairs)
    request.context["timestamp"] = headers["x-amz-date"]
    return request


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    signed: SignedServer

    def do_GET(self) -> None:
        if self.path == "/role":
            self._answer(200, self.signed.new_role())
        else:
            self._judge()

    def do_POST(self) -> None:
        self._judge()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _judge(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        problem = self.signed.problem(self.command, self.path, self.headers, body)  # type: ignore[arg-type]  # a mapping in all but name
        if problem:
            self.signed.refused.append(problem)
            self._answer(403, problem.encode())
        else:
            self.signed.bodies.append(body)
            self._answer(200, NO_RUNS if self.command == "GET" else b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def aws(token: str | None = None) -> Iterator[SignedServer]:
    """Serve on loopback until the end of the block."""
    signed = SignedServer(token)
    handler = type("Handler", (_Handler,), {"signed": signed})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        signed.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield signed
        server.shutdown()
