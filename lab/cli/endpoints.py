"""Whether the server of a model answers, and whether its key is set; a key's value is never shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from json import JSONDecodeError
from typing import Any
from urllib.parse import urlsplit

from agents.models.openai_api import PUBLIC_KEY, PUBLIC_URL
from agents.models.spec import ModelSpec
from lab.cli.diagnosis import Finding
from lab.core.canonical import parse

TIMEOUT_S = 5.0
REFUSED = frozenset({401, 403})
MOST_LISTED = 5


def endpoint_findings(spec: ModelSpec) -> Iterator[Finding]:
    """The key and the server of a model, asked for its list of models."""
    key_name = spec.api_key_env or (PUBLIC_KEY if spec.base_url is None else None)
    key = os.environ.get(key_name, "").strip() if key_name else ""
    sendable = key.isascii() and key.isprintable()
    if key_name is not None:
        state = "set" if key and sendable else "not set" if not key else "set to what no key can be"
        yield Finding(f"key of {spec.name}", f"${key_name} is {state}", ok=bool(key) and sendable)
    url = spec.base_url or os.environ.get("OPENAI_BASE_URL") or PUBLIC_URL
    found, ok = _asked(url, key if sendable else "", spec.target)
    yield Finding(f"endpoint of {spec.name}", f"{url} {found}", ok)


def _asked(url: str, key: str, model: str) -> tuple[str, bool]:
    """What the server says to GET /models, and whether the lab can work with that."""
    try:
        status, body = _get(url, key)
    except (OSError, HTTPException) as error:
        return f"does not answer: {str(error) or type(error).__name__}", False
    if status in REFUSED:
        return f"answers, but {'refuses the key' if key else 'wants a key'} ({status})", False
    if status >= 500:
        return f"answers with an error ({status})", False
    names = _listed(body) if status == 200 else ()
    if not names:
        return "answers; it lists no models", True
    if model in names:
        return f"answers and has '{model}'", True
    some = ", ".join(names[:MOST_LISTED]) + (" …" if len(names) > MOST_LISTED else "")
    return f"answers, but does not list '{model}' (lists: {some})", False


def _get(url: str, key: str) -> tuple[int, bytes]:
    """Status and body; redirects are not followed, so that the key goes nowhere else."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=TIMEOUT_S)
    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        connection.request("GET", f"{parts.path.rstrip('/')}/models", headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _listed(body: bytes) -> tuple[str, ...]:
    """The ids in a list of models; empty for anything else."""
    try:
        data: Any = parse(body)
    except (JSONDecodeError, ValueError):
        return ()
    entries = data.get("data") if isinstance(data, dict) else None
    return tuple(str(one["id"]) for one in entries or () if isinstance(one, dict) and "id" in one)
