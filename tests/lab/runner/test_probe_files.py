"""Probes named by id score the tokens of agents while they act."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lab
from db.captures import captures_root
from db.probes import ProbeRow, put_probes
from db.query import query
from db.store import open_store
from lab.core.canonical import canonical
from lab.core.errors import StoreError, UnknownName
from lab.runner.probe_files import policy_at_hand, probe_files
from probes.readers.files import Card, FittedProbe, save
from probes.readers.tasks import Task
from tests.support.captures import BLUFF

WIDTH = 64


@pytest.fixture
def db(tmp_path: Path) -> str:
    """A log that knows one probe."""
    return str(tmp_path / "log.db")


@pytest.fixture
def probe(db: str) -> str:
    """Its id."""
    card = Card(
        "strong", Task("binary", ("no", "yes")), "logistic", "resid_post", 1, "pre_choice", WIDTH, "m"
    )
    fitted = FittedProbe(card, np.ones((1, WIDTH)), np.zeros(1), np.array([1.0, 0.0]))
    with open_store(db) as store:
        file = save(fitted, Path(captures_root(store.location)) / "probes")
        about = (fitted.id, "s", "strong", "binary", "logistic", "resid_post", 1, "pre_choice", "m", WIDTH)
        put_probes(store, [ProbeRow(*about, "", "{}", f"probes/{file.name}", "", 0.0)], ())
    return fitted.id


def scored_run(db: str, name: str) -> lab.Run:
    options = {"tokens": "scores", "probes": [name]}
    policy = {"kind": "llm", "model": "local/organisms/bluff", "capture": options}
    return lab.run(BLUFF, set_=[f"agents.ann.policy={canonical(policy)}"], db=db)


def found(db: str, sql: str) -> list[tuple[Any, ...]]:
    with open_store(db, create=False) as store:
        return list(query(store, sql).rows)


def test_an_agents_tokens_are_scored_by_a_probe_that_the_policy_names_by_id(db: str, probe: str) -> None:
    run = scored_run(db, probe[:12])
    assert found(db, "select distinct probe, run from probe_score") == [(probe, run.id)]
    ((strips, scores),) = found(db, "select count(strip), count(score) from probe_score")
    assert (strips, scores) == (8, 8)
    assert found(db, "select * from capture") == []
    ((policy,),) = found(db, "select policy_spec from agent where name = 'ann'")
    assert probe[:12] in policy, "the log names the probe as its author did"


def test_a_log_without_that_probe_is_told_before_the_first_row(db: str, probe: str) -> None:
    with pytest.raises(UnknownName, match="unknown probe '0123456789ab'"):
        scored_run(db, "0123456789ab")
    assert found(db, "select count(*) from run") == [(0,)]


def test_a_file_stays_as_it_is_and_a_lost_one_is_told(db: str, probe: str) -> None:
    with open_store(db, create=False) as store:
        (file,) = probe_files(store, [probe])
        assert probe_files(store, [file]) == [file]
        told = policy_at_hand(store, {"kind": "llm", "capture": {"probes": probe}})
        assert told["capture"] == {"probes": [file]}
        assert policy_at_hand(store, {"kind": "human"}) == {"kind": "human"}
        Path(file).unlink()
        with pytest.raises(StoreError, match="is not in "):
            probe_files(store, [probe])
