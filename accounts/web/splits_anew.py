"""The parts of one payment over several accounts: shown on each, and changed with a reason."""

from decimal import Decimal

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bank.splitting_anew import NAME, parts_of_split, split_anew, why_not_here
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.splitting import accounts_beside
from accounts.web.late_postings import LateReasonForm
from accounts.web.payments import entry_of
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Crumb, Fact, Section
from collections_app.core.web.views import ActionPage


class SplitAnewForm(LateReasonForm):
    """The parts a payment has, to be changed."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args, parts: list[LedgerEntry], accounts: list[Account], user, **kwargs):
        super().__init__(*args, **kwargs)
        first, now = parts[0], {part.account_id: part.amount for part in parts}
        self.accounts = {account.pk: account for account in [*(part.account for part in parts), *accounts]}
        for pk, account in sorted(self.accounts.items()):
            self.fields[f"part_{pk}"] = MoneyFormField(
                label=_("On account %(number)s") % {"number": account.number},
                currency=first.currency,
                required=False,
                min_value=Decimal(0),
                initial=now.get(pk),
                help_text=_("now %(amount)s")
                % {"amount": amount_text(now.get(pk, Decimal(0)), first.currency)},
            )
        # the day is the payment's own and not asked for; a signed month still asks why
        self.fields["value_date"] = DayField(initial=first.value_date, widget=forms.HiddenInput)
        self.initial["value_date"] = first.value_date
        self.ask_when_late(account=first.account, user=user)
        self.order_fields([*(name for name in self.fields if name.startswith("part_")), "reason"])

    def parts(self) -> dict[int, Decimal]:
        return {pk: self.cleaned_data.get(f"part_{pk}") or Decimal(0) for pk in self.accounts}


class SplitAnewPage(ActionPage):
    """Change what each account got of a split payment; only of accounts one sees, all of them."""

    permission = NAME
    title = gettext_lazy("Split it anew")
    menu = "accounts"
    form_class = SplitAnewForm
    button = gettext_lazy("Post the parts anew")
    wide_fields = ("reason", "late_reason")

    def get_object(self):
        entry = entry_of(self.request.user, self.kwargs["pk"])
        self.old = parts_of_split(entry)
        if not self.old:
            raise Http404(_("This payment was not split over accounts."))
        accounts = {part.account_id for part in self.old}
        if Account.objects.visible_to(self.request.user).filter(pk__in=accounts).count() < len(accounts):
            raise Http404(_("A part of it is on an account of another team. Ask its supervisor."))
        return entry

    def get_form_kwargs(self):
        beside = {account.pk for account in accounts_beside(self.object.account)}
        seen = Account.objects.visible_to(self.request.user).filter(pk__in=beside)
        return super().get_form_kwargs() | {
            "parts": self.old,
            "accounts": list(seen.order_by("id")),
            "user": self.request.user,
        }

    def get_crumbs(self):
        return [Crumb(_("Payment"), reverse("accounts:entry_detail", args=[self.object.pk]))]

    def facts(self):
        total = sum((part.amount for part in self.old), Decimal(0))
        facts = [
            Fact(_("Payment"), ui.money_with_code(total, self.object.currency)),
            Fact(_("Value date"), day_text(self.object.value_date, self.today)),
        ]
        if instead := why_not_here(self.old):
            facts.append(Fact(_("Not here"), instead))
        return facts

    def consequence(self):
        return _(
            "All parts are taken back on the payment's own day and posted anew, so no balance keeps a trace. "
            "What a part had named is to be named again."
        )

    def perform(self, form):
        return split_anew(
            entry=self.object,
            parts=form.parts(),
            reason=form.cleaned_data["reason"],
            late_reason=form.cleaned_data["late_reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:entry_detail", args=[result[0].pk])

    def get_success_message(self, result) -> str:
        return _("The payment is split anew.")


def split_section(entry: LedgerEntry, user) -> Section | None:
    """The parts of the payment an entry is one part of; those of accounts out of view without a door."""
    parts = parts_of_split(entry) if entry.kind == EntryKind.PAYMENT else []
    if len(parts) < 2:
        return None
    ids = [part.account_id for part in parts]
    seen = set(Account.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    facts = [
        Fact(
            part.account.number if part.account_id in seen else _("an account of another team"),
            ui.money_with_code(part.amount, part.currency),
            url=reverse("accounts:entry_detail", args=[part.pk])
            if part.account_id in seen and part.pk != entry.pk
            else "",
            note=_("this part") if part.pk == entry.pk else "",
        )
        for part in parts
    ]
    total = sum((part.amount for part in parts), Decimal(0))
    may = has_permission(user, NAME) and seen.issuperset(ids)
    if may and (instead := why_not_here(parts)):
        facts.append(Fact(_("To change it"), instead))
        may = False
    return Section(
        _("One payment over several accounts"),
        facts=facts,
        note=ui.money_with_code(total, entry.currency),
        link=Crumb(_("Split it anew"), reverse("accounts:split_anew", args=[entry.pk]))
        if may
        else None,
        key="split",
    )


urlpatterns = [path("entries/<int:pk>/split/", SplitAnewPage.as_view(), name="split_anew")]
