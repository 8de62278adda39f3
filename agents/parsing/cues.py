# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""The words and signs that decide whether something said is an answer, as patterns.

All are linear in the text: no repetition can be cut in two ways.
"""

from __future__ import annotations

import re

LATEX = r"\\(?:boxed|text|textbf|mathbf)\{"

OPENING = rf"(?:[*_`\"“'‘«「『(\[$]|{LATEX}){{0,8}}"
"""What may stand right before an answer: emphasis, quotes, brackets."""

CLOSING = r"[*_`\"”'’»」』)\]}$]{0,8}"
"""What may stand right after it."""

COLONS = (":", "：")
ASKS = ("?", "？")

ENDS = re.compile(r"(?<![.!?;…])[.!?;…]++(?=[\s\"'”’»)*_`]|$)|[。！？；]|\n")
"""The end of a sentence, or of a line."""

CLAUSE_ENDS = re.compile(r"[,:;.!?\n，。：；！？]")
"""The end of a part of a sentence."""

EMOJI = r"[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]"

FENCE = re.compile(r"```[\w-]{0,20}")

_NUMBERS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half"
)


def any_word(words: str) -> re.Pattern[str]:
    """A pattern of the words and phrases between bars, whole and in any case."""
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


NEGATION = any_word(
    r"not|no|never|none|nothing|neither|nor|without|cannot|\w+n['’]t|nicht|kein\w*|nie|niemals|jamais|ne|pas"
    r"|nunca|jamás|tampoco|не|нет|никогда"
)
"""After these, what is named is not what is meant."""

SPEECH = any_word(
    r"said|say|says|told|tells|wrote|writes|replied|replies|answered|announced|claimed|quote|quoted"
    r"|sagte|schrieb|dijo|escribió|a dit|a écrit"
)
"""These report what someone said."""

DOUBT = any_word(
    r"if|unless|or|either|maybe|perhaps|possibly|probably|might|could|suppose|imagine|assuming|in case"
    r"|depend\w*|otherwise|unsure|guess|when|whenever|until|kidding|joke"
    r"|oder|wenn|falls|vielleicht|ou|si|peut-être|o|quizás?|tal vez|или|если|может"  # codespell:ignore oder
)
"""These make a statement depend on something, or soften it."""

CONTRAST = any_word(
    r"rather|except|before|opposite|reverse|alternative|secretly|would|was|were|then|after|first|other one"
    r"|each round|probability|percent"
)
"""These take a statement out of the present, or leave it half true."""

BUT = any_word(r"but|though|although|however|yet|aber|doch|mais|pero|но")
"""These set a statement against another one."""

EXAMPLE = any_word(
    r"e\.?g\.?|i\.e|examples?|instance|such as|template|placeholder"
    r"|z\. ?B|par exemple|por ejemplo|例如|比如"  # codespell:ignore exemple
)
"""These announce something that is shown, not said."""

OTHERS = any_word(
    r"(?:opponent|partner|player|their|his|her|your|\w+['’]s)(?:['’]?s)?\s(?:\w+\s){0,2}?(?:move|choice|answer|action"
    r"|decision|pick|play|response|reply|bid|contribution|claim|vote)s?"
    r"|what\s(?:\w+\s){1,5}?(?:would|will|might|expects?|did|sent|does)"
)
"""These speak of another's answer."""

OTHER_TIME = any_word(
    r"(?:last|previous|earlier|next|prior)\s(?:round|move|answer|choice|turn|time|game)|round\s[0-9]+"
)
"""These speak of another round's answer."""

RETRACTION = re.compile(
    r"(?<!\w)(?:actually|wait|on second thoughts?|on reflection|scra(?:tch|p) that|correction|never ?mind"
    r"|hold on|(?:change|changed|changing) my mind|just (?:kidding|joking)|sike|psych|instead|disregard"
    r"|ignore (?:that|this|the)|unless|i take (?:it|that) back|i meant|only if|or maybe|or perhaps"
    r"|moment mal|doch lieber|stattdessen|en fait|finalement|mejor dicho|en realidad|espera"
    r"|на самом деле)(?!\w)|(?<!\w)(?:no|not|nope|nah|nein|нет)(?:\sway)?[.,!)…]"
    r"|其实|等等|等一下|实际上|不对|やっぱり|いや、",
    re.IGNORECASE,
)
"""These take back what was said before."""

TURN = re.compile(r"(?:^|[.!?…;\n])\s*+(?:but|however|yet|though|although|except)\b", re.IGNORECASE)
"""A sentence that starts with these may take back the one before."""

ALTERNATIVE = re.compile(r"\W{0,9}(?:(?:or|oder|ou|o|или)\b|或)", re.IGNORECASE)  # codespell:ignore oder
"""Right after an answer, these offer another one."""

NUMERAL = re.compile(rf"[0-9](?:[0-9.,]*[0-9])?|(?<!\w)(?:{_NUMBERS})(?!\w)", re.IGNORECASE)
"""A number in digits or in words; `one` is left out, it is seldom a number."""


def without_fences(text: str) -> str:
    """`text` with spaces for the marks of code blocks, every other character at its place."""
    return FENCE.sub(lambda fence: " " * len(fence[0]), text)
