"""What the loader asks of the policies, which live in a package it does not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from scenarios.environment import Environment


class PolicyCatalog(Protocol):
    """Knows which policies there are and what options each takes."""

    def problems(
        self, policy: Mapping[str, Any], environment: type[Environment[Any]]
    ) -> Iterable[tuple[str, str]]:
        """(path below the policy, what is wrong): ``("kind", "unknown policy kind 'scriptd'…")``.

        The path is empty for the policy as a whole. A message that begins with ``unknown key`` or
        ``unknown option`` is shown at the key, any other at the value.
        """
        ...
