import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from collections_app.core.migrations_at_once import AtOnce

pytestmark = pytest.mark.django_db


def two_models() -> list[migrations.CreateModel]:
    key = [("id", models.BigAutoField(primary_key=True))]
    return [
        migrations.CreateModel("Shelf", [*key, ("name", models.CharField(max_length=10, unique=True))]),
        migrations.CreateModel(
            "Book",
            [*key, ("shelf", models.ForeignKey("library.Shelf", models.PROTECT))],
            {"indexes": [models.Index(fields=["shelf", "id"], name="book_shelf")]},
        ),
    ]


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("library_")}


def test_it_leads_to_the_state_that_single_operations_lead_to():
    together, singly = ProjectState(), ProjectState()
    AtOnce(two_models()).state_forwards("library", together)
    for operation in two_models():
        operation.state_forwards("library", singly)
    assert together.models == singly.models
    assert set(together.models) == {("library", "shelf"), ("library", "book")}


def test_models_rendered_before_are_rendered_with_the_new_ones():
    state = ProjectState()
    assert list(state.apps.get_models()) == []
    AtOnce(two_models()).state_forwards("library", state)
    assert {model.__name__ for model in state.apps.get_models()} == {"Shelf", "Book"}


def test_it_makes_the_tables_with_their_keys_and_takes_them_back():
    operation, before, after = AtOnce(two_models()), ProjectState(), ProjectState()
    operation.state_forwards("library", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("library", editor, before, after)
    assert tables() == {"library_shelf", "library_book"}
    with connection.cursor() as cursor:
        keys = connection.introspection.get_relations(cursor, "library_book")
    assert {name: key[:2] for name, key in keys.items()} == {"shelf_id": ("id", "library_shelf")}
    with connection.schema_editor() as editor:
        operation.database_backwards("library", editor, after, before)
    assert tables() == set()
