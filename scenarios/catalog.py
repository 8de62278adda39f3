"""What the lab ships: environments by name, scenario and study files by the question they ask.

Nothing heavy is imported before it is used, so `lab list` stays fast.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.errors import UsageError
from lab.core.registry import Registry, is_import_string

if TYPE_CHECKING:
    from scenarios.environment import Environment

ENVIRONMENTS = Registry(
    "environment",
    {
        "social/matrix_game": "scenarios.social.matrix_game.rules:MatrixGame",
        "social/public_goods": "scenarios.social.public_goods.rules:PublicGoods",
        "social/bluff": "scenarios.social.bluff.rules:Bluff",
        "planning/blocksworld": "scenarios.planning.blocksworld.rules:Blocksworld",
        "planning/pddl": "scenarios.planning.pddl.rules:Pddl",
        "planning/keydoor": "scenarios.planning.keydoor.rules:Keydoor",
        "planning/path": "scenarios.planning.path.rules:PathGame",
        "trading/lob": "scenarios.trading.lob.rules:Lob",
        "trading/contest": "scenarios.trading.contest.rules:Contest",
        "webdefense/directory": "scenarios.webdefense.directory.rules:Directory",
        "trading/dealer": "scenarios.trading.dealer.rules:Dealer",
        "webdefense/visitor": "scenarios.webdefense.visitor.rules:Visitor",
    },
)

STUDY_SUFFIX = ".study.yaml"
ROOT = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Shipped:
    """A file that comes with the lab.

    Attributes:
        path: where it is.
        family: the folder below `scenarios`.
        is_study: whether it is a study.
        question: what it asks; the comment on its first line.
    """

    path: Path
    family: str
    is_study: bool
    question: str


def shipped_files() -> Iterator[Shipped]:
    """Every scenario and study directly in `scenarios/<family>/`, by path."""
    for path in sorted(ROOT.glob("*/*.yaml")):
        with path.open(encoding="utf-8") as file:
            question = file.readline().lstrip("#").strip()
        yield Shipped(path, path.parent.name, path.name.endswith(STUDY_SUFFIX), question)


def load_environment(name: str, code_dir: str | None = None) -> type[Environment[Any]]:
    """The environment class that `name` stands for.

    Args:
        name: a name of `ENVIRONMENTS`, or ``package.module:Class``.
        code_dir: a folder that such a class, and policies named so, may be imported from.

    Raises:
        UnknownName: when there is no such environment.
        UsageError: when it is no environment, or its import fails; says how.
    """
    if code_dir is not None:
        _make_importable(code_dir)
    if name in ENVIRONMENTS or not is_import_string(name):
        found: type[Environment[Any]] = ENVIRONMENTS.load(name)
        return found
    return _own_environment(name, code_dir)


def _own_environment(name: str, code_dir: str | None) -> type[Environment[Any]]:
    from scenarios.environment import Environment

    found = load_code(name, code_dir, "environment")
    if not (isinstance(found, type) and issubclass(found, Environment)):
        raise UsageError(f"'{name}' is not a subclass of scenarios.environment.Environment")
    return found


def load_code(name: str, code_dir: str | None, kind: str) -> Any:
    """What ``package.module:attribute`` names; any failure of its import is told in one line.

    Raises:
        UsageError: when the import fails, or another module of that name hides the one in `code_dir`.
    """
    if code_dir is not None:
        _make_importable(code_dir)
        _refuse_hidden(name.partition(":")[0].partition(".")[0], Path(code_dir))
    try:
        return Registry(kind, {}).load(name)
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(f"importing '{name}' failed: {type(error).__name__}: {error}") from error


def _make_importable(code_dir: str) -> None:
    """Put a folder at the end of the import path, where it cannot hide the lab or the standard library."""
    if code_dir not in sys.path:
        sys.path.append(code_dir)


def _refuse_hidden(package: str, code_dir: Path) -> None:
    """Raise when `package` would come from elsewhere although `code_dir` holds one of that name."""
    inside = (code_dir / f"{package}.py", code_dir / package / "__init__.py")
    if not any(path.exists() for path in inside):
        return
    importlib.invalidate_caches()
    spec = importlib.util.find_spec(package)
    origin = spec.origin if spec else None
    if origin is not None and not any(_same(Path(origin), path) for path in inside):
        raise UsageError(f"module '{package}' in '{code_dir}' is hidden by '{origin}'; rename it")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
