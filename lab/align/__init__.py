"""What may be said of a variable's reading: labels, controls, the claim ladder, findings in words.

What belongs here: joining labels, captures and visible texts; judging what `probes.readers` measured against
the ladder L0–L3; the fixed sentences. What does not: estimators and resampling (`probes.readers`), figures
(`lab.reporting`), the store of activations (`lab.analysis.activations`).

Read `climb.py` first: it goes from a question to stored findings.

    scope.py        whose decisions are meant, of which finished runs
    labels.py       the value of a variable at each of them: hidden, claim_act or SQL
    outcomes.py     what the agent did: a phase's action, or a measure
    tables.py       labels, captures and visible texts as aligned arrays
    twin.py         the same tables of an untrained copy of the model
    transfer.py     scenarios left out one by one
    evidence.py     what was measured at a layer, as the ladder asks for it
    ladder.py       thresholds, levels L0–L3, verdicts, marks
    association.py  how the behavior goes with the score
    wording.py      the sentences
    finding.py      findings: made, stored, read again
    fitted.py       probes: fitted, stored, applied to other runs
    readings.py     what a probe said of decisions, and what to compare it with
    timelines.py    a run over time: scores, what is so, what happened
    strips.py       a decision token by token: scores, the action, its claims
    pictures.py     both drawn, of a run that is named or chosen by rule
    report.py       findings as a page with its figures
    climb.py        from a question to findings, within a budget
"""
