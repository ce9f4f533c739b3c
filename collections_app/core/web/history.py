"""What happened to a row, who did it and why; and the audit record for those who check."""

import re
from typing import Any

import django_filters
from django.apps import apps
from django.db.models import Model
from django.http import Http404
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from collections_app.core.lifecycle import all_lifecycles
from collections_app.core.models import AuditRecord, Transition, User
from collections_app.core.said import retold
from collections_app.core.web.details import may_see_history
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.lists import ListPage
from collections_app.core.web.pages import SIGNED_IN, PageView
from collections_app.core.web.parts import Crumb
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    RowColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage

SHOWN = 300


def subject_of(user, subject_type: str, pk: int) -> Model:
    """The row, if this user may see it: by its own `visible_to`, else only with `core.view_audit`."""
    try:
        model = apps.get_model(subject_type)
    except (LookupError, ValueError):
        raise Http404(_("There is no such kind of row.")) from None
    queryset = model._default_manager.all()
    visible = getattr(queryset, "visible_to", None)
    queryset = visible(user) if visible is not None else queryset
    found = queryset.filter(pk=pk).first() if may_see_history(user, model) else None
    if found is None:
        raise Http404(_("There is no such row, or it belongs to another team."))
    return found


def code_words(code: str) -> str:
    """An audit code as it is said: `bank_file.looked_at` is "Bank file looked at"."""
    said = code.replace(".", " ").replace("_", " ")
    return said[:1].upper() + said[1:]


def subject_words(subject_type: str) -> str:
    """What kind of row a record is about, by the model's own name; the label if the model is gone."""
    try:
        return str(apps.get_model(subject_type)._meta.verbose_name).capitalize()
    except (LookupError, ValueError):
        return subject_type


def changes(record: AuditRecord) -> list[tuple[str, Any, Any]]:
    """(field, before, after) of a record, for the fields that it names."""
    before, after = record.before or {}, record.after or {}
    return [(name, before.get(name, ""), after.get(name, "")) for name in {**before, **after}]


class History(PageView):
    """Every recorded step of one row, newest first."""

    permission = SIGNED_IN
    template_name = "core/history.html"

    def get(self, request, *args, **kwargs):
        self.subject = subject_of(request.user, kwargs["subject_type"], kwargs["pk"])
        return self.render_to_response(self.get_context_data())

    def get_title(self) -> str:
        return _("History of %(subject)s") % {"subject": self.subject}

    def get_lead(self) -> Any:
        return _("Who did what, when and why. Nothing here can be changed.")

    def get_crumbs(self) -> list[Crumb]:
        address = getattr(self.subject, "get_absolute_url", None)
        label = str(self.subject._meta.verbose_name).capitalize()
        return [Crumb(label, address() if address is not None else "")]

    def get_context_data(self, **kwargs):
        where = {"subject_type": self.subject._meta.label_lower, "subject_id": self.subject.pk}
        records = AuditRecord.objects.filter(**where).select_related("actor").order_by("-id")[:SHOWN]
        steps = Transition.objects.filter(**where).select_related("actor").order_by("-id")[:SHOWN]
        events = [
            {
                "at": record.recorded_at,
                "title": code_words(record.code),
                "actor": record.actor,
                "reason": retold(record.reason),
                "changes": changes(record),
                "icon": "edit",
            }
            for record in records
        ]
        labels = {
            value: label
            for table in all_lifecycles()
            if table.name == self.subject._meta.label_lower
            for value, label in self.subject._meta.get_field(table.field).flatchoices
        }
        events += [
            {
                "at": step.recorded_at,
                "title": " → ".join(
                    str(labels.get(status, status))
                    for status in (step.from_status, step.to_status)
                    if status
                ),
                "actor": step.actor,
                "reason": retold(step.reason),
                "changes": [],
                "icon": "status-change",
            }
            for step in steps
        ]
        events.sort(key=lambda event: event["at"], reverse=True)
        return super().get_context_data(events=events, **kwargs)


class CodeColumn(LinkColumn):
    """Words on screen; a file holds the code itself, which is the same in every language."""

    def file_columns(self, name):
        return [(self.verbose_name, self.kind, lambda sample: lambda row: row.code)]


class AuditTable(Table):
    recorded_at = MomentColumn(verbose_name=gettext_lazy("When"), orderable=True, order_by="id", phone=True)
    code = CodeColumn(
        "core:audit_detail",
        text=lambda row: code_words(row.code),
        verbose_name=gettext_lazy("What"),
        width=228,
        phone=True,
    )
    subject_type = RowColumn(
        lambda row, context: format_html('<span class="m">{}</span>', subject_words(row.subject_type)),
        accessor="subject_type",
        verbose_name=gettext_lazy("On"),
        width=172,
    )
    subject_id = TextColumn(verbose_name=gettext_lazy("Row"), width=84, bdi=True, muted=True)
    actor = TextColumn(accessor="actor__full_name", verbose_name=gettext_lazy("By"), width=156)
    reason = TextColumn(verbose_name=gettext_lazy("Why"))
    rows = NumberColumn(verbose_name=gettext_lazy("Rows"))

    class Meta:
        order_by = "-recorded_at"


class AuditFilterSet(FilterSet):
    code = django_filters.CharFilter(method="begins", label=gettext_lazy("What begins with"))
    subject_type = django_filters.CharFilter(lookup_expr="icontains", label=gettext_lazy("On"))
    subject_id = django_filters.NumberFilter(label=gettext_lazy("Row"))
    actor = django_filters.ModelChoiceFilter(
        queryset=User.objects.order_by("full_name"), label=gettext_lazy("By")
    )
    since = django_filters.DateFilter("recorded_at", "date__gte", label=gettext_lazy("From"))
    until = django_filters.DateFilter("recorded_at", "date__lte", label=gettext_lazy("To"))

    class Meta:
        model = AuditRecord
        fields: list[str] = []

    def begins(self, queryset, name, value):
        """By the words as they are shown, or by the code behind them."""
        words = [re.escape(word) for word in re.split(r"[\s._]+", value.strip())]
        return queryset.filter(code__iregex="^" + "[._]".join(words))


class AuditList(ListPage):
    """Everything that was done, for auditors and managers."""

    permission = "core.view_audit"
    title = gettext_lazy("Audit record")
    lead = gettext_lazy(
        "Everything that was done, by whom and why. Rows are sealed into a chain and never change."
    )
    menu = "audit"
    queryset = AuditRecord.objects.select_related("actor")
    table_class = AuditTable
    filterset_class = AuditFilterSet
    list_name = "core.audit"
    url_name = "core:audit_list"
    count_label = ngettext_lazy("%(n)s record", "%(n)s records", "n")
    empty_text = gettext_lazy("Nothing has been done yet.")


class AuditDetail(DetailPage):
    """One record with what it changed."""

    permission = "core.view_audit"
    template_name = "core/audit_detail.html"
    menu = "audit"
    queryset = AuditRecord.objects.select_related("actor")
    list_url_name = "core:audit_list"
    list_title = gettext_lazy("Audit record")
    has_history = False

    def get_title(self) -> str:
        return f"{code_words(self.object.code)} #{self.object.pk}"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            changes=changes(self.object),
            what=code_words(self.object.code),
            about=subject_words(self.object.subject_type),
            **kwargs,
        )
