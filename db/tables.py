"""The tables of the behavior log, every column with its unit and meaning.

Columns of the append-only tables are those of `lab.core.rows`, in the same order. JSON is canonical text; a
hash is a content address of 32 hex letters. Only run, attempt and study rows ever change, and of those only
the columns marked with `_state`. Wall-clock time (seconds since 1970) stands only in columns that say so.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Table
from sqlalchemy import text as sql

from db.columns import integer, log_table, logged_run, number, of_run, state, string
from db.columns import metadata as metadata  # theirs and those of the readouts: import it from here
from db.readout_tables import capture, finding, probe, probe_score, shard, site_set

study = log_table(
    "study",
    "a scenario × factors × seeds, found by its name",
    string("id", "id of the study: 12 hex letters", key=True),
    string("name", "the study's name in its file"),
    state(string("spec", "the resolved study file, JSON")),
    state(string("identity", "what must not change between calls, JSON; levels and seeds may be added")),
    state(string("identity_hash", "content address of `identity`")),
    state(string("source_hash", "content address of the code it was last run with")),
    number("created", "wall clock: when it was first run"),
)
Index(None, study.c.name, unique=True)

run = log_table(
    "run",
    "one execution of a scenario under one seed; counters are kept at every flush",
    string("id", "id of the run: 12 hex letters", key=True),
    string("study", "id of its study; null for `lab run` and forks", ForeignKey("study.id"), null=True),
    string("name", "the scenario's name"),
    string("environment", "the environment, as <family>/<name> or package.module:Class"),
    integer("environment_version", "version of the environment's rules"),
    string("family", "the environment's family"),
    string("scenario", "content address of the resolved scenario, JSON in `text`"),
    string("scenario_hash", "hash that tells scenarios apart"),
    string("cell", "alias=level joined by commas, empty without factors; null for `lab run`", null=True),
    integer("cell_index", "place of the cell in the study's order", null=True),
    integer("replicate", "number of the seed within its cell", null=True),
    integer("seed", "the run's seed"),
    string("factors", "alias → level, JSON"),
    string("look", "what the renderer drew for this run (wording, labels, cover), JSON"),
    string("parent", "for a fork, the run it was forked from", null=True),
    integer("fork_at", "for a fork, the first decision asked anew", null=True),
    string("fork", "for a fork, what was changed, JSON", null=True),
    integer("ordinal", "number of the repeat among runs of the same identity"),
    string("code_hash", "content address of the source code"),
    string("versions", "package → version, JSON"),
    string("plan_hash", "hash of the columns before it and of the run's agents and params"),
    number("created", "wall clock: when the run was first claimed"),
    state(string("status", "running, done, limited, stopped or failed")),
    state(string("owner", "the process that executes it, JSON; null when none does", null=True)),
    state(number("heartbeat", "wall clock: last sign of life")),
    state(string("head", "hash of the last chained row")),
    state(integer("rows", "number of chained rows")),
    state(string("digest", "hash of the whole behavior; null until done or limited", null=True)),
    state(integer("unchained", "number of hidden, claim_act and measure rows")),
    state(string("unchained_hash", "sum of the hashes of the hidden, claim_act and measure rows")),
    state(integer("ticks", "simulated time reached, ticks")),
    state(integer("decisions", "number of decisions")),
    state(integer("invalid", "number of decisions without a valid action")),
    state(integer("tokens", "tokens in and out of all model calls")),
    state(number("cost_usd", "price of all model calls, USD; null when a price is unknown", null=True)),
    state(number("wall_s", "wall-clock seconds over all attempts")),
    state(string("error", "why it stopped or failed", null=True)),
    state(string("notes", "what to know of its models, a JSON list of sentences", null=True)),
)
Index(None, run.c.created, run.c.id)
Index(None, run.c.study, run.c.cell_index, run.c.replicate)

attempt = log_table(
    "attempt",
    "a process's try at a run",
    of_run(),
    integer("n", "number of the try, from 1", key=True),
    string("owner", "the process, JSON"),
    string("host", "name of its machine"),
    integer("pid", "its process id"),
    number("started", "wall clock"),
    state(number("ended", "wall clock; null while it runs and when it was killed", null=True)),
    state(string("outcome", "the run's status when it ended", null=True)),
    state(string("error", "message and traceback", null=True)),
)

param = log_table(
    "param",
    "the level of a factor in a run",
    of_run(),
    string("alias", "the factor's alias", key=True),
    string("path", "what it sets"),
    string("value", "the level as the cell shows it"),
)

agent = log_table(
    "agent",
    "a participant of a run",
    of_run(),
    string("name", "its name", key=True),
    integer("position", "its place in the scenario's order, from 0"),
    string("role", "its role", null=True),
    string("grp", "the entry it was expanded from, when count is above 1", null=True),
    string("persona", "its persona", null=True),
    string("policy", "kind of its policy: scripted, llm, human or replay"),
    string("policy_name", "name of its scripted policy; null for another kind", null=True),
    string("policy_spec", "the policy as the scenario gives it, JSON"),
    string("model", "its model; null without one", null=True),
    string("params", "its params, JSON"),
    string("think_time", "its think time, JSON", null=True),
)

decision = log_table(
    "decision",
    "one ask and its answer",
    logged_run(),
    integer("seq", "its place in the run, shared with event and exposure", key=True),
    integer("tick", "when it was asked, ticks"),
    integer("effect_tick", "when the answer reached the world, ticks"),
    string("agent", "who was asked"),
    string("phase", "kind of moment"),
    string("observation", "content address of what the agent was told, JSON in `text`"),
    string("space", "content address of what it could answer, JSON in `text`"),
    string("raw", "the reply in words; null for a scripted policy", null=True),
    string("action", "the legal action; null when there was none", null=True),
    string("args", "the action's arguments, JSON", null=True),
    string("status", "ok, repaired, retried, refused, invalid, timeout or error"),
    string("hash", "hash of this row chained to the one before"),
)

model_call = log_table(
    "model_call",
    "one completion inside a decision, or one failed try at it",
    logged_run(),
    integer("seq", "seq of the decision", key=True),
    integer("call", "number of the call within the decision, from 0", key=True),
    integer("attempt", "number of the re-ask of the decision, from 0", key=True),
    integer("try", "number of the try at this call, from 0", key=True),
    string("agent", "who decided"),
    integer("tick", "when it was asked, ticks"),
    string("phase", "kind of moment"),
    integer("ask", "how often the agent was asked before in this tick and phase"),
    string("node", "node of the cognition graph and how often it called before, as node#n"),
    string("model", "the model as the scenario names it"),
    string("request_hash", "hash of model, messages, sampling, seed, schema and interventions"),
    string("request", "content address of the request, JSON in `text`"),
    string("reply", "content address of the reply; null for a failed try", null=True),
    string("reasoning", "content address of thinking kept apart from the reply", null=True),
    string("finish", "why the reply ended: stop, length …", null=True),
    integer("seed", "seed sent with the request", null=True),
    integer("tokens_in", "tokens of the request", null=True),
    integer("tokens_out", "tokens of the reply", null=True),
    number("cost_usd", "price, USD; null when unknown", null=True),
    number("latency_s", "wall-clock seconds", null=True),
    string("facts", "what else the provider told, JSON", null=True),
    string("error", "why the try failed; null when it did not", null=True),
    string("artifact", "id of the model as it was used, in model_artifact", null=True),
    string("prompt_ids", "content address of the prompt's tokens, a JSON list", null=True),
    string("reply_ids", "content address of the reply's tokens, a JSON list", null=True),
    string(
        "segments",
        "the prompt's named parts, a JSON list of [name, message, first character, end, first token, end]",
        null=True,
    ),
    string(
        "parsed",
        "what the reply was read as, JSON: status, value, problem, and spans: characters of each value",
        null=True,
    ),
    string(
        "choice_logprobs",
        "JSON: each legal reply to its log-probability, terminator included, nats",
        null=True,
    ),
    number("legal_mass", "probability of all legal replies together", null=True),
    string("reply_logprobs", "JSON: log-probability of each token of the reply at temperature 1", null=True),
)

model_artifact = log_table(
    "model_artifact",
    "a model as it was used",
    string("id", "content address of the columns below", key=True),
    string("provider", "openai, local or mock"),
    string("name", "the model's name at its provider"),
    string("fingerprint", "hash of its weights, or the provider's version", null=True),
    string("config", "architecture, dtype, attention, JSON"),
    string("versions", "package → version, JSON"),
)

event = log_table(
    "event",
    "something that happened in the world",
    logged_run(),
    integer("seq", "its place in the run, shared with decision and exposure", key=True),
    integer("tick", "when, ticks"),
    string("kind", "what; a payoff is kind `payoff`, a message kind `message`"),
    string("agent", "who did it or whom it concerns", null=True),
    string("target", "who or what it was done to", null=True),
    integer("decision", "seq of the decision it came from or rewards", null=True),
    number("value", "its number, in the unit of its kind", null=True),
    string("payload", "what else, JSON", null=True),
    string("text", "content address of its words", null=True),
    string("hash", "hash of this row chained to the one before"),
)
_PAYOFF = sql("kind = 'payoff'")
_MESSAGE = sql("kind = 'message'")
Index(  # with the kind in it SQLite answers from the index alone, and therefore chooses it
    "ix_event_payoff",
    event.c.run,
    event.c.decision,
    event.c.kind,
    event.c.value,
    sqlite_where=_PAYOFF,
    postgresql_where=_PAYOFF,
)
Index("ix_event_message", event.c.run, event.c.seq, sqlite_where=_MESSAGE, postgresql_where=_MESSAGE)

exposure = log_table(
    "exposure",
    "something an agent was shown",
    logged_run(),
    integer("seq", "its place in the run, shared with decision and event", key=True),
    integer("tick", "when, ticks"),
    string("agent", "who was shown it"),
    string("kind", "kind of item"),
    string("item", "which item"),
    integer("rank", "its place in a list, from 0", null=True),
    integer("decision", "seq of the decision it was shown for", null=True),
    string("text", "content address of its words", null=True),
    string("hash", "hash of this row chained to the one before"),
)

hidden = log_table(
    "hidden",
    "the true value of a hidden variable at a decision; never part of a request",
    logged_run(),
    integer("seq", "seq of the decision", key=True),
    string("agent", "who decided"),
    string("name", "the variable", key=True),
    string("kind", "state, type, belief or plan"),
    string("value", "its value: a text as it is, all else JSON"),
    number("numeric", "its value as a number, where it is one", null=True),
    number("posterior", "log-odds an ideal observer of the text gives to its positive value", null=True),
    string("source", "where the value comes from: world, bayes, script or human"),
    integer("visible", "1 when it is a function of what the agent saw, else 0"),
)

claim_act = log_table(
    "claim_act",
    "a statement with checkable content, made in a decision",
    logged_run(),
    integer("seq", "seq of the decision", key=True),
    string("agent", "who said it"),
    string("subject", "what it is about", key=True),
    string("said", "what was said: a text as it is, all else JSON"),
    string("world", "what is so, likewise"),
    string("private", "what the speaker knew, likewise"),
)

measure = log_table(
    "measure",
    "a number computed from a run's log",
    logged_run(),
    string("agent", "whose number; empty for one of the whole run", key=True),
    string("name", "the measure", key=True),
    number("value", "its value, in the measure's unit; null when undefined", null=True),
    string("reason", "why it is undefined, or what else must be known of it", null=True),
)

text = Table(
    "text",
    metadata,
    string("hash", "content address: blake2b of the UTF-8 bytes, 16 bytes as hex", key=True),
    string("text", "the text itself"),
    comment="a text kept once, whoever refers to it",
    sqlite_strict=True,
)

CHAINED = (decision, event, exposure)
"""The tables whose rows form a run's chain."""

TEXT_REFERENCES = (
    run.c.scenario,
    decision.c.observation,
    decision.c.space,
    model_call.c.request,
    model_call.c.reply,
    model_call.c.reasoning,
    model_call.c.prompt_ids,
    model_call.c.reply_ids,
    event.c.text,
    exposure.c.text,
)
"""The columns that hold content addresses of rows in `text`."""


READOUTS = (site_set, shard, capture, probe, probe_score, finding)
"""The tables of activations and of what was read from them."""


def insert_sql(table: Table, mark: str, *, skip_known: bool = False) -> str:
    """The INSERT of whole rows of `table`; `mark` is the driver's placeholder."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join([mark] * len(table.columns))
    end = " ON CONFLICT DO NOTHING" if skip_known else ""
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks}){end}"
