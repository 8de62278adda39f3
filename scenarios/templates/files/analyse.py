"""Look at the study `first`; run `lab batch first.study.yaml` before."""

import lab

study = lab.get_study("first")

# One row per decision, the factors as columns (polars).
decisions = study.decisions(wide=True)
print(decisions.select("slope", "bob", "tick", "agent", "phase", "payoff").head())

# The same log in SQL; ARCHITECTURE.md describes every view and column.
print(
    lab.query(
        "select cell, measure, count(*) as n, avg(value) as mean "
        "from v_measure where study = 'first' and agent is null group by cell, measure order by measure, cell"
    )
)
