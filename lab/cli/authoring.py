"""Commands for who writes scenarios: `init`, `validate`, `schema`, `list`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lab.cli.options import Json
from lab.cli.outlines import about, class_table, module_table
from lab.cli.printing import counted, note, say, say_json
from lab.cli.table import table
from lab.core.errors import ScenarioError, UnknownName, UsageError
from lab.core.registry import is_import_string
from scenarios.catalog import ENVIRONMENTS, ROOT, shipped_files

if TYPE_CHECKING:
    from scenarios.spec import Scenario
    from scenarios.study import Study


NAMES = {"openai": "openai/NAME", "local": "local/PATH-OR-HUB-ID", "mock": "mock/package.module:callable"}
NEEDS = {
    "openai": "a key in the environment, or a server of your own named under models:",
    "local": "weights on disk in the transformers format",
    "mock": "nothing",
}
"""What a provider's models are called, and what they need before they answer."""


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder, new or not; no file is overwritten.")
    ],
) -> None:
    """Write a scenario, a study and more to start from."""
    from scenarios.templates import write_templates

    for path in write_templates(directory):
        say(str(path))
    say(f"next: cd {directory} && lab batch first.study.yaml")


def schema(
    which: Annotated[
        Literal["scenario", "study"], typer.Argument(help="Of which kind of file.")
    ] = "scenario",
) -> None:
    """Print the JSON Schema of scenario or study files."""
    from scenarios.schema import schema_texts

    print(schema_texts()[f"{which}.schema.json"], end="")


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario and study files.")],
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help="Import a file's own environment code to check it.")
    ] = False,
    json: Json = False,
) -> None:
    """Check files and tell every problem at once."""
    checked = [_checked(file, allow_code) for file in files]
    if json:
        say_json([_checked_json(file, found) for file, found in zip(files, checked, strict=True)])
    else:
        for file, found in zip(files, checked, strict=True):
            _tell_checked(file, found)
    if any(isinstance(found, ScenarioError) for found in checked):
        raise typer.Exit(ScenarioError.exit_code)


def _checked(file: Path, allow_code: bool) -> Scenario | Study | ScenarioError:
    from lab.api import load

    try:
        return load(file, allow_code=allow_code)
    except ScenarioError as error:
        return error


def _checked_json(file: Path, found: Scenario | Study | ScenarioError) -> dict[str, Any]:
    if isinstance(found, ScenarioError):
        return {"file": str(file), "ok": False, "problems": [asdict(one) for one in found.problems]}
    return {"file": str(file), "ok": True, **found.to_json()}


def _tell_checked(file: Path, found: Scenario | Study | ScenarioError) -> None:
    from scenarios.spec import Scenario

    if isinstance(found, ScenarioError):
        note(str(found))
    elif isinstance(found, Scenario):
        agents = counted(len(found.agents), "agent")
        words = f"scenario {found.name}, {found.environment}, {agents}, seed {found.seed}"
        say(f"{file}: ok: {words}{_captures([found])}")
    else:
        cells, runs = counted(len(found.changes), "cell"), counted(found.n_runs, "run")
        words = f"study {found.name}, {cells} × {counted(found.seeds.count, 'seed')} = {runs}"
        say(f"{file}: ok: {words}{_captures(cell.scenario for cell in found.cells())}")


def _captures(scenarios: Iterable[Scenario]) -> str:
    """Whose activations are kept, and which, each once."""
    from agents.capture_options import CaptureOptions, capture_words

    told = dict[str, None]()
    for scenario in scenarios:
        for agent in scenario.agents:
            policy = agent.policy.to_json()
            if (given := policy.get("capture")) is not None:
                told[f"; captures of {agent.name}: {capture_words(CaptureOptions(**given))}"] = None
    return "".join(told)


def list_(
    section: Annotated[
        str | None,
        typer.Argument(
            metavar="[environments|policies|models|organisms|scenarios|sites|ENVIRONMENT]",
            help="One section only; or all about one environment, such as social/bluff or my_game:MyGame.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="With sites: what a local model has of them, local/…"),
    ] = None,
    json: Json = False,
) -> None:
    """List what the lab ships, or what one environment offers."""
    if section is not None and (section in ENVIRONMENTS or is_import_string(section)):
        _describe(section, json=json)
        return
    if section is not None and section not in SECTIONS:
        raise UnknownName("section or environment", section, [*SECTIONS, *ENVIRONMENTS])
    if model is not None:
        _tell_sites(str(section), model, json=json)
        return
    chosen = [section] if section else list(SECTIONS)
    if json:
        say_json({name: list(SECTIONS[name]()) for name in chosen})
        return
    for number, name in enumerate(chosen):
        if not section:
            say(f"\n{name}" if number else name)
        if listed := list(SECTIONS[name]()):
            table(list(listed[0]), [tuple(entry.values()) for entry in listed])
        else:
            say("none yet")


def _describe(environment: str, *, json: bool) -> None:
    from lab.cli.environments import environment_json, environment_sheet

    told = environment_json(environment)
    if json:
        say_json(told)
    else:
        environment_sheet(told)


def _environments() -> Iterator[dict[str, str]]:
    for name in ENVIRONMENTS:
        yield {"environment": name, "about": about(ENVIRONMENTS.place(name))}


def _policies() -> Iterator[dict[str, str]]:
    """Scripted policies: those for any game, then each environment's own."""
    for policy in module_table("agents.scripted", "ANY_GAME"):
        yield {"policy": f"scripted/{policy.name}", "environment": "any", "about": policy.about}
    for environment in ENVIRONMENTS:
        for policy in class_table(ENVIRONMENTS.place(environment), "policies"):
            yield {"policy": f"scripted/{policy.name}", "environment": environment, "about": policy.about}


def _models() -> Iterator[dict[str, str]]:
    """Providers with what each needs, then the stand-ins that need nothing."""
    from agents.models.mock import MOCKS
    from agents.models.spec import PROVIDERS

    for provider in PROVIDERS:
        told = about(PROVIDERS.place(provider)).removeprefix(f"``{provider}/NAME``: ").replace("`", "")
        yield {"model": NAMES[provider], "needs": NEEDS[provider], "about": told}
    for name in MOCKS:
        yield {"model": f"mock/{name}", "needs": "nothing", "about": about(MOCKS.place(name))}


def _sites() -> Iterator[dict[str, str]]:
    from probes.sites.names import SITES

    for name, meaning in SITES.items():
        yield {"site": name, "about": meaning}


def _tell_sites(section: str, model: str, *, json: bool) -> None:
    """The sites that a local model has, with their layers and widths, and why it lacks others."""
    from agents.capture_options import site_facts

    if section != "sites":
        raise UsageError(f"lab list {section} {model}: a model goes with `sites` only")
    found = [one._asdict() for one in site_facts(model)]
    if json:
        say_json(found)
    else:
        table(list(found[0]), [tuple(str(one or "") for one in row.values()) for row in found])


def _organisms() -> Iterator[dict[str, str]]:
    from agents.organisms.cards import card, organisms

    for name in organisms():
        one = card(name)
        place = {"environment": one.environment, "seat": one.seat}
        yield {"organism": f"local/organisms/{name}", **place, "about": one.about}


def _scenarios() -> Iterator[dict[str, str]]:
    for shipped in shipped_files():
        yield {"file": str(shipped.path.relative_to(ROOT.parent)), "question": shipped.question}


SECTIONS: dict[str, Callable[[], Iterator[dict[str, str]]]] = {
    "environments": _environments,
    "policies": _policies,
    "models": _models,
    "organisms": _organisms,
    "scenarios": _scenarios,
    "sites": _sites,
}
