"""The records that travel between environment, engine, policy and log."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from lab.core.records import FINISHED, VALID, Answer, Decision, RunStatus, Status, Truth


def test_statuses_are_those_of_the_contract() -> None:
    assert [str(status) for status in Status] == [
        "ok",
        "repaired",
        "retried",
        "refused",
        "invalid",
        "timeout",
        "error",
    ]
    assert {"ok", "repaired", "retried"} == VALID
    assert [str(status) for status in RunStatus] == ["running", "done", "limited", "stopped", "failed"]
    assert {"done", "limited"} == FINISHED


@pytest.mark.parametrize(("action", "valid"), [("a", True), (None, False)])
def test_a_decision_is_valid_when_the_agent_acted(action: str | None, valid: bool) -> None:
    assert Decision("ann", 1, 0, 0, "choose", action, {}, Status.OK).valid is valid


@pytest.mark.parametrize("record", [Answer("a"), Truth(1)])
def test_records_are_frozen(record: object) -> None:
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        record.value = 2  # type: ignore[attr-defined]
