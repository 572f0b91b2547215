"""Sending one request with ``requests``, and telling what was certainly not sent from what may have been."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import requests
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError

from hub.errors import SettingsError
from hub.http.answers import Answer
from hub.http.redaction import redact_url

IDLE_SECONDS = 20.0
"""Kept connections idle for longer are closed: a firewall may have forgotten them, and a write lost on such a
connection would have to be looked for."""

CONNECTIONS = 32

_BREAK = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class NotSentError(Exception):
    """No connection: nothing of the request left."""


class LostError(Exception):
    """The request, or a part of it, left; what became of it is unknown."""


@dataclass(frozen=True)
class Request:
    """One request, ready but for the headers that are made anew each time."""

    method: str
    url: str
    params: Mapping[str, str]
    body: bytes | None
    headers: Mapping[str, str]
    read_timeout: float


class Wire:
    """Kept connections, for any number of threads. Follows no redirect, keeps no cookie, repeats nothing."""

    def __init__(self, connect_timeout: float) -> None:
        self._connect_timeout = connect_timeout
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "Ledgerport"
        # The adapter is used without the session around it, which would look into redirects and keep cookies.
        self._adapter = HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0)
        self._last_used = time.monotonic()

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send once. Raises ``NotSentError``, ``LostError``, or ``SettingsError`` for an unusable address."""
        prepared = self._prepare(request, headers)
        environment = self._session.merge_environment_settings(prepared.url, {}, False, None, None)
        self._close_idle()
        try:
            response = self._adapter.send(
                prepared,
                timeout=(self._connect_timeout, request.read_timeout),
                verify=environment["verify"] or True,
                cert=environment["cert"],
                proxies=environment["proxies"],
            )
            content = response.content
        except (failures.ConnectTimeout, failures.ProxyError) as error:
            raise NotSentError(_words(error)) from error
        except (OSError, HTTPError) as error:  # what requests raises is an OSError; the rest is urllib3's
            raise (NotSentError if _never_connected(error) else LostError)(_words(error)) from error
        finally:
            self._last_used = time.monotonic()
        return Answer(response.status_code, response.headers, content, prepared.url or "", request.method)

    def close(self) -> None:
        """Close the kept connections."""
        self._adapter.close()

    def _prepare(self, request: Request, headers: Mapping[str, str]) -> requests.PreparedRequest:
        sent = {**request.headers, **headers}
        for name in sent:
            _check_header(name, sent[name])
        try:
            return self._session.prepare_request(
                requests.Request(
                    request.method,
                    request.url,
                    params=dict(request.params),
                    data=request.body,
                    headers=sent,
                    auth=_as_it_is,
                )
            )
        except (failures.RequestException, ValueError) as error:
            address = redact_url(request.url)
            raise SettingsError(f"The address {address} can't be used: {redact_url(str(error))}") from None

    def _close_idle(self) -> None:
        if time.monotonic() - self._last_used > IDLE_SECONDS:
            self._adapter.close()


def _check_header(name: str, value: str) -> None:
    """Refuse what can't be sent in a header (RFC 9110, 5.5), without a word of the value: it may be a key."""
    if not value.isascii():
        fault = "holds a character that keys don't have, such as a typographic dash or quote"
    elif _BREAK.search(value):
        fault = "holds a line break or another control character"
    elif value != value.strip():
        fault = "begins or ends with a blank"
    else:
        return
    raise SettingsError(f"What was entered for {name} can't be sent: it {fault}. Copy it again, and that alone.")


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps ``requests`` from replacing our Authorization header by one from a .netrc file."""
    return prepared


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__]


def _never_connected(error: BaseException) -> bool:
    """Whether it failed before the request: no route, no name, refused, a certificate that is not trusted."""
    return any(isinstance(each, (NewConnectionError, ssl.SSLCertVerificationError)) for each in _causes(error))


_PLAIN: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "Nothing answers at this address: the connection was refused."),
    (socket.gaierror, "There is no such address: its name could not be found."),
    (ssl.SSLCertVerificationError, "Its certificate is not trusted, so it may be somebody else's address."),
    (ssl.SSLError, "It does not speak https at this address."),
    (TimeoutError, "It did not answer in time."),
    (ConnectionError, "The connection broke."),
)


def _words(error: BaseException) -> str:
    """What happened, in plain words where there are some; else the innermost cause, which says it shortest."""
    *_, last = _causes(error)
    for sort, words in _PLAIN:
        if isinstance(last, sort):
            return f"{words} ({last.strerror or last})" if isinstance(last, OSError) else words
    return str(last) or type(last).__name__
