from __future__ import annotations

from sqlalchemy import BigInteger, Text

from db.columns import integer, log_table, logged_run, metadata, state, string


def test_a_column_says_what_it_holds_and_is_required_unless_told() -> None:
    name = string("name", "what it is called")
    assert (name.comment, name.nullable, name.primary_key) == ("what it is called", False, False)
    assert isinstance(name.type, Text)
    assert string("error", "why", null=True).nullable


def test_whole_numbers_take_64_bits() -> None:
    assert isinstance(integer("seed", "the seed").type, BigInteger)


def test_only_a_state_column_may_change() -> None:
    assert state(string("status", "where it stands")).info == {"changes": True}
    assert string("id", "what it is").info == {}


def test_a_table_keeps_its_rows_in_the_order_of_its_key_and_refuses_other_types() -> None:
    made = log_table("test_columns_only", "a test", logged_run(), integer("seq", "its place", key=True))
    try:
        assert [column.name for column in made.primary_key] == ["run", "seq"]
        assert dict(made.dialect_options["sqlite"]) | {"strict": True, "with_rowid": False} == dict(
            made.dialect_options["sqlite"]
        )
    finally:
        metadata.remove(made)
