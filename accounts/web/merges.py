"""Merging the records of one debtor within a creditor, and taking a merge back."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.creditors import merge_debtors, undo_merge
from accounts.parties.models import Debtor
from collections_app.core import panels
from collections_app.core.permissions import has_permission
from collections_app.core.web.parts import Action, Fact
from collections_app.core.web.views import ActionPage, ReasonPage


class MergeForm(forms.Form):
    root = forms.CharField(
        label=gettext_lazy("Debtor reference of the record to keep"),
        max_length=60,
        help_text=gettext_lazy("Of the same creditor. Both records stay; they are read as one."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why they are the same"), widget=forms.Textarea(attrs={"rows": 3})
    )


class DebtorMergePage(ActionPage):
    permission = "accounts.merge_debtors"
    menu = "debtors"
    title = gettext_lazy("Merge with another record")
    form_class = MergeForm
    button = gettext_lazy("Merge records")

    queryset = Debtor.objects.select_related("creditor", "merged_into")

    def get_form(self):
        form = super().get_form()
        if form.is_bound and form.is_valid():
            reference = form.cleaned_data["root"].strip()
            self.root = (
                Debtor.objects.visible_to(self.request.user)
                .filter(creditor=self.object.creditor, reference=reference)
                .first()
            )
            if self.root is None:
                form.add_error("root", _("This creditor has no such debtor that you may see."))
        return form

    def facts(self):
        return [Fact(_("This record"), f"{self.object.name} ({self.object.reference})")]

    def consequence(self):
        return _("Pages and contact limits read both records as one. It can be taken back.")

    def perform(self, form):
        merge_debtors(
            debtor=self.object,
            root=self.root,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )
        return self.root

    def get_success_url(self, result):
        return reverse("accounts:debtor_detail", args=[result.pk])


class DebtorUnmergePage(ReasonPage):
    permission = "accounts.merge_debtors"
    menu = "debtors"
    title = gettext_lazy("Take the merge back")
    button = gettext_lazy("Take merge back")

    queryset = Debtor.objects.select_related("creditor", "merged_into")

    def perform(self, form):
        undo_merge(
            debtor=self.object, reason=form.cleaned_data["reason"], actor=self.request.user, as_of=self.today
        )
        return self.object

    def get_success_url(self, result):
        return reverse("accounts:debtor_detail", args=[result.pk])


def merge_verbs(ids, user, as_of):
    """The merge verbs on a debtor's page."""
    if not has_permission(user, "accounts.merge_debtors"):
        return None
    debtor = Debtor.objects.get(pk=ids[0])
    if debtor.merged_into_id:
        return [
            Action(_("Take merge back"), reverse("accounts:debtor_unmerge", args=ids), icon="arrow-back-up")
        ]
    return [Action(_("Merge"), reverse("accounts:debtor_merge", args=ids), icon="arrows-left-right")]


panels.register("debtor.verbs", order=50, provider=merge_verbs, permission="accounts.merge_debtors")

urlpatterns = [
    path("debtors/<int:pk>/merge/", DebtorMergePage.as_view(), name="debtor_merge"),
    path("debtors/<int:pk>/unmerge/", DebtorUnmergePage.as_view(), name="debtor_unmerge"),
]
