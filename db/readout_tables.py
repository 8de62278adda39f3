"""The tables of activations, of what was read from them, and of what that licenses to say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index

from db.columns import integer, log_table, logged_run, number, string


def _answer() -> tuple[Column[Any], ...]:
    """The key of the model call that something was read from."""
    return (
        integer("seq", "seq of the decision", key=True),
        integer("call", "number of the call within the decision, from 0", key=True),
        integer("attempt", "number of the re-ask of the decision, from 0", key=True),
        integer("try", "number of the try at this call, from 0", key=True),
    )


site_set = log_table(
    "site_set",
    "the sites that one shard holds, in order",
    string("id", "content address of `sites`", key=True),
    string("sites", "JSON: [site, layer, width] of each; layer 0 is the embedding, 1 the first block"),
)

shard = log_table(
    "shard",
    "a file of activations: safetensors, one tensor [rows, width] for each site",
    string("id", "first 32 hex letters of its SHA-256", key=True),
    string("run", "id of the run of its first row"),
    string("path", "where it lies under the folder of captures"),
    string("site_set", "what it holds, in site_set"),
    integer("rows", "number of its rows"),
    string("dtype", "of its tensors, as torch names it"),
    integer("bytes", "size of the file"),
    string("sha256", "hash of the whole file"),
    number("created", "wall clock"),
)
Index(None, shard.c.run)

capture = log_table(
    "capture",
    "activations of one model call at one span: a row of a shard, or why there is none",
    logged_run(),
    *_answer(),
    string("span", "which tokens: pre_choice, action_mean, segment(NAME) …", key=True),
    string("site_set", "which sites, in site_set", key=True),
    string("artifact", "the model that was read, in model_artifact", key=True),
    string("agent", "who decided"),
    string("shard", "the file that holds it; null when there is no row", null=True),
    integer("row", "its row there, from 0", null=True),
    integer("start", "first token of the span, counted from the first of the prompt", null=True),
    integer("end", "the token after its last", null=True),
    integer("token_id", "the token read there, where it is one", null=True),
    string("origin", "live: of the acting pass; recomputed: of a second one; reread: of the logged tokens"),
    integer("proxy", "1 when another model was read than the one that answered, else 0"),
    number("logprob_gap", "of a reread: largest difference to the logged log-probabilities", null=True),
    string("intervention", "what was changed inside the model, JSON; null when nothing", null=True),
    string("reason", "why there is no row", null=True),
)

probe = log_table(
    "probe",
    "a reader fitted on captures",
    string("id", "content address of what it was fitted on and how", key=True),
    string("study", "name of the study it was fitted on"),
    string("variable", "what it reads: a hidden variable, claim_act.COLUMN, or SQL"),
    string("task", "binary, classes or number"),
    string("reader", "kind of estimator: diff_means, logistic, ridge …"),
    string("site", "site it reads"),
    integer("layer", "layer it reads; 0 is the embedding"),
    string("span", "span it reads"),
    string("artifact", "the model it was fitted on, in model_artifact"),
    integer("width", "numbers it reads"),
    string("runs_hash", "content address of the digests of the runs it was fitted on"),
    string("metrics", "what was measured on held-out runs, JSON"),
    string("path", "its file under the folder of captures", null=True),
    string("code_hash", "content address of the source code"),
    number("created", "wall clock"),
)
Index(None, probe.c.study, probe.c.variable)

probe_score = log_table(
    "probe_score",
    "what a probe says of one model call",
    string("probe", "the probe", key=True),
    logged_run(),
    *_answer(),
    string("agent", "who decided"),
    string("truth", "the label it was compared with; null when unknown", null=True),
    number("score", "log-odds (binary), predicted value (number), margin of the best class", null=True),
    number("p", "calibrated probability of the positive, or of the predicted, value", null=True),
    string("predicted", "the value it predicts", null=True),
    integer("fold", "the fold it was held out in; null for runs it was not fitted on", null=True),
    integer("oof", "1 when its run was not fitted on for this score, else 0"),
    string(
        "strip", "JSON: [first token, scores of it and all after]; null unless tokens were scored", null=True
    ),
)
Index(None, probe_score.c.run, probe_score.c.seq)

finding = log_table(
    "finding",
    "one claim: how far what was found about a variable at a layer reaches",
    string("id", "content address of what it was computed from and how", key=True),
    string("study", "name of the study"),
    string("variable", "what is read: a hidden variable, claim_act.COLUMN, or SQL"),
    string("behavior", "what the agent does: a phase, whose action it is, or a measure"),
    string("site", "site of the reading"),
    integer("layer", "layer of the reading; 0 is the embedding"),
    string("span", "span of the reading"),
    string("level", "how far the evidence reaches: L0, L1, L2 or L3; null below L0", null=True),
    string(
        "verdict", "in a word or two: not decodable, surface-confounded, decodable, transfers, incomplete"
    ),
    integer("headline", "1 for the layer that the claim is about, else 0"),
    string("metrics", "every number behind it, JSON"),
    string("levels", "JSON: what each level asked and what was found"),
    string("sentences", "JSON: what may be said, what may not, what marks it"),
    string("artifact", "the model that was read, in model_artifact", null=True),
    string("probe", "the probe behind it; null without one", null=True),
    string("runs_hash", "content address of the digests of its runs"),
    string("settings", "how it was computed, JSON: folds, seeds, bootstraps, permutations, thresholds"),
    string("code_hash", "content address of the source code"),
    number("created", "wall clock"),
)
Index(None, finding.c.study, finding.c.variable)
