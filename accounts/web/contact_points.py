"""The ways to reach somebody: added with where they come from, and marked good, bad or another's."""

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.contacts.callees import people_in_view
from accounts.contacts.services.stops import mark_wrong_party, opt_out, take_back_wrong_party
from accounts.ledger.models import Account
from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from accounts.parties.queries import is_somebody_elses
from accounts.parties.rules import MANAGE_CONTACT_POINT
from accounts.parties.services import add_contact_point, mark_contact_point
from accounts.web.account_who import USABLE
from collections_app.core.refusal import Refused
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage


class ContactPointForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ContactPointKind.choices)
    value = forms.CharField(
        label=gettext_lazy("Number or address"),
        max_length=300,
        help_text=gettext_lazy("A phone in any spelling; it is kept in its international form."),
    )
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("mobile, home, office"),
    )
    source = forms.CharField(label=gettext_lazy("Where from"), max_length=60)
    confidence = forms.IntegerField(
        label=gettext_lazy("How sure, percent"), min_value=0, max_value=100, initial=70
    )
    is_primary = forms.BooleanField(label=gettext_lazy("First choice"), required=False)
    is_workplace = forms.BooleanField(label=gettext_lazy("Workplace"), required=False)


class _OfPerson(ActionPage):
    """A verb on the ways to reach a debtor, or somebody who stands beside one; leads back to where they
    are listed."""

    permission = MANAGE_CONTACT_POINT
    menu = "debtors"

    @property
    def person(self) -> Debtor:
        raise NotImplementedError

    def get_cancel_url(self):
        user, person = self.request.user, self.person
        if Debtor.objects.visible_to(user).filter(pk=person.pk).exists():
            return reverse("accounts:debtor_detail", args=[person.pk])
        account = Account.objects.visible_to(user).filter(parties__debtor=person).order_by("pk").first()
        return reverse("accounts:party_list", args=[account.pk])

    def get_success_url(self, result):
        return self.get_cancel_url()


class AddContactPointPage(_OfPerson):
    title = gettext_lazy("Add a way to reach")
    form_class = ContactPointForm
    button = gettext_lazy("Add")
    wide_fields = ("value",)
    two_columns = True

    def get_crumbs(self):
        return [Crumb(self.object.name, self.get_cancel_url())]

    @property
    def person(self):
        return self.object

    def get_object(self):
        found = people_in_view(self.request.user).select_related("creditor").filter(**self.kwargs).first()
        if found is None:
            raise Http404(_("There is no such row, or it belongs to another team."))
        return found

    def perform(self, form):
        return add_contact_point(
            debtor=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("Kept as %(value)s.") % {"value": result.value}


class MarkForm(forms.Form):
    status = forms.ChoiceField(label=gettext_lazy("It is"), choices=ContactPointStatus.choices)
    reason = forms.CharField(label=gettext_lazy("How do you know"), max_length=300)


class MarkContactPointPage(_OfPerson):
    title = gettext_lazy("Mark a way to reach")
    form_class = MarkForm
    button = gettext_lazy("Mark")

    def get_object(self):
        point = (
            ContactPoint.objects.filter(
                pk=self.kwargs["pk"], debtor__in=people_in_view(self.request.user)
            )
            .select_related("debtor", "debtor__creditor")
            .first()
        )
        if point is None:
            raise Http404(_("There is no such row, or it belongs to another team."))
        return point

    @cached_property
    def is_stopped(self) -> bool:
        """Marked wrong party, here or on another record of the same number."""
        marked = ContactPoint.objects.filter(pk=self.object.pk)
        own = self.object.status == ContactPointStatus.WRONG_PARTY
        return own or marked.filter(is_somebody_elses()).exists()

    def get_initial(self):
        if self.is_stopped:
            return {"status": ContactPointStatus.UNVERIFIED}
        return {"status": ContactPointStatus.BAD}

    def facts(self):
        return [
            Fact(self.object.get_kind_display(), self.object.value),
            Fact(_("Source"), self.object.source),
        ]

    def consequence(self):
        if self.is_stopped:
            return _(
                "It is stopped as wrong party on every record that has it. Marked good or not verified,"
                " it may be used again on all of them; your reason is kept."
            )
        return _("A number marked wrong party is stopped wherever it stands.")

    @property
    def person(self):
        return self.object.debtor

    def perform(self, form):
        point, day, actor = self.object, self.today, self.request.user
        status, reason = form.cleaned_data["status"], form.cleaned_data["reason"]
        if self.is_stopped:
            if status not in USABLE:
                raise Refused(_("Nobody uses it any more; there is nothing to stop."), field="status")
            take_back_wrong_party(contact_point=point, reason=reason, actor=actor, as_of=day)
        if status == ContactPointStatus.WRONG_PARTY:
            return mark_wrong_party(contact_point=point, actor=actor, as_of=day)
        if status == ContactPointStatus.OPTED_OUT:
            return opt_out(debtor=point.debtor, contact_point=point, actor=actor, as_of=day, source=reason)
        return mark_contact_point(point=point, status=status, reason=reason, actor=actor, as_of=day)

    def get_success_message(self, result) -> str:
        return _("Marked.")


urlpatterns = [
    path("debtors/<int:pk>/contact-points/new/", AddContactPointPage.as_view(), name="contact_point_new"),
    path("contact-points/<int:pk>/mark/", MarkContactPointPage.as_view(), name="contact_point_mark"),
]
