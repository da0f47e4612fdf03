"""AWS Signature Version 4, by botocore: the keys of its credential chain, and the headers that sign one request.

The only file that imports botocore; it is imported only if requests are signed. It uses the network only for keys:
those of instance, container and web identity roles come from a server, which also renews them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.session import Session

from locust_push.delivery.headers import CredentialsError

_SERVICE = "aps"
"""Name of Amazon Managed Service for Prometheus in signatures."""


_SOURCES = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of this machine"


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of one request.

    Attributes:
        headers: Headers to send with it: ``Authorization``, ``X-Amz-Date``, and ``X-Amz-Security-Token`` of temporary
            keys.
        secrets: Texts that no log and no error may show; AWS repeats the token when it refuses a signature.
    """

    headers: Mapping[str, str] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)


class Signer:
    """Signs requests to one region."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._chain = Session()
        _silence()

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes | str) -> Signature:
        """Sign a request as it will be sent: method, URL, host, all headers but the transport's, and body.

        The chain is asked for each request: it renews the keys of a role before they expire.

        Raises:
            CredentialsError: There are no keys, or those of a role cannot be renewed.
        """
        keys = self._keys()
        request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        SigV4Auth(keys, _SERVICE, self._region).add_auth(request)
        secrets = frozenset(filter(None, (keys.secret_key, keys.token)))
        return Signature(dict(request.headers.items()), secrets)

    def _keys(self) -> ReadOnlyCredentials:
        try:
            credentials = self._chain.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            return credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError) as error:
            raise CredentialsError(f"no AWS credentials: {error}; set {_SOURCES}") from None


def _silence() -> None:
    """At DEBUG, a level that Locust may set for all loggers, botocore logs tokens and the keys of roles.

    A level that is set for botocore itself stays.
    """
    logger = logging.getLogger("botocore")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
