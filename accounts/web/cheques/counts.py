"""Surprise counts of the cheques that somebody holds."""

from django import forms
from django.db.models import Count, Q
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.cheques.custody_models import ChequeCount
from accounts.cheques.enums import COUNT, ChequeStatus, CountStatus, Place
from accounts.cheques.models import Cheque
from accounts.cheques.rules import COUNT_CHEQUES, OFFICERS, VIEW_CHEQUE
from accounts.cheques.services import (
    close_count,
    start_count,
)
from accounts.teams.choices import PersonField
from accounts.web.steps import steps_section
from collections_app.core.models import User
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage


def people(user):
    """Those who handle cheques, by name."""
    return User.objects.filter(role__in=OFFICERS, is_active=True).exclude(pk=user.pk).order_by("full_name")


class CountTable(Table):
    row_label = "holder"

    holder = LinkColumn(
        "accounts:cheque_count_detail", text="holder.full_name", verbose_name=gettext_lazy("Of")
    )
    counted_by = TextColumn(
        accessor="counted_by.full_name", verbose_name=gettext_lazy("Counted by"), width=188, muted=True
    )
    cheques = NumberColumn(accessor="number", verbose_name=gettext_lazy("Cheques"), width=92)
    missing = NumberColumn(accessor="gone", verbose_name=gettext_lazy("Not there"), width=92)
    counted_on = DateColumn(verbose_name=gettext_lazy("Counted"), order_by=("counted_on",))
    status = StatusColumn(CountStatus, verbose_name=gettext_lazy("Status"), width=132, phone=True)

    class Meta:
        order_by = "-counted_on"


class CountListPage(ListPage):
    permission = VIEW_CHEQUE
    title = gettext_lazy("Counts of cheques")
    menu = "cheques"
    table_class = CountTable
    list_name = "cheque_counts"
    url_name = "accounts:cheque_count_list"
    count_label = ngettext_lazy("%(n)s count", "%(n)s counts", "n")
    empty_text = gettext_lazy("No count yet. A supervisor starts one, unannounced.")

    def get_crumbs(self):
        return [Crumb(_("Cheques"), reverse("accounts:cheque_list"))]

    def get_head_actions(self):
        return [
            Action(
                _("Count somebody's cheques"),
                reverse("accounts:cheque_count_new"),
                icon="plus",
                primary=True,
                permission=COUNT_CHEQUES,
            )
        ]

    def get_queryset(self):
        return (
            ChequeCount.objects.visible_to(self.request.user)
            .select_related("holder", "counted_by")
            .annotate(number=Count("lines"), gone=Count("lines", filter=Q(lines__is_found=False)))
        )


class StartCountForm(forms.Form):
    holder = PersonField(label=gettext_lazy("Whose cheques"), queryset=User.objects.none())
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        holding = Cheque.objects.visible_to(user).filter(place=Place.OFFICE).exclude(status=ChequeStatus.VOID)
        self.fields["holder"].queryset = people(user).filter(pk__in=holding.values("holder"))


class StartCountPage(ActionPage):
    permission = COUNT_CHEQUES
    title = gettext_lazy("Count somebody's cheques")
    menu = "cheques"
    form_class = StartCountForm
    button = gettext_lazy("Start the count")

    def get_crumbs(self):
        return [Crumb(_("Counts"), reverse("accounts:cheque_count_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def consequence(self):
        return _("You get the list of what should be there, to tick off paper by paper.")

    def perform(self, form):
        return start_count(actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_url(self, result) -> str:
        return reverse("accounts:cheque_count_close", args=[result.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:cheque_count_list")


class CloseCountForm(forms.Form):
    found = forms.ModelMultipleChoiceField(
        label=gettext_lazy("There, in the hand"),
        queryset=Cheque.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    found_more = forms.CharField(
        label=gettext_lazy("Found, but not on this list"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Number, bank and amount of each such cheque."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, count: ChequeCount, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["found"]
        field.queryset = (
            Cheque.objects.filter(pk__in=count.lines.values("cheque"))
            .select_related("debtor")
            .order_by("bank", "number")
        )
        field.label_from_instance = lambda cheque: (
            f"{cheque.number}, {cheque.bank}, {cheque.debtor.name}, "
            f"{cheque.currency} {amount_text(cheque.amount, cheque.currency)}"
        )


class CloseCountPage(ActionPage):
    permission = COUNT_CHEQUES
    title = gettext_lazy("Tick the cheques that are there")
    menu = "cheques"
    form_class = CloseCountForm
    queryset = ChequeCount.objects.select_related("holder")
    statuses = (CountStatus.OPEN,)
    button = gettext_lazy("Close the count")

    def get_crumbs(self):
        return [Crumb(_("Counts"), reverse("accounts:cheque_count_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"count": self.object}

    def facts(self):
        return [
            Fact(_("Of"), self.object.holder),
            Fact(_("Counted"), day_text(self.object.counted_on, self.today)),
        ]

    def consequence(self):
        return _("Each cheque that is not ticked opens an irregularity, and so does one too many.")

    def perform(self, form):
        return close_count(count=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_url(self, result) -> str:
        return reverse("accounts:cheque_count_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:cheque_count_detail", args=[self.object.pk])

    def get_success_message(self, result) -> str:
        if not result:
            return _("Everything is there.")
        return ngettext("%(n)s irregularity is opened.", "%(n)s irregularities are opened.", len(result)) % {
            "n": len(result)
        }


class CountDetailPage(DetailPage):
    permission = VIEW_CHEQUE
    menu = "cheques"
    queryset = ChequeCount.objects.select_related("holder", "counted_by")
    status_field = "status"
    list_url_name = "accounts:cheque_count_list"
    list_title = gettext_lazy("Counts")

    def get_title(self):
        return _("Cheques of %(name)s, %(day)s") % {
            "name": self.object.holder,
            "day": day_text(self.object.counted_on, self.today),
        }

    def get_lead(self):
        return _("counted by %(name)s") % {"name": self.object.counted_by}

    def get_head_actions(self):
        if self.object.status != CountStatus.OPEN or self.object.counted_by_id != self.request.user.pk:
            return []
        return [
            Action(
                _("Tick the cheques"),
                reverse("accounts:cheque_count_close", args=[self.object.pk]),
                icon="list-check",
                primary=True,
                permission=COUNT_CHEQUES,
            )
        ]

    def sections(self):
        lines = self.object.lines.select_related("cheque__debtor").order_by("is_found", "id")
        sections = [
            Section(
                _("What should be there"),
                template="accounts/cheques/papers_list.html",
                context={"lines": list(lines), "is_count": True},
            )
        ]
        if self.object.found_more:
            sections.append(
                Section(_("Found besides"), facts=[Fact(_("In no register"), self.object.found_more)])
            )
        return [*sections, steps_section(COUNT, self.object)]


urlpatterns = [
    path("cheques/counts/", CountListPage.as_view(), name="cheque_count_list"),
    path("cheques/counts/new/", StartCountPage.as_view(), name="cheque_count_new"),
    path("cheques/counts/<int:pk>/", CountDetailPage.as_view(), name="cheque_count_detail"),
    path("cheques/counts/<int:pk>/close/", CloseCountPage.as_view(), name="cheque_count_close"),
]
