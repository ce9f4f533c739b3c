"""Dated contact facts of a debtor: agreed to, refused, checked, forbidden at work, time-barred."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.enums import ContactFactKind
from accounts.compliance.models import ContactFact
from accounts.compliance.rules import MAKE_CONTACT
from accounts.compliance.standing import PROTECTS, end_contact_fact, may_end, note_contact_fact
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import Debtor
from accounts.web.holds import DebtorVerb
from collections_app.core import panels
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import DateColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage


def facts_about(debtor: Debtor, user):
    """What was noted of the debtor and of the user's accounts of his, what has ended with it."""
    accounts = Account.objects.visible_to(user).filter(debtor=debtor)
    return (
        ContactFact.objects.filter(Q(debtor=debtor) | Q(account__in=accounts))
        .filter(ends__isnull=True)
        .select_related("account", "contact_point", "actor", "ended_by__actor")
        .order_by("-since", "-id")
    )


def is_over(fact: ContactFact, today) -> bool:
    """Whether it holds no more and never will again."""
    return hasattr(fact, "ended_by") or (fact.until is not None and fact.until <= today)


def about_text(fact: ContactFact) -> str:
    """The number, account and channel a fact is about."""
    parts = [fact.contact_point, fact.account, fact.get_channel_display()]
    return ", ".join(str(part) for part in parts if part)


def _end_link(fact: ContactFact, context) -> str:
    if not may_end(context.user, fact):
        return "–"
    return format_html(
        '<a class="lk" href="{}">{}</a>', reverse("accounts:contact_fact_end", args=[fact.pk]), _("End")
    )


class ContactFactTable(Table):
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("What"), phone=True)
    about = TextColumn(accessor="about", verbose_name=gettext_lazy("About"), width=228, phone=True)
    since = DateColumn(verbose_name=gettext_lazy("From"), width=104)
    until = DateColumn(verbose_name=gettext_lazy("Until"), width=104)
    source = TextColumn(verbose_name=gettext_lazy("How we know"), width=196, muted=True)
    end = RowColumn(_end_link, accessor="pk", verbose_name=gettext_lazy("End"), width=76, phone=True)


class EndedFactTable(Table):
    """What held once: the gate's answers of those days rested on it."""

    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("What"), phone=True)
    about = TextColumn(accessor="about", verbose_name=gettext_lazy("About"), width=172, phone=True)
    since = DateColumn(verbose_name=gettext_lazy("From"), width=104)
    until = DateColumn(
        accessor="no_longer_from", verbose_name=gettext_lazy("No longer from"), width=120, phone=True
    )
    source = TextColumn(verbose_name=gettext_lazy("How we know"), width=172, muted=True)
    ended = TextColumn(
        accessor="ended_because", verbose_name=gettext_lazy("Why it ended"), width=196, muted=True
    )


class ContactFactsPage(DetailPage):
    permission = "accounts.view_account"
    menu = "debtors"
    list_url_name = "accounts:debtor_list"
    list_title = gettext_lazy("Debtors")
    has_history = False

    def get_queryset(self):
        return Debtor.objects.visible_to(self.request.user)

    def get_title(self):
        return _("Contact facts: %(debtor)s") % {"debtor": self.object}

    def get_lead(self):
        return _("What the gate heeds beside holds: what he agreed to or refused, and what was checked.")

    def get_crumbs(self):
        return [
            *super().get_crumbs(),
            Crumb(str(self.object), reverse("accounts:debtor_detail", args=[self.object.pk])),
        ]

    def get_head_actions(self):
        return [
            Action(
                _("Note a fact"),
                reverse("accounts:contact_fact_new", args=[self.object.pk]),
                icon="plus",
                permission=MAKE_CONTACT,
                primary=True,
            )
        ]

    def sections(self):
        standing, over = [], []
        for row in facts_about(self.object, self.request.user):
            row.about = about_text(row)
            if is_over(row, self.today):
                ending = getattr(row, "ended_by", None)
                row.no_longer_from = row.until if ending is None else ending.since
                row.ended_because = "" if ending is None else f"{ending.source}, {ending.actor}"
                over.append(row)
            else:
                standing.append(row)
        found = [(_("In force"), ContactFactTable, standing)]
        if over:
            found.append((_("Over"), EndedFactTable, over))
        return [
            Section(
                title,
                table=kind.draw(rows, request=self.request, empty_text=_("Nothing is noted."), caption=title),
            )
            for title, kind, rows in found
        ]


class ContactFactForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=ContactFactKind.choices)
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        required=False,
        choices=[("", gettext_lazy("every one")), *Channel.choices],
        help_text=gettext_lazy("For what he agreed to or refused."),
    )
    contact_point = forms.ModelChoiceField(
        label=gettext_lazy("Number or address"),
        required=False,
        queryset=None,
        help_text=gettext_lazy("For what was checked, and what an employer does not allow."),
    )
    account = forms.ModelChoiceField(
        label=gettext_lazy("Account"),
        required=False,
        queryset=None,
        help_text=gettext_lazy("For a validation notice and a time-barred debt."),
    )
    since = DayField(label=gettext_lazy("From"))
    until = DayField(
        label=gettext_lazy("Until"), required=False, help_text=gettext_lazy("The first day without it.")
    )
    source = forms.CharField(label=gettext_lazy("How do we know"), max_length=200)

    def __init__(self, *args, debtor: Debtor, accounts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["contact_point"].queryset = debtor.contact_points.filter(valid_to__isnull=True)
        self.fields["account"].queryset = accounts


class ContactFactPage(DebtorVerb):
    permission = MAKE_CONTACT
    title = gettext_lazy("Note a contact fact")
    form_class = ContactFactForm
    button = gettext_lazy("Note fact")
    two_columns = True
    wide_fields = ("kind", "source")

    def get_initial(self):
        return {"since": self.today}

    def get_form_kwargs(self):
        accounts = Account.objects.visible_to(self.request.user).filter(debtor=self.object)
        return super().get_form_kwargs() | {"debtor": self.object, "accounts": accounts}

    def consequence(self):
        return _("The gate heeds it from its day on. It cannot be changed afterwards, only ended.")

    def perform(self, form):
        return note_contact_fact(debtor=self.object, actor=self.request.user, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("Noted: %(fact)s.") % {"fact": result.get_kind_display().lower()}

    def get_success_url(self, result) -> str:
        return reverse("accounts:contact_fact_list", args=[self.object.pk])


class EndContactFactForm(forms.Form):
    since = DayField(label=gettext_lazy("No longer from"))
    source = forms.CharField(label=gettext_lazy("How do we know"), max_length=200)


class EndContactFactPage(ActionPage):
    permission = MAKE_CONTACT
    title = gettext_lazy("End a contact fact")
    menu = "debtors"
    form_class = EndContactFactForm
    button = gettext_lazy("End fact")
    two_columns = True

    def get_queryset(self):
        seen = Account.objects.visible_to(self.request.user)
        return ContactFact.objects.filter(ends__isnull=True, ended_by__isnull=True).filter(
            Q(account__in=seen) | Q(debtor__in=Debtor.objects.visible_to(self.request.user))
        )

    def get_object(self):
        fact = super().get_object()
        if not may_end(self.request.user, fact):
            raise PermissionDenied(PROTECTS)
        return fact

    def get_initial(self):
        return {"since": self.today}

    def facts(self):
        fact = self.object
        return [
            Fact(_("Fact"), fact.get_kind_display()),
            Fact(_("About"), about_text(fact) or "–"),
            Fact(_("From"), day_text(fact.since, self.today)),
        ]

    def perform(self, form):
        return end_contact_fact(fact=self.object, actor=self.request.user, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("The fact is ended.")

    def get_success_url(self, result) -> str:
        debtor_id = result.debtor_id or result.account.debtor_id
        return reverse("accounts:contact_fact_list", args=[debtor_id])


def contact_fact_verb(ids, user, as_of):
    """The door to the contact facts on a debtor's page."""
    return [Action(_("Contact facts"), reverse("accounts:contact_fact_list", args=ids), icon="shield-check")]


panels.register("debtor.verbs", order=40, provider=contact_fact_verb, permission=MAKE_CONTACT)

urlpatterns = [
    path("debtors/<int:pk>/contact-facts/", ContactFactsPage.as_view(), name="contact_fact_list"),
    path("debtors/<int:pk>/contact-facts/new/", ContactFactPage.as_view(), name="contact_fact_new"),
    path("contact-facts/<int:pk>/end/", EndContactFactPage.as_view(), name="contact_fact_end"),
]
