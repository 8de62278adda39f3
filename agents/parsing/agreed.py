"""The one answer that the objects of a reply agree on, heard together with the words around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.parsing.context import is_own
from agents.parsing.cues import ALTERNATIVE, RETRACTION
from agents.parsing.objects import Reading, answers
from agents.parsing.prose import TAKEN_BACK, TWO_ANSWERS, statements
from agents.parsing.scan import Node
from lab.core.spaces import Choice, Quantity, Space

HIDDEN = "\ufffc"
"""Stands for each character of an object where only the words around it are read."""


def agreed_answer(text: str, objects: Sequence[Node], space: Space) -> Reading | str | None:
    """The answer of the objects in `text`, why it is not clear, or None when no object tries to answer.

    An object that is denied, quoted or given as an example is no answer, but one that differs makes the
    reply unclear, as does a sentence that states another answer or takes this one back.
    """
    found = [(node, answer) for node in objects for answer in answers(node, space)]
    read = [(node, answer) for node, answer in found if isinstance(answer, Reading)]
    if not read:
        return next((answer for _, answer in found if isinstance(answer, str)), None)
    value = read[0][1].value
    if any(answer.value != value for _, answer in read) or isinstance(found[-1][1], str):
        return TWO_ANSWERS
    after = text[objects[-1].end :]
    remarks = [remark for _, answer in read for remark in answer.remarks]
    if ALTERNATIVE.match(after) or any(RETRACTION.search(words) for words in (after, *remarks)):
        return TAKEN_BACK
    if isinstance(space, Choice | Quantity):
        words = "\n".join(["".join(_words(text, objects)), *remarks])
        if any(one.value != value for one in statements(words, space)):
            return TWO_ANSWERS
    own = next((answer for node, answer in read if is_own(text, node.start, node.end)), None)
    return "it is not clear that the JSON object in the reply is the answer" if own is None else own


def _words(text: str, objects: Sequence[Node]) -> Iterator[str]:
    """The pieces of `text`, objects hidden."""
    done = 0
    for node in objects:
        yield text[done : node.start] + HIDDEN * (node.end - node.start)
        done = node.end
    yield text[done:]
