"""The view in which a decision, the truth of its moment and the reading of its activations are one row."""

from __future__ import annotations

from db.view_parts import ENVIRONMENT, PLACE, RUN, WHEN, View, integer, number, of_agent, of_run, text

_CAPTURED = """SELECT c.run, c.seq, c.call, c.attempt, c.span, c.artifact, max(c.proxy) AS proxy
          FROM capture c
          WHERE c.start IS NOT NULL AND c.attempt = (SELECT max(l.attempt) FROM capture l
                                                     WHERE l.run = c.run AND l.seq = c.seq)
          GROUP BY c.run, c.seq, c.call, c.attempt, c.span, c.artifact"""
"""The captured spans of the calls that answered, whatever sites were kept."""

_SCORED = """SELECT s.*, p.variable, p.reader, p.site, p.layer, p.span, p.artifact
          FROM probe_score s JOIN probe p ON p.id = s.probe"""

V_ALIGNMENT = View(
    "v_alignment",
    "one decision that was captured or scored, beside one hidden variable and what one probe reads of it",
    {
        **RUN,
        "study": PLACE["study"],
        **ENVIRONMENT,
        "cell": PLACE["cell"],
        "seed": PLACE["seed"],
        **WHEN,
        "phase": text("name", "kind of moment, such as contribute"),
        "agent": text("name", "who decided"),
        "model": text("name", "the agent's model"),
        "variable": text("name", "a hidden variable, or what the probe reads"),
        "truth": text("words", "its value at the decision: a text as it is, all else JSON"),
        "numeric": number("of the variable", "its value as a number, where it is one"),
        "posterior": number("log-odds", "what an ideal observer of the text gives to the positive value"),
        "visible": integer("0 or 1", "1 when the value is a function of what the agent saw"),
        "span": text("name", "tokens that were read, such as pre_choice"),
        "proxy": integer("0 or 1", "1 when another model was read than the one that decided"),
        "probe": text("id", "the probe; null while none reads this variable there"),
        "reader": text("name", "its kind of estimator"),
        "site": text("name", "the site it reads"),
        "layer": integer("count", "the layer it reads; 0 is the embedding"),
        "score": number("log-odds or value", "what it says: log-odds, a number, or a margin"),
        "p": number("0 … 1", "calibrated probability of the positive, or of the predicted, value"),
        "predicted": text("words", "the value it predicts"),
        "oof": integer("0 or 1", "1 when the decision's run was not fitted on for this score"),
        "action": text("name", "what the agent did; null when it did nothing valid"),
        "args": text("JSON", "the action's arguments"),
        "valid": integer("0 or 1", "1 when the action was legal"),
        "payoff": number("points", "sum of the payoffs that name this decision; null without one"),
    },
    f"""SELECT d.run, {of_run("d", "study", "family", "environment", "cell", "seed")},
       d.seq, d.tick, d.phase, d.agent, {of_agent("model")},
       v.variable, v.truth, v.numeric, v.posterior, v.visible, v.span, v.proxy,
       v.probe, v.reader, v.site, v.layer, v.score, v.p, v.predicted, v.oof,
       d.action, d.args,
       CASE WHEN d.status IN ('ok', 'repaired', 'retried') THEN 1 ELSE 0 END AS valid,
       (SELECT sum(e.value) FROM event e
        WHERE e.run = d.run AND e.decision = d.seq AND e.kind = 'payoff') AS payoff
FROM (
    SELECT h.run, h.seq, h.name AS variable, h.value AS truth, h.numeric, h.posterior, h.visible,
           c.span, c.proxy, s.probe, s.reader, s.site, s.layer, s.score, s.p, s.predicted, s.oof
    FROM hidden h JOIN ({_CAPTURED}) c ON c.run = h.run AND c.seq = h.seq
    LEFT JOIN ({_SCORED}) s ON s.run = h.run AND s.seq = h.seq AND s.call = c.call
        AND s.attempt = c.attempt AND s.variable = h.name AND s.span = c.span AND s.artifact = c.artifact
    UNION ALL
    SELECT s.run, s.seq, s.variable, coalesce(h.value, s.truth), h.numeric, h.posterior, h.visible,
           s.span, coalesce(c.proxy, 0), s.probe, s.reader, s.site, s.layer, s.score, s.p, s.predicted, s.oof
    FROM ({_SCORED}) s
    LEFT JOIN ({_CAPTURED}) c ON c.run = s.run AND c.seq = s.seq AND c.call = s.call
        AND c.attempt = s.attempt AND c.span = s.span AND c.artifact = s.artifact
    LEFT JOIN hidden h ON h.run = s.run AND h.seq = s.seq AND h.name = s.variable
    WHERE (c.run IS NULL OR h.run IS NULL)
        AND NOT EXISTS (SELECT 1 FROM capture l
                        WHERE l.run = s.run AND l.seq = s.seq AND l.attempt > s.attempt)
) v JOIN decision d ON d.run = v.run AND d.seq = v.seq""",
)
