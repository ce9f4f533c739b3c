"""Proposing, submitting, approving and rejecting a version of a contact profile."""

from django import forms
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.clauses import Clause, line_of
from accounts.compliance.enums import ClauseKind, Sureness
from accounts.compliance.models import ContactProfile
from accounts.compliance.versions import (
    approve_profile,
    clauses_of,
    propose_profile,
    reject_profile,
    submit_profile,
)
from accounts.policies.rules import APPROVE_POLICY, PROPOSE_POLICY
from accounts.web.compliance.profiles import versions
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField, ReasonForm
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView


class ProfileForm(forms.Form):
    """For each clause its number, its source and how sure it is; days and reason at the end."""

    valid_from = DayField(label=gettext_lazy("From"), not_before_today=True)
    note = forms.CharField(label=gettext_lazy("Why"), max_length=500)

    def __init__(self, *args, clauses: list[Clause], **kwargs):
        super().__init__(*args, **kwargs)
        self.clauses = clauses
        for clause in clauses:
            for name, field in self._fields_of(clause):
                self.fields[name] = field
        self.order_fields([name for name in self.fields if name not in ("valid_from", "note")])

    @staticmethod
    def _fields_of(clause: Clause):
        label = str(ClauseKind(clause.kind).label)
        if clause.has_number:
            yield (
                f"line_{clause.key}",
                forms.CharField(label=label, initial=line_of(clause), help_text=clause.says, max_length=200),
            )
        yield (
            f"source_{clause.key}",
            forms.CharField(
                label=_("%(rule)s: source") % {"rule": label},
                initial=clause.source,
                help_text="" if clause.has_number else clause.says,
                max_length=200,
            ),
        )
        yield (
            f"sure_{clause.key}",
            forms.ChoiceField(
                label=_("%(rule)s: how sure") % {"rule": label},
                initial=clause.sure,
                choices=Sureness.choices,
            ),
        )

    def changes(self) -> dict[str, dict[str, str]]:
        """What was typed, by clause, as far as it differs."""
        found: dict[str, dict[str, str]] = {}
        for clause in self.clauses:
            now = {"line": line_of(clause), "source": clause.source, "sure": clause.sure}
            for name, value in now.items():
                typed = self.cleaned_data.get(f"{name}_{clause.key}", value)
                if typed != value:
                    found.setdefault(clause.key, {})[name] = typed
        return found

    def add_error(self, field, error):
        if field is not None and field not in self.fields and f"line_{field}" in self.fields:
            field = f"line_{field}"
        super().add_error(field, error)


class ProposeProfilePage(ActionPage):
    permission = PROPOSE_POLICY
    menu = "contact_profiles"
    form_class = ProfileForm
    button = gettext_lazy("Save proposal")
    two_columns = True

    @property
    def wide_fields(self):
        return [*(f"line_{clause.key}" for clause in self.clauses), "note"]

    def get_queryset(self):
        return versions()

    @cached_property
    def clauses(self) -> list[Clause]:
        return clauses_of(self.object)

    def get_title(self):
        return _("Propose a change: %(profile)s") % {"profile": self.object.title}

    def get_lead(self):
        return _("Only numbers, sources and marks change; a version is compared before it is approved.")

    def get_crumbs(self):
        return [
            Crumb(_("Contact profiles"), reverse("accounts:contact_profile_list")),
            Crumb(self.object.title, reverse("accounts:contact_profile_detail", args=[self.object.pk])),
        ]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"clauses": self.clauses}

    def get_initial(self):
        return {"valid_from": self.today}

    def consequence(self):
        return _("It holds from its day on once another person has approved it. What was decided stays.")

    def perform(self, form):
        return propose_profile(
            base=self.object,
            changes=form.changes(),
            valid_from=form.cleaned_data["valid_from"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The proposal is saved. Look at the changes, then ask for approval.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:contact_profile_detail", args=[result.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:contact_profile_detail", args=[self.object.pk])


class ProfileVerbView(VerbView):
    def get_queryset(self):
        return ContactProfile.objects.all()

    def get_cancel_url(self) -> str:
        return reverse("accounts:contact_profile_detail", args=[self.object.pk])

    def get_success_url(self, result) -> str:
        return reverse("accounts:contact_profile_detail", args=[result.pk])


class SubmitProfileView(ProfileVerbView):
    permission = PROPOSE_POLICY

    def get_queryset(self):
        return ContactProfile.objects.filter(made_by=self.request.user)

    def perform(self, form):
        return submit_profile(version=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("A manager other than you can approve it now.")


class ApproveProfileView(ProfileVerbView):
    permission = APPROVE_POLICY

    def perform(self, form):
        return approve_profile(version=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("Approved; it holds from %(day)s.") % {"day": day_text(result.valid_from, self.today)}


class RejectProfilePage(ReasonPage):
    permission = PROPOSE_POLICY
    title = gettext_lazy("Reject a contact profile")
    menu = "contact_profiles"
    form_class = ReasonForm
    button = gettext_lazy("Reject profile")
    is_dangerous = True

    def get_queryset(self):
        user = self.request.user
        rows = versions()
        return rows if has_permission(user, APPROVE_POLICY) else rows.filter(made_by=user)

    def perform(self, form):
        return reject_profile(
            version=self.object,
            comment=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("Rejected.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:contact_profile_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:contact_profile_detail", args=[self.object.pk])


urlpatterns = [
    path("contact-profiles/<int:pk>/propose/", ProposeProfilePage.as_view(), name="contact_profile_new"),
    path("contact-profiles/<int:pk>/submit/", SubmitProfileView.as_view(), name="contact_profile_submit"),
    path("contact-profiles/<int:pk>/approve/", ApproveProfileView.as_view(), name="contact_profile_approve"),
    path("contact-profiles/<int:pk>/reject/", RejectProfilePage.as_view(), name="contact_profile_reject"),
]
