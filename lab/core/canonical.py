"""One text for one value: the canonical JSON and the hashes that digests stand on.

Canonical JSON has sorted keys, no spaces, floats cut to 12 significant digits and no NaN. Hashes are
blake2b with 16 bytes, written as 32 hexadecimal letters. This module owns orjson.
"""

from __future__ import annotations

import json
import math
from hashlib import blake2b
from typing import Any

import orjson

from lab.core.errors import RuleError

HASH_BYTES = 16
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_PLAIN = frozenset({str, int, bool, type(None)})


def canonical(value: Any) -> str:
    """The canonical JSON text of `value`.

    Tuples become lists; keys must be strings.

    Raises:
        RuleError: for NaN, infinity, integers beyond 64 bits, or a type JSON does not have.
    """
    return str(canonical_bytes(value), "utf-8")


def canonical_bytes(value: Any) -> bytes:
    """The canonical JSON of `value` as UTF-8 bytes; see `canonical`."""
    try:
        return orjson.dumps(_settled(value), option=_OPTIONS)
    except (TypeError, RecursionError) as error:
        raise RuleError(f"not JSON: {error}: {shown(value):.200}") from error


def parse(text: str | bytes) -> Any:
    """The value written in a JSON text."""
    return orjson.loads(text)


def label(value: Any) -> str:
    """`value` as a researcher wants to read it in a column: a text as it is, all else as canonical JSON.

    A text that could be read as JSON is quoted, so that `unlabel` always gives the value back.
    """
    if isinstance(value, str) and not _is_json(value):
        return clean_text(value)
    return canonical(value)


def unlabel(text: str) -> Any:
    """The value that `label` wrote as `text`."""
    return parse(text) if _is_json(text) else text


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def content_hash(data: str | bytes) -> str:
    """The content address of a text or of bytes: blake2b-128 as 32 hex letters."""
    raw = data.encode() if isinstance(data, str) else data
    return blake2b(raw, digest_size=HASH_BYTES).hexdigest()


def value_hash(value: Any) -> str:
    """The content address of a value's canonical JSON."""
    return blake2b(canonical_bytes(value), digest_size=HASH_BYTES).hexdigest()


def settled_float(number: float) -> float:
    """`number` cut to 12 significant digits, with minus zero made zero.

    Raises:
        RuleError: for NaN or infinity.
    """
    if not math.isfinite(number):
        raise RuleError(f"a logged number must be finite, not {number}")
    return float(f"{number:.12g}") + 0.0


def clean_text(text: str) -> str:
    """`text` as every database can store it: no NUL, no lone surrogates (both become U+FFFD)."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def shown(value: Any) -> str:
    """`value` as text whatever it is, the same in every process.

    JSON as far as that goes. What JSON does not have is named by its type: a memory address or the order of a
    set would make equal behavior look different.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, default=_type_name)
    except (TypeError, ValueError, RecursionError):  # keys that are no text, cycles, too long, too deep
        text = _type_name(value)
    return clean_text(text)


def _type_name(value: Any) -> str:
    return f"<{type(value).__qualname__}>"


def _settled(value: Any) -> Any:
    """`value` with every float cut to 12 digits; returned as it is when it holds none."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return settled_float(value)
    if kind is dict:
        for item in value.values():
            if type(item) not in _PLAIN:
                return {key: _settled(item) for key, item in value.items()}
        return value
    if kind is list or kind is tuple:
        return [item if type(item) in _PLAIN else _settled(item) for item in value]
    return _settled_other(value)


def _settled_other(value: Any) -> Any:
    if isinstance(value, float):
        return settled_float(value)
    if isinstance(value, dict):
        return {_plain_key(key): _settled(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_settled(item) for item in value]
    return _plain_key(value)


def _plain_key(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value
