from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.organisms.cards import (
    CARD,
    SHIPPED,
    Card,
    Provenance,
    card,
    organism_folder,
    organisms,
    read_card,
    write_card,
)
from lab.core.errors import UnknownName, UsageError

MADE = Provenance(
    seed=3,
    episodes=10,
    steps=20,
    parameters=100,
    data="d",
    held_out="h",
    code="c",
    taught_by={"ann": {"kind": "scripted", "name": "claimant"}},
    versions={"torch": "2"},
    figures={"distance": 0.5},
)
OWN = Card(
    name="own",
    about="its mood",
    environment="social/bluff",
    seat="claimant",
    phases=("claim",),
    wording=1,
    provenance=MADE,
)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_ORGANISMS", str(tmp_path))
    return tmp_path


def put(folder: Path, card: Card) -> Path:
    folder.mkdir()
    write_card(folder, card)
    return folder


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_card(put(tmp_path / "own", OWN)) == OWN


def test_bluff_comes_trained() -> None:
    assert "bluff" in organisms()
    assert organism_folder("bluff") == SHIPPED / "bluff"


def test_the_shipped_card_says_what_the_organism_plays_and_where_it_comes_from() -> None:
    shipped = card("bluff")
    assert (shipped.environment, shipped.seat, shipped.phases) == ("social/bluff", "claimant", ("claim",))
    assert (shipped.wording, shipped.decide, shipped.terminator) == (1, "score", None)
    assert shipped.provenance.taught_by["bob"] == {"kind": "scripted", "name": "caller", "p": 0.5}
    assert shipped.provenance.figures["episodes"] >= 1_000
    assert shipped.provenance.figures["distance"] <= 0.02


def test_ones_own_organisms_stand_beside_the_shipped_ones(own_home: Path) -> None:
    put(own_home / "own", OWN)
    (own_home / "notes").mkdir()
    assert organisms() == ("bluff", "dealer", "keydoor", "own", "visitor")
    assert card("own") == OWN


def test_ones_own_organism_hides_a_shipped_one_of_its_name(own_home: Path) -> None:
    put(own_home / "bluff", replace(OWN, name="bluff"))
    assert organism_folder("bluff") == own_home / "bluff"


def test_organisms_are_kept_in_the_working_directory_without_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_ORGANISMS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "organisms").mkdir()
    put(tmp_path / "organisms" / "own", OWN)
    assert organism_folder("own") == Path("organisms/own")


@pytest.mark.parametrize("name", ["bluf", "../bluff", ""])
def test_an_unknown_organism_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownName, match=r"unknown organism .*\(known: bluff, dealer, keydoor, visitor\)"):
        organism_folder(name)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"provenance": {}}', '{"provenance": 1}'])
def test_what_is_no_card_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / CARD).write_text(text)
    with pytest.raises(UsageError, match=r"card\.json: no card of an organism"):
        read_card(tmp_path)


def test_a_folder_without_a_card_is_no_organism(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"card\.json: No such file"):
        read_card(tmp_path)
