"""One statement, and one run with its files and whom it left out."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from campaigns.statements import rules
from campaigns.statements.mailing import reason_in_words
from campaigns.statements.models import Statement, StatementRun
from campaigns.web.statements.lists import way_of
from collections_app.core import documents
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import full_day_text, language_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import LinkColumn, MoneyColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage

SHOWN = 500


def download(file, label, *, primary: bool = False) -> Action:
    """The button that fetches a stored paper; the access is written down."""
    return Action(label, reverse("core:file_download", args=[file.token]), icon="download", primary=primary)


class LineTable(Table):
    account = LinkColumn(
        "accounts:account_detail",
        text="account.number",
        arg="account_id",
        verbose_name=gettext_lazy("Account"),
    )
    opening = MoneyColumn(verbose_name=gettext_lazy("Opening"), code=True)
    closing = MoneyColumn(verbose_name=gettext_lazy("Closing"), code=True)


class StatementPage(DetailPage):
    permission = rules.VIEW
    menu = "statements"
    queryset = Statement.objects.select_related(
        "debtor", "creditor", "account", "document", "message__contact_point", "actor", "run"
    )
    list_url_name = "campaigns:statement_list"
    list_title = gettext_lazy("Statements")

    def get_title(self):
        return _("Statement of %(name)s") % {"name": self.object.debtor.name}

    def get_head_actions(self):
        return [download(self.object.document, _("Download"), primary=True)]

    def figures(self):
        row = self.object
        return [
            Figure(_("From"), ui.day(row.first_day)),
            Figure(_("To"), ui.day(row.last_day)),
            Figure(_("Sent"), way_of(row)),
        ]

    def sections(self):
        rows = list(self.object.lines.select_related("account").order_by("currency", "account__number"))
        return [Section(_("Accounts"), table=LineTable.draw(rows, request=self.request))]

    def side(self):
        row = self.object
        facts = [
            Fact(
                _("Debtor"),
                row.debtor.name,
                url=reverse("accounts:debtor_detail", args=[row.debtor_id]),
            ),
            Fact(_("Creditor"), row.creditor),
            Fact(_("Language"), language_text(row.language)),
            Fact(_("As recorded by"), ui.moment(row.known_at)),
            Fact(_("Issued"), ui.moment(row.made_at), note=str(row.actor)),
        ]
        if row.number > 1:
            facts.append(Fact(_("Issued again"), _("number %(n)s") % {"n": row.number}))
        if row.message is not None:
            facts.append(
                Fact(
                    _("Message"),
                    row.message.get_status_display(),
                    url=reverse("campaigns:message_detail", args=[row.message_id]),
                    note=row.message.get_purpose_display(),
                )
            )
        if row.run is not None:
            facts.append(
                Fact(
                    _("Run"),
                    row.run_id,
                    url=reverse("campaigns:statement_run_detail", args=[row.run_id]),
                )
            )
        facts.append(Fact(_("Hash"), row.document.sha256[:16]))
        return [Section(_("About"), facts=facts)]


class PaperTable(Table):
    """The papers of one run: whose, how each went out, and the file itself."""

    debtor = LinkColumn("campaigns:statement_detail", text="debtor.name", verbose_name=gettext_lazy("Debtor"))
    account = TextColumn(
        accessor="account.number", verbose_name=gettext_lazy("Account"), width=108, bdi=True, muted=True
    )
    way = RowColumn(way_of, verbose_name=gettext_lazy("Sent"), width=160)
    file = LinkColumn(
        "core:file_download",
        text="document.filename",
        arg="document.token",
        verbose_name=gettext_lazy("File"),
        width=180,
    )


class LeftOutTable(Table):
    debtor = LinkColumn(
        "accounts:debtor_detail", text="name", arg="debtor_id", verbose_name=gettext_lazy("Debtor")
    )
    account = TextColumn(verbose_name=gettext_lazy("Account"), width=140, bdi=True, muted=True)
    reason = TextColumn(verbose_name=gettext_lazy("Why"), width=280, wrap=True)


class RunPage(DetailPage):
    permission = rules.VIEW
    menu = "statements"
    queryset = StatementRun.objects.select_related("creditor", "document", "actor")
    list_url_name = "campaigns:statement_run_list"
    list_title = gettext_lazy("Statement runs")

    def get_title(self):
        return _("Statements of %(creditor)s") % {"creditor": self.object.creditor}

    def get_crumbs(self):
        return [Crumb(_("Statements"), reverse("campaigns:statement_list")), *super().get_crumbs()]

    def get_lead(self):
        if self.object.finished_at is None:
            return _("This run is still being made.")
        return _("From %(first)s to %(last)s, as recorded by one moment for all.") % {
            "first": full_day_text(self.object.first_day),
            "last": full_day_text(self.object.last_day),
        }

    def get_head_actions(self):
        file = self.object.document
        if file is None or not documents.may_read(self.request.user, file):
            return []
        return [download(file, _("Download for the printer"), primary=True)]

    def figures(self):
        counts = self.object.counts
        papers = reverse("campaigns:statement_list") + f"?run={self.object.pk}"
        return [
            Figure(_("Made"), ui.number(counts.get("made", 0)), size="ask", url=papers),
            Figure(_("Left out"), ui.number(counts.get("left_out", 0)), url="#left-out"),
            Figure(_("To send"), ui.number(counts.get("queued", 0))),
            Figure(_("Accounts"), ui.number(len(self.object.account_ids))),
        ]

    def left_out(self) -> list[dict]:
        """Those the user may see, in the order of their reasons."""
        rows = self.object.left_out[:SHOWN]
        debtors = {
            row.pk: row
            for row in Debtor.objects.visible_to(self.request.user).filter(pk__in=[row[0] for row in rows])
        }
        accounts = dict(
            Account.objects.visible_to(self.request.user)
            .filter(pk__in=[row[1] for row in rows if row[1]])
            .values_list("pk", "number")
        )
        return [
            {
                "debtor_id": debtor_id,
                "name": debtors[debtor_id].name,
                "account": accounts.get(account_id, ""),
                "reason": " ".join(part for part in (reason_in_words(reason), detail) if part),
            }
            for debtor_id, account_id, reason, detail in rows
            if debtor_id in debtors
        ]

    def sections(self):
        seen = Statement.objects.visible_to(self.request.user).filter(run=self.object)
        rows = seen.select_related("debtor", "account", "message", "document").order_by("debtor__name", "pk")[
            :SHOWN
        ]
        return [
            Section(
                _("Files"),
                table=PaperTable.draw(
                    list(rows), request=self.request, empty_text=_("No statement was made.")
                ),
            ),
            Section(
                _("Left out"),
                key="left-out",
                table=LeftOutTable.draw(
                    self.left_out(), request=self.request, empty_text=_("Nobody was left out.")
                ),
                note=_("who got none, and why"),
            ),
        ]

    def side(self):
        run = self.object
        return [
            Section(
                _("The run"),
                facts=[
                    Fact(_("One for each"), run.get_each_display()),
                    Fact(_("Delivery"), run.get_delivery_display()),
                    Fact(_("As recorded by"), ui.moment(run.known_at)),
                    Fact(_("Ordered"), ui.moment(run.made_at), note=str(run.actor)),
                    Fact(_("Finished"), ui.moment(run.finished_at) if run.finished_at else "–"),
                ],
            )
        ]
