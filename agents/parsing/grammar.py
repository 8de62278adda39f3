# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""How an answer of one space may be stated in words, as patterns.

Every pattern has a group ``answer``; that of a sentence also ``opener``, what it starts with before it comes
to the point, and ``verb`` where the answer itself is the verb ("I fold").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from agents.parsing.cues import CLOSING, EMOJI, NUMERAL, OPENING
from agents.parsing.plain import NUMBER, folded_options, unit_pattern
from lab.core.spaces import Choice, Quantity

_KIND = r"(?:(?:the\s++)?(?:option|action|choice|number|amount)(?:\s*+:)?\s++)?(?:exactly\s++)?"
_LABELS = "answer|choice|decision|action|move|pick|selection|response|reply|vote|claim"
_FOREIGN_LABELS = (
    r"(?:meine\s)?antwort|(?:ma\s)?réponse|(?:mi\s)?respuesta|risposta|resposta|(?:мой\s)?ответ"
    r"|(?:我的)?(?:答案|回答|选择)|答え|الإجابة|إجابتي"
)
_OPENER = r"""(?:
    (?: (?:so|therefore|thus|hence|ok|okay|alright|well|sure|great|right|hmm|but|still|yes)
      | ultimately | overall | finally | in\s++conclusion | in\s++the\s++end
      | i\s++(?:think|believe) | (?:(?:for|in)\s++)?this\s++(?:round|time|turn)
      | after\s++(?:some\s++|careful\s++)?(?:consideration|thought|thinking)
    ) [,:.]? \s++
  | (?:given|based\s++on|considering|since|because|looking\s++at|to|for|after|as|with)\s
    [^,\n]{1,120}+ , \s++
  | [^\n.!?;]{1,200}? , \s++ (?:so|therefore|thus|hence) \s++
){0,2}"""
_WILL = r"""(?: (?:['’]ll|\s++will|\s++shall)(?:\s++continue\s++to)? | (?:['’]d|\s++would)\s++rather
    | (?:['’]d|\s++would)\s++like\s++to | (?:['’]m|\s++am)\s++going\s++to | \s++want\s++to
    | (?:['’]ve|\s++have)?\s++decided\s++to | \s++(?:decide|choose|have\s++chosen)\s++to )"""
_CHOOSE = r"""(?:choose|say|pick|select|answer|play|vote|submit|claim|announce|declare|reply|respond|go|opt
    |stick|settle)(?:\s++(?:with|for|on))?(?:\s++to)?"""
_CHOOSING = r"choosing|picking|selecting|opting\s++for|going\s++(?:with|for)|sticking\s++with"
_FOREIGN_CLAIMS = r"ich\s++(?:wähle|nehme)|je\s++choisis|(?:yo\s++)?elijo|eu\s++escolho|scelgo|я\s++выбираю"


@dataclass(frozen=True, slots=True)
class Grammar:
    """The patterns of one space.

    Attributes:
        sentence: a sentence up to its answer, matched at its first character.
        line: a line with nothing but an answer.
        tag: an answer between tags such as ``<answer>``.
        mention: anything that names an answer, whatever is said of it.
    """

    sentence: re.Pattern[str]
    line: re.Pattern[str]
    tag: re.Pattern[str]
    mention: re.Pattern[str]


@lru_cache(maxsize=256)
def grammar_of(space: Choice | Quantity) -> Grammar:
    """The patterns of a choice or a quantity."""
    if isinstance(space, Choice):
        name = _named(space)
        words = _Words(_CHOOSE, _CHOOSING, _LABELS, verb=rf"(?P<verb>I{_WILL}?\s++)", noun="(?!)")
        return _grammar(rf"(?P<answer>{name})", words, re.compile(name, re.IGNORECASE))
    own = re.escape(space.name).replace("_", r"[_\s]")
    stem = own.removesuffix("e")
    number = rf"(?<![\w.,/$€£¥%])(?P<answer>{NUMBER}){CLOSING}{unit_pattern(space)}(?![\w%/°])(?![.,:][0-9])"
    words = _Words(
        choose=rf"{_CHOOSE}(?:\s++{own})?|{own}",
        choosing=rf"{_CHOOSING}|{stem}ing",
        labels=rf"{_LABELS}|amount|{own}|{stem}(?:ion|ment)",  # codespell:ignore ment
        verb=r"(?P<verb>(?!))",
        noun=rf"{own}\s++",
    )
    return _grammar(number, words, NUMERAL)


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said before an answer.

    Attributes:
        choose: verbs after "I".
        choosing: verbs after "I am", or alone.
        labels: nouns before "is" or a colon.
        verb: what makes the answer itself the verb.
        noun: what may stand between a label and the answer.
    """

    choose: str
    choosing: str
    labels: str
    verb: str
    noun: str


def _grammar(answer: str, words: _Words, mention: re.Pattern[str]) -> Grammar:
    claim = rf"""(?: (?:I(?:{_WILL}|\s++would|['’]d|\s++hereby)?|let\s++me)\s++(?:{words.choose})
        | (?:I(?:\s++am|['’]m)\s++)?(?:{words.choosing}) | {_FOREIGN_CLAIMS} )"""
    label = rf"""["'“]? (?: (?:(?:my|the|final)\s++){{0,2}} (?:{words.labels})
        (?:\s++(?:for\s++)?this\s++round)? {CLOSING}
        (?: \s++is(?:\s*+:)? | \s++will\s++be(?:\s*+:)? | \s*+(?:[:=：]>?|->|→) )
        | (?:{_FOREIGN_LABELS}) {CLOSING} \s*+ [:=：] ) \s*+{OPENING}\s*+"""
    lead = rf"""(?: (?:{label})? (?: {claim}(?:\s*+:)?\s++ | {words.verb} )
        | {label}(?:to\s++)?(?:{words.noun})? )"""
    sentence = rf"[ \t\n\#*_•–—-]{{0,40}} (?P<opener>{_OPENER}) {lead} {_KIND}{OPENING}{answer}{CLOSING}"
    line = rf"""\s*+\#*+\s*+ {OPENING}
        (?:(?:option|choice|action|choose|pick|definitely|obviously|let['’]s(?:\sdo)?|time\sto)[\s:]++)?
        {OPENING}{answer}{CLOSING}
        (?: \s(?:again|it\sis|this\s(?:time|round|turn))
          | ,\s(?:of\scourse|obviously|definitely|please|again) )?
        [.!。]?{CLOSING} \s*+{EMOJI}{{0,3}}\s*+"""
    tag = rf"<(?P<tag>(?:final_)?(?:{words.labels}))>\s*+{OPENING}{answer}{CLOSING}\.?\s*+</(?P=tag)>"
    return Grammar(
        sentence=re.compile(sentence, re.IGNORECASE | re.VERBOSE),
        line=re.compile(line, re.IGNORECASE | re.VERBOSE),
        tag=re.compile(tag, re.IGNORECASE),
        mention=mention,
    )


def _named(space: Choice) -> str:
    """A pattern of every option; letters, and names that differ only in case, are taken as written."""
    names = []
    for option in sorted(space.options, key=len, reverse=True):
        as_written = len(option) == 1 or option.casefold() not in folded_options(space)
        names.append(rf"(?-i:{re.escape(option)})" if as_written else re.escape(option))
    return rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])"
