from __future__ import annotations

from lab.reporting.looks import STYLE


def test_the_style_asks_no_network() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_every_brace_is_closed() -> None:
    assert STYLE.count("{") == STYLE.count("}") > 30
