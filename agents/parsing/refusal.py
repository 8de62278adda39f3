# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""Whether a reply declines the task itself; refusing something inside the game is play, not a refusal."""

from __future__ import annotations

import re

_SEARCHED = 600
_CANNOT = (
    r"(?:can['’]?t|can\s?not|won['’]t|will\s+not|(?:am|['’]m)\s+(?:not\s+able|unable|not\s+willing|not\s+going)\s+to"
    r"|(?:must|have\s+to|need\s+to|would|['’]d\s+rather)\s+(?:not|(?:respectfully\s+|politely\s+)?decline(?:\s+to)?)"
    r"|(?:(?:am|['’]m)\s+not|don['’]t\s+feel)\s+comfortable|decline\s+to)"
)
_TASK = (
    r"(?:help\s+(?:you\s+)?with\s+(?:that|this|the)\b|assist\s+(?:you\s+)?(?:with|in)\b|fulfil|comply\b"
    r"|(?:participat\w+|tak(?:e|ing)\s+part|engag\w+|play\w*|continu\w+|proceed|be\s+part)\s+"
    r"(?:in|with|of)\s+(?:this|that|these|such|the|any|a|your)\b|role-?play|play\s+(?:this|these)\s+games?"
    r"|(?:answer|respond\s+to|do|provide|make|choose|give|generate)\s+(?:that|this|such)\b)"
)
_PATTERNS = (
    rf"\bI\s*(?:['’]m\s+sorry,?\s+but\s+I\s+)?(?:\w+\s+)?{_CANNOT}\s+(?:\w+\s+){{0,2}}{_TASK}",
    r"\bI\s+(?:must|have\s+to|need\s+to)\s+(?:respectfully\s+|politely\s+)?decline\s*(?:[.,!]|\b(?:this|that|your|to)\b)",
    r"\bas\s+an?\s+(?:AI|artificial\s+intelligence|(?:large\s+)?language\s+model)\s*"
    r"(?:,|(?:language\s+)?model|assistant|developed|created)",
    r"\b(?:against|violat\w+)\s+(?:my|our|the)\s+(?:\w+\s+)?(?:guidelines|polic\w+|programming|principles)",
    r"\bals\s+KI\b|kann\s+(?:\w+\s+){0,3}(?:dabei|damit|daran|diese[rns]?\s+(?:Anfrage|Bitte|Aufgabe))\s+(?:\w+\s+)?nicht",
    r"en\s+tant\s+qu['’](?:IA|assistant)|en\s+tant\s+que\s+mod[èe]le"
    r"|ne\s+(?:peux|puis)\s+pas\s+(?:vous\s+|t['’]|y\s+)?(?:aider|participer|répondre\s+à\s+c)",
    r"\bcomo\s+(?:una?\s+)?(?:IA|modelo\s+de\s+lenguaje|asistente)\b"
    r"|no\s+puedo\s+(?:ayudar|participar|cumplir|continuar\s+con|responder\s+a\s+es)",
    r"作为(?:一个|一名)?\s*(?:AI|人工智能|语言模型)|(?:无法|不能)(?:协助|帮助|参与|提供|回答|满足)",
    r"お手伝い(?:は|することは)?できません|(?:お答え|参加|対応)(?:は|することは)?(?:でき|いたし)かねます|(?:お答え|参加|対応)できません",
    r"не\s+(?:могу|смогу)\s+(?:вам\s+)?(?:помочь|участвовать|ответить\s+на|выполнить)|\bкак\s+(?:ИИ|языковая\s+модель)",
    r"لا\s+(?:أستطيع|يمكنني)\s+(?:المساعدة|المشاركة|مساعدتك|تلبية|الإجابة)",
)
_REFUSAL = re.compile("|".join(_PATTERNS), re.IGNORECASE)


def declines(text: str) -> bool:
    """Whether the reply begins by declining to take part, to help or to answer."""
    return _REFUSAL.search(text[:_SEARCHED]) is not None
