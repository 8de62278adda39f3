"""The tables of the behavior log, every column with its unit and meaning.

Columns of the append-only tables are those of `lab.core.rows`, in the same order. JSON is canonical text; a
hash is a content address of 32 hex letters. Only run, attempt and study rows ever change, and of those only
the columns marked with `_state`. Wall-clock time (seconds since 1970) stands only in columns that say so.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy import text as sql
from sqlalchemy.types import TypeEngine

INTEGER: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
NUMBER: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, about: str, *rules: Any, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, *rules, primary_key=key, nullable=null, comment=about)


def _integer(name: str, about: str, *, key: bool = False, null: bool = False) -> Column[int]:
    return Column(name, INTEGER, primary_key=key, nullable=null, comment=about, autoincrement=False)


def _number(name: str, about: str, *, null: bool = False) -> Column[float]:
    return Column(name, NUMBER, nullable=null, comment=about)


def _state(column: Column[Any]) -> Column[Any]:
    """A column that may change after its row was written."""
    column.info["changes"] = True
    return column


def _run() -> Column[str]:
    return _text("run", "id of the run", ForeignKey("run.id"), key=True)


def _logged_run() -> Column[str]:
    """The run of a row on the hot path; `check` finds orphans, so inserting needs no look-up."""
    return _text("run", "id of the run", key=True)


def _table(name: str, about: str, *parts: Any) -> Table:
    """A table kept in the order of its key: a run's rows lie together."""
    return Table(name, metadata, *parts, comment=about, sqlite_strict=True, sqlite_with_rowid=False)


study = _table(
    "study",
    "a scenario × factors × seeds, found by its name",
    _text("id", "id of the study: 12 hex letters", key=True),
    _text("name", "the study's name in its file"),
    _state(_text("spec", "the resolved study file, JSON")),
    _state(_text("identity", "what must not change between calls, JSON; levels and seeds may be added")),
    _state(_text("identity_hash", "content address of `identity`")),
    _state(_text("source_hash", "content address of the code it was last run with")),
    _number("created", "wall clock: when it was first run"),
)
Index(None, study.c.name, unique=True)

run = _table(
    "run",
    "one execution of a scenario under one seed; counters are kept at every flush",
    _text("id", "id of the run: 12 hex letters", key=True),
    _text("study", "id of its study; null for `lab run` and forks", ForeignKey("study.id"), null=True),
    _text("name", "the scenario's name"),
    _text("environment", "the environment, as <family>/<name> or package.module:Class"),
    _integer("environment_version", "version of the environment's rules"),
    _text("family", "the environment's family"),
    _text("scenario", "content address of the resolved scenario, JSON in `text`"),
    _text("scenario_hash", "hash that tells scenarios apart"),
    _text("cell", "alias=level joined by commas, empty without factors; null for `lab run`", null=True),
    _integer("cell_index", "place of the cell in the study's order", null=True),
    _integer("replicate", "number of the seed within its cell", null=True),
    _integer("seed", "the run's seed"),
    _text("factors", "alias → level, JSON"),
    _text("look", "what the renderer drew for this run (wording, labels, cover), JSON"),
    _text("parent", "for a fork, the run it was forked from", null=True),
    _integer("fork_at", "for a fork, the first decision asked anew", null=True),
    _text("fork", "for a fork, what was changed, JSON", null=True),
    _integer("ordinal", "number of the repeat among runs of the same identity"),
    _text("code_hash", "content address of the source code"),
    _text("versions", "package → version, JSON"),
    _text("plan_hash", "hash of the columns before it and of the run's agents and params"),
    _number("created", "wall clock: when the run was first claimed"),
    _state(_text("status", "running, done, limited, stopped or failed")),
    _state(_text("owner", "the process that executes it, JSON; null when none does", null=True)),
    _state(_number("heartbeat", "wall clock: last sign of life")),
    _state(_text("head", "hash of the last chained row")),
    _state(_integer("rows", "number of chained rows")),
    _state(_text("digest", "hash of the whole behavior; null until done or limited", null=True)),
    _state(_integer("unchained", "number of hidden, claim_act and measure rows")),
    _state(_text("unchained_hash", "sum of the hashes of the hidden, claim_act and measure rows")),
    _state(_integer("ticks", "simulated time reached, ticks")),
    _state(_integer("decisions", "number of decisions")),
    _state(_integer("invalid", "number of decisions without a valid action")),
    _state(_integer("tokens", "tokens in and out of all model calls")),
    _state(_number("cost_usd", "price of all model calls, USD; null when a price is unknown", null=True)),
    _state(_number("wall_s", "wall-clock seconds over all attempts")),
    _state(_text("error", "why it stopped or failed", null=True)),
    _state(_text("notes", "what to know of its models, a JSON list of sentences", null=True)),
)
Index(None, run.c.created, run.c.id)
Index(None, run.c.study, run.c.cell_index, run.c.replicate)

attempt = _table(
    "attempt",
    "a process's try at a run",
    _run(),
    _integer("n", "number of the try, from 1", key=True),
    _text("owner", "the process, JSON"),
    _text("host", "name of its machine"),
    _integer("pid", "its process id"),
    _number("started", "wall clock"),
    _state(_number("ended", "wall clock; null while it runs and when it was killed", null=True)),
    _state(_text("outcome", "the run's status when it ended", null=True)),
    _state(_text("error", "message and traceback", null=True)),
)

param = _table(
    "param",
    "the level of a factor in a run",
    _run(),
    _text("alias", "the factor's alias", key=True),
    _text("path", "what it sets"),
    _text("value", "the level as the cell shows it"),
)

agent = _table(
    "agent",
    "a participant of a run",
    _run(),
    _text("name", "its name", key=True),
    _integer("position", "its place in the scenario's order, from 0"),
    _text("role", "its role", null=True),
    _text("grp", "the entry it was expanded from, when count is above 1", null=True),
    _text("persona", "its persona", null=True),
    _text("policy", "kind of its policy: scripted, llm, human or replay"),
    _text("policy_name", "name of its scripted policy; null for another kind", null=True),
    _text("policy_spec", "the policy as the scenario gives it, JSON"),
    _text("model", "its model; null without one", null=True),
    _text("params", "its params, JSON"),
    _text("think_time", "its think time, JSON", null=True),
)

decision = _table(
    "decision",
    "one ask and its answer",
    _logged_run(),
    _integer("seq", "its place in the run, shared with event and exposure", key=True),
    _integer("tick", "when it was asked, ticks"),
    _integer("effect_tick", "when the answer reached the world, ticks"),
    _text("agent", "who was asked"),
    _text("phase", "kind of moment"),
    _text("observation", "content address of what the agent was told, JSON in `text`"),
    _text("space", "content address of what it could answer, JSON in `text`"),
    _text("raw", "the reply in words; null for a scripted policy", null=True),
    _text("action", "the legal action; null when there was none", null=True),
    _text("args", "the action's arguments, JSON", null=True),
    _text("status", "ok, repaired, retried, refused, invalid, timeout or error"),
    _text("hash", "hash of this row chained to the one before"),
)

model_call = _table(
    "model_call",
    "one completion inside a decision, or one failed try at it",
    _logged_run(),
    _integer("seq", "seq of the decision", key=True),
    _integer("call", "number of the call within the decision, from 0", key=True),
    _integer("attempt", "number of the re-ask of the decision, from 0", key=True),
    _integer("try", "number of the try at this call, from 0", key=True),
    _text("agent", "who decided"),
    _integer("tick", "when it was asked, ticks"),
    _text("phase", "kind of moment"),
    _integer("ask", "how often the agent was asked before in this tick and phase"),
    _text("node", "node of the cognition graph and how often it called before, as node#n"),
    _text("model", "the model as the scenario names it"),
    _text("request_hash", "hash of model, messages, sampling, seed, schema and interventions"),
    _text("request", "content address of the request, JSON in `text`"),
    _text("reply", "content address of the reply; null for a failed try", null=True),
    _text("reasoning", "content address of thinking kept apart from the reply", null=True),
    _text("finish", "why the reply ended: stop, length …", null=True),
    _integer("seed", "seed sent with the request", null=True),
    _integer("tokens_in", "tokens of the request", null=True),
    _integer("tokens_out", "tokens of the reply", null=True),
    _number("cost_usd", "price, USD; null when unknown", null=True),
    _number("latency_s", "wall-clock seconds", null=True),
    _text("facts", "what else the provider told, JSON", null=True),
    _text("error", "why the try failed; null when it did not", null=True),
    _text("artifact", "id of the model as it was used, in model_artifact", null=True),
    _text("prompt_ids", "content address of the prompt's tokens, a JSON list", null=True),
    _text("reply_ids", "content address of the reply's tokens, a JSON list", null=True),
    _text(
        "segments",
        "the prompt's named parts, a JSON list of [name, message, first character, end, first token, end]",
        null=True,
    ),
    _text(
        "parsed",
        "what the reply was read as, JSON: status, value, problem, and spans: characters of each value",
        null=True,
    ),
    _text(
        "choice_logprobs",
        "JSON: each legal reply to its log-probability, terminator included, nats",
        null=True,
    ),
    _number("legal_mass", "probability of all legal replies together", null=True),
)

model_artifact = _table(
    "model_artifact",
    "a model as it was used",
    _text("id", "content address of the columns below", key=True),
    _text("provider", "openai, local or mock"),
    _text("name", "the model's name at its provider"),
    _text("fingerprint", "hash of its weights, or the provider's version", null=True),
    _text("config", "architecture, dtype, attention, JSON"),
    _text("versions", "package → version, JSON"),
)

event = _table(
    "event",
    "something that happened in the world",
    _logged_run(),
    _integer("seq", "its place in the run, shared with decision and exposure", key=True),
    _integer("tick", "when, ticks"),
    _text("kind", "what; a payoff is kind `payoff`, a message kind `message`"),
    _text("agent", "who did it or whom it concerns", null=True),
    _text("target", "who or what it was done to", null=True),
    _integer("decision", "seq of the decision it came from or rewards", null=True),
    _number("value", "its number, in the unit of its kind", null=True),
    _text("payload", "what else, JSON", null=True),
    _text("text", "content address of its words", null=True),
    _text("hash", "hash of this row chained to the one before"),
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

exposure = _table(
    "exposure",
    "something an agent was shown",
    _logged_run(),
    _integer("seq", "its place in the run, shared with decision and event", key=True),
    _integer("tick", "when, ticks"),
    _text("agent", "who was shown it"),
    _text("kind", "kind of item"),
    _text("item", "which item"),
    _integer("rank", "its place in a list, from 0", null=True),
    _integer("decision", "seq of the decision it was shown for", null=True),
    _text("text", "content address of its words", null=True),
    _text("hash", "hash of this row chained to the one before"),
)

hidden = _table(
    "hidden",
    "the true value of a hidden variable at a decision; never part of a request",
    _logged_run(),
    _integer("seq", "seq of the decision", key=True),
    _text("agent", "who decided"),
    _text("name", "the variable", key=True),
    _text("kind", "state, type, belief or plan"),
    _text("value", "its value: a text as it is, all else JSON"),
    _number("numeric", "its value as a number, where it is one", null=True),
    _number("posterior", "log-odds an ideal observer of the text gives to its positive value", null=True),
    _text("source", "where the value comes from: world, bayes, script or human"),
    _integer("visible", "1 when it is a function of what the agent saw, else 0"),
)

claim_act = _table(
    "claim_act",
    "a statement with checkable content, made in a decision",
    _logged_run(),
    _integer("seq", "seq of the decision", key=True),
    _text("agent", "who said it"),
    _text("subject", "what it is about", key=True),
    _text("said", "what was said: a text as it is, all else JSON"),
    _text("world", "what is so, likewise"),
    _text("private", "what the speaker knew, likewise"),
)

measure = _table(
    "measure",
    "a number computed from a run's log",
    _logged_run(),
    _text("agent", "whose number; empty for one of the whole run", key=True),
    _text("name", "the measure", key=True),
    _number("value", "its value, in the measure's unit; null when undefined", null=True),
    _text("reason", "why it is undefined, or what else must be known of it", null=True),
)

text = Table(
    "text",
    metadata,
    _text("hash", "content address: blake2b of the UTF-8 bytes, 16 bytes as hex", key=True),
    _text("text", "the text itself"),
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


def insert_sql(table: Table, mark: str, *, skip_known: bool = False) -> str:
    """The INSERT of whole rows of `table`; `mark` is the driver's placeholder."""
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join([mark] * len(table.columns))
    end = " ON CONFLICT DO NOTHING" if skip_known else ""
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks}){end}"
