"""What the log says: summaries of studies, transcripts, differences between runs, data frames.

What belongs here: reading the log and computing from it, returned as frozen records. What does not: running
anything, drawing anything (`lab.cli` does), SQL that writes.

Read `summary.py` first (a study in numbers), then `transcript.py` (a run in words) and `diff.py` (where two
runs part).

    samples.py      a summary's data: every finished run with its run-level values
    verdicts.py     declared hypotheses against the runs
    stats.py        intervals, comparisons, Holm's correction
    permutation.py  the tests behind the comparisons
    frames.py       tidy polars frames
    status.py       how far a study is, while it runs
    plan.py         what a study will take, before it runs
    capture_plan.py what its activations will take
    rows.py         the one way these modules read: named rows of a read-only query
"""
