"""``openai/NAME``: chat completions of OpenAI, or of any server that speaks the same.

    models:
      main: {model: openai/gpt-5-mini, price: {in: .25, out: 2.0}, options: {reasoning_effort: low}}
      mine: {model: openai/qwen3-8b, base_url: 'http://127.0.0.1:8000/v1', options: {top_k: 20}}

Checking a model here loads nothing heavy; `agents.models.openai_model` talks to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from agents.models.capabilities import family_of
from agents.models.spec import SAMPLING, Capabilities, ModelSpec
from lab.core.calls import Model
from lab.core.errors import UsageError, suggestion

PUBLIC_URL = "https://api.openai.com/v1"
PUBLIC_KEY = "OPENAI_API_KEY"

OUR_OWN = frozenset(
    {
        "messages",
        "model",
        "n",
        "reasoning_effort",
        "response_format",
        "seed",
        "stream",
        "max_completion_tokens",
    }
).union(SAMPLING)
"""Parameters that `extra_body` may not set, because the lab does, or could not read the response."""


def _is_foreign(extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if ours := sorted(OUR_OWN & extra.keys()):
        raise ValueError(f"the lab itself sets {', '.join(ours)}")
    return extra


class OpenAIOptions(BaseModel):
    """What an alias may say in `options` besides sampling.

    Attributes:
        timeout_s: most seconds of one try.
        retries: most tries after the first.
        concurrency: most tries under way at once; rate limits lower it.
        schema_: written ``schema``: whether the server is sent the answer's JSON schema.
        seed: whether the server is sent a seed.
        reasoning_effort: sent as it is.
        extra_body: further parameters of the server, sent as they are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_s: float = Field(120.0, gt=0, allow_inf_nan=False)
    retries: int = Field(4, ge=0, le=20)
    concurrency: int = Field(64, ge=1, le=1000)
    schema_: bool = Field(True, alias="schema")
    seed: bool = True
    reasoning_effort: str | None = None
    extra_body: Annotated[dict[str, JsonValue], AfterValidator(_is_foreign)] = {}

    @property
    def extra(self) -> dict[str, Any]:
        """What is sent as the alias says it."""
        effort = {} if self.reasoning_effort is None else {"reasoning_effort": self.reasoning_effort}
        return {**self.extra_body, **effort}


OPTIONS = frozenset(field.alias or name for name, field in OpenAIOptions.model_fields.items())


class OpenAIProvider:
    """Models behind an OpenAI-compatible endpoint."""

    def problems(self, spec: ModelSpec) -> Iterable[tuple[str, str]]:
        """A bad address, option, or a setting that the model does not take; keys are looked at by `open`."""
        if spec.base_url is not None and (wrong := _wrong_with(spec.base_url)):
            yield "base_url", wrong
        try:
            OpenAIOptions.model_validate(dict(spec.options))
        except ValidationError as error:
            for item in error.errors():
                yield _option_problem(".".join(str(part) for part in item["loc"]), item["type"], item["msg"])
        family = family_of(spec.target)
        for name in spec.sampling.keys() - family.sampling.keys():
            takes = ", ".join(sorted(family.sampling))
            yield f"options.{name}", f"'{spec.target}' is {family.about} and takes no {name} (takes: {takes})"

    def capabilities(self, spec: ModelSpec) -> Capabilities:
        """What the model's family takes; scores cannot be had over this interface."""
        return Capabilities(sampling=frozenset(family_of(spec.target).sampling))

    def missing(self, spec: ModelSpec) -> str | None:
        """A key that is not in the environment."""
        try:
            _key(spec)
        except UsageError as error:
            return str(error)
        return None

    def open(self, spec: ModelSpec) -> Model:
        """The model; nothing is sent before the first `complete`.

        Without a base_url the model is OpenAI's, or that of the server in the environment variable
        OPENAI_BASE_URL.

        Raises:
            UsageError: when the key's environment variable is not set, or an address is none.
        """
        key = _key(spec)
        base_url = spec.base_url or os.environ.get("OPENAI_BASE_URL") or PUBLIC_URL
        if wrong := _wrong_with(base_url):
            raise UsageError(f"model '{spec.name}': base_url: {wrong}")

        from agents.models.openai_model import OpenAIModel

        return OpenAIModel(
            spec, base_url=base_url, key=key, options=OpenAIOptions.model_validate(dict(spec.options))
        )


def _option_problem(path: str, kind: str, message: str) -> tuple[str, str]:
    if kind != "extra_forbidden":
        return f"options.{path}", message
    known = OPTIONS.union(SAMPLING)
    return f"options.{path}", f"unknown option{suggestion(path, known)} (options: {', '.join(sorted(known))})"


def _wrong_with(url: str) -> str | None:
    """Why `url` is no address of a server, without repeating what may be a secret in it."""
    try:
        parts = urlsplit(url)
        named = parts.hostname and (parts.port or True)
    except ValueError:
        named = None
    if not named or parts.scheme not in ("http", "https"):
        return "an address begins with http:// or https:// and a host, such as http://127.0.0.1:8000/v1"
    if parts.username is not None or parts.password is not None:
        return "an address holds no user or password; name a variable that holds the key in api_key_env"
    if parts.query or parts.fragment:
        return "an address ends before any '?' or '#'"
    if parts.path.rstrip("/").endswith("/completions"):
        return "an address ends before /chat/completions, such as http://127.0.0.1:8000/v1"
    return None


def _key(spec: ModelSpec) -> str | None:
    """The key from the environment, None where none is needed; its value is in no error."""
    name = spec.api_key_env or (PUBLIC_KEY if spec.base_url is None else None)
    if name is None:
        return None
    key = os.environ.get(name, "").strip()
    if not key:
        local = "" if spec.base_url else ", or give the model an alias with the base_url of another server"
        raise UsageError(f"model '{spec.name}' needs a key: set the environment variable {name}{local}")
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"model '{spec.name}': the value of {name} holds characters that no key has")
    return key
