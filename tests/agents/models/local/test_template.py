"""Messages as text: system texts, runs of one role, thinking, dates, and where contents stand."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models.local.options import LocalOptions
from agents.models.local.template import Rendered, Span, Template
from lab.core.errors import UsageError
from tests.support import zoo

SYSTEM, FIRST, SECOND = "You are ann.", "Round 1.", "Round 2."
CHAT = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": FIRST},
    {"role": "assistant", "content": "cooperate"},
    {"role": "user", "content": SECOND},
]
CHATS: list[zoo.TemplateKind] = ["chatml", "header", "nosystem", "inst", "none"]


def template_of(source: str | None = None, *, kind: zoo.TemplateKind = "chatml", **options: Any) -> Template:
    tokenizer = zoo.tokenizer_of(template=kind)
    if source is not None:
        tokenizer.chat_template = source
    return Template(tokenizer, LocalOptions(**options))


def shown(rendered: Rendered) -> list[str | None]:
    return [span and rendered.text[span.start : span.end] for span in rendered.spans]


@pytest.mark.parametrize("kind", CHATS)
def test_the_text_is_what_transformers_renders(kind: zoo.TemplateKind) -> None:
    tokenizer = zoo.tokenizer_of(template=kind)
    chat = CHAT[1:]
    source = None if tokenizer.chat_template else "{% for m in messages %}{{ m.content + '\\n' }}{% endfor %}"
    expected = tokenizer.apply_chat_template(
        chat, chat_template=source, tokenize=False, add_generation_prompt=True
    )
    assert template_of(kind=kind).render(chat).text == expected


@pytest.mark.parametrize("kind", CHATS)
def test_every_content_is_found_where_it_stands(kind: zoo.TemplateKind) -> None:
    assert shown(template_of(kind=kind).render(CHAT)) == [SYSTEM, FIRST, "cooperate", SECOND]


@pytest.mark.parametrize("kind", CHATS)
def test_contents_that_look_like_the_template_are_found_all_the_same(kind: zoo.TemplateKind) -> None:
    chat = [{"role": "user", "content": "user\n"}, {"role": "assistant", "content": ""}, CHAT[3]]
    rendered = template_of(kind=kind).render(chat)
    assert [text and text.strip() for text in shown(rendered)] == ["user", "", SECOND]


def test_a_trimmed_content_tells_what_was_cut() -> None:
    rendered = template_of(kind="header").render([{"role": "user", "content": "\n\n  Round 1. \n"}])
    assert shown(rendered) == [FIRST]
    assert rendered.spans[0] is not None
    assert rendered.spans[0].cut == 4


def test_a_content_that_the_template_changed_has_no_place_and_hides_no_other() -> None:
    shouting = (
        "{% for m in messages %}{{ '<s>' + (m.content | upper if m.role == 'user' else m.content) }}"
        "{% endfor %}{{ '</s>' }}"
    )
    rendered = template_of(shouting).render(CHAT[:2])
    assert rendered.text == "<s>You are ann.<s>ROUND 1.</s>"
    assert shown(rendered) == [SYSTEM, None]


def test_a_template_without_system_role_gets_it_before_the_first_user_text() -> None:
    rendered = template_of(kind="nosystem").render(CHAT)
    assert rendered.text.startswith(f"<s><start_of_turn>user\n{SYSTEM}\n\n{FIRST}<|im_end|>")
    assert rendered.facts == {"merged": 1}


def test_a_template_that_silently_drops_the_system_text_gets_it_merged_too() -> None:
    deaf = (
        "{% for m in messages if m.role != 'system' %}{{ m.role + ':' + m.content + '\\n' }}{% endfor %}"
        "{{ 'assistant:' }}"
    )
    assert template_of(deaf).render(CHAT).text.startswith(f"user:{SYSTEM}\n\n{FIRST}\n")


def test_merging_can_be_asked_for_or_refused() -> None:
    assert template_of(system="merge").render(CHAT).facts == {"merged": 1}
    with pytest.raises(UsageError, match="System role not supported"):
        template_of(kind="nosystem", system="keep").render(CHAT)


def test_roles_that_must_alternate_get_runs_merged() -> None:
    chat = [CHAT[1], CHAT[3]]
    rendered = template_of(kind="nosystem").render(chat)
    assert rendered.text.count("<start_of_turn>user") == 1
    assert shown(rendered) == [FIRST, SECOND]
    assert template_of().render(chat).facts == {}


def test_options_reach_the_template() -> None:
    assert template_of(template={"enable_thinking": False}).render(CHAT).text.endswith("</think>\n\n")


def test_an_option_that_the_template_never_reads_is_refused_with_the_nearest() -> None:
    said = r"reads no 'enable_thinkin'; did you mean 'enable_thinking'\? \(it reads: enable_thinking\)"
    with pytest.raises(UsageError, match=said):
        template_of(template={"enable_thinkin": False})
    with pytest.raises(UsageError, match=r"\(it reads: none\)"):
        template_of(kind="header", template={"bos_token": "<s>"})
    with pytest.raises(UsageError, match="no chat template that would read 'enable_thinking'"):
        template_of(kind="none", template={"enable_thinking": False})


def test_every_way_of_reading_an_option_is_known() -> None:
    source = (
        "{% if not thinking is defined %}{% set thinking = false %}{% endif %}"
        "{% set day = day | default('1') %}"
        "{% for m in messages %}{% if m.role == 'tool' %}{% break %}{% endif %}"
        "{%- generation %}{{ m.content + day }}{% endgeneration -%}{% endfor %}{{ thinking }}"
    )
    rendered = template_of(source, template={"thinking": True, "day": "2"}).render(CHAT[1:2])
    assert rendered.text == f"{FIRST}2True"


def test_a_scored_reply_stands_behind_an_empty_think_block() -> None:
    template = template_of()
    assert template.render(CHAT).text.endswith("assistant\n")
    past = template.render(CHAT, past_thinking=True)
    assert past.text.endswith("assistant\n<think>\n\n</think>\n\n")
    assert not past.in_thinking


def test_a_think_block_that_the_template_opens_is_told_and_can_be_closed() -> None:
    source = (zoo.TEMPLATES["header"] or "").replace(
        "assistant<|end_header_id|>\\n\\n' }}", "assistant<|end_header_id|>\\n\\n<think>\\n' }}"
    )
    template = template_of(source, kind="header")
    assert template.render(CHAT).in_thinking
    past = template.render(CHAT, past_thinking=True)
    assert past.text.endswith("<think>\n\n</think>\n\n")
    assert not past.in_thinking


def test_without_markers_nothing_is_thinking() -> None:
    template = template_of(reasoning=None, template={"enable_thinking": False})
    assert not template.render(CHAT).in_thinking


def test_a_template_that_asks_for_the_date_always_gets_the_same() -> None:
    dated = "{{ strftime_now('%d %b %Y') + ' ' + strftime_now('%Y-%m-%d') }}{{ messages[0].content }}"
    assert template_of(dated).render(CHAT[1:2]).text == f"26 Jul 2024 2024-07-26{FIRST}"


@pytest.mark.parametrize(
    ("kind", "after", "lead"), [("chatml", "<|im_end|>\n", ""), ("inst", "</s>", " "), ("none", "\n", "")]
)
def test_what_stands_around_a_reply_is_known(kind: zoo.TemplateKind, after: str, lead: str) -> None:
    template = template_of(kind=kind)
    assert (template.after_reply, template.reply_lead(past_thinking=False)) == (after, lead)


def test_leads_tell_whether_a_reply_stands_behind_the_prompt_it_answered() -> None:
    assert template_of().render(CHAT).leads[2] == ""
    assert template_of(template={"enable_thinking": False}).render(CHAT).leads[2] is None


def test_a_template_that_cannot_render_a_user_message_is_refused() -> None:
    with pytest.raises(UsageError, match="no such thing"):
        template_of("{{ raise_exception('no such thing') }}")
    with pytest.raises(UsageError, match="it writes 'hi'"):
        template_of("hi")


def test_part_of_a_merged_content_is_cut_where_the_whole_is() -> None:
    padded = [{"role": "system", "content": "  ann"}, {"role": "user", "content": "bob  "}]
    rendered = template_of(kind="nosystem").render(padded)
    assert shown(rendered) == ["ann", "bob"]
    assert rendered.spans[0] == Span(len("<s><start_of_turn>user\n"), len("<s><start_of_turn>user\nann"), 2)
