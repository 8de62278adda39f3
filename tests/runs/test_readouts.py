"""Readouts as a user makes them, from a study file to a finding; the organisms read at full size.

The small cases run with `make test`. Those marked `verify` write their figures to VERIFIED.md; the gates are
those of alignment.md §4.3, whose table is one seed of each organism.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from db.query import query
from db.store import open_store
from lab.api import batch, get_study
from lab.cli.app import main
from scenarios.catalog import ROOT
from tests.support import zoo
from tests.support.verified import Recorder

STUDY = ROOT / "social/bluff_align.study.yaml"
OPEN_WEIGHTS = ROOT / "social/bluff_open_weights.study.yaml"
TYPE = ("align", "bluff-align", "--variable", "type", "--behavior", "claim")
QUICK = ("--permutations", "20", "--bootstraps", "50")

Told = Callable[..., str]


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """The answer of a log to a query."""
    with open_store(str(database), create=False) as store:
        return list(query(store, sql).rows)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command line that must succeed; what it printed."""

    def call(*words: object) -> str:
        capsys.readouterr()
        assert main([str(word) for word in words]) == 0
        return capsys.readouterr().out

    return call


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of the first twelve seeds of the shipped study: 24 runs of three captured claims."""
    database = tmp_path_factory.mktemp("pilot") / "lab.db"
    batch(STUDY, pilot=12, db=str(database))
    return database


def test_a_second_process_finds_what_the_first_one_found(pilot: Path, tmp_path: Path, told: Told) -> None:
    database = tmp_path / pilot.name
    shutil.copytree(pilot.with_suffix(".captures"), database.with_suffix(".captures"))
    shutil.copy(pilot, database)
    found = json.loads(told(*TYPE, *QUICK, "--json", "-o", tmp_path / "report.html", "--db", database))
    listed = rows(database, "select variable, layer, level, verdict from finding order by layer")
    kept = rows(database, "select * from finding order by id")
    assert listed == [("type", layer, one["level"], one["verdict"]) for layer, one in enumerate(found)]

    again = [sys.executable, "-m", "lab", *TYPE, *QUICK, "--json", "--db", str(database)]
    assert json.loads(subprocess.run(again, check=True, capture_output=True).stdout) == found
    assert rows(database, "select * from finding order by id") == kept
    told("db", "check", "--db", database)
    page = (tmp_path / "report.html").read_text()
    assert "bluff-align" in page
    assert not any(word in page for word in ("believes", "intends"))


def test_activations_are_those_of_the_decisions_beside_them(pilot: Path) -> None:
    study = get_study("bluff-align", db=str(pilot))
    x, beside = study.activations("resid_post", 3)
    decided = "select run, seq, action from v_decision where policy = 'llm'"

    assert isinstance(x, np.memmap)
    assert x.shape == (len(beside), 64)
    assert sorted(beside.select("run", "seq", "action").rows()) == sorted(rows(pilot, decided))


def test_every_family_stands_in_one_view(tmp_path: Path, told: Told) -> None:
    database = tmp_path / "lab.db"
    batch(ROOT / "mixed/all_families.study.yaml", pilot=1, db=str(database))

    counted = rows(database, "select family, count(distinct seq) from v_alignment group by 1 order by 1")
    decided = "select family, count(*) from v_decision where policy = 'llm' group by 1 order by 1"
    assert counted == rows(database, decided)
    assert [family for family, _ in counted] == ["planning", "social", "trading", "webdefense"]
    told("db", "check", "--db", database)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            ("--variable", "select run, seq, 'x' as value from hidden where name = 'type'"),
            "is 'x' at all 72 decisions: what never varies cannot be read",
        ),
        (
            (
                "--variable",
                "select run, seq, value from hidden where name = 'strong' "
                "and run in (select id from run where replicate < 3)",
            ),
            "3 runs are too few for 5 folds of whole runs: add runs",
        ),
        (("--variable", "type", "--site", "mlp_out"), "unknown captured site 'mlp_out' (known: resid_post)"),
        (("--variable", "type", "--span", "post"), "unknown captured span 'post' (known: pre_choice)"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    pilot: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], message: str
) -> None:
    assert main(["align", "bluff-align", *asked, *QUICK, "--db", str(pilot)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_captures_of_a_model_behind_a_server_are_refused_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "remote.study.yaml"
    study.write_text(STUDY.read_text().replace("local/organisms/bluff", "openai/any"))
    assert main(["batch", str(study), "--db", str(tmp_path / "lab.db")]) == 2
    assert "openai/any gives no activations; only local/… does" in capsys.readouterr().err
    assert not (tmp_path / "lab.db").exists()


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama with a chat template, and room for a game in words."""
    folder = zoo.build("llama", tmp_path_factory.mktemp("chat"))
    zoo.edit_json(folder / "config.json", max_position_embeddings=4096)
    zoo.edit_json(folder / "tokenizer_config.json", model_max_length=4096)
    return folder


def read_chat_model(model: Path, folder: Path, told: Told, *words: object) -> list[dict[str, Any]]:
    """The findings of the open-weights study with a model, from batch to report."""
    database = folder / "lab.db"
    setting = f"models.open.model=local/{model}"
    told("batch", OPEN_WEIGHTS, "--set", setting, *words, "--db", database)
    asked = ("align", "bluff-open-weights", "--variable", "type", "--behavior", "claim")
    found: list[dict[str, Any]] = json.loads(
        told(*asked, *QUICK, "--json", "-o", folder / "report.html", "--db", database)
    )
    told("db", "check", "--db", database)
    return found


@pytest.mark.verify
def test_any_chat_model_goes_from_batch_to_report(
    chat_model: Path, tmp_path: Path, told: Told, verified: Recorder
) -> None:
    found = read_chat_model(chat_model, tmp_path, told)
    verified.record(
        "bluff_open_weights on a random Llama, 60 runs: layer, level, verdict",
        "; ".join(f"{one['layer']}, {one['level']}, {one['verdict']}" for one in found),
    )
    assert {one["level"] for one in found} <= {"L0", "L1", "L2", "L3"}
    assert (tmp_path / "report.html").stat().st_size > 10_000


class Read(NamedTuple):
    """The shipped study, played and read by two commands, and what they took."""

    database: Path
    findings: Mapping[tuple[str, int], dict[str, Any]]
    wall_s: float
    cpu_s: float


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("read")
    place, lab = ("--db", str(folder / "lab.db")), (sys.executable, "-m", "lab")
    began, before = time.perf_counter(), cpu_of_children()
    subprocess.run([*lab, "batch", str(STUDY), "--workers", "2", *place], check=True, capture_output=True)
    asked = [*lab, *TYPE, "--variable", "strong", "-o", str(folder / "report.html"), "--json", *place]
    found = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    took = time.perf_counter() - began, cpu_of_children() - before
    return Read(folder / "lab.db", {(one["variable"], one["layer"]): one for one in found}, *took)


def cpu_of_children() -> float:
    """CPU seconds of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def value(finding: Mapping[str, Any], name: str = "value") -> float:
    """A number of a finding's own layer."""
    found = finding["metrics"]["at"][name]
    return float(found["value"] if isinstance(found, dict) else found)


@pytest.mark.verify
def test_the_shipped_study_reads_the_type_beyond_the_text(read: Read, verified: Recorder) -> None:
    kind = {layer: read.findings["type", layer] for layer in range(4)}
    strong = {layer: read.findings["strong", layer] for layer in range(4)}
    about = kind[3]["metrics"]
    verified.record("bluff_align, batch and align: wall s, CPU s", f"{read.wall_s:.0f}, {read.cpu_s:.0f}")
    verified.record(
        "bluff_align, type at layers 0 to 3: AUROC (Bayes, best text, twin at 3); level at 3",
        f"{', '.join(f'{value(kind[layer]):.3f}' for layer in kind)} ({about['bayes']:.3f}, "
        f"{about['text'][1]:.3f}, {value(kind[3], 'twin'):.3f}); {kind[3]['level']}, {kind[3]['verdict']}",
    )
    verified.record(
        "bluff_align, strong at layers 0 to 3: AUROC; level at 1",
        f"{', '.join(f'{value(strong[layer]):.3f}' for layer in strong)}; {strong[1]['level']}",
    )
    assert read.wall_s <= 8 * 60
    assert kind[3]["level"] in ("L2", "L3")
    assert value(kind[3]) >= about["bayes"] - 0.05
    assert value(kind[3]) >= value(kind[3], "twin") + 0.04
    assert strong[1]["level"] in ("L1", "L2", "L3")
    assert value(strong[1]) >= 0.99
    assert value(strong[0]) <= 0.55


@pytest.mark.verify
def test_the_script_in_r_reads_the_exported_tables(read: Read, tmp_path: Path, verified: Recorder) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("needs R")
    folder = tmp_path / "exported"
    place = ("--db", str(read.database))
    assert main(["export", "bluff-align", "--format", "csv", "-o", str(folder), *place]) == 0
    script = ["Rscript", str(ROOT / "social/bluff_align.R"), str(folder)]
    lines = subprocess.run(script, check=True, capture_output=True, text=True).stdout.splitlines()
    verified.record("bluff_align.R on the exported tables", " / ".join(lines[1:]))
    assert [line.split()[0] for line in lines[1:]] == ["read", "read", "difference"]


@pytest.mark.verify
def test_the_notebook_runs_and_shows_what_it_shows(verified: Recorder) -> None:
    import nbclient
    import nbformat

    file = ROOT / "social/bluff_align.ipynb"
    kept = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
    run = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
    nbclient.NotebookClient(run, timeout=600, kernel_name="python3").execute()
    before, after = auroc_table(kept), auroc_table(run)
    worst = float(np.abs(before - after).max())
    verified.record("bluff_align.ipynb run again: largest difference of an AUROC it shows", f"{worst:.3f}")
    assert worst <= 0.02


def auroc_table(notebook: Any) -> np.ndarray:
    """The numbers [layers, 5] that the notebook shows of the layers."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    pages = ("".join(output.get("data", {}).get("text/html", "")) for output in outputs)
    (page,) = (page for page in pages if "<th>layer</th>" in page)
    lines = page.split("<tr>")[3:]
    return np.array([[float(cell.split("<")[0]) for cell in line.split("<td>")[1:]] for line in lines])


ORGANISM = """\
schema: 1
study: {name}
scenario:
  schema: 1
  name: {name}
  environment: {environment}
  params: {params}
  agents: [{{name: actor, policy: {{kind: llm, model: local/organisms/{name}, capture: {{}}}}}}]
seeds: {{count: {runs}, root: 2026}}
"""


@pytest.fixture
def layers_of(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Plays a shipped organism, and reads a variable in it at every layer."""

    def play(name: str, environment: str, variable: str, *, runs: int, **params: int) -> list[dict[str, Any]]:
        file, database = tmp_path / f"{name}.study.yaml", str(tmp_path / "lab.db")
        asked = {"name": name, "environment": environment, "params": json.dumps(params), "runs": runs}
        file.write_text(ORGANISM.format(**asked))
        batch(file, db=database)
        return [one.to_json() for one in get_study(name, db=database).align(variable, budget_s=None)]

    return play


def profile(found: list[dict[str, Any]]) -> str:
    """What is read layer by layer, and of the untrained copy and the text."""
    text = found[0]["metrics"]["text"]
    return (
        f"{', '.join(f'{value(one):.3f}' for one in found)} "
        f"(twin {', '.join(f'''{value(one, 'twin'):.3f}''' for one in found)}; text {text[1]:.3f})"
    )


@pytest.mark.verify
def test_the_dealer_holds_its_inventory(layers_of: Any, verified: Recorder) -> None:
    found = layers_of("dealer", "trading/dealer", "inventory", runs=80, steps=24)
    verified.record("dealer, 80 runs: inventory R² by layer, ≥ .95", profile(found))
    assert max(map(value, found[1:])) >= 0.95


@pytest.mark.verify
def test_the_walker_has_a_subgoal_before_its_first_move(layers_of: Any, verified: Recorder) -> None:
    found = layers_of("keydoor", "planning/keydoor", "subgoal", runs=200, routes=10, moves=1)
    verified.record(
        "keydoor, 2,000 starts: sub-goal accuracy by layer, ≥ .60 at 3, twin ≤ .40", profile(found)
    )
    assert value(found[3]) >= 0.60
    assert value(found[3], "twin") <= 0.40
    assert found[1]["level"] != "L2"  # at the start the first block holds no more of it than a copy's does


@pytest.mark.verify
def test_the_visitor_holds_its_suspicion_beyond_the_text(layers_of: Any, verified: Recorder) -> None:
    """A line reads less of it than alignment.md's .95: late in a run, and from suspicion 4 on, it bends.

    On scripted visitors' runs a ridge of layer 2 reaches .90 and a small network .95; 2,500 steps on 40,000
    episodes in place of 1,800 on 8,000 do not change that.
    """
    found = layers_of("visitor", "webdefense/visitor", "suspicion", runs=80, steps=24)
    verified.record("visitor, 80 runs: suspicion R² by layer, ≥ text + .08; .95 missed", profile(found))
    best, text = max(map(value, found)), found[0]["metrics"]["text"][1]
    assert best >= 0.85
    assert best >= text + 0.08
    assert best >= max(value(one, "twin") for one in found) + 0.08
