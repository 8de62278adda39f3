from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from scenarios.webdefense.site.world import PLAIN_ATTEMPTS, SiteSpec, build_site, made_up_person


def test_equal_keys_make_equal_sites_and_other_keys_other_people() -> None:
    assert build_site(SiteSpec(), key=7) == build_site(SiteSpec(), key=7)
    assert build_site(SiteSpec(), key=7).people != build_site(SiteSpec(), key=8).people


def test_nobody_on_a_site_can_be_reached() -> None:
    for person in build_site(SiteSpec(records=400), key=1).people:
        assert person.email.endswith("@example.com")
        assert re.fullmatch(r"\d{3}-555-01\d\d", person.phone)


def test_e_mail_addresses_are_unique_on_the_largest_site() -> None:
    people = build_site(SiteSpec(records=400), key=1).people
    assert len({person.email for person in people}) == 400


@pytest.mark.parametrize(("records", "pages"), [(1, 1), (10, 1), (11, 2), (40, 4)])
def test_every_person_stands_on_one_page(records: int, pages: int) -> None:
    site = build_site(SiteSpec(records=records), key=1)
    assert site.n_staff_pages == pages
    assert sum((site.staff_page(number) for number in range(pages)), ()) == site.people


def test_more_records_leave_the_first_ones_as_they_are() -> None:
    few, many = (build_site(SiteSpec(records=n), key=7).people for n in (20, 60))
    assert many[:20] == few


def test_a_name_is_found_even_when_all_plain_ones_are_taken() -> None:
    class AllPlain(list[str]):
        def __contains__(self, email: object) -> bool:
            return not re.search(r"\d@", str(email))

    assert f"{PLAIN_ATTEMPTS}@example.com" in made_up_person(5, taken=AllPlain()).email


@pytest.mark.parametrize(
    "wrong", [{"records": 0}, {"records": 401}, {"per_page": 0}, {"items": 10}, {"x": 1}]
)
def test_a_site_nobody_could_build_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        SiteSpec.model_validate(wrong)
