"""Giving a formal notice about an account: queued here, or entered once it was given by hand or post."""

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import Debtor
from campaigns.correspondence.enums import NoticeKind
from campaigns.notices import giving, rules, services
from campaigns.notices.under_way import under_way
from collections_app.core import clock
from collections_app.core.web.figures import full_day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage


def proof_of(upload) -> tuple[bytes, str] | None:
    return None if upload is None else (upload.read(), upload.name)


class _OfAccount(ActionPage):
    """A verb on an account in view."""

    menu = "accounts"

    def get_object(self):
        account = (
            Account.objects.visible_to(self.request.user)
            .filter(status=AccountStatus.OPEN)
            .select_related("creditor", "debtor")
            .filter(**self.kwargs)
            .first()
        )
        if account is None:
            raise Http404(_("There is no such open account, or it belongs to another team."))
        return account

    def get_crumbs(self):
        address = reverse("accounts:account_detail", args=[self.object.pk])
        return [Crumb(f"{self.object.debtor.name}, {self.object.number}", address)]

    def facts(self):
        """What stands of each kind: none is given twice, and each is a door to where it is undone."""
        found = under_way([self.object.pk], on=self.today)
        return [
            Fact(
                row.kind.label,
                _("in its time until %(day)s") % {"day": full_day_text(row.next_step_from)}
                if row.next_step_from
                else _("queued, not sent yet"),
                url=reverse("campaigns:formal_notice_detail", args=[row.notice_id])
                if row.notice_id
                else reverse("campaigns:message_detail", args=[row.message_id]),
                note=row.debtor_name,
            )
            for row in found
        ]


class GiveForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Notice"), choices=NoticeKind.choices)
    channel = forms.ChoiceField(
        label=gettext_lazy("By"),
        choices=[(row.value, row.label) for row in (Channel.LETTER, Channel.EMAIL)],
    )
    pay_within_days = forms.IntegerField(
        label=gettext_lazy("Days to pay"), min_value=1, max_value=90, initial=14
    )


class GiveNoticePage(_OfAccount):
    permission = rules.GIVE
    title = gettext_lazy("Give a formal notice")
    button = gettext_lazy("Give the notice")
    form_class = GiveForm

    @cached_property
    def kinds(self):
        return giving.kinds_for(self.object, as_of=self.today)

    def get_form(self):
        form = super().get_form()
        form.fields["kind"].choices = self.kinds
        return form

    def get_initial(self):
        kind = self.request.GET.get("kind", "")
        return {"kind": kind} if kind in NoticeKind.values else {}

    def consequence(self):
        said = _("It is written when it is sent or printed; its clock begins on that day.")
        if len(self.kinds) < len(NoticeKind):
            return _("The debtor is in hardship, so firm notices are left out.") + " " + said
        return said

    def perform(self, form):
        return giving.give_notice(
            accounts=[self.object],
            **form.cleaned_data,
            actor=self.request.user,
            as_of=self.today,
            now=clock.now(),
        )

    def get_success_url(self, result):
        return reverse("campaigns:message_detail", args=[result.pk])


class ByHandForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Notice"), choices=NoticeKind.choices)
    method = forms.ChoiceField(label=gettext_lazy("Given by"), choices=rules.methods_by_hand)
    sent_on = DayField(label=gettext_lazy("On"), not_after_today=True)
    proof = forms.FileField(label=gettext_lazy("Copy or receipt"), required=False)
    addressee = forms.ModelChoiceField(Debtor.objects.none(), label=gettext_lazy("To"), empty_label=None)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class ByHandPage(_OfAccount):
    permission = rules.RECORD
    title = gettext_lazy("Record a notice given by hand or post")
    button = gettext_lazy("Record the notice")
    form_class = ByHandForm

    @cached_property
    def addressees(self):
        return giving.addressees_of(self.object, as_of=self.today)

    def get_initial(self):
        return {"sent_on": self.today, "addressee": self.addressees[0].pk}

    def get_form(self):
        form = super().get_form()
        if len(self.addressees) > 1:
            people = [debtor.pk for debtor in self.addressees]
            form.fields["addressee"].queryset = Debtor.objects.filter(pk__in=people)
        else:
            del form.fields["addressee"]
        return form

    def perform(self, form):
        said = form.cleaned_data
        return services.enter_by_hand(
            accounts=[self.object],
            kind=said["kind"],
            method=said["method"],
            sent_on=said["sent_on"],
            note=said["note"],
            addressee=said.get("addressee", self.addressees[0]),
            proof=proof_of(said["proof"]),
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("campaigns:formal_notice_detail", args=[result.pk])


urlpatterns = [
    path("notices/give/<int:pk>/", GiveNoticePage.as_view(), name="formal_notice_give"),
    path("notices/by-hand/<int:pk>/", ByHandPage.as_view(), name="formal_notice_by_hand"),
]
