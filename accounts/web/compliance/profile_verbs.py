"""Proposing a version of a contact profile: a form from its clauses; its other steps are those of every
version."""

from django import forms
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.clauses import Clause, line_of
from accounts.compliance.enums import ClauseKind, Sureness
from accounts.compliance.versions import clauses_of, propose_profile
from accounts.web.compliance.profiles import PROFILE_VERSIONS, versions
from accounts.web.versions import ProposeVersionPage
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb


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


class ProposeProfilePage(ProposeVersionPage):
    menu = "contact_profiles"
    form_class = ProfileForm
    kind = PROFILE_VERSIONS

    @property
    def wide_fields(self):
        return [*(f"line_{clause.key}" for clause in self.clauses), "note"]

    def get_queryset(self):
        return versions()

    @cached_property
    def clauses(self) -> list[Clause]:
        return clauses_of(self.object)

    def get_title(self):
        return _("Propose a change: %(profile)s") % {"profile": self.object.shown_title}

    def get_lead(self):
        return _("Only numbers, sources and marks change; a version is compared before it is approved.")

    def get_crumbs(self):
        return [
            Crumb(_("Contact profiles"), reverse("accounts:contact_profile_list")),
            Crumb(self.object.shown_title, reverse("accounts:contact_profile_detail", args=[self.object.pk])),
        ]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"clauses": self.clauses}

    def perform(self, form):
        return propose_profile(
            base=self.object,
            changes=form.changes(),
            valid_from=form.cleaned_data["valid_from"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_cancel_url(self) -> str:
        return reverse("accounts:contact_profile_detail", args=[self.object.pk])


urlpatterns = [
    path("contact-profiles/<int:pk>/propose/", ProposeProfilePage.as_view(), name="contact_profile_new"),
    *PROFILE_VERSIONS.steps("contact-profiles"),
]
