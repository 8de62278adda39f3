"""A behavioral science lab for LLM agents: author a scenario, run a study, query the log.

Read `api/` for what the names below do and `core/records.py` for what the parts say to each other. The
names load on first use, so that `import lab` costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.api import Run, Scenario, Study, batch, fork, get_run, get_study, load, query, replay, run
    from lab.core.errors import LabError

__version__ = "0.1.0"

__all__ = [
    "LabError",
    "Run",
    "Scenario",
    "Study",
    "batch",
    "fork",
    "get_run",
    "get_study",
    "load",
    "query",
    "replay",
    "run",
]


def __getattr__(name: str) -> object:
    """The public object `name`, loaded now and kept."""
    if name not in __all__:
        raise AttributeError(f"module 'lab' has no attribute '{name}'")
    from importlib import import_module

    home = import_module("lab.core.errors" if name == "LabError" else "lab.api")
    value: object = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)


def _refuse_intruders() -> None:
    """Check that the packages beside this one are the ones Python finds.

    Published distributions ship top-level packages of the same names (openai-agents ships `agents`); an
    installed one would win over ours without a word.

    Raises:
        ImportError: names the intruder, and what to do.
    """
    from importlib.util import find_spec
    from pathlib import Path

    root = Path(__file__).resolve().parent.parent
    for name in ("agents", "scenarios", "probes", "db"):
        spec = find_spec(name)
        places = (*(spec.submodule_search_locations or ()), spec.origin) if spec else ()
        found = next((place for place in places if place), "nothing")
        if Path(found).resolve() != root / name:
            raise ImportError(_intrusion(name, expected=str(root / name), found=found))


def _intrusion(name: str, *, expected: str, found: str) -> str:
    from importlib.metadata import packages_distributions

    owner = ", ".join(packages_distributions().get(name, ())) or "another distribution"
    return (
        f"ethogram's package '{name}' is {expected}, but Python finds {found} (from {owner}): "
        "give ethogram an environment of its own ('make setup', or 'pip install -e .' in a fresh venv)"
    )


_refuse_intruders()
