"""Reading replies: pure functions from text and action space to a value, its place, or why there is none.

Read `parse.py` first. Nothing is evaluated and no model interprets another; what is not clear is invalid.

    parse       all of it, in order
    formats     what an agent is told about how to answer
    shown       options under the names that an agent was shown
    plain       a word or a number, written alone → the value it stands for
    reasoning   thinking inside the reply, blanked out
    scan        the JSON objects in a text, each value with its place
    objects     an object → the answer it gives
    agreed      objects and the words around them → the answer they agree on
    cues        words that deny, doubt, quote or take back
    context     whether a marked answer is the agent's own
    grammar     how an answer may be stated in words
    prose       sentences → the one answer they state
    fields      lines of ``field: value`` → a form
    message     a reply to a `Message` that is no JSON
    acts        a reply to a `Menu`: a line ``ACT: name(argument, …)``, or JSON
    refusal     declining the task itself
    place       where a reply says its action, and where another one would have differed
"""

from agents.parsing.formats import answer_schema, choice_format, finite_choices, reply_format
from agents.parsing.parse import Parsed, parse_reply
from agents.parsing.place import place_of

__all__ = [
    "Parsed",
    "answer_schema",
    "choice_format",
    "finite_choices",
    "parse_reply",
    "place_of",
    "reply_format",
]
