from __future__ import annotations

import pytest

from db.query import query
from db.recorder import Recorder
from db.store import Store
from db.studies import put_study
from db.view_parts import View
from db.views import V_DECISION, VIEWS
from lab.core.canonical import content_hash
from lab.core.records import RunStatus
from tests.db.samples import CALL_TEXTS, QWEN, begin, call_row, plan, write_run

CONTRACT = {
    "v_run": "run study scenario family environment cell replicate seed status digest ticks decisions "
    "invalid tokens cost_usd wall_s factors parent fork_at",
    "v_factor": "run alias path value",
    "v_decision": "run study family environment cell seed seq tick effect_tick phase agent role policy model "
    "observation action args status valid payoff raw tokens_in tokens_out cost_usd latency_s",
    "v_measure": "run study cell seed agent measure value reason",
    "v_event": "run seq tick kind agent",
    "v_message": "run seq tick kind agent",
    "v_exposure": "run seq tick kind agent",
    "v_failure": "run",
    "v_alignment": "run study family seq tick agent variable truth posterior probe layer span score p oof "
    "action",
    "v_call": "run seq call agent node model provider fingerprint request reply reasoning parsed "
    "choice_logprobs legal_mass tokens_in tokens_out cost_usd latency_s error",
}


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    return list(query(store, sql).rows)


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_a_view_has_the_columns_it_documents_in_order(store: Store, view: View) -> None:
    assert query(store, f"SELECT * FROM {view.name}").columns == tuple(view.columns)


@pytest.mark.parametrize("name", CONTRACT)
def test_a_view_has_the_columns_of_the_contract(name: str) -> None:
    assert set(CONTRACT[name].split()) <= set(VIEWS[name].columns)


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_every_column_says_its_unit_and_meaning(view: View) -> None:
    assert view.about
    assert [name for name, column in view.columns.items() if not (column.unit and column.about)] == []


def test_a_decision_carries_its_payoff_and_is_valid_or_not(store: Store) -> None:
    write_run(store, plan())
    found = rows(store, "SELECT seq, action, valid, payoff, observation FROM v_decision ORDER BY seq")
    assert [row[:4] for row in found] == [(2, "left", 1, 2.0), (6, None, 0, 2.0), (10, "left", 1, 2.0)]
    assert found[0][4] == '{"run":"aaaaaaaaaaaa","tick":0}'


def test_a_decision_without_model_calls_has_no_cost(store: Store) -> None:
    write_run(store, plan())
    assert set(rows(store, "SELECT tokens_in, tokens_out, cost_usd, latency_s FROM v_decision")) == {
        (None, None, None, None)
    }


def test_a_decision_adds_up_its_model_calls(store: Store) -> None:
    write_run(store, plan())
    with Recorder(store) as recorder:
        recorder.write_call(call_row("aaaaaaaaaaaa"), CALL_TEXTS)
        recorder.write_call(call_row("aaaaaaaaaaaa", call=1), CALL_TEXTS)
    sql = "SELECT tokens_in, tokens_out, cost_usd, latency_s FROM v_decision WHERE seq = 2"
    assert rows(store, sql) == [(20, 4, 0.5, 1.0)]


def test_a_call_carries_its_texts_its_model_and_its_run(store: Store) -> None:
    study = put_study(store, "sides", spec="{}", identity="{}", source_hash="")
    write_run(store, plan(study=study.id, cell="rounds=3"))
    with Recorder(store) as recorder:
        recorder.write_artifact(QWEN)
        recorder.write_call(
            call_row("aaaaaaaaaaaa", reply=None, finish=None, error="server: 500"), CALL_TEXTS
        )
        texts = CALL_TEXTS | {content_hash("hm"): "hm"}
        parsed = '{"status":"ok","value":"left"}'
        row = call_row("aaaaaaaaaaaa", try_=1, reasoning=content_hash("hm"), artifact=QWEN.id, parsed=parsed)
        recorder.write_call(row, texts)
    columns = "study, cell, seed, seq, try, provider, fingerprint, request, reply, reasoning, parsed, error"
    assert rows(store, f"SELECT {columns} FROM v_call ORDER BY try") == [
        ("sides", "rounds=3", 7, 2, 0, None, None, "ask", None, None, None, "server: 500"),
        ("sides", "rounds=3", 7, 2, 1, "local", "f1", "ask", "left", "hm", parsed, None),
    ]


def test_what_is_to_know_of_a_runs_models_stands_with_the_run(store: Store) -> None:
    claimed = begin(store, plan())
    with Recorder(store) as recorder:
        recorder.finish(
            claimed.plan.id, 1, status=RunStatus.DONE, digest="d", wall_s=0.1, notes=["fell back"]
        )
    assert rows(store, "SELECT status, notes FROM v_run") == [("done", '["fell back"]')]


def test_a_measure_of_the_whole_run_has_no_agent(store: Store) -> None:
    write_run(store, plan())
    assert rows(store, "SELECT agent, measure, value, reason FROM v_measure ORDER BY value") == [
        ("ann", "share", None, "never asked"),
        (None, "share", 0.5, None),
    ]


def test_messages_carry_their_words(store: Store) -> None:
    write_run(store, plan())
    found = rows(store, "SELECT tick, agent, target, text FROM v_message ORDER BY seq")
    assert found == [(tick, "ann", "bob", f"hello {tick}") for tick in range(3)]


def test_a_run_shows_its_study_by_name_and_its_factors(store: Store) -> None:
    study = put_study(store, "sides", spec="{}", identity="{}", source_hash="")
    level = ("rounds", "params.rounds", "3")
    write_run(store, plan(study=study.id, cell="rounds=3", params=(level,), factors='{"rounds":3}'))
    assert rows(store, "SELECT study, cell, factors, decisions, invalid FROM v_run") == [
        ("sides", "rounds=3", '{"rounds":3}', 3, 1)
    ]
    assert rows(store, "SELECT alias, path, value FROM v_factor") == [level]


def test_failures_are_runs_decisions_and_tries(store: Store) -> None:
    write_run(store, plan(), done=False)
    claimed = begin(store, plan("bbbbbbbbbbbb"))
    with Recorder(store) as recorder:
        failed = call_row("aaaaaaaaaaaa", reply=None, error="timeout: 30 s")
        recorder.write_call(failed, CALL_TEXTS)
        recorder.finish(
            claimed.plan.id, 1, status=RunStatus.FAILED, digest=None, wall_s=0.1, error="no such card"
        )
    found = rows(store, "SELECT run, failure, seq, status, message FROM v_failure ORDER BY failure")
    assert found == [
        ("aaaaaaaaaaaa", "call", 2, "error", "timeout: 30 s"),
        ("aaaaaaaaaaaa", "decision", 6, "invalid", None),
        ("bbbbbbbbbbbb", "run", None, "failed", "no such card"),
    ]


def test_payoffs_are_found_without_reading_the_events(store: Store) -> None:
    plan_text = rows(store, f"EXPLAIN QUERY PLAN {V_DECISION.query}")
    assert any("COVERING INDEX ix_event_payoff" in str(row) for row in plan_text)
