"""The views: flat tables, so that a researcher's first SQL query works without a join.

Each column is documented beside the SQL that makes it; names and meanings are public API (contract §4). Views
are derived from this file and made anew at every upgrade.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from sqlalchemy import Connection, inspect

ColumnType = Literal["text", "integer", "number"]


class ViewColumn(NamedTuple):
    """What a column holds: its type, its unit (or kind of text), its meaning."""

    type: ColumnType
    unit: str
    about: str


class View(NamedTuple):
    """A view: what one row is, its columns in order, and the query behind it."""

    name: str
    about: str
    columns: dict[str, ViewColumn]
    query: str


def _text(unit: str, about: str) -> ViewColumn:
    return ViewColumn("text", unit, about)


def _integer(unit: str, about: str) -> ViewColumn:
    return ViewColumn("integer", unit, about)


def _number(unit: str, about: str) -> ViewColumn:
    return ViewColumn("number", unit, about)


def _of_run(row: str, *names: str) -> str:
    """Columns of the run that `row` belongs to, each looked up only where a query asks for it.

    SQLite would read a joined row for every row of an aggregate, asked for or not: three times slower.
    """
    joined = "run r JOIN study s ON s.id = r.study"
    sources = {name: ("s.name", joined) if name == "study" else (f"r.{name}", "run r") for name in names}
    return ",\n       ".join(
        f"(SELECT {column} FROM {source} WHERE r.id = {row}.run) AS {name}"
        for name, (column, source) in sources.items()
    )


def _of_agent(*names: str) -> str:
    """Columns of the agent that a decision `d` belongs to."""
    agent = "FROM agent a WHERE a.run = d.run AND a.name = d.agent"
    return ",\n       ".join(f"(SELECT a.{name} {agent}) AS {name}" for name in names)


def _of_calls(total: str, name: str) -> str:
    """A sum over the model calls of a decision `d`."""
    return f"(SELECT {total} FROM model_call c WHERE c.run = d.run AND c.seq = d.seq) AS {name}"


def _text_at(address: str, name: str) -> str:
    """The text at a content address."""
    return f"(SELECT t.text FROM text t WHERE t.hash = {address}) AS {name}"


_RUN = {"run": _text("id", "the run: 12 hex letters")}
_PLACE = {
    "study": _text("name", "the study; null for `lab run` and forks"),
    "cell": _text("name", "alias=level joined by commas, empty without factors; null for `lab run`"),
    "seed": _integer("count", "the run's seed; runs of different cells with one seed are paired"),
}
_ENVIRONMENT = {
    "family": _text("name", "the environment's family, such as social"),
    "environment": _text("name", "the environment, such as social/public_goods"),
}
_WHEN = {
    "seq": _integer("count", "place in the run, from 1; shared by decisions, events and exposures"),
    "tick": _integer("ticks", "simulated time"),
}

V_RUN = View(
    "v_run",
    "one execution of a scenario under one seed",
    {
        **_RUN,
        "study": _PLACE["study"],
        "scenario": _text("name", "the scenario's name"),
        **_ENVIRONMENT,
        "cell": _PLACE["cell"],
        "replicate": _integer("count", "number of the seed within its cell, from 0; null for `lab run`"),
        "seed": _PLACE["seed"],
        "status": _text("name", "running, done, limited, stopped or failed"),
        "digest": _text("hash", "hash of the whole behavior; null until done or limited"),
        "ticks": _integer("ticks", "simulated time reached"),
        "decisions": _integer("count", "decisions made"),
        "invalid": _integer("count", "decisions without a valid action"),
        "tokens": _integer("tokens", "tokens in and out of all model calls"),
        "cost_usd": _number("USD", "price of all model calls; null when a price is unknown"),
        "wall_s": _number("s", "wall-clock seconds over all attempts"),
        "factors": _text("JSON", "alias → level"),
        "parent": _text("id", "for a fork, the run it was forked from"),
        "fork_at": _integer("count", "for a fork, seq of the first decision asked anew"),
        "fork": _text("JSON", "for a fork, what it changed: set, swap, reseed"),
        "look": _text("JSON", "what the renderer drew: wording, labels, cover"),
        "environment_version": _integer("count", "version of the environment's rules"),
        "scenario_hash": _text("hash", "tells scenarios apart"),
        "created": _number("s", "wall clock since 1970: when first claimed"),
        "error": _text("words", "why it stopped or failed"),
        "notes": _text("JSON", "what to know of its models, such as a fallback; null when nothing"),
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
        **_RUN,
        "alias": _text("name", "the factor's alias"),
        "path": _text("path", "what it sets in the scenario"),
        "value": _text("level", "the level as the cell shows it"),
    },
    "SELECT run, alias, path, value FROM param",
)

V_DECISION = View(
    "v_decision",
    "one ask and its answer, with what it cost and what it brought",
    {
        **_RUN,
        "study": _PLACE["study"],
        **_ENVIRONMENT,
        "cell": _PLACE["cell"],
        "seed": _PLACE["seed"],
        **_WHEN,
        "effect_tick": _integer("ticks", "when the answer reached the world"),
        "phase": _text("name", "kind of moment, such as contribute"),
        "agent": _text("name", "who was asked"),
        "role": _text("name", "the agent's role"),
        "policy": _text("name", "kind of the agent's policy: scripted, llm, human or replay"),
        "policy_name": _text("name", "its scripted policy, before any fork's swap; null for another kind"),
        "model": _text("name", "the agent's model; null without one"),
        "observation": _text("JSON", "what the agent was told"),
        "space": _text("JSON", "what it could answer"),
        "action": _text("name", "what it did; null when it did nothing valid"),
        "args": _text("JSON", "the action's arguments, such as an amount"),
        "status": _text("name", "ok, repaired, retried, refused, invalid, timeout or error"),
        "valid": _integer("0 or 1", "1 for ok, repaired and retried"),
        "payoff": _number("points", "sum of the payoffs that name this decision; null without one"),
        "raw": _text("words", "the reply in words; null for a scripted policy"),
        "tokens_in": _integer("tokens", "sum over its model calls; null without one"),
        "tokens_out": _integer("tokens", "sum over its model calls; null without one"),
        "cost_usd": _number("USD", "sum of the known prices of its model calls; null without one"),
        "latency_s": _number("s", "sum over its model calls; null without one"),
    },
    f"""SELECT d.run, {_of_run("d", "study", "family", "environment", "cell", "seed")},
       d.seq, d.tick, d.effect_tick, d.phase, d.agent,
       {_of_agent("role", "policy", "policy_name", "model")},
       {_text_at("d.observation", "observation")},
       {_text_at("d.space", "space")},
       d.action, d.args, d.status,
       CASE WHEN d.status IN ('ok', 'repaired', 'retried') THEN 1 ELSE 0 END AS valid,
       (SELECT sum(e.value) FROM event e
        WHERE e.run = d.run AND e.decision = d.seq AND e.kind = 'payoff') AS payoff,
       d.raw,
       {_of_calls("CAST(sum(c.tokens_in) AS bigint)", "tokens_in")},
       {_of_calls("CAST(sum(c.tokens_out) AS bigint)", "tokens_out")},
       {_of_calls("sum(c.cost_usd)", "cost_usd")},
       {_of_calls("sum(c.latency_s)", "latency_s")}
FROM decision d""",
)

V_MEASURE = View(
    "v_measure",
    "one number computed from a run's log",
    {
        **_RUN,
        **_PLACE,
        "agent": _text("name", "whose number; null for one of the whole run"),
        "measure": _text("name", "the measure"),
        "value": _number("of the measure", "its value; null when undefined"),
        "reason": _text("words", "why it is undefined, or what else must be known of it"),
    },
    f"""SELECT m.run, {_of_run("m", "study", "cell", "seed")},
       nullif(m.agent, '') AS agent, m.name AS measure, m.value, m.reason
FROM measure m""",
)

_EVENT = {
    **_RUN,
    **_PLACE,
    **_WHEN,
    "kind": _text("name", "what happened; a payoff is kind payoff, a message kind message"),
    "agent": _text("name", "who did it or whom it concerns"),
    "target": _text("name", "who or what it was done to"),
    "decision": _integer("count", "seq of the decision it came from or rewards"),
    "value": _number("of the kind", "its number"),
    "payload": _text("JSON", "what else"),
    "text": _text("words", "its words"),
}
_EVENT_QUERY = f"""SELECT e.run, {_of_run("e", "study", "cell", "seed")},
       e.seq, e.tick, e.kind, e.agent, e.target, e.decision, e.value, e.payload, {_text_at("e.text", "text")}
FROM event e"""

V_EVENT = View("v_event", "one thing that happened in the world", _EVENT, _EVENT_QUERY)
V_MESSAGE = View(
    "v_message", "one message an agent sent", _EVENT, f"{_EVENT_QUERY}\nWHERE e.kind = 'message'"
)

V_EXPOSURE = View(
    "v_exposure",
    "one thing an agent was shown",
    {
        **_RUN,
        **_PLACE,
        **_WHEN,
        "agent": _text("name", "who was shown it"),
        "kind": _text("name", "kind of item"),
        "item": _text("name", "which item"),
        "rank": _integer("count", "its place in a list, from 0"),
        "decision": _integer("count", "seq of the decision it was shown for"),
        "text": _text("words", "its words"),
    },
    f"""SELECT x.run, {_of_run("x", "study", "cell", "seed")},
       x.seq, x.tick, x.agent, x.kind, x.item, x.rank, x.decision, {_text_at("x.text", "text")}
FROM exposure x""",
)

V_CALL = View(
    "v_call",
    "one completion inside a decision, or one failed try at it, with its texts",
    {
        **_RUN,
        **_PLACE,
        "seq": _integer("count", "seq of its decision"),
        "tick": _integer("ticks", "simulated time of the ask"),
        "phase": _text("name", "kind of moment"),
        "agent": _text("name", "who decided"),
        "call": _integer("count", "number of the call within the decision, from 0"),
        "attempt": _integer("count", "number of the re-ask of the decision, from 0"),
        "try": _integer("count", "number of the try at this call, from 0"),
        "node": _text("name", "node of the cognition graph, and how often it called before, as node#n"),
        "model": _text("name", "the model as the scenario names it"),
        "provider": _text("name", "openai, local, mock or human; null for a failed try"),
        "fingerprint": _text("hash", "of the weights, or the provider's version; null when not told"),
        "request": _text("JSON", "messages, sampling, seed, schema, interventions; choices when scored"),
        "reply": _text("words", "what it answered; null for a failed try"),
        "reasoning": _text("words", "thinking kept apart from the reply"),
        "finish": _text("name", "why the reply ended: stop, length, refusal …"),
        "parsed": _text("JSON", "what the reply was read as: status, value, problem, spans"),
        "choice_logprobs": _text("JSON", "each legal reply to its log-probability, nats"),
        "legal_mass": _number("0 … 1", "probability of all legal replies together"),
        "tokens_in": _integer("tokens", "tokens of the request"),
        "tokens_out": _integer("tokens", "tokens of the reply"),
        "cost_usd": _number("USD", "its price; null when unknown"),
        "latency_s": _number("s", "wall-clock seconds"),
        "facts": _text("JSON", "what else is known: what was sent, execution path, cache use …"),
        "error": _text("words", "why the try failed; null when it did not"),
    },
    f"""SELECT c.run, {_of_run("c", "study", "cell", "seed")},
       c.seq, c.tick, c.phase, c.agent, c.call, c.attempt, c.try, c.node, c.model,
       a.provider, a.fingerprint,
       {_text_at("c.request", "request")},
       {_text_at("c.reply", "reply")},
       {_text_at("c.reasoning", "reasoning")},
       c.finish, c.parsed, c.choice_logprobs, c.legal_mass,
       c.tokens_in, c.tokens_out, c.cost_usd, c.latency_s, c.facts, c.error
FROM model_call c LEFT JOIN model_artifact a ON a.id = c.artifact""",
)

V_FAILURE = View(
    "v_failure",
    "a failed or stopped run, a decision that is not valid, or a failed try at a model call",
    {
        **_RUN,
        **_PLACE,
        "failure": _text("name", "run, decision or call"),
        "seq": _integer("count", "seq of the decision; null for a run"),
        "tick": _integer("ticks", "simulated time"),
        "agent": _text("name", "who decided; null for a run"),
        "status": _text("name", "status of the run or decision; error for a call"),
        "message": _text("words", "the error, or the reply that was not valid"),
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
    for view in (V_RUN, V_FACTOR, V_DECISION, V_MEASURE, V_EVENT, V_MESSAGE, V_EXPOSURE, V_CALL, V_FAILURE)
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
