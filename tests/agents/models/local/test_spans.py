"""From the text of a reply to its tokens, and from tokens to the positions of spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models

from agents.models.local.jobs import Job, Said, TokenPlace
from agents.models.local.spans import NO_ALTERNATIVE, common_tokens, job_capture, spans_of, token_place
from agents.parsing import parse_reply
from agents.parsing.place import place_of
from lab.core.captures import ActionPlace, CapturedSpan, CaptureSpec
from lab.core.errors import UnknownName
from lab.core.spaces import Choice
from tests.support.zoo import TOKENIZERS, TokenizerKind, tokenizer_of

PIECES = ["<s>", "I ", "co", "op", "erate", ".", "<think>", "</think>", "<end>", "é"]
SAID = Said((20, 21, 22))


def decoded(ids: Sequence[int]) -> str:
    return "".join(PIECES[token] for token in ids)


def place(ids: Sequence[int], text: str, at: ActionPlace) -> TokenPlace | None:
    return token_place(ids, text, at, decode=decoded, special=["<s>", "<end>"])


def test_an_action_is_in_all_tokens_that_hold_some_of_it() -> None:
    assert place([1, 2, 3, 4, 5], "I cooperate.", ActionPlace(2, 11, 4)) == (1, 4, 2)
    assert place([1, 2, 3, 4, 5], "I cooperate.", ActionPlace(3, 4, 3)) == (1, 2, 1)


def test_what_separates_may_be_the_token_behind_the_text() -> None:
    assert place([2, 3], "coop", ActionPlace(0, 4, 4)) == (0, 2, 2)


def test_thinking_and_special_tokens_are_passed_over() -> None:
    assert place([6, 2, 7, 1, 2, 3, 4], "I cooperate", ActionPlace(2, 11, 2)) == (4, 7, 4)
    assert place([0, 1, 0, 2, 0, 3, 4], "I cooperate", ActionPlace(2, 11, 4)) == (3, 7, 5)


def test_thinking_that_begins_as_the_reply_does_is_passed_over() -> None:
    assert place([2, 3, 4, 7, 2, 3, 4], "cooperate", ActionPlace(0, 9, 2)) == (4, 7, 5)


@pytest.mark.parametrize("before", ["🤝", "ok 🤝🤝", "你"])
def test_bytes_of_a_character_that_are_tokens_of_their_own_move_no_later_place(before: str) -> None:
    """Byte fallback, as Llama 2 and Mistral have it, shows every byte of an unfinished character."""
    vocab = {f"<0x{byte:02X}>": byte for byte in range(256)} | {"cooperate": 256}
    words = Tokenizer(models.BPE(vocab, [], byte_fallback=True))
    words.decoder = decoders.ByteFallback()

    def decode(some: Sequence[int]) -> str:
        return str(words.decode([*some]))

    bytes_before = [*before.encode()]
    ids, text = [*bytes_before, 256], before + "cooperate"
    found = token_place(ids, text, ActionPlace(len(before), len(text), len(before)), decode=decode)
    assert found == (len(bytes_before), len(ids), len(bytes_before))


def test_a_text_that_the_tokens_do_not_say_has_no_place() -> None:
    assert place([1, 2], "I defect", ActionPlace(2, 8, 2)) is None


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_every_character_of_a_reply_is_in_a_token_that_makes_it(kind: TokenizerKind) -> None:
    words = tokenizer_of(kind).backend_tokenizer
    text = 'I think: 你现在 cooperate — {"action": "cooperate", "amount": 10}'
    ids = words.encode(text, add_special_tokens=False).ids

    def decode(some: Sequence[int]) -> str:
        return str(words.decode([*some], skip_special_tokens=False))

    said = decode(ids)
    for char in range(len(said)):
        found = token_place(ids, said, ActionPlace(char, char + 1, char), decode=decode)
        assert found is not None
        assert found.start == found.separates == found.end - 1
        assert len(decode(ids[: found.start])) <= char < len(decode(ids[: found.end]))


def job(spans: Sequence[str], place: TokenPlace | str | None = None, **settings: Any) -> Job:
    texts = {"choices": ("one", "two"), "read": lambda ids: "text"}
    spec = CaptureSpec(spans=tuple(spans))
    capture = job_capture(
        spec,
        {"rules": (0, 2), "lost": None},
        locate=None if isinstance(place, str) else lambda text: place and ActionPlace(0, 1, 0),
        find=lambda ids, text, at: place if isinstance(place, TokenPlace) else None,
        **texts,  # type: ignore[arg-type]
    )
    return Job((7, 8, 9), key=1, capture=capture, **settings)


def span(name: str, place: TokenPlace | str | None, said: Said = SAID, **settings: Any) -> CapturedSpan:
    (found,) = spans_of(job([name], place, **settings), said)
    return found


def test_the_state_before_a_token_is_that_of_the_token_before_it() -> None:
    here = TokenPlace(1, 3, 1)
    assert span("pre_action", here) == ("pre_action", 2, 3, 9, "live", None)
    assert span("pre_choice", here) == ("pre_choice", 3, 4, 20, "live", None)
    assert span("pre_choice", TokenPlace(0, 1, 0))[1:4] == (2, 3, 9)
    assert span("action_first", here)[1:4] == (4, 5, 21)
    assert span("action_mean", here)[1:4] == (4, 6, None)
    assert span("action_max", here)[1:4] == (4, 6, None)
    assert span("post", here)[1:4] == (5, 6, 22)
    assert span("segment(rules)", here)[1:4] == (0, 2, None)


@pytest.mark.parametrize(
    ("name", "place", "reason"),
    [
        ("pre_choice", None, "the reply states no action"),
        ("action_mean", None, "the reply states no action"),
        ("pre_choice", "", "nothing says where an action stands in this reply"),
        ("pre_choice", TokenPlace(0, 1, None), NO_ALTERNATIVE),
        ("pre_choice", TokenPlace(0, 3, 3), "the reply ends before another action could"),
        ("action_first", TokenPlace(1, 1, None), "the action is an empty text"),
        ("segment(rule)", None, "the prompt has no segment 'rule' (segments: rules, lost)"),
        ("segment(lost)", None, "segment 'lost' does not stand in the prompt as it is"),
    ],
)
def test_a_span_that_does_not_exist_says_why(name: str, place: TokenPlace | str | None, reason: str) -> None:
    found = span(name, place)
    assert (found.reason or "").startswith(reason)
    assert (found.start, found.end) == (None, None)


def test_a_reply_without_tokens_has_no_last_one() -> None:
    assert span("post", None, Said(())).reason == "the reply has no tokens"


def test_a_choice_by_score_parts_where_the_tokens_of_all_choices_do() -> None:
    choices = ((20, 21, 22), (20, 23))
    assert span("pre_choice", None, Said(choices[1], 1), choices=choices)[1:4] == (3, 4, 20)
    alone = span("pre_choice", None, Said(choices[1], 0), choices=choices[1:])
    assert alone.reason == NO_ALTERNATIVE


def test_a_span_by_another_name_is_no_span() -> None:
    with pytest.raises(UnknownName, match="pre_choice"):
        span("pre_chioce", None)


def test_common_tokens_are_those_that_all_begin_with() -> None:
    assert common_tokens([(1, 2, 3), (1, 2, 4), (1, 5)]) == 1
    assert common_tokens([(1,), (2,)]) == 0


WORDS = ("re", "ject", "report", "bet", "_big", "bet_", "big", ' "', '{"answer":', '"}', " share", " shirk")


def _longest(text: str) -> list[int]:
    """Tokens of `WORDS`, the longest first, as byte-pair encoders tend to cut."""
    ids = []
    while text:
        word = max((word for word in WORDS if text.startswith(word)), key=len)
        ids.append(WORDS.index(word))
        text = text[len(word) :]
    return ids


@pytest.mark.parametrize("options", [("reject", "report"), ("bet", "bet_big")])
def test_options_that_begin_alike_part_at_one_token_whichever_is_said(options: tuple[str, str]) -> None:
    def decode(ids: Sequence[int]) -> str:
        return "".join(WORDS[token] for token in ids)

    parted = set()
    for option in options:
        text = f'{{"answer": "{option}"}}'
        place = place_of(text, parse_reply(text, Choice(*options)), Choice(*options))
        assert place is not None
        found = token_place(_longest(text), text, place, decode=decode, encode=_longest)
        assert found is not None
        parted.add(found.separates)
    assert parted == {2}
