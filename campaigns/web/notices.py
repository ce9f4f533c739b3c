"""Formal notices: the list with its clocks, one notice, giving one, and recording what became of it."""

from django import forms
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.parties.models import Debtor
from campaigns.notices import giving, rules, services
from campaigns.notices.enums import FORMAL_NOTICE, NoticeStatus
from campaigns.notices.filtersets import FormalNoticeFilterSet
from campaigns.notices.models import FormalNotice
from campaigns.web.notice_giving import proof_of
from collections_app.core.said import retold
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import full_day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, ListPage

navigation.register(
    "notices",
    gettext_lazy("Notices"),
    "campaigns:formal_notice_list",
    icon="file-alert",
    permission=rules.VIEW,
    order=62,
    group="office",
)


class NoticeTable(Table):
    row_label = "debtor.name"

    debtor = LinkColumn(
        "campaigns:formal_notice_detail",
        text="debtor.name",
        note="debtor.reference",
        verbose_name=gettext_lazy("Debtor"),
        order_by=("debtor__name", "id"),
    )
    kind = TextColumn(
        accessor="get_kind_display", verbose_name=gettext_lazy("Notice"), width=124, phone=True
    )
    method = TextColumn(accessor="get_method_display", verbose_name=gettext_lazy("Given by"), width=132)
    sent_on = DateColumn(verbose_name=gettext_lazy("Sent"), width=92)
    served_on = DateColumn(verbose_name=gettext_lazy("Served"), width=92)
    next_step_from = DateColumn(verbose_name=gettext_lazy("Next step from"), width=124)
    status = StatusColumn(NoticeStatus, verbose_name=gettext_lazy("State"), width=148)

    class Meta:
        order_by = "-sent_on"


class NoticeListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Formal notices")
    lead = gettext_lazy(
        "Each with the day it counts as served and the first day on which the next step may follow."
    )
    menu = "notices"
    queryset = FormalNotice.objects.select_related("debtor")
    filterset_class = FormalNoticeFilterSet
    table_class = NoticeTable
    list_name = "formal_notices"
    url_name = "campaigns:formal_notice_list"
    count_label = ngettext_lazy("%(n)s notice", "%(n)s notices", "n")
    empty_text = gettext_lazy(
        "No formal notice was given yet. A strategy's step gives one, or an account's page."
    )
    default_views = (
        (gettext_lazy("Came back"), "status=returned"),
        (gettext_lazy("Final and pre-legal"), "kind=final&kind=pre_legal"),
    )


class NoticePage(DetailPage):
    permission = rules.VIEW
    menu = "notices"
    queryset = FormalNotice.objects.select_related("debtor", "creditor", "message", "proof", "actor")
    list_url_name = "campaigns:formal_notice_list"
    list_title = gettext_lazy("Formal notices")
    status_field = "status"

    def get_title(self):
        return _("%(notice)s to %(debtor)s") % {
            "notice": self.object.get_kind_display(),
            "debtor": self.object.debtor.name,
        }

    def get_head_actions(self):
        anew = []
        if self.object.status == NoticeStatus.RETURNED:
            account_id = self.object.lines.order_by("account").values_list("account", flat=True).first()
            give = reverse("campaigns:formal_notice_give", args=[account_id])
            url = f"{give}?kind={self.object.kind}"
            anew = [Action(_("Give it anew"), url, icon="file-alert", permission=rules.GIVE)]
        return anew + [
            Action(edge.verb, reverse(edge.url_name, args=[self.object.pk]))
            for edge in FORMAL_NOTICE.next(self.object, self.request.user)
            if edge.url_name
        ]

    def figures(self):
        notice = self.object
        over = notice.status == NoticeStatus.RETURNED
        return [
            Figure(_("Sent"), ui.day(notice.sent_on), note=notice.get_method_display()),
            Figure(
                _("Served"),
                "–" if over else ui.day(notice.served_on),
                note="" if over else self.how_served(),
            ),
            Figure(
                _("Next step from"),
                _("no step: it came back") if over else ui.day(notice.next_step_from),
                note=_("once everybody is served") if self.lacking and not over else "",
                size="ask",
            ),
        ]

    @cached_property
    def lacking(self) -> list[Debtor]:
        """Who owes the accounts too and has had no such notice that stands."""
        return giving.who_lacks(self.object, as_of=self.today)

    def how_served(self) -> str:
        if self.object.status == NoticeStatus.SERVED:
            return _("proved")
        return _("deemed: %(when)s") % {"when": self.served_when()}

    def served_when(self) -> str:
        """The rule it was reckoned by."""
        clocked = self.object.clock
        days = clocked["served_after"]
        if not days:
            return _("on the day it is given")
        if clocked["unit"] == "business":
            said = ngettext("%(n)s business day after sending", "%(n)s business days after sending", days)
        else:
            said = ngettext("%(n)s day after sending", "%(n)s days after sending", days)
        return said % {"n": days}

    def sections(self):
        notice = self.object
        facts = [
            Fact(
                _("Account"),
                line.account.number,
                note=line.account.product or line.account.currency,
                url=reverse("accounts:account_detail", args=[line.account_id]),
            )
            for line in notice.lines.select_related("account").order_by("account__number")
        ]
        if self.lacking:
            names = ", ".join(debtor.name for debtor in self.lacking)
            facts.append(Fact(_("Not served yet"), names, note=_("no next step before that")))
        return [Section(_("About"), facts=facts)]

    def side(self):
        notice = self.object
        clocked = notice.clock
        wait = ngettext("%(n)s day after service", "%(n)s days after service", clocked["wait"])
        facts = [
            Fact(_("Counts as served"), self.served_when()),
            Fact(_("Time to answer"), wait % {"n": clocked["wait"]}),
            Fact(_("Recorded"), ui.moment(notice.recorded_at)),
            Fact(_("By"), notice.actor),
        ]
        if notice.message_id:
            facts.append(
                Fact(
                    _("Message"),
                    _("its exact words"),
                    url=reverse("campaigns:message_detail", args=[notice.message_id]),
                )
            )
        if notice.proof:
            facts.append(
                Fact(
                    _("Proof"),
                    notice.proof.filename,
                    url=reverse("core:file_download", args=[notice.proof.token]),
                )
            )
        if notice.note:
            facts.append(Fact(_("Note"), retold(notice.note)))
        return [Section(_("The clock"), facts=facts)]


# ---- what became of it ----


class _OfNotice(ActionPage):
    permission = rules.RECORD
    menu = "notices"
    queryset = FormalNotice.objects.select_related("debtor", "creditor")

    def get_crumbs(self):
        title = _("%(notice)s to %(debtor)s") % {
            "notice": self.object.get_kind_display(),
            "debtor": self.object.debtor.name,
        }
        return [Crumb(title, self.get_success_url(None))]

    def facts(self):
        notice = self.object
        return [
            Fact(_("Notice"), notice.get_kind_display()),
            Fact(_("Debtor"), notice.debtor.name),
            Fact(_("Sent"), full_day_text(notice.sent_on)),
            Fact(_("Counts as served"), full_day_text(notice.served_on)),
        ]

    def get_success_url(self, result):
        return reverse("campaigns:formal_notice_detail", args=[self.object.pk])


class ServedForm(forms.Form):
    served_on = DayField(label=gettext_lazy("Served on"), not_after_today=True)
    proof = forms.FileField(label=gettext_lazy("Proof"), required=False)
    note = forms.CharField(label=gettext_lazy("How it is known"), max_length=300)


class ServedPage(_OfNotice):
    title = gettext_lazy("Record proof of service")
    button = gettext_lazy("Record the proof")
    form_class = ServedForm

    def consequence(self):
        return _("The next step's day is reckoned anew from the day that is proved.")

    def perform(self, form):
        said = form.cleaned_data
        return services.record_service(
            notice=self.object,
            served_on=said["served_on"],
            note=said["note"],
            proof=proof_of(said["proof"]),
            actor=self.request.user,
            as_of=self.today,
        )


class ReturnedForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("Why it came back"), max_length=300)


class ReturnedPage(_OfNotice):
    title = gettext_lazy("The notice came back")
    button = gettext_lazy("Record the return")
    form_class = ReturnedForm

    def consequence(self):
        return _("No clock runs on it any more; the notice must be given again before a next step.")

    def perform(self, form):
        return services.record_return(
            notice=self.object,
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )


urlpatterns = [
    path("notices/", NoticeListPage.as_view(), name="formal_notice_list"),
    path("notices/<int:pk>/", NoticePage.as_view(), name="formal_notice_detail"),
    path("notices/<int:pk>/served/", ServedPage.as_view(), name="formal_notice_served"),
    path("notices/<int:pk>/returned/", ReturnedPage.as_view(), name="formal_notice_returned"),
]
