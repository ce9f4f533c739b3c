"""The correspondence folder of a debtor: one list of everything written, both ways, and filing a scan."""

from django import forms
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from campaigns.folder import rules
from campaigns.folder.enums import PaperKind
from campaigns.folder.queries import folder, kinds
from campaigns.folder.services import file_paper
from collections_app.core.web.figures import DASH
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Section, Tab
from collections_app.core.web.tables import MomentColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, PageView

SORTS = {"at": "at", "direction_label": "direction", "kind_label": "kind"}


def _title(row, context) -> str:
    if row.url:
        return format_html('<a href="{}">{}</a>', row.url, row.title)
    return format_html("{}", row.title)


def _paper(row, context) -> str:
    if row.file is None:
        return DASH
    return format_html(
        '<a href="{}">{}</a>', reverse("core:file_download", args=[row.file]), _("Open")
    )


class FolderTable(Table):
    row_label = "title"

    at = MomentColumn(verbose_name=gettext_lazy("When"))
    direction_label = TextColumn(verbose_name=gettext_lazy("Way"), width=76)
    kind_label = TextColumn(verbose_name=gettext_lazy("Type"), width=132)
    title = RowColumn(_title, verbose_name=gettext_lazy("Subject or words"), orderable=False)
    detail = TextColumn(verbose_name=gettext_lazy("Remark"), width=156, muted=True, orderable=False)
    paper = RowColumn(_paper, verbose_name=gettext_lazy("Paper"), width=84, orderable=False)

    class Meta:
        order_by = "-at"


class FolderPage(DetailPage):
    permission = rules.VIEW
    menu = "debtors"
    queryset = Debtor.objects.select_related("creditor")
    has_history = False

    def get_title(self):
        return _("Correspondence with %(debtor)s") % {"debtor": self.object.name}

    def get_crumbs(self):
        return [
            Crumb(self.object.name, reverse("accounts:debtor_detail", args=[self.object.pk])),
        ]

    def get_head_actions(self):
        return [
            Action(
                _("File a paper"),
                reverse("campaigns:paper_file", args=[self.object.pk]),
                icon="upload",
                permission=rules.FILE,
            )
        ]

    @cached_property
    def words(self) -> str:
        return self.request.GET.get("q", "")[:200].replace("\x00", "")

    @cached_property
    def sort(self) -> str:
        asked = self.request.GET.get("sort", "")
        return asked if asked.removeprefix("-") in SORTS else "-at"

    @cached_property
    def rows(self):
        return folder(debtor=self.object, user=self.request.user, words=self.words)

    def address(self, **changes: str) -> str:
        kept = {"q": self.words, "kind": self.request.GET.get("kind", ""), "sort": self.sort}
        return "?" + urlencode({name: value for name, value in (kept | changes).items() if value})

    def tabs(self):
        chosen = self.request.GET.get("kind", "")
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[row.kind] = counts.get(row.kind, 0) + 1
        found = [Tab(_("All"), self.address(kind=""), chosen == "", len(self.rows))]
        for kind, label in kinds().items():
            if counts.get(kind):
                found.append(Tab(label, self.address(kind=kind), chosen == kind, counts[kind]))
        return found

    def sections(self):
        kind = self.request.GET.get("kind", "")
        rows = [row for row in self.rows if kind in ("", row.kind)]
        name = SORTS[self.sort.removeprefix("-")]
        rows.sort(key=lambda row: getattr(row, name), reverse=self.sort.startswith("-"))
        empty = _("Nothing in the folder fits.") if self.words else _("Nothing was written yet.")
        return [
            Section(
                _("Search"),
                template="campaigns/folder_search.html",
                context={"words": self.words, "kind": kind},
            ),
            Section(
                _("Folder"),
                table=FolderTable.draw(
                    rows,
                    request=self.request,
                    sort=self.sort,
                    sort_url=lambda name: self.address(sort=name),
                    empty_text=empty,
                ),
            ),
        ]


class AccountFolder(PageView):
    """An account's page leads to the folder of its debtor."""

    permission = rules.VIEW

    def get(self, request, *args, **kwargs):
        account = Account.objects.visible_to(request.user).filter(pk=kwargs["pk"]).first()
        if account is None:
            raise Http404(_("There is no such account, or it belongs to another team."))
        return HttpResponseRedirect(reverse("campaigns:debtor_folder", args=[account.debtor_id]))


class PaperForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Scan"))
    kind = forms.ChoiceField(label=gettext_lazy("Type"), choices=PaperKind.choices)
    received_on = DayField(label=gettext_lazy("Received on"), not_after_today=True)
    title = forms.CharField(label=gettext_lazy("What it says"), max_length=200)


class FilePaperPage(ActionPage):
    permission = rules.FILE
    title = gettext_lazy("File a paper that came in")
    menu = "debtors"
    button = gettext_lazy("File the paper")
    form_class = PaperForm
    queryset = Debtor.objects.all()
    wide_fields = ("title",)
    success_message = gettext_lazy("Filed.")

    def get_initial(self):
        return {"received_on": self.today}

    def get_crumbs(self):
        return [Crumb(self.object.name, self.get_success_url(None))]

    def get_cancel_url(self):
        return self.get_success_url(None)

    def perform(self, form):
        said = form.cleaned_data
        return file_paper(
            debtor=self.object,
            kind=said["kind"],
            received_on=said["received_on"],
            title=said["title"],
            content=said["file"].read(),
            filename=said["file"].name,
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("campaigns:debtor_folder", args=[self.object.pk])


urlpatterns = [
    path("debtors/<int:pk>/folder/", FolderPage.as_view(), name="debtor_folder"),
    path("accounts/<int:pk>/folder/", AccountFolder.as_view(), name="account_folder"),
    path("debtors/<int:pk>/folder/file/", FilePaperPage.as_view(), name="paper_file"),
]
