from __future__ import annotations

import json

import pytest

from db.captures import captures_root
from db.probes import ProbeRow, ScoreRow, get_probe, put_probes
from db.store import Store
from lab.align.climb import Climbed
from lab.align.readings import Reading, Reference, read_basis, readings_of
from lab.align.strips import strip_of
from lab.align.tables import token_ids
from lab.core.errors import UsageError
from lab.reporting.inputs import TokenStrip
from lab.runner.reread_plan import Readers
from probes.readers.files import load
from probes.shards import local_shard


@pytest.fixture(scope="module")
def readers() -> Readers:
    return Readers()


@pytest.fixture(scope="module")
def probe(fitted: Store, strong: Climbed) -> ProbeRow:
    return get_probe(fitted, str(strong.headlines[0].probe))


@pytest.fixture(scope="module")
def readings(fitted: Store, probe: ProbeRow) -> tuple[Reading, ...]:
    return readings_of(fitted, probe, study="claims")


def drawn(store: Store, probe: ProbeRow, one: Reading, readers: Readers) -> TokenStrip:
    basis = read_basis(store, probe, (one,))
    reference = Reference("others", (0.0, 1.0))
    return strip_of(store, probe, (one.run, one.seq), basis=basis, reference=reference, readers=readers)


def test_the_probe_reads_the_choice_as_it_reads_the_capture(
    fitted: Store, probe: ProbeRow, readings: tuple[Reading, ...], readers: Readers, strong: Climbed
) -> None:
    aligned = strong.measured[0].aligned
    place = aligned.keys.index((readings[0].run, readings[0].seq))
    fitted_probe = load(local_shard(captures_root(fitted.location), str(probe.path)))
    (expected,) = fitted_probe.scores(aligned.captured.matrix(probe.layer)[[place]])
    strip = drawn(fitted, probe, readings[0], readers)
    ids = token_ids(fitted, aligned)

    assert ids is not None
    assert len(strip.tokens) == strip.total == len(ids[place])
    assert strip.tokens[aligned.rows[place].start or 0].score == pytest.approx(expected, abs=1e-3)


def test_the_action_is_boxed_and_its_claim_is_told_by_truth(
    fitted: Store, probe: ProbeRow, readings: tuple[Reading, ...], readers: Readers
) -> None:
    claims = set()
    for one in readings[:12]:
        *prompt, said = drawn(fitted, probe, one, readers).tokens
        assert (said.text.strip(), said.action) == (one.action, True)
        assert not any(token.action or token.claim for token in prompt)
        is_so = (one.action == "strong") == (one.truth == "true")
        assert said.claim == ("true" if is_so else "false")
        claims.add(said.claim)
    assert claims == {"true", "false"}


def test_scores_that_the_log_has_are_not_computed_again(
    fitted: Store, probe: ProbeRow, readings: tuple[Reading, ...]
) -> None:
    one, live = readings[0], probe._replace(id="live", path=None)
    strip = json.dumps([2, [1.0, None, 3.0]])
    put_probes(
        fitted,
        [live],
        [
            ScoreRow(
                probe="live",
                run=one.run,
                seq=one.seq,
                call=0,
                attempt=0,
                try_=0,
                agent=one.agent,
                truth=None,
                score=3.0,
                p=None,
                predicted=None,
                fold=None,
                oof=1,
                strip=strip,
            )
        ],
    )

    scores = [token.score for token in drawn(fitted, live, one, Readers()).tokens]
    assert scores[:6] == [None, None, 1.0, None, 3.0, None]


def test_a_decision_that_no_model_answered_is_refused(
    fitted: Store, probe: ProbeRow, readings: tuple[Reading, ...], readers: Readers
) -> None:
    with pytest.raises(UsageError, match=r"decision 1 of run \w+ was answered by no model \(those"):
        drawn(fitted, probe, readings[0]._replace(seq=1), readers)


def test_weights_that_are_not_those_of_the_probe_are_refused(
    fitted: Store, probe: ProbeRow, readings: tuple[Reading, ...], readers: Readers
) -> None:
    with fitted.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO model_artifact (id, provider, name, fingerprint, config, versions) "
            "SELECT 'other', provider, name, 'feed', config, versions FROM model_artifact"
        )
        connection.exec_driver_sql(
            "INSERT INTO model_artifact (id, provider, name, fingerprint, config, versions) "
            "SELECT 'remote', 'openai', name, NULL, config, versions FROM model_artifact WHERE id = 'other'"
        )
    with pytest.raises(UsageError, match="was fitted on weights feed of local/organisms/bluff"):
        drawn(fitted, probe._replace(artifact="other"), readings[0], readers)
    with pytest.raises(UsageError, match="the weights of openai/organisms/bluff are not at hand"):
        drawn(fitted, probe._replace(artifact="remote"), readings[0], readers)
