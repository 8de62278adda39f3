"""A conversation shows, listens, reads and remembers; the log alone rebuilds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from agents.conversation import Conversation, Speaker
from agents.llm import thinking
from agents.memory import MemoryOptions
from lab.core.calls import Decide, ModelFailure, ModelReply, ModelRequest
from lab.core.ports import Play
from lab.core.records import DecisionRequest, Segment, Status
from lab.core.spaces import Choice, Message, Quantity, Space
from lab.engine.conductor import Limits
from lab.engine.seats import OnInvalid, Think
from scenarios.environment import Environment, NoParams
from scenarios.look import Look
from tests.support.toys import AB, FakeModel, FakeSink, Says, same
from tests.support.worlds import Played, play

FORGIVING = Limits(error_share=1.0)


class Told(Environment[NoParams]):
    """Rules that stand, an observation that changes, and a compact wording for small models."""

    wordings = 2
    space: Space = AB
    n_rounds = 3

    def play(self) -> Play:
        for number in range(self.n_rounds):
            yield self.ask_all(self.agents, same({"round": number}), self.space, phase="choose")
            yield self.wait(1)

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        number = request.observation["round"]
        if self.look.wording == 1:
            return (Segment("observation", f"r{number} {self.look.shown('a')}"),)
        rules = Segment("rules", f"Choose {self.look.shown('a')} or {self.look.shown('b')}.")
        return Segment("system", "A game."), rules, Segment("observation", f"Round {number}.")


def in_space(space: Space, n_rounds: int = 3) -> type[Told]:
    return type("InSpace", (Told,), {"space": space, "n_rounds": n_rounds})


def says(*texts: str) -> FakeModel:
    """A model that says one text after the other and then the last for ever."""
    left = list(texts)
    return FakeModel(
        lambda request: ModelReply(left.pop(0) if len(left) > 1 else left[0], tokens_in=3, tokens_out=2)
    )


def talking(
    model: FakeModel,
    cognition: str = "direct",
    *,
    memory: Mapping[str, Any] | None = None,
    decide: Decide = "generate",
    persona: str | None = None,
    wording: int | None = None,
    with_ids: bool = False,
) -> Conversation:
    speaker = Speaker("fake", model, {"temperature": 0.5}, decide, with_ids)
    options = MemoryOptions(**(memory or {}))
    return Conversation(speaker, thinking(cognition), options, persona=persona, wording=wording)


def played(policy: Any, kind: type[Told] = Told, **options: Any) -> Played:
    return play(kind, {}, {"ann": policy}, **options)


def prompts(model: FakeModel) -> list[list[str]]:
    return [[str(message["content"]) for message in request.messages] for request in model.asked]


def test_rules_and_persona_are_told_once_and_each_prompt_begins_with_the_one_before() -> None:
    model = says('{"answer": "a"}')
    played(talking(model, persona="You are bold."))
    first, second, third = prompts(model)
    assert first[0] == "A game.\n\nYou are bold.\n\nChoose a or b."
    assert first[1].startswith("Round 0.\n\nChoose one of: a, b.")
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    assert len(third) == 6


def test_a_reply_that_is_no_answer_is_shown_back_once_with_what_was_wrong() -> None:
    model = says("perhaps", '{"answer": "b"}')
    run = played(talking(model), in_space(AB, 1))
    (decision,) = run.record.decisions
    assert (decision.status, decision.action) == (Status.RETRIED, "b")
    again = model.asked[1].messages
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert again[2]["content"] == "perhaps"
    assert again[3]["content"].startswith("That reply could not be used: ")
    assert model.asked[0].seed != model.asked[1].seed


def test_after_the_re_asks_a_reply_that_is_no_answer_is_data_in_its_own_words() -> None:
    run = played(talking(says("perhaps")), in_space(AB, 1), on_invalid=OnInvalid(2))
    (decision,) = run.record.decisions
    assert (decision.status, decision.action, decision.raw) == (Status.INVALID, None, "perhaps")


def test_a_refusal_is_not_asked_again() -> None:
    model = FakeModel(lambda request: ModelReply("I will not.", finish="refusal"))
    run = played(talking(model), in_space(AB, 1))
    assert [decision.status for decision in run.record.decisions] == [Status.REFUSED]
    assert len(model.asked) == 1


def test_options_are_asked_for_and_read_under_the_names_they_are_shown_by() -> None:
    model = says('{"answer": "Y"}')
    run = played(talking(model), look=Look(labels={"a": "X", "b": "Y"}))
    assert {decision.action for decision in run.record.decisions} == {"b"}
    assert model.asked[0].schema is not None
    assert model.asked[0].schema["properties"]["answer"]["enum"] == ["X", "Y"]


def test_a_reader_of_a_wording_of_its_own_is_shown_that_alone_with_plain_names() -> None:
    model = says("b")
    run = played(
        talking(model, wording=1, decide="score", memory={"mode": "none"}),
        look=Look(labels={"a": "X", "b": "Y"}),
    )
    assert prompts(model) == [["r0 a"], ["r1 a"], ["r2 a"]]
    assert model.asked[0].choices == ("a", "b")
    assert {decision.action for decision in run.record.decisions} == {"b"}


def test_scoring_is_asked_for_where_replies_are_finite_and_only_there() -> None:
    for space, scored in ((AB, True), (Quantity("give", 0, 3), True), (Message(), False)):
        model = says("a" if space is AB else "2")
        played(talking(model, decide="score"), in_space(space, 1))
        (request,) = model.asked
        assert (request.decide == "score", bool(request.choices), request.schema is None) == (scored,) * 3


def test_react_reasons_in_a_call_of_its_own_under_a_seed_of_its_own() -> None:
    model = says("Think of tomorrow.", '{"answer": "a"}')
    sink = FakeSink()
    played(talking(model, "react"), in_space(AB, 1), sink=sink)
    assert [row.node for row in sink.calls] == ["reason#0", "act#0"]
    assert [row.parsed is None for row in sink.calls] == [True, False]
    assert model.asked[0].schema is None
    assert len({request.seed for request in model.asked}) == 2
    assert model.asked[1].messages[-2]["content"] == "Think of tomorrow."


def test_the_log_keeps_what_a_reply_was_read_as_and_where_each_part_of_the_prompt_stands() -> None:
    sink = FakeSink()
    played(talking(says('Sure! {"answer": "b"}')), in_space(AB, 1), sink=sink)
    (row,) = sink.calls
    assert json.loads(row.parsed or "") == {
        "status": "repaired",
        "value": "b",
        "spans": {"answer": [18, 19]},
        "place": [18, 19, 18],
        "problem": None,
    }
    names = [name for name, *_ in json.loads(row.segments or "")]
    assert names == ["system", "rules", "observation", "format"]


def test_tokens_of_all_calls_of_a_decision_are_its_think_time() -> None:
    model = says("hm", '{"answer": "a"}')
    run = played(talking(model, "react"), in_space(AB, 1), think={"ann": Think(per_token_in=1)})
    (decision,) = run.record.decisions
    assert decision.effect_tick - decision.tick == 6


def too_long(most: int, request: ModelRequest) -> ModelReply | ModelFailure:
    if len(request.messages) > most:
        return ModelFailure("overflow", f"more than {most} messages")
    return ModelReply('{"answer": "a"}')


def test_a_prompt_that_is_too_long_is_asked_again_with_half_the_past_and_both_are_logged() -> None:
    model, sink = FakeModel(partial(too_long, 6)), FakeSink()
    run = played(talking(model), in_space(AB, 6), sink=sink)
    assert {decision.status for decision in run.record.decisions} == {Status.OK}
    assert [row.error for row in sink.calls if row.error] == ["overflow: more than 6 messages"] * 2
    assert model.asked[-1].messages[0]["content"] == "A game.\n\nChoose a or b."


def test_a_re_ask_that_is_too_long_is_asked_with_half_the_past_too() -> None:
    left = ['{"answer": "a"}', '{"answer": "a"}', "hm"]

    def answer(request: ModelRequest) -> ModelReply | ModelFailure:
        if len(request.messages) > 6:
            return ModelFailure("overflow", "more than 6 messages")
        return ModelReply(left.pop(0) if left else '{"answer": "b"}')

    model = FakeModel(answer)
    run = played(talking(model), in_space(AB, 3))
    assert [decision.status for decision in run.record.decisions] == [Status.OK, Status.OK, Status.RETRIED]
    assert [message["content"] for message in model.asked[-1].messages[-2:-1]] == ["hm"]


def test_a_prompt_that_is_too_long_without_any_past_is_an_error_and_no_action() -> None:
    run = played(talking(FakeModel(partial(too_long, 1))), in_space(AB, 1), limits=FORGIVING)
    assert [decision.status for decision in run.record.decisions] == [Status.ERROR]


def test_a_conversation_that_takes_over_remembers_the_turns_before_it_as_its_own() -> None:
    model = says('{"answer": "b"}')
    run = played(Says("a"), later={"ann": talking(model)}, later_from=2)
    assert [decision.action for decision in run.record.decisions] == ["a", "b", "b"]
    first = model.asked[0].messages
    assert [message["role"] for message in first] == ["system", "user", "assistant", "user"]
    assert (first[1]["content"], first[2]["content"]) == ("Round 0.", '{"answer":"a"}')


def test_only_a_local_speaker_carries_the_tokens_of_its_replies() -> None:
    for with_ids in (True, False):
        model = FakeModel(lambda request: ModelReply('{"answer": "a"}', reply_ids=(7, 8)))
        played(talking(model, with_ids=with_ids), in_space(AB, 2))
        assert ("ids" in model.asked[1].messages[2]) is with_ids


def test_equal_seeds_ask_equal_requests() -> None:
    def requests(model: FakeModel) -> list[str]:
        played(talking(model, "react"))
        return [request.hash for request in model.asked]

    answer: Callable[[], FakeModel] = partial(says, '{"answer": "a"}')
    assert requests(answer()) == requests(answer())


def test_an_option_named_in_a_space_of_the_moment_may_have_a_label_too() -> None:
    model = says('{"answer": "Q"}')
    run = played(talking(model), in_space(Choice("q", "r"), 1), look=Look(labels={"q": "Q", "r": "R"}))
    assert [decision.action for decision in run.record.decisions] == ["q"]
