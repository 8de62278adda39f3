"""The token strip of a decision: what a probe says at each token of its prompt and reply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agents.models.local.logged import LoggedAnswer
from agents.models.spec import ModelSpec, model_spec
from db.captures import captures_root
from db.probes import ProbeRow
from db.reading import get_run
from db.store import Store
from lab.align.fitted import tokenizer_of
from lab.align.readings import Reference
from lab.align.scope import Key
from lab.analysis.rows import rows
from lab.core.canonical import parse
from lab.core.captures import CaptureSpec
from lab.core.errors import UsageError
from lab.reporting.inputs import Basis, StripToken, TokenStrip, Truth
from lab.runner.answers import answers_of, logged_model
from lab.runner.repeat import played_by
from lab.runner.reread_plan import Readers
from probes.shards import local_shard

if TYPE_CHECKING:
    from agents.models.local.words import Words

WINDOW, BEHIND = 240, 40
"""Tokens drawn of a long transcript: so many, of which so many behind the action."""

Score = float | None


class _Scored(NamedTuple):
    """An answer as the model reads it, and a score for each of its tokens."""

    answer: LoggedAnswer
    scores: Sequence[Score]


def strip_of(
    store: Store,
    probe: ProbeRow,
    decision: Key,
    *,
    basis: Basis,
    reference: Reference,
    readers: Readers | None = None,
    chosen: str = "",
) -> TokenStrip:
    """What is drawn of a decision.

    Scores are those that the log has of these tokens, else the model reads them again, as far as the probe's
    layer. Of a long transcript only the tokens around the action are drawn.

    Args:
        store: the log.
        probe: what reads.
        decision: its run and seq.
        basis: what the figure stands on.
        reference: the scores that colors and percentiles compare with.
        readers: models that may be loaded already.
        chosen: how the decision was chosen; empty where somebody named it.

    Raises:
        UsageError: when no model answered, its tokens are unknown, or weights or tokenizer are not at hand.
    """
    from agents.models.local.words import open_words

    answer = _answer(store, decision)
    model = _reading_model(store, probe, answer)
    words = open_words(model)
    read = _logged_scores(store, probe, answer) or _new_scores(store, probe, answer, model, readers)
    tokens = _tokens(read, words, _claims(store, decision))
    action = [at for at, token in enumerate(tokens) if token.action]
    drawn = _window(len(tokens), action[-1] + 1 if action else len(tokens))
    how = f" ({chosen})" if chosen else ""
    return TokenStrip(
        variable=probe.variable,
        basis=basis,
        decision=f"run {answer.key[0]}, decision {answer.key[1]}, {answer.agent}{how}",
        tokens=tuple(tokens[drawn.start : drawn.stop]),
        reference=reference.scores,
        reference_name=reference.name,
        first=drawn.start,
        total=len(tokens),
    )


def _answer(store: Store, decision: Key) -> LoggedAnswer:
    """What answered a decision: its last answer."""
    run, seq = decision
    answers = {one.key[1]: one for one in answers_of(store, run)}
    if seq not in answers:
        known = ", ".join(map(str, answers)) or "none"
        raise UsageError(f"decision {seq} of run {run} was answered by no model (those that were: {known})")
    return answers[seq]


def _reading_model(store: Store, probe: ProbeRow, answer: LoggedAnswer) -> ModelSpec:
    """The model that the probe reads: the one that answered, or the proxy it was fitted on."""
    if answer.artifact == probe.artifact:
        played = played_by(store, get_run(store, answer.key[0]))
        return model_spec(answer.model, played.aliases)
    logged = logged_model(store, probe.artifact)
    return model_spec(f"{logged.provider}/{logged.name}", {})


def _logged_scores(store: Store, probe: ProbeRow, answer: LoggedAnswer) -> _Scored | None:
    """The scores that the log has, from when the answer was given; None where it has none."""
    found = next(rows(store, _STRIP, probe.id, *answer.key), None)
    if found is None or answer.prompt_ids is None:
        return None
    start, values = parse(found["strip"])
    total = len(answer.prompt_ids) + len(answer.reply_ids or ())
    scores: list[Score] = [*[None] * start, *values]
    return _Scored(answer, (scores + [None] * total)[:total])


def _new_scores(
    store: Store, probe: ProbeRow, answer: LoggedAnswer, model: ModelSpec, readers: Readers | None
) -> _Scored:
    """The scores of one forward over the answer's tokens, by the weights that the probe was fitted on."""
    if probe.path is None:
        raise UsageError(f"probe {probe.id[:12]} has no file")
    if model.provider != "local":
        raise UsageError(f"the weights of {model.provider}/{model.target} are not at hand")
    reader = (readers or Readers()).of(model)
    fitted_on = logged_model(store, probe.artifact)
    if reader.artifact.fingerprint != fitted_on.fingerprint:
        raise UsageError(
            f"probe {probe.id[:12]} was fitted on weights {str(fitted_on.fingerprint)[:12]} of "
            f"local/{fitted_on.name}; the weights at hand are {str(reader.artifact.fingerprint)[:12]}"
        )
    if _is_in_other_tokens(store, probe, answer):
        answer = reader.encoded(answer)
    path = local_shard(captures_root(store.location), probe.path)
    spec = CaptureSpec(spans=(), scores=(str(path),), vectors=False)
    (found,) = reader.read(answer, spec, origin="reread").scores
    return _Scored(answer, found.values)


def _is_in_other_tokens(store: Store, probe: ProbeRow, answer: LoggedAnswer) -> bool:
    if answer.prompt_ids is None:
        return True
    if answer.artifact in (None, probe.artifact):
        return False
    wrote = tokenizer_of(store, str(answer.artifact))
    return wrote is not None and wrote != tokenizer_of(store, probe.artifact)


def _claims(store: Store, decision: Key) -> dict[str, Truth]:
    """What was claimed in a decision: what was said → whether it is so."""
    return {
        row["said"]: "true" if row["said"] == row["world"] else "false"
        for row in rows(store, _CLAIMS, *decision)
    }


def _tokens(read: _Scored, words: Words, claims: Mapping[str, Truth]) -> list[StripToken]:
    answer = read.answer
    ids = (*(answer.prompt_ids or ()), *(answer.reply_ids or ()))
    place = answer.place
    action = words.place(answer, place.start, place.end) if place else None
    claimed = dict.fromkeys(action or (), next(iter(claims.values()))) if len(claims) == 1 else {}
    for said, truth in claims.items():
        for found in re.finditer(rf"(?<!\w){re.escape(said)}(?!\w)", answer.text, re.IGNORECASE):
            claimed |= dict.fromkeys(words.place(answer, *found.span()) or (), truth)
    return [
        StripToken(text=text, score=score, action=at in (action or ()), claim=claimed.get(at))
        for at, (text, score) in enumerate(zip(words.texts(ids), read.scores, strict=True))
    ]


def _window(total: int, end: int) -> range:
    """The tokens drawn: all of a short transcript, else those around the end of the action."""
    stop = min(total, max(end + BEHIND, WINDOW))
    return range(max(0, stop - WINDOW), stop)


_STRIP = """
SELECT strip FROM probe_score
WHERE probe = ? AND run = ? AND seq = ? AND call = ? AND attempt = ? AND "try" = ? AND strip IS NOT NULL
"""

_CLAIMS = "SELECT subject, said, world FROM claim_act WHERE run = ? AND seq = ? ORDER BY subject"
