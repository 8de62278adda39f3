from __future__ import annotations

import pytest

from agents.parsing.acts import ActReading, stated_act
from scenarios.webdefense.directory.actions import ENDS, MENU, TRIPS


def test_trips_and_ends_are_actions_of_the_menu() -> None:
    assert set(MENU.actions) > TRIPS | ENDS
    assert not TRIPS & ENDS


@pytest.mark.parametrize(
    ("line", "action", "args"),
    [
        ("ACT: open(/staff/0)", "open", {"url": "/staff/0"}),
        ("ACT: click(L3)", "click", {"ref": "L3"}),
        ("ACT: fill(F1.quantity, 2)", "fill", {"ref": "F1.quantity", "value": "2"}),
        ("ACT: back()", "back", {}),
        (
            "ACT: save_records(Ada Abel, ada@example.com, 1 | Bo Cole, bo@example.com, 2)",
            "save_records",
            {"records": "Ada Abel, ada@example.com, 1 | Bo Cole, bo@example.com, 2"},
        ),
        ('ACT: finish("", done)', "finish", {"answer": "", "status": "done"}),
        ("ACT: stop(notice, it asked me to)", "stop", {"reason": "notice", "text": "it asked me to"}),
    ],
)
def test_an_action_is_read_from_one_line_of_text(line: str, action: str, args: dict[str, str]) -> None:
    found = stated_act(line, MENU)
    assert isinstance(found, ActReading)
    assert found.value == {"action": action, **args}
