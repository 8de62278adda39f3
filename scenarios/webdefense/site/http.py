"""Requests, responses, and addresses as visitors type them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

Method = Literal["GET", "POST"]

ORIGIN = "http://127.0.0.1"
"""What the site calls itself; the port of `http` mode is never shown, so that both modes look alike."""

HOSTS = ("127.0.0.1", "localhost")
MAX_ADDRESS_CHARS = 2000
HTML_TYPE = "text/html; charset=utf-8"
PLAIN_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as the site receives it.

    Attributes:
        method: ``GET`` or ``POST``.
        path: decoded path, such as ``/staff/0``.
        query: decoded query parameters.
        form: fields of a posted form.
        session: the cookie that the site gave this visitor, None before the first response.
        tick: simulated time; the site has no other clock.
    """

    method: Method = "GET"
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    session: str | None = None
    tick: int = 0

    @property
    def target(self) -> str:
        """Path and query as they stand in the first line of an HTTP request."""
        path = quote(self.path, safe="/-._~")
        return f"{path}?{urlencode(self.query)}" if self.query else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the site answers; `body` is the text, always UTF-8 on the wire."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def is_html(self) -> bool:
        """Whether the body is a page with markup."""
        return self.headers.get("Content-Type") == HTML_TYPE


@dataclass(frozen=True, slots=True)
class Address:
    """A place on this site."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an address is not visited: `code` is ``bad_arg`` or ``off_site``, `why` says it in words."""

    code: Literal["bad_arg", "off_site"]
    why: str


def address(typed: str, here: str = "/") -> Address | Refusal:
    """The place on this site that `typed` means on the page `here`, or why there is none.

    A path of the site, relative or absolute, or an absolute address on loopback without a port. Any other
    host is refused, and nothing is ever looked up.
    """
    typed = typed.strip()
    if not typed or len(typed) > MAX_ADDRESS_CHARS:
        return Refusal(
            "bad_arg", f"an address has 1 to {MAX_ADDRESS_CHARS} characters, this has {len(typed)}"
        )
    if not typed.isprintable() or "\\" in typed:
        return Refusal("bad_arg", "an address has no control characters and no backslashes")
    try:
        parts = urlsplit(urljoin(ORIGIN + quote(here), typed))
        port = parts.port
    except ValueError:
        return Refusal("bad_arg", f"'{typed}' is not an address")
    if parts.scheme != "http" or parts.hostname not in HOSTS or port is not None or "@" in parts.netloc:
        return Refusal("off_site", f"'{typed}' is not on this site: only paths such as /staff/0 are")
    path = "/" + unquote(parts.path).lstrip("/")
    if len(path) + len(parts.query) > MAX_ADDRESS_CHARS:  # relative ones grow from page to page
        return Refusal("bad_arg", f"the address comes to more than {MAX_ADDRESS_CHARS} characters")
    return Address(path, dict(parse_qsl(parts.query, keep_blank_values=True)))
