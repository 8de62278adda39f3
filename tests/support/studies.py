"""Small studies in YAML for tests, and what their runs came to."""

from __future__ import annotations

from pathlib import Path

from db.query import query
from db.store import open_store

STUDY = """\
schema: 1
study: {name}
scenario:
  schema: 1
  name: {name}
  environment: social/public_goods
  clock: {{tick: phase}}
  params: {{rounds: {rounds}, endowment: 20, mpcr: 0.4, punish: {{cost: 1, effect: 3}}}}
  agents:
    - {{name: bob, policy: {{kind: scripted, name: free_rider}}}}
    - {{name: coop, count: 3, policy: {{kind: scripted, name: conditional_cooperator, noise: 0.2}}}}
  measures: [contribution_share]
factors:
  punish: {{path: params.punish.effect, levels: [0, 3]}}
  bob: {{path: agents.bob.policy.name, levels: [free_rider, full_contributor]}}
seeds: {{count: {seeds}, root: 2026}}
hypotheses:
  - {{id: H1, factor: punish, contrast: [3, 0], measure: contribution_share, direction: greater}}
"""


def write_study(folder: Path, *, name: str = "small", rounds: int = 3, seeds: int = 3) -> Path:
    """A 2 × 2 study of the public goods game in a file."""
    path = folder / f"{name}.study.yaml"
    path.write_text(STUDY.format(name=name, rounds=rounds, seeds=seeds))
    return path


def digests(database: Path) -> dict[tuple[str, int], str]:
    """Digest by (cell, replicate) of every finished run of a study."""
    with open_store(str(database), create=False) as store:
        sql = "select cell, replicate, digest from v_run where digest is not null and study is not null"
        return {(cell, replicate): digest for cell, replicate, digest in query(store, sql).rows}


def count(database: Path, sql: str) -> int:
    """The one number that a query answers with."""
    with open_store(str(database), create=False) as store:
        return int(next(iter(query(store, sql).rows))[0])
