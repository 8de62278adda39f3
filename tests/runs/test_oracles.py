"""The exact results of social.md §10, through the whole stack: YAML, engine, log, SQL.

Small cases run with `make test`; the full-size ones, marked `verify`, write their figures to VERIFIED.md.
"""

from __future__ import annotations

from math import exp, sqrt
from pathlib import Path
from typing import Any

import pytest

import lab
from db.query import query
from db.store import open_store
from tests.support.verified import Recorder

SOCIAL = Path(__file__).parents[2] / "scenarios/social"
CLASSIC = {"ALLC": "always_cooperate", "TFT": "tit_for_tat", "GRIM": "grim", "WSLS": "win_stay_lose_shift"}
POINTS = {
    ("always_cooperate", "always_defect"): (0, 50),
    ("always_defect", "tit_for_tat"): (14, 9),
    ("always_defect", "grim"): (14, 9),
    ("always_defect", "win_stay_lose_shift"): (30, 5),
    ("always_defect", "always_defect"): (10, 10),
    **{(one, other): (30, 30) for one in CLASSIC.values() for other in CLASSIC.values()},
}


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """The answer of a log to a query."""
    with open_store(str(database), create=False) as store:
        return list(query(store, sql).rows)


def policy(agent: str, name: str, **options: object) -> str:
    """A setting that gives an agent a scripted policy."""
    extra = "".join(f", {key}: {value}" for key, value in options.items())
    return f"agents.{agent}.policy={{kind: scripted, name: {name}{extra}}}"


@pytest.mark.parametrize(("pair", "points"), POINTS.items(), ids=lambda value: "-".join(map(str, value)))
def test_ten_rounds_of_the_dilemma_pay_the_known_points(
    pair: tuple[str, str], points: tuple[int, int], tmp_path: Path
) -> None:
    settings = ["params.noise=0.0", policy("ann", pair[0]), policy("bob", pair[1])]
    run = lab.run(SOCIAL / "prisoners-dilemma.yaml", set_=settings, db=str(tmp_path / "log.db"))
    earned = "select agent, sum(payoff) from v_decision group by agent order by agent"
    assert rows(tmp_path / "log.db", earned) == [("ann", points[0]), ("bob", points[1])]
    assert run.info.invalid == 0


@pytest.mark.parametrize(
    ("first", "others", "expected"),
    [
        ("full_contributor", "full_contributor", (32.0, 32.0)),
        ("free_rider", "free_rider", (20.0, 20.0)),
        ("free_rider", "full_contributor", (44.0, 24.0)),
    ],
)
def test_one_round_of_the_public_good_pays_the_known_points(
    first: str, others: str, expected: tuple[float, float], tmp_path: Path
) -> None:
    settings = ["params.rounds=1", "params.punish=null", policy("bob", first)]
    settings += [policy(name, others) for name in ("ann", "coop")]
    lab.run(SOCIAL / "pgg-punish.yaml", set_=settings, db=str(tmp_path / "log.db"))
    earned = dict(rows(tmp_path / "log.db", "select agent, sum(payoff) from v_decision group by agent"))
    assert earned.pop("bob") == expected[0]
    assert set(earned.values()) == {expected[1]}


def recovered_vector(database: Path, rounds: int) -> list[Any]:
    """The memory-one vector that the log shows for tit for tat against a coin."""
    settings = ["params.noise=0.0", f"params.rounds={rounds}", "clock.max_ticks=1000"]
    settings += [policy("ann", "tit_for_tat"), policy("bob", "random", p=0.5)]
    lab.run(SOCIAL / "prisoners-dilemma.yaml", set_=settings, db=str(database))
    wanted = "select value from v_measure where agent = 'ann' and measure in "
    return [
        one for (one,) in rows(database, wanted + "('p_c_cc','p_c_cd','p_c_dc','p_c_dd') order by measure")
    ]


def test_the_memory_one_vector_of_tit_for_tat_is_recovered(tmp_path: Path) -> None:
    assert recovered_vector(tmp_path / "log.db", 500) == [1, 0, 1, 0]


def bluff_study(folder: Path, seeds: int) -> Path:
    """Many runs of the shipped bluff game in one log."""
    path = folder / "bluffing.study.yaml"
    scenario = SOCIAL / "bluff.yaml"
    path.write_text(
        f"schema: 1\nstudy: bluffing\nscenario: {scenario}\nseeds: {{count: {seeds}, root: 2026}}\n"
    )
    lab.batch(path, db=str(folder / "log.db"), workers=2)
    return folder / "log.db"


BLUFFS = """
select t.value as type, json_extract(d.observation, '$.stake') as stake, count(*) as n,
       avg(case when d.action = 'strong' then 1.0 else 0.0 end) as bluffed
from v_decision d
join hidden t on t.run = d.run and t.seq = d.seq and t.name = 'type'
join hidden s on s.run = d.run and s.seq = d.seq and s.name = 'strong'
where d.phase = 'claim' and s.value = 'false'
group by 1, 2 order by 1, 2
"""
CALIBRATION = """
select round(h.posterior, 0) as log_odds, count(*) as n, avg(h.posterior) as mean_log_odds,
       avg(case when h.value = 'bluffer' then 1.0 else 0.0 end) as bluffers
from hidden h where h.name = 'type' group by 1 having count(*) >= 400 order by 1
"""
EXPECTED = {("bluffer", 1): 0.30, ("bluffer", 3): 0.85, ("honest", 1): 0.03, ("honest", 3): 0.03}


@pytest.mark.verify
def test_claimants_bluff_as_often_as_their_type_says(tmp_path: Path, verified: Recorder) -> None:
    database = bluff_study(tmp_path, seeds=4_000)
    for kind, stake, n, rate in rows(database, BLUFFS):
        expected = EXPECTED[kind, stake]
        error = 4 * sqrt(expected * (1 - expected) / n)
        assert rate == pytest.approx(expected, abs=error)
        verified.record(f"bluff rate, {kind}, stake {stake}: {expected}", f"{rate:.3f} (n = {n})")
    for log_odds, n, mean_log_odds, share in rows(database, CALIBRATION):
        expected = 1 / (1 + exp(-mean_log_odds))
        assert share == pytest.approx(expected, abs=0.05)
        verified.record(
            f"share of bluffers at posterior log-odds {log_odds}",
            f"{share:.3f}, ideal {expected:.3f} (n = {n})",
        )


@pytest.mark.verify
def test_the_memory_one_vector_is_recovered_from_many_rounds(tmp_path: Path, verified: Recorder) -> None:
    found = recovered_vector(tmp_path / "log.db", 900)
    assert found == [1, 0, 1, 0]
    verified.record("memory-one vector of tit for tat from 900 rounds", found)


@pytest.mark.verify
def test_digests_do_not_depend_on_how_a_study_is_run(tmp_path: Path, verified: Recorder) -> None:
    from tests.support.studies import digests, write_study

    path = write_study(tmp_path, seeds=100, rounds=10)
    for workers in (1, 2, 4):
        lab.batch(path, workers=workers, db=str(tmp_path / f"{workers}.db"))
    one, two, four = (digests(tmp_path / f"{workers}.db") for workers in (1, 2, 4))
    assert one == two == four
    verified.record("equal digests with 1, 2 and 4 workers", f"{len(one)} of 400 runs")
