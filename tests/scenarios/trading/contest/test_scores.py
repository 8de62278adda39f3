from __future__ import annotations

from scenarios.trading.contest.scores import Score, Scoreboard


def test_a_score_is_used_only_after_the_last_price_it_needs_was_known() -> None:
    board = Scoreboard(["ann"])
    for session in range(5):
        board.add(Score("ann", session, float(session), session + 1))
    for now in range(8):
        usable = [score.session for score in board.matured(now)["ann"]]
        assert usable == [s for s in range(5) if s + 1 < now]


def test_a_trader_without_scores_has_an_empty_history() -> None:
    assert Scoreboard(["ann", "bob"]).matured(9) == {"ann": [], "bob": []}
