from __future__ import annotations

from dataclasses import replace

import pytest

from lab.core.errors import RuleError, RunFailed
from lab.core.streams import replicate_seed
from lab.organism.data import (
    Corpus,
    corpus_hash,
    episode,
    held_out_corpus,
    loop_corpus,
    moments,
    simulate,
    taught,
    training_corpus,
)
from lab.organism.recipe import Moment, recipe
from lab.runner.conformance import play
from scenarios.social.bluff.policies import Claimant
from tests.lab.organism.conftest import EPISODES, Lessons
from tests.scenarios.social.readers import Reader

HANDS = [
    Moment("1 2 x3", "strong", {}, 0.0),
    Moment("1 2 x3 strong fold 9 9 x1", "weak", {}, 0.0),
]


def test_an_episode_is_the_last_prompt_with_its_act_and_every_act_is_marked() -> None:
    whole = episode(HANDS)
    assert whole.words == ("1", "2", "x3", "strong", "fold", "9", "9", "x1", "weak")
    assert [whole.words[place] for place in whole.acts] == ["strong", "weak"]


def test_a_wording_that_does_not_continue_itself_is_refused() -> None:
    first, second = HANDS
    with pytest.raises(RuleError, match="'1 2 x3 weak' does not begin '1 2 x3 strong fold"):
        episode([replace(first, action="weak"), second])


def test_what_is_read_back_is_what_an_agent_in_the_world_would_have_read(lessons: Lessons) -> None:
    scenario = lessons.scenario.model_copy(update={"seed": replicate_seed(lessons.corpus.root, 7)})
    reader = Reader(Claimant())
    trial = play(scenario, {"ann": reader})
    assert [moment.prompt for moment in lessons.runs[7]] == reader.texts
    said = [d.action for d in trial.ledger.record.decisions if d.agent == "ann"]
    assert [moment.action for moment in lessons.runs[7]] == said


def test_every_run_gives_its_agents_decisions_in_order(lessons: Lessons) -> None:
    assert len(lessons.runs) == EPISODES
    rounds = [[moment.observation["round"] for moment in run] for run in lessons.runs]
    assert rounds == [list(range(1, 9))] * EPISODES


def test_every_run_is_an_episode_of_the_renderers_symbols(lessons: Lessons) -> None:
    found = [episode(run) for run in lessons.runs]
    assert {len(one.words) for one in found} == {8 * 5 - 1}
    assert {one.acts for one in found} == {tuple(range(3, 40, 5))}
    acts = {one.words[place] for one in found for place in one.acts}
    assert acts == set(lessons.recipe.choices)


def test_a_run_of_several_units_is_as_many_episodes(lessons: Lessons) -> None:
    part = replace(lessons.corpus, episodes=3)
    by_stake = replace(lessons.recipe, unit="stake")
    found = list(moments(lessons.store, part, by_stake, lessons.scenario))
    assert [moment for one in found for moment in one] == [m for run in lessons.runs[:3] for m in run]
    assert all(len({moment.observation["stake"] for moment in one}) == 1 for one in found)
    assert len(found) > 3


def test_the_type_stands_in_no_episode(lessons: Lessons) -> None:
    words = {word for run in lessons.runs for word in episode(run).words}
    assert words & {"honest", "bluffer"} == set()


def test_a_part_of_a_corpus_is_its_first_runs(lessons: Lessons) -> None:
    part = replace(lessons.corpus, episodes=5)
    assert list(moments(lessons.store, part, lessons.recipe, lessons.scenario)) == lessons.runs[:5]
    assert corpus_hash(lessons.store, part) != corpus_hash(lessons.store, lessons.corpus)


def test_a_log_that_holds_more_of_a_corpus_keeps_it(lessons: Lessons) -> None:
    told: list[int] = []
    part = replace(lessons.corpus, episodes=5)
    study = simulate(lessons.store, part, lessons.scenario, lambda what, done, of: told.append(done))
    assert (study, told) == (lessons.study, [])


def test_runs_of_different_purpose_share_no_seed() -> None:
    bluff = recipe("bluff")
    corpora = [training_corpus(bluff, seed=seed, episodes=400) for seed in range(3)]
    corpora += [held_out_corpus(bluff, episodes=400), loop_corpus(bluff, episodes=400)]
    seeds = {replicate_seed(one.root, replicate) for one in corpora for replicate in range(400)}
    assert len(seeds) == 5 * 400
    assert len({one.study for one in corpora}) == 5


def test_the_scenario_is_the_shipped_one_in_the_organisms_wording() -> None:
    scenario = taught(recipe("bluff"))
    assert scenario.render.wording == (1,)
    assert [agent.policy.to_json()["name"] for agent in scenario.agents] == ["claimant", "caller"]


def test_the_first_run_that_does_not_end_well_ends_the_rest(lessons: Lessons) -> None:
    limited = lessons.scenario.limits.model_copy(update={"decisions": 3})
    scenario = lessons.scenario.model_copy(update={"limits": limited})
    told: list[int] = []
    with pytest.raises(RunFailed, match=r"study 'cut': run [0-9a-f]{12} is limited"):
        simulate(lessons.store, Corpus("cut", 1, 500), scenario, lambda what, done, of: told.append(done))
    assert len(told) < 100
    assert list(moments(lessons.store, Corpus("cut", 1, 500), lessons.recipe, scenario)) == []
