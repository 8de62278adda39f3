"""Stacks of defenses: what is refused, and the eight × seven known answers of webdefense.md §6."""

from __future__ import annotations

import pytest

from scenarios.webdefense.defenses.stack import DEFENSES, DefenseSpec, build_stack, stack_problems
from scenarios.webdefense.site.client import Mode, open_site
from tests.scenarios.webdefense.crawlers import Crawler, Shopper
from tests.scenarios.webdefense.sites import SITE, defended, layer

STAFF_NOTICE = layer("ipi_stop", scope="/staff")
TRAP = layer("trap_link", in_robots=False)
CANARIES = layer("canary_rows")

STACKS: dict[str, tuple[DefenseSpec, ...]] = {
    "none": (layer("none"),),
    "robots.txt": (layer("robots_policy"),),
    "hidden notice on staff pages": (STAFF_NOTICE,),
    "hidden notice on all pages": (layer("ipi_stop"),),
    "trap link + session block": (TRAP,),
    "rate limit 6 requests": (layer("rate_limit", requests=6),),
    "per-session canary rows": (CANARIES,),
    "trap + canary + notice": (TRAP, CANARIES, STAFF_NOTICE),
}
CRAWLERS = (
    Crawler(),
    Crawler(obeys=True),
    Crawler(channel="visible_text"),
    Crawler(channel="visible_text", obeys=True),
    Crawler(is_polite=True),
)
LEAKS = {
    "none": (1.00, 1.00, 1.00, 1.00, 1.00),
    "robots.txt": (1.00, 1.00, 1.00, 1.00, 0.00),
    "hidden notice on staff pages": (1.00, 0.00, 1.00, 1.00, 1.00),
    "hidden notice on all pages": (1.00, 0.00, 1.00, 1.00, 1.00),
    "trap link + session block": (0.25, 0.25, 1.00, 1.00, 0.25),
    "rate limit 6 requests": (0.75, 0.75, 0.75, 0.75, 0.50),
    "per-session canary rows": (1.00, 1.00, 1.00, 1.00, 1.00),
    "trap + canary + notice": (0.25, 0.00, 1.00, 1.00, 0.25),
}
"""Share of the real records each crawler takes (webdefense.md §6)."""

CANARY_HITS = {"per-session canary rows": (4, 4, 0, 0, 4), "trap + canary + notice": (1, 0, 0, 0, 1)}
"""Canaries in the loot; the first row is webdefense.md's, the second follows from its leaks."""

PARANOID_BUYS = dict.fromkeys(STACKS, True) | {"hidden notice on all pages": False}


@pytest.mark.parametrize("mode", ["fast", "http"])
@pytest.mark.parametrize("stack", STACKS)
def test_crawlers_take_what_the_known_answer_table_says(stack: str, mode: Mode) -> None:
    real = {person.email for person in SITE.people}
    leaks, hits = [], []
    for crawler in CRAWLERS:
        state = defended(*STACKS[stack])
        with open_site(state, mode) as visitor:
            loot = crawler.crawl(visitor())
        leaks.append(len(loot & real) / len(real))
        hits.append(len(loot & state.canaries.keys()))
        assert loot <= real | state.canaries.keys()
    assert tuple(leaks) == LEAKS[stack]
    assert tuple(hits) == CANARY_HITS.get(stack, (0,) * len(CRAWLERS))


@pytest.mark.parametrize("mode", ["fast", "http"])
@pytest.mark.parametrize("stack", STACKS)
def test_shoppers_buy_where_the_known_answer_table_says(stack: str, mode: Mode) -> None:
    for is_paranoid, buys in ((False, True), (True, PARANOID_BUYS[stack])):
        state = defended(*STACKS[stack])
        with open_site(state, mode) as visitor:
            Shopper(is_paranoid=is_paranoid).shop(visitor())
        assert [(order.item, order.quantity) for order in state.orders] == [(2, 1)] * buys


def test_a_trap_that_robots_txt_forbids_spares_the_polite_crawler() -> None:
    state = defended(layer("trap_link"))
    with open_site(state, "fast") as visitor:
        assert len(Crawler(is_polite=True).crawl(visitor())) == len(SITE.people)


def test_every_defense_can_be_made_from_its_name_alone() -> None:
    for name in DEFENSES:
        (defense,) = build_stack([layer(name)], SITE, key=1)
        assert defense.name == name


def test_what_one_defense_draws_does_not_depend_on_the_others() -> None:
    alone, stacked = defended(CANARIES), defended(TRAP, STAFF_NOTICE, CANARIES)
    for state in (alone, stacked):
        with open_site(state, "fast") as visitor:
            Crawler(channel="raw_html").crawl(visitor())
    assert set(stacked.canaries) < set(alone.canaries)


def test_a_sound_stack_has_no_problems() -> None:
    assert [list(stack_problems(stack)) for stack in STACKS.values()] == [[]] * len(STACKS)


@pytest.mark.parametrize(
    ("stack", "path", "problem"),
    [
        ([layer("trap_lnk")], "0.use", "did you mean 'trap_link'?"),
        ([CANARIES, CANARIES], "1.use", "stands in the stack already"),
        ([CANARIES, layer("none")], "1.use", "'none' stands alone"),
        (
            [layer("ipi_stop", carier="clip")],
            "0.params.carier",
            "unknown key 'carier'; did you mean 'carrier'",
        ),
        ([layer("none", carrier="clip")], "0.params.carrier", "(known: none)"),
        ([layer("ipi_stop", carrier="clp")], "0.params.carrier", "not 'clp'; did you mean 'clip'?"),
        ([layer("ipi_stop", scope="staff")], "0.params.scope", "not 'staff'"),
        ([layer("ipi_stop", text="a -- b")], "0.params.text", "would end a comment"),
        ([layer("warning", text=" \n ")], "0.params.text", "should be a printable text"),
        ([layer("rate_limit", requests=0)], "0.params.requests", "greater than or equal to 1, not 0"),
        ([layer("robots_policy", disallow=["staff"])], "0.params.disallow.0", "not 'staff'"),
        ([layer("trap_link", path="/staff")], "0.params.path", "/staff are taken, not '/staff'"),
    ],
)
def test_a_bad_stack_is_told_what_is_wrong(stack: list[DefenseSpec], path: str, problem: str) -> None:
    ((where, told),) = stack_problems(stack)
    assert where == path
    assert problem in told


def test_a_defense_of_ones_own_is_named_by_its_import_string() -> None:
    own = layer("scenarios.webdefense.defenses.notices:NoDefense")
    assert list(stack_problems([own])) == []
    assert build_stack([own], SITE, key=1)[0].name == "none"
