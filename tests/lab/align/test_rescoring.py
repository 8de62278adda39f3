"""Decisions whose tokens are read again for a probe."""

from __future__ import annotations

from typing import Any

import pytest

from db.probes import ProbeRow
from db.query import query
from db.recorder import Recorder
from db.store import Store
from lab.align.rescoring import refuse_other_weights, reread_rows
from lab.core.errors import UsageError
from lab.core.rows import ArtifactRow

ONE_CLAIM = "select run, seq from decision where phase = 'claim' order by run, seq limit 1"


def probe_of(store: Store, **changes: Any) -> ProbeRow:
    """A probe of the model that played."""
    ((artifact,),) = query(store, "select id from model_artifact").rows
    row = ("p" * 32, "claims", "strong", "binary", "logistic", "resid_post", 1, "pre_choice", artifact, 64)
    return ProbeRow(*row, "", "{}", None, "", 0.0)._replace(**changes)


def twin(store: Store, **changes: str) -> str:
    """Another model of the log, like the one that played but for what is changed."""
    (row,) = query(store, "select id, provider, name, fingerprint, config, versions from model_artifact").rows
    other = ArtifactRow(*row)._replace(id="twin", name="sister", **changes)
    with Recorder(store) as recorder:
        recorder.write_artifact(other)
    return other.id


def test_only_what_is_not_known_is_read(reading: Store) -> None:
    ((run, seq),) = query(reading, ONE_CLAIM).rows
    probe = probe_of(reading)
    found = reread_rows(reading, probe, [run], {(run, seq)})
    assert [one.run for one in found.rows] == [run] * 3
    assert seq not in [one.seq for one in found.rows]
    assert (found.x.shape, found.unread) == ((3, 64), {})


def test_a_span_that_an_answer_lacks_is_told(reading: Store) -> None:
    ((run, _),) = query(reading, ONE_CLAIM).rows
    found = reread_rows(reading, probe_of(reading, span="segment(nothing)"), [run], ())
    assert (found.rows, list(found.unread.values())) == ((), [4])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"fingerprint": "feedfeedfeedfeed"},
            r"organisms/bluff \(weights .*\); local/sister \(weights feedfeedfeed\) has other",
        ),
        ({"config": '{"tokenizer":"other"}'}, r"local/sister .* has another tokenizer"),
    ],
)
def test_another_model_is_refused_by_both_names(log: Store, changes: dict[str, str], said: str) -> None:
    probe = probe_of(log)
    with pytest.raises(UsageError, match=said):
        refuse_other_weights(log, probe, twin(log, **changes))
    assert refuse_other_weights(log, probe, probe.artifact).name == "organisms/bluff"
