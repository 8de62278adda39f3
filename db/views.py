"""The views: flat tables, so that a researcher's first SQL query works without a join.

Each column is documented beside the SQL that makes it; names and meanings are public API (contract §4). Views
are derived from this file and made anew at every upgrade.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from db.alignment_view import V_ALIGNMENT
from db.view_parts import (
    ENVIRONMENT,
    PLACE,
    RUN,
    WHEN,
    View,
    integer,
    number,
    of_agent,
    of_calls,
    of_run,
    text,
    text_at,
)

V_RUN = View(
    "v_run",
    "one execution of a scenario under one seed",
    {
        **RUN,
        "study": PLACE["study"],
        "scenario": text("name", "the scenario's name"),
        **ENVIRONMENT,
        "cell": PLACE["cell"],
        "replicate": integer("count", "number of the seed within its cell, from 0; null for `lab run`"),
        "seed": PLACE["seed"],
        "status": text("name", "running, done, limited, stopped or failed"),
        "digest": text("hash", "hash of the whole behavior; null until done or limited"),
        "ticks": integer("ticks", "simulated time reached"),
        "decisions": integer("count", "decisions made"),
        "invalid": integer("count", "decisions without a valid action"),
        "tokens": integer("tokens", "tokens in and out of all model calls"),
        "cost_usd": number("USD", "price of all model calls; null when a price is unknown"),
        "wall_s": number("s", "wall-clock seconds over all attempts"),
        "factors": text("JSON", "alias → level"),
        "parent": text("id", "for a fork, the run it was forked from"),
        "fork_at": integer("count", "for a fork, seq of the first decision asked anew"),
        "fork": text("JSON", "for a fork, what it changed: set, swap, reseed"),
        "look": text("JSON", "what the renderer drew: wording, labels, cover"),
        "environment_version": integer("count", "version of the environment's rules"),
        "scenario_hash": text("hash", "tells scenarios apart"),
        "created": number("s", "wall clock since 1970: when first claimed"),
        "error": text("words", "why it stopped or failed"),
        "notes": text("JSON", "what to know of its models, such as a fallback; null when nothing"),
    },
    """SELECT r.id AS run, s.name AS study, r.name AS scenario, r.family, r.environment, r.cell,
       r.replicate, r.seed, r.status, r.digest, r.ticks, r.decisions, r.invalid, r.tokens, r.cost_usd,
       r.wall_s, r.factors, r.parent, r.fork_at, r.fork, r.look, r.environment_version, r.scenario_hash,
       r.created, r.error, r.notes
FROM run r LEFT JOIN study s ON s.id = r.study""",
)

V_FACTOR = View(
    "v_factor",
    "the level of one factor in one run",
    {
        **RUN,
        "alias": text("name", "the factor's alias"),
        "path": text("path", "what it sets in the scenario"),
        "value": text("level", "the level as the cell shows it"),
    },
    "SELECT run, alias, path, value FROM param",
)

V_DECISION = View(
    "v_decision",
    "one ask and its answer, with what it cost and what it brought",
    {
        **RUN,
        "study": PLACE["study"],
        **ENVIRONMENT,
        "cell": PLACE["cell"],
        "seed": PLACE["seed"],
        **WHEN,
        "effect_tick": integer("ticks", "when the answer reached the world"),
        "phase": text("name", "kind of moment, such as contribute"),
        "agent": text("name", "who was asked"),
        "role": text("name", "the agent's role"),
        "policy": text("name", "kind of the agent's policy: scripted, llm, human or replay"),
        "policy_name": text("name", "its scripted policy, before any fork's swap; null for another kind"),
        "model": text("name", "the agent's model; null without one"),
        "observation": text("JSON", "what the agent was told"),
        "space": text("JSON", "what it could answer"),
        "action": text("name", "what it did; null when it did nothing valid"),
        "args": text("JSON", "the action's arguments, such as an amount"),
        "status": text("name", "ok, repaired, retried, refused, invalid, timeout or error"),
        "valid": integer("0 or 1", "1 for ok, repaired and retried"),
        "payoff": number("points", "sum of the payoffs that name this decision; null without one"),
        "raw": text("words", "the reply in words; null for a scripted policy"),
        "tokens_in": integer("tokens", "sum over its model calls; null without one"),
        "tokens_out": integer("tokens", "sum over its model calls; null without one"),
        "cost_usd": number("USD", "sum of the known prices of its model calls; null without one"),
        "latency_s": number("s", "sum over its model calls; null without one"),
    },
    f"""SELECT d.run, {of_run("d", "study", "family", "environment", "cell", "seed")},
       d.seq, d.tick, d.effect_tick, d.phase, d.agent,
       {of_agent("role", "policy", "policy_name", "model")},
       {text_at("d.observation", "observation")},
       {text_at("d.space", "space")},
       d.action, d.args, d.status,
       CASE WHEN d.status IN ('ok', 'repaired', 'retried') THEN 1 ELSE 0 END AS valid,
       (SELECT sum(e.value) FROM event e
        WHERE e.run = d.run AND e.decision = d.seq AND e.kind = 'payoff') AS payoff,
       d.raw,
       {of_calls("CAST(sum(c.tokens_in) AS bigint)", "tokens_in")},
       {of_calls("CAST(sum(c.tokens_out) AS bigint)", "tokens_out")},
       {of_calls("sum(c.cost_usd)", "cost_usd")},
       {of_calls("sum(c.latency_s)", "latency_s")}
FROM decision d""",
)

V_MEASURE = View(
    "v_measure",
    "one number computed from a run's log",
    {
        **RUN,
        **PLACE,
        "agent": text("name", "whose number; null for one of the whole run"),
        "measure": text("name", "the measure"),
        "value": number("of the measure", "its value; null when undefined"),
        "reason": text("words", "why it is undefined, or what else must be known of it"),
    },
    f"""SELECT m.run, {of_run("m", "study", "cell", "seed")},
       nullif(m.agent, '') AS agent, m.name AS measure, m.value, m.reason
FROM measure m""",
)

_EVENT = {
    **RUN,
    **PLACE,
    **WHEN,
    "kind": text("name", "what happened; a payoff is kind payoff, a message kind message"),
    "agent": text("name", "who did it or whom it concerns"),
    "target": text("name", "who or what it was done to"),
    "decision": integer("count", "seq of the decision it came from or rewards"),
    "value": number("of the kind", "its number"),
    "payload": text("JSON", "what else"),
    "text": text("words", "its words"),
}
_EVENT_QUERY = f"""SELECT e.run, {of_run("e", "study", "cell", "seed")},
       e.seq, e.tick, e.kind, e.agent, e.target, e.decision, e.value, e.payload, {text_at("e.text", "text")}
FROM event e"""

V_EVENT = View("v_event", "one thing that happened in the world", _EVENT, _EVENT_QUERY)
V_MESSAGE = View(
    "v_message", "one message an agent sent", _EVENT, f"{_EVENT_QUERY}\nWHERE e.kind = 'message'"
)

V_EXPOSURE = View(
    "v_exposure",
    "one thing an agent was shown",
    {
        **RUN,
        **PLACE,
        **WHEN,
        "agent": text("name", "who was shown it"),
        "kind": text("name", "kind of item"),
        "item": text("name", "which item"),
        "rank": integer("count", "its place in a list, from 0"),
        "decision": integer("count", "seq of the decision it was shown for"),
        "text": text("words", "its words"),
    },
    f"""SELECT x.run, {of_run("x", "study", "cell", "seed")},
       x.seq, x.tick, x.agent, x.kind, x.item, x.rank, x.decision, {text_at("x.text", "text")}
FROM exposure x""",
)

V_CALL = View(
    "v_call",
    "one completion inside a decision, or one failed try at it, with its texts",
    {
        **RUN,
        **PLACE,
        "seq": integer("count", "seq of its decision"),
        "tick": integer("ticks", "simulated time of the ask"),
        "phase": text("name", "kind of moment"),
        "agent": text("name", "who decided"),
        "call": integer("count", "number of the call within the decision, from 0"),
        "attempt": integer("count", "number of the re-ask of the decision, from 0"),
        "try": integer("count", "number of the try at this call, from 0"),
        "node": text("name", "node of the cognition graph, and how often it called before, as node#n"),
        "model": text("name", "the model as the scenario names it"),
        "provider": text("name", "openai, local, mock or human; null for a failed try"),
        "fingerprint": text("hash", "of the weights, or the provider's version; null when not told"),
        "request": text("JSON", "messages, sampling, seed, schema, interventions; choices when scored"),
        "reply": text("words", "what it answered; null for a failed try"),
        "reasoning": text("words", "thinking kept apart from the reply"),
        "finish": text("name", "why the reply ended: stop, length, refusal …"),
        "parsed": text("JSON", "what the reply was read as: status, value, problem, spans"),
        "choice_logprobs": text("JSON", "each legal reply to its log-probability, nats"),
        "legal_mass": number("0 … 1", "probability of all legal replies together"),
        "tokens_in": integer("tokens", "tokens of the request"),
        "tokens_out": integer("tokens", "tokens of the reply"),
        "cost_usd": number("USD", "its price; null when unknown"),
        "latency_s": number("s", "wall-clock seconds"),
        "facts": text("JSON", "what else is known: what was sent, execution path, cache use …"),
        "error": text("words", "why the try failed; null when it did not"),
    },
    f"""SELECT c.run, {of_run("c", "study", "cell", "seed")},
       c.seq, c.tick, c.phase, c.agent, c.call, c.attempt, c.try, c.node, c.model,
       a.provider, a.fingerprint,
       {text_at("c.request", "request")},
       {text_at("c.reply", "reply")},
       {text_at("c.reasoning", "reasoning")},
       c.finish, c.parsed, c.choice_logprobs, c.legal_mass,
       c.tokens_in, c.tokens_out, c.cost_usd, c.latency_s, c.facts, c.error
FROM model_call c LEFT JOIN model_artifact a ON a.id = c.artifact""",
)

V_FAILURE = View(
    "v_failure",
    "a failed or stopped run, a decision that is not valid, or a failed try at a model call",
    {
        **RUN,
        **PLACE,
        "failure": text("name", "run, decision or call"),
        "seq": integer("count", "seq of the decision; null for a run"),
        "tick": integer("ticks", "simulated time"),
        "agent": text("name", "who decided; null for a run"),
        "status": text("name", "status of the run or decision; error for a call"),
        "message": text("words", "the error, or the reply that was not valid"),
    },
    """SELECT r.id AS run, s.name AS study, r.cell, r.seed, 'run' AS failure, CAST(NULL AS bigint) AS seq,
       r.ticks AS tick, CAST(NULL AS text) AS agent, r.status, r.error AS message
FROM run r LEFT JOIN study s ON s.id = r.study
WHERE r.status IN ('failed', 'stopped')
UNION ALL
SELECT d.run, s.name, r.cell, r.seed, 'decision', d.seq, d.tick, d.agent, d.status, d.raw
FROM decision d LEFT JOIN run r ON r.id = d.run LEFT JOIN study s ON s.id = r.study
WHERE d.status NOT IN ('ok', 'repaired', 'retried')
UNION ALL
SELECT c.run, s.name, r.cell, r.seed, 'call', c.seq, c.tick, c.agent, 'error', c.error
FROM model_call c LEFT JOIN run r ON r.id = c.run LEFT JOIN study s ON s.id = r.study
WHERE c.error IS NOT NULL""",
)

VIEWS = {
    view.name: view
    for view in (
        V_RUN,
        V_FACTOR,
        V_DECISION,
        V_MEASURE,
        V_EVENT,
        V_MESSAGE,
        V_EXPOSURE,
        V_CALL,
        V_FAILURE,
        V_ALIGNMENT,
    )
}
"""Every view by its name."""


def create_views(connection: Connection) -> None:
    """Make every view."""
    for view in VIEWS.values():
        connection.exec_driver_sql(f"CREATE VIEW {view.name} AS {view.query}")


def drop_views(connection: Connection) -> None:
    """Drop every view of ours, whatever lab made it, so that tables may change."""
    for name in inspect(connection).get_view_names():
        if name.startswith("v_"):
            connection.exec_driver_sql(f"DROP VIEW {name}")
