"""The rules of the house, as tests: what a reviewer would otherwise have to remember."""

import ast
import re
from importlib.util import find_spec

import pytest
from django.apps import apps
from django.db import connection, models
from django.template.loader import get_template

from collections_app import celery
from collections_app.core import audit, jobs, panels, permissions
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import CurrencyField, MoneyField
from collections_app.core.lifecycle import all_lifecycles
from collections_app.testing import sources

OUR_APPS = ("core", "accounts", "campaigns", "reports")
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared", "stuff", "functions"}
# 400 lines is the soft ceiling of a module; past this one it has to be divided
HARD_CEILING, TEST_CEILING = 450, 1_000
WRITING_CALLS = {
    "create",
    "bulk_create",
    "update",
    "bulk_update",
    "delete",
    "save",
    "advance",
    "advance_many",
}
WHO_AND_WHEN = {"actor", "officer", "user", "as_of", "known_at"}
AUDIT_CODE = re.compile(r"^[a-z_]+\.[a-z_]+$")
RAW_STATUS = r"\bSET\s+(?:\w+\s*=[^,]*,\s*)*(?:\w+\.)?\"?(?:{names})\"?\s*="


def found_none(wrong) -> None:
    """Fail with one line for each thing that breaks the rule."""
    wrong = [str(entry) for entry in wrong]
    assert not wrong, "\n".join(["breaks the rule:", *wrong])


def our_models():
    return [model for label in OUR_APPS for model in apps.get_app_config(label).get_models()]


def floor_of(model) -> tuple[str, int]:
    name = ".".join(model.__module__.split(".")[:2])
    return name, sources.floors()[name]


def test_foreign_keys_point_down_or_stay_in_their_slice():
    wrong = []
    for model in our_models():
        own, height = floor_of(model)
        for field in [*model._meta.fields, *model._meta.many_to_many]:
            target = field.related_model
            if target is None or target._meta.app_label not in OUR_APPS:
                continue
            other, other_height = floor_of(target)
            if other != own and other_height >= height:
                wrong.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    found_none(wrong)


def test_modules_stay_readable():
    long = []
    for module in sources.modules():
        ceiling = TEST_CEILING if module.is_test else HARD_CEILING
        if (lines := len(module.lines)) > ceiling:
            long.append(f"{module.path}: {lines} lines")
    found_none(long)


def test_nothing_is_kept_in_a_drawer():
    found_none(
        module.path for module in sources.modules() if DRAWERS & set(module.path.with_suffix("").parts)
    )


def test_slices_say_what_lives_in_them():
    silent = [
        str(module.path)
        for module in sources.product()
        if module.slice and module.path.name == "__init__.py" and len(module.path.parts) == 3
        if not ast.get_docstring(module.tree)
    ]
    found_none(silent)


def _services():
    for module in sources.product():
        if module.slice and "services" in module.path.with_suffix("").parts:
            for node in module.tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield module, node


def _writes(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITING_CALLS
        for call in ast.walk(node)
    )


def test_services_that_write_take_keywords_only():
    found_none(
        f"{module.at(node)} {node.name}"
        for module, node in _services()
        if _writes(node) and (node.args.args or node.args.posonlyargs)
    )


def test_services_that_write_know_who_or_from_when():
    """A service that acts as the system itself says so by asking for that user."""
    wrong = []
    for module, node in _services():
        names = {argument.arg for argument in node.args.kwonlyargs}
        acts_as_system = any(
            isinstance(part, ast.Attribute) and part.attr == "system" for part in ast.walk(node)
        )
        if _writes(node) and not names & WHO_AND_WHEN and not acts_as_system:
            wrong.append(f"{module.at(node)} {node.name}")
    found_none(wrong)


AUDITING = {"record", "record_set", "advance", "advance_many"}


def _names_called(node: ast.AST) -> set[str]:
    calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    return {getattr(call, "attr", getattr(call, "id", "")) for call in calls}


def _leaves_a_trace(module: sources.Module, node: ast.FunctionDef) -> bool:
    """Whether it writes to the audit record itself, through a function of its module, or by calling
    another service that does."""
    local = {part.name: part for part in module.tree.body if isinstance(part, ast.FunctionDef)}
    imported = {
        alias.asname or alias.name
        for part in module.nodes
        if isinstance(part, ast.ImportFrom) and module.slice and part.module
        if part.module.startswith(("accounts.", "campaigns.", "reports."))
        and not part.module.endswith((".models", ".enums", ".queries", ".rules"))
        for alias in part.names
    }
    seen, waiting = {node.name}, [node]
    while waiting:
        called = _names_called(waiting.pop())
        if called & (AUDITING | imported):
            return True
        waiting += [local[name] for name in called & local.keys() - seen]
        seen |= called
    return False


def test_services_that_write_leave_a_trace():
    """Derived rows (a cache, a cursor) need none: their services say so, `# no audit: why`."""
    found_none(
        f"{module.at(node)} {node.name}"
        for module, node in _services()
        if _writes(node) and not _leaves_a_trace(module, node) and "# no audit" not in module.line(node)
    )


def test_audit_codes_are_a_noun_and_what_was_done():
    wrong = []
    for module in sources.product():
        for node in module.nodes:
            called = node.func if isinstance(node, ast.Call) else None
            is_record = isinstance(called, ast.Attribute) and called.attr in ("record", "record_set")
            if not is_record or getattr(called.value, "id", "") != "audit" or not node.args:
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant) and not AUDIT_CODE.match(code.value):
                wrong.append(f"{module.at(node)}: {code.value}")
    found_none(wrong)


def test_figures_are_never_floats():
    """A float that is no money (a coordinate, seconds) says so on its line: `# not money`."""
    wrong = []
    for module in sources.product():
        if module.path.parts[0] == "benchmarks":
            continue
        for node in module.nodes:
            is_call = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
            )
            is_field = isinstance(node, ast.Attribute) and node.attr == "FloatField"
            if (is_call or is_field) and "# not money" not in module.line(node):
                wrong.append(module.at(node))
    found_none(wrong)


def test_every_advisory_lock_has_a_number_of_its_own():
    """Two that share one wait for each other: a sweep of the queue held up postings, and they it."""
    named = [
        (match.group(2), str(module.path))
        for module in sources.product()
        for match in re.finditer(r"^(\w*LOCK) = (7_215_\d+)", module.text, re.MULTILINE)
    ]
    numbers = [number for number, _path in named]
    assert len(numbers) >= 6
    found_none(f"{path}: {number}" for number, path in named if numbers.count(number) > 1)


def test_every_amount_has_its_currency_beside_it():
    wrong = []
    for model in our_models():
        fields = model._meta.get_fields()
        if any(isinstance(field, MoneyField) for field in fields) and not any(
            isinstance(field, CurrencyField) for field in fields
        ):
            wrong.append(model._meta.label)
    found_none(wrong)


def test_amounts_are_money_fields():
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.fields
        if isinstance(field, models.DecimalField) and not isinstance(field, MoneyField)
        if re.search(r"amount|balance|total|overdue|_sum$|^sum", field.name)
    ]
    found_none(wrong)


def test_append_only_tables_are_kept_by_the_database(db):
    kept = [model for model in our_models() if issubclass(model, AppendOnlyModel)]
    assert kept
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE tgname LIKE 'pgtrigger_append_only%' AND tgenabled <> 'D'"
        )
        guarded = {name for (name,) in cursor.fetchall()}
    found_none(model._meta.label for model in kept if model._meta.db_table not in guarded)


# notes and comments are free text about people: kept from change by the database, erasable by law
FREE_TEXT = {"accounts.Note", "campaigns.CampaignNote", "reports.ReportComment"}


def test_evidence_is_sealed():
    under_seal = set(audit.sealed_tables()) | {"core_seal"}
    kept = {
        model._meta.label: model._meta.db_table
        for model in our_models()
        if issubclass(model, AppendOnlyModel)
    }
    found_none(label for label, table in kept.items() if table not in under_seal and label not in FREE_TEXT)


def test_nobody_listens_to_saves():
    wrong = [
        module.at(node)
        for module in sources.product()
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.models.signals"
    ]
    found_none(wrong)


def _status_fields() -> dict[str, set[str]]:
    """Status columns under a lifecycle, by the slice that owns the table."""
    owned: dict[str, set[str]] = {}
    for table in all_lifecycles():
        owned.setdefault(floor_of(table.model)[0], set()).add(table.field)
    return owned


def _root(node: ast.AST) -> str:
    """The name a chain begins with: `ContactPoint` of `ContactPoint.objects.filter().update`."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "")


def _is_free(name: str) -> bool:
    """Whether it names a model of ours whose status no lifecycle keeps."""
    kept = {table.model.__name__ for table in all_lifecycles()}
    return name not in kept and name in {model.__name__ for model in our_models()}


def _writes_status(node: ast.AST, fields: set[str]) -> bool:
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute) and target.attr in fields for target in targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
        return any(keyword.arg in fields for keyword in node.keywords) and not _is_free(_root(node.func))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.search(RAW_STATUS.replace("{names}", "|".join(fields)), node.value, re.I) is not None
    return False


def test_a_status_is_written_by_its_lifecycle_alone():
    """A column of that name without a lifecycle says so on its line: `# no lifecycle`."""
    owned, wrong = _status_fields(), []
    assert owned
    for module in sources.product():
        fields = owned.get(module.slice, set())
        if not fields:
            continue
        for node in module.nodes:
            if _writes_status(node, fields) and "# no lifecycle" not in module.line(node):
                wrong.append(module.at(node))
    found_none(wrong)


def test_lifecycles_speak_of_what_exists():
    for table in all_lifecycles():
        choices = dict(table.model._meta.get_field(table.field).flatchoices)
        assert set(table.statuses()) <= set(choices), table
        for edge in table.edges:
            assert not edge.audit or AUDIT_CODE.match(edge.audit), (table, edge)
            if edge.permission:
                permissions.get(edge.permission)


def test_panels_speak_of_what_exists():
    assert panels.check() == []
    for panel in panels.all_panels():
        if panel.template:
            get_template(panel.template)


def test_the_schedule_names_runners_that_exist():
    found_none(name for name in celery.SCHEDULE if not jobs.is_registered(name))


def test_runners_are_titled_and_their_permissions_declared():
    for runner in jobs.runners().values():
        assert str(runner.title), runner.name
        if runner.permission:
            permissions.get(runner.permission)


def _named_permissions():
    """Codes that source names in `require`, `has_permission` and `permission = ...`."""
    for module in sources.product():
        for node in module.nodes:
            values: list[ast.AST] = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("require", "has_permission", "has_perm"):
                    values += node.args
                values += [keyword.value for keyword in node.keywords if keyword.arg == "permission"]
            elif isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "permission" for target in node.targets
            ):
                values.append(node.value)
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and "." in value.value:
                    yield module.at(value), value.value


def test_permissions_that_source_names_are_declared():
    known = {entry.code for entry in permissions.catalogue()}
    found_none(f"{at}: {code}" for at, code in _named_permissions() if code not in known)


@pytest.mark.parametrize("driver", ["psycopg"])
def test_only_one_database_driver_is_installed(driver):
    """Django would take psycopg 3 in silence, and COPY would break."""
    assert find_spec(driver) is None


def test_text_in_code_is_marked_by_the_same_names():
    """`_` is gettext's, so a loop variable of that name would take the translation away."""
    wrong = [
        module.at(node)
        for module in sources.product()
        for node in module.nodes
        if isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store)
        if re.search(r"gettext\w* as _\b", module.text) and "for _ in range" not in module.line(node)
    ]
    found_none(wrong)
