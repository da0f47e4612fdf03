"""Certificates for 127.0.0.1, each with its key in one file: good for two days, or expired."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_NAME = ("-subj", "/CN=nobody", "-addext", "subjectAltName=IP:127.0.0.1")

# Only `openssl ca` can say when a certificate ended.
_AUTHORITY = """
[ca]
default_ca = own
[own]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def good(folder: Path) -> Path:
    """Create a self-signed certificate with its key."""
    pair = folder / "good.pem"
    done = _openssl("req", "-x509", "-days", "2", *_KEY, *_NAME, "-keyout", str(pair))
    pair.write_bytes(pair.read_bytes() + done)
    return pair


def expired(folder: Path) -> Path:
    """Create a certificate that expired in January 2020."""
    pair, request, configuration = (folder / name for name in ("expired.pem", "request.pem", "ca.cnf"))
    _openssl("req", "-new", *_KEY, *_NAME, "-keyout", str(pair), "-out", str(request))
    configuration.write_text(_AUTHORITY.format(folder=folder))
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    dates = ("-startdate", "20200101000000Z", "-enddate", "20200131000000Z")
    sign = ("-selfsign", "-batch", "-notext", "-keyfile", str(pair), "-in", str(request))
    certificate = _openssl("ca", "-config", str(configuration), *sign, *dates)
    pair.write_bytes(pair.read_bytes() + certificate)
    return pair


def serving(pair: Path, *, clients: Path | None = None) -> ssl.SSLContext:
    """Return the server's TLS context; with ``clients`` it requires that client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout
