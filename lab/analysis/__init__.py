"""What the log says: summaries of studies, transcripts, differences between runs, data frames.

What belongs here: reading the log and computing from it, returned as frozen records. What does not: running
anything, drawing anything (`lab.cli` does), SQL that writes.

Read `summary.py` first (a study in numbers; `stats.py` are its statistics, `samples.py` its data), then
`transcript.py` (a run in words) and `diff.py` (where two runs part).

    frames.py       tidy polars frames
    status.py       how far a study is, while it runs
    plan.py         what a study will take, before it runs
    rows.py         the one way these modules read: named rows of a read-only query
"""
