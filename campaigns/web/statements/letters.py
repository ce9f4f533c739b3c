"""Clearance letters: issued from a debtor or account, looked at, withdrawn; and receipts."""

from django import forms
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cashdesk.corrections import receipt_behind
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from campaigns.statements import rules
from campaigns.statements.clearance import issue_letter, letter_that_holds, obstacles, withdraw_letter
from campaigns.statements.models import ClearanceLetter
from campaigns.statements.receipts import receipt_of, receipt_pdf
from campaigns.web.statements.detail import download
from campaigns.web.statements.screen import Stated
from collections_app.core import audit, clock
from collections_app.core.templatetags import ui
from collections_app.core.web.actions import ActionPage
from collections_app.core.web.files import pdf_response
from collections_app.core.web.forms import EmptyForm
from collections_app.core.web.parts import Action, Fact, Figure, Section
from collections_app.core.web.tables import LinkColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage, PageView, ReasonPage


class AccountsForm(forms.Form):
    accounts = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Accounts"),
        queryset=Account.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )


class IssueLetterPage(Stated, ActionPage):
    """Nothing may be owed or provisional on any account asked for; else the form says what is."""

    permission = rules.CLEAR
    title = gettext_lazy("Clearance letter")
    button = gettext_lazy("Issue clearance letter")
    menu = "debtors"

    def get_object(self):
        return self.account or self.debtor

    @property
    def form_class(self):
        return EmptyForm if self.account else AccountsForm

    def get_form(self):
        form = super().get_form()
        if self.account is None:
            form.fields["accounts"].queryset = Account.objects.filter(
                pk__in=[row.pk for row in self.accounts]
            )
        return form

    def get_initial(self):
        return {"accounts": [row.pk for row in self.accounts]}

    def facts(self):
        missing = obstacles(self.accounts, as_of=self.today)
        found = [
            Fact(_("Debtor"), self.debtor.name),
            Fact(_("Creditor"), self.debtor.creditor),
            Fact(_("In the way"), _("nothing") if not missing else len(missing)),
        ]
        if there := letter_that_holds(self.accounts):
            url = reverse("campaigns:clearance_detail", args=[there.pk])
            found.append(
                Fact(_("Issued already"), there.letter_number, url=url, note=ui.day(there.issued_on))
            )
        return found + [Fact("", words) for words in missing[:6]]

    def consequence(self):
        return _(
            "The letter bears a code by which anybody who is shown it can check it. If money comes back "
            "later, the letter is withdrawn by itself and the check says so."
        )

    def perform(self, form):
        chosen = [self.account] if self.account else list(form.cleaned_data["accounts"])
        return issue_letter(accounts=chosen, actor=self.request.user, as_of=self.today, now=clock.now())

    def get_success_message(self, result):
        return _("The clearance letter is issued.")

    def get_success_url(self, result):
        return reverse("campaigns:clearance_detail", args=[result.pk])

    def get_cancel_url(self):
        page = "account_detail" if self.account else "debtor_detail"
        return reverse(f"accounts:{page}", args=[self.key])


class DebtorLetterPage(IssueLetterPage):
    noun = "debtor"


class AccountLetterPage(IssueLetterPage):
    noun = "account"
    menu = "accounts"


class ClearedTable(Table):
    account = LinkColumn(
        "accounts:account_detail",
        text="account.number",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
    )
    product = TextColumn(accessor="account.product", verbose_name=gettext_lazy("Product"), width=200)
    currency = TextColumn(verbose_name=gettext_lazy("Currency"), width=92)


class LetterPage(DetailPage):
    permission = rules.VIEW
    menu = "statements"
    queryset = ClearanceLetter.objects.select_related("debtor", "creditor", "document", "actor")
    status_field = "status"
    list_url_name = "campaigns:clearance_list"
    list_title = gettext_lazy("Clearance letters")

    def get_title(self):
        return _("Clearance letter of %(name)s") % {"name": self.object.debtor.name}

    def get_head_actions(self):
        actions = [
            Action(_("Check a letter"), reverse("campaigns:letter_check"), icon="shield-check"),
            download(self.object.document, _("Download"), primary=True),
        ]
        if self.object.status == "issued":
            actions.insert(
                1,
                Action(
                    _("Withdraw letter"),
                    reverse("campaigns:clearance_withdraw", args=[self.object.pk]),
                    icon="ban",
                    permission=rules.WITHDRAW,
                ),
            )
        return actions

    def figures(self):
        row = self.object
        figures = [Figure(_("Number"), row.letter_number), Figure(_("Issued"), ui.day(row.issued_on))]
        if row.withdrawn_on:
            figures.append(Figure(_("Withdrawn"), ui.day(row.withdrawn_on)))
        return figures

    def sections(self):
        rows = list(self.object.lines.select_related("account").order_by("account__number"))
        return [Section(_("Accounts"), table=ClearedTable.draw(rows, request=self.request))]

    def side(self):
        row = self.object
        facts = [
            Fact(
                _("Debtor"),
                row.debtor.name,
                url=reverse("accounts:debtor_detail", args=[row.debtor_id]),
            ),
            Fact(_("Creditor"), row.creditor),
            Fact(_("Issued"), ui.moment(row.made_at), note=str(row.actor)),
        ]
        if row.withdrawn_because:
            facts.append(Fact(_("Withdrawn because"), row.withdrawn_because))
        facts.append(Fact(_("Hash"), row.document.sha256[:16]))
        return [Section(_("About"), facts=facts)]


class WithdrawPage(ReasonPage):
    permission = rules.WITHDRAW
    title = gettext_lazy("Withdraw letter")
    button = gettext_lazy("Withdraw letter")
    queryset = ClearanceLetter.objects.select_related("debtor")
    is_dangerous = True
    menu = "statements"

    def facts(self):
        return [Fact(_("Letter"), self.object.letter_number), Fact(_("Debtor"), self.object.debtor.name)]

    def consequence(self):
        return _("Whoever checks its code is told from now on that it is no longer valid.")

    def perform(self, form):
        return withdraw_letter(
            letter=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("campaigns:clearance_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return self.get_success_url(None)


class ReceiptView(PageView):
    """The receipt of a payment as PDF, as things stand now; taking it is written down."""

    permission = rules.VIEW
    title = gettext_lazy("Receipt")

    def get(self, request, *args, **kwargs):
        entry = (
            LedgerEntry.objects.filter(
                pk=kwargs["pk"],
                kind=EntryKind.PAYMENT,
                account__in=Account.objects.visible_to(request.user),
            )
            .select_related("account__debtor", "account__creditor")
            .first()
        )
        if entry is None:
            raise Http404(_("There is no such payment, or it belongs to another team."))
        numbered = receipt_behind(entry)
        if numbered is not None:
            # cash has one receipt, with a number; every further print of it is marked as a duplicate
            return HttpResponseRedirect(reverse("accounts:cash_receipt_detail", args=[numbered.pk]))
        content = receipt_pdf(receipt_of(entry, as_of=self.today), as_of=self.today, now=clock.now())
        audit.record_access("downloaded", entry, user=request.user, detail={"what": "receipt"})
        return pdf_response(content, f"receipt-{entry.pk}", inline=False)
