from __future__ import annotations

import pytest

from scenarios.planning.strips.tokens import MAX_CHARS, Group, PddlError, Source, Word, read


def refusal(text: str) -> PddlError:
    with pytest.raises(PddlError) as caught:
        read(Source("d.pddl", text))
    return caught.value


def test_words_are_read_in_lower_case_and_comments_are_not_read() -> None:
    top = read(Source("d", "(Define ; (not this\n (Domain D))"))
    assert top == Group((Word("define", 1), Group((Word("domain", 22), Word("d", 29)), 21)), 0)
    assert top.head == "define"


def test_an_empty_group_has_no_head() -> None:
    assert read(Source("d", "()")).head == ""
    assert read(Source("d", "((a))")).head == ""


def test_a_group_never_closed_is_shown_where_it_opens() -> None:
    error = refusal("(define\n  (domain d\n")
    assert str(error) == "d.pddl:2:3: this '(' is never closed (2 open at the end of the text)"
    assert (error.file, error.line, error.column) == ("d.pddl", 2, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(define))", "1:9: this ')' closes nothing"),
        (")", "1:1: this ')' closes nothing"),
        ("", "1:1: the text is empty; expected (define ...)"),
        ("; only a comment", "1:1: the text is empty"),
        ("define", "1:1: expected (define ...) in parentheses, found 'define'"),
        ("(define)\n(define)", "2:1: expected the end of the text after (define ...)"),
        ("(" * 101, "1:101: parentheses are nested more than 100 deep"),
        ("(" + "a " * (MAX_CHARS // 2) + ")", "1:1: the text has 1,000,002 characters; at most 1,000,000"),
    ],
)
def test_what_is_no_single_group_is_refused(text: str, message: str) -> None:
    assert message in str(refusal(text))


def test_a_look_alike_letter_is_no_name() -> None:
    source = Source("d", "(а)")  # noqa: RUF001 - the letter is Cyrillic
    with pytest.raises(PddlError, match="expected an object, found 'а'"):  # noqa: RUF001
        source.name(read(source).items[0], "an object")


def test_a_word_where_a_group_belongs_is_named_and_the_reverse() -> None:
    source = Source("d", "(a (b))")
    word, group = read(source).items
    with pytest.raises(PddlError, match=r"d:1:2: expected a formula in parentheses, found 'a'"):
        source.group(word, "a formula")
    with pytest.raises(PddlError, match=r"d:1:4: expected a type, found a parenthesis"):
        source.word(group, "a type")
