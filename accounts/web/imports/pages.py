"""The list of imports, the fourth step with its control sheet, the verbs and the undo."""

import django_filters
from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.imports import services
from accounts.imports.enums import ImportKind, ImportStatus
from accounts.imports.feeds import oldest_feed
from accounts.imports.jobs import PostImport
from accounts.imports.models import ImportBatch
from accounts.imports.queries import checked_state
from accounts.imports.reversal import resting
from accounts.imports.trailers import sentence as trailer_sentence
from accounts.ledger.enums import EntryKind
from accounts.web.imports.drawing import (
    ControlLine,
    bad_rows,
    control_lines,
    made_facts,
    notices,
    post_label,
    row_counts,
    steps,
)
from accounts.web.imports.release import CreditorReleasePage
from accounts.web.imports.steps import (
    BYTES_AT_ONCE,
    ImportColumnsPage,
    ImportNewPage,
    ImportReadingPage,
    check_now_or_later,
    page_of,
)
from collections_app.core import clock
from collections_app.core.permissions import has_permission
from collections_app.core.web import navigation
from collections_app.core.web.figures import count_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.forms import ReasonForm
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import (
    DetailPage,
    ListPage,
    ReasonPage,
    VerbView,
)

VIEW, POST = "accounts.view_import", "accounts.post_import"
navigation.register(
    "imports",
    gettext_lazy("Imports"),
    "accounts:import_list",
    icon="file-import",
    permission=VIEW,
    order=20,
    group="office",
)


def _fed_until(user):
    """The oldest feed among the creditors whose books are fed by files."""
    if not has_permission(user, "accounts.view_account"):
        return None
    return oldest_feed(as_of=clock.today())


navigation.register_fed_until("imports", _fed_until)


class ImportFilterSet(FilterSet):
    q = django_filters.CharFilter(
        label=gettext_lazy("Search"), field_name="filename", lookup_expr="icontains"
    )
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=ImportKind.choices)
    status = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=ImportStatus.choices)

    class Meta:
        model = ImportBatch
        fields: list[str] = []


class ImportTable(Table):
    row_label = "filename"

    filename = LinkColumn(
        "accounts:import_detail", text="filename", verbose_name=gettext_lazy("File"), order_by=("filename",)
    )
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("What"), width=110)
    creditor = TextColumn(
        accessor="creditor__name", verbose_name=gettext_lazy("Creditor"), width=170, muted=True
    )
    rows_read = NumberColumn(verbose_name=gettext_lazy("Rows"), width=90)
    rows_rejected = NumberColumn(verbose_name=gettext_lazy("Held back"), width=90)
    status = StatusColumn(ImportStatus, verbose_name=gettext_lazy("State"), width=170)
    uploaded_by = TextColumn(
        accessor="uploaded_by__full_name", verbose_name=gettext_lazy("By"), width=140, muted=True
    )
    uploaded_at = MomentColumn(verbose_name=gettext_lazy("Brought"), orderable=True, order_by="id")

    class Meta:
        order_by = "-uploaded_at"


class ImportListPage(ListPage):
    permission = VIEW
    title = gettext_lazy("Imports")
    lead = gettext_lazy("Files that brought accounts, entries, contacts and protections; each can be undone.")
    menu = "imports"
    queryset = ImportBatch.objects.select_related("creditor", "uploaded_by")
    filterset_class = ImportFilterSet
    table_class = ImportTable
    list_name = "imports"
    url_name = "accounts:import_list"
    count_label = ngettext_lazy("%(n)s import", "%(n)s imports", "n")
    empty_text = gettext_lazy("No file has been brought in yet. Begin with the accounts, then the entries.")

    def get_head_actions(self):
        return [
            Action(
                _("Bring in a file"),
                reverse("accounts:import_new"),
                icon="upload",
                primary=True,
                permission=POST,
            )
        ]


class ImportDetailPage(DetailPage):
    """Step four while it waits, the control sheet once it is posted."""

    permission = VIEW
    queryset = ImportBatch.objects.select_related("creditor", "uploaded_by", "file", "rejected_file")
    menu = "imports"
    template_name = "accounts/imports/check.html"
    list_url_name = "accounts:import_list"
    list_title = gettext_lazy("Imports")
    lead = ""

    def get_title(self):
        titles = {
            ImportStatus.POSTED: _("Posted"),
            ImportStatus.REVERSED: _("Taken back"),
            ImportStatus.REFUSED: _("Put aside"),
            ImportStatus.CHECKED: _("Check before anything is posted"),
        }
        return titles.get(self.object.status, _("Not checked yet"))

    def get_crumbs(self):
        batch = self.object
        rows = ngettext("%(n)s row", "%(n)s rows", batch.rows_read) % {"n": count_text(batch.rows_read)}
        about = _("%(file)s · %(rows)s, by %(who)s") % {
            "file": batch.filename,
            "rows": rows,
            "who": batch.uploaded_by,
        }
        return [*super().get_crumbs(), Crumb(about)]

    def get_head_actions(self):
        batch, args = self.object, [self.object.pk]
        if batch.status == ImportStatus.POSTED:
            return [
                Action(
                    _("Take this import back"),
                    reverse("accounts:import_reverse", args=args),
                    icon="arrow-back-up",
                    permission="accounts.reverse_import",
                ),
                *self._after_posting(),
            ]
        if batch.status in (ImportStatus.REVERSED, ImportStatus.REFUSED):
            return []
        actions = [
            Action(
                _("Put aside"),
                reverse("accounts:import_discard", args=args),
                icon="trash",
                permission=POST,
                post=True,
            ),
            Action(_("Back to columns"), reverse("accounts:import_columns", args=args), permission=POST),
        ]
        if batch.status == ImportStatus.CHECKED and not trailer_sentence(batch.control.get("trailer") or {}):
            actions.append(
                Action(
                    post_label(batch),
                    reverse("accounts:import_post", args=args),
                    primary=True,
                    permission=POST,
                    post=True,
                    fields={"seen": checked_state(batch)},
                )
            )
        return actions

    def _after_posting(self) -> list[Action]:
        """What comes next: another file, and the release of a creditor that waits for it."""
        creditor = self.object.creditor
        if self.object.control.get("made", {}).get("missing_items"):
            decide = Action(
                _("Missing items"),
                f"{reverse('accounts:missing_item_list')}?batch={self.object.pk}",
                icon="file-alert",
                permission=VIEW,
            )
            return [decide, *self._next_steps(creditor)]
        return self._next_steps(creditor)

    def _next_steps(self, creditor) -> list[Action]:
        again = Action(
            _("Bring in another file"),
            reverse("accounts:import_new"),
            icon="upload",
            primary=True,
            permission=POST,
        )
        if creditor is None or creditor.released_at is not None:
            return [again]
        release = Action(
            _("Release for contact"),
            reverse("accounts:creditor_release", args=[creditor.pk]),
            icon="send",
            permission="accounts.release_creditor",
        )
        return [release, again]

    def get_context_data(self, **kwargs):
        batch = self.object
        lines: list[ControlLine] = control_lines(batch)
        return super().get_context_data(
            steps=steps(5 if batch.status == ImportStatus.POSTED else 4, batch),
            lines=lines,
            has_unchanged=any(line.unchanged for line in lines),
            counts=row_counts(batch),
            rows=bad_rows(batch, self.request.user.language),
            made=made_facts(batch),
            notices=notices(batch),
            has_amended=batch.control.get("rows", {}).get("amended", 0),
            is_open=batch.status == ImportStatus.CHECKED and has_permission(self.request.user, POST),
            **kwargs,
        )


class ImportVerb(VerbView):
    permission = POST
    queryset = ImportBatch.objects.select_related("file", "creditor")

    def get_success_url(self, result):
        return page_of(result)


class ImportPostVerb(ImportVerb):
    def perform(self, form):
        batch, user, seen = self.object, self.request.user, self.request.POST.get("seen", "")
        if batch.file.size > BYTES_AT_ONCE:
            services.require_seen(batch, seen)
            return PostImport.enqueue_once(scope=str(batch.pk), params={"seen": seen}, actor=user)
        return services.post_import(batch=batch, actor=user, as_of=self.today, seen=seen)

    def get_success_message(self, result):
        if not isinstance(result, ImportBatch):
            return _("The file is being posted. You may leave this page.")
        return _("%(file)s is posted.") % {"file": result.filename}


class ImportDiscardVerb(ImportVerb):
    success_message = gettext_lazy("The file is put aside; nothing of it was posted.")

    def perform(self, form):
        return services.discard_import(batch=self.object, actor=self.request.user, as_of=self.today)


class FixForm(forms.Form):
    row = forms.IntegerField(min_value=1)
    column = forms.CharField(max_length=300)
    value = forms.CharField(max_length=4000, required=False)
    kind_column = forms.CharField(max_length=300, required=False)
    kind = forms.ChoiceField(choices=EntryKind, required=False)


class ImportFixVerb(ImportVerb):
    form_class = FixForm

    def perform(self, form):
        given = form.cleaned_data
        cells = {given["column"]: given["value"]}
        if given["kind_column"]:
            cells[given["kind_column"]] = given["kind"]
        for column, value in cells.items():
            batch = services.fix_row(
                batch=self.object,
                row_number=given["row"],
                column=column,
                value=value,
                actor=self.request.user,
                as_of=self.today,
            )
        return check_now_or_later(batch, self.request.user, self.today)


class ImportAmendedVerb(ImportVerb):
    """Confirm that amended documents are posted, or take that back: what its button said."""

    def perform(self, form):
        return services.accept_amended(
            batch=self.object, accepts=bool(self.request.POST.get("accepts")), actor=self.request.user
        )


class ImportReversePage(ReasonPage):
    permission = "accounts.reverse_import"
    menu = "imports"
    queryset = ImportBatch.objects.filter(status=ImportStatus.POSTED)
    title = gettext_lazy("Take this import back")
    button = gettext_lazy("Take it back")
    is_dangerous = True
    form_class = ReasonForm
    success_message = gettext_lazy("The import is taken back; the same file can come again.")

    def get_crumbs(self):
        return [
            Crumb(_("Imports"), reverse("accounts:import_list")),
            Crumb(self.object.filename, reverse("accounts:import_detail", args=[self.object.pk])),
        ]

    def facts(self):
        found = resting(self.object)
        made = [Fact(label, value) for label, value in made_facts(self.object)]
        return made + [Fact(words.capitalize(), count_text(count)) for words, count in found]

    def consequence(self):
        if resting(self.object):
            return _("It cannot be taken back while the last lines beside rest on it.")
        return _("Every entry gets a counter-entry on its own day, its accounts become void.")

    def perform(self, form):
        return services.reverse_import(
            batch=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:import_detail", args=[result.pk])


urlpatterns = [
    path("imports/", ImportListPage.as_view(), name="import_list"),
    path("imports/new/", ImportNewPage.as_view(), name="import_new"),
    path("imports/<int:pk>/", ImportDetailPage.as_view(), name="import_detail"),
    path("imports/<int:pk>/reading/", ImportReadingPage.as_view(), name="import_reading"),
    path("imports/<int:pk>/columns/", ImportColumnsPage.as_view(), name="import_columns"),
    path("imports/<int:pk>/post/", ImportPostVerb.as_view(), name="import_post"),
    path("imports/<int:pk>/fix/", ImportFixVerb.as_view(), name="import_fix"),
    path("imports/<int:pk>/amended/", ImportAmendedVerb.as_view(), name="import_amended"),
    path("imports/<int:pk>/put-aside/", ImportDiscardVerb.as_view(), name="import_discard"),
    path("imports/<int:pk>/take-back/", ImportReversePage.as_view(), name="import_reverse"),
    path("creditors/<int:pk>/release/", CreditorReleasePage.as_view(), name="creditor_release"),
]
