"""What a text must say: a formal notice its mandatory fields, an electronic message how to end them.

What a formal notice must say (D76): the policy "formal_notice" names it, by creditor and day.

A text that leaves a field out is not approved; a notice for which a field has no value (no telephone
of the creditor, say) is not issued. The letter's form says most of it by itself.

Where a profile in force for the creditor's country, or for one in which its debtors live, lays down
the duty "opt_out_line", an e-mail or text message without that line is not approved.
"""

import re
from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from accounts.compliance.rulebook import Rulebook
from accounts.parties.enums import Channel
from accounts.parties.models import Creditor, Debtor
from accounts.policies.queries import policy
from campaigns.correspondence.models import Template, TemplateVersion
from campaigns.correspondence.placeholders import PLACEHOLDERS, Figures, values
from campaigns.correspondence.texts import TextDidNotRender, TextNotAllowed, check_tone, names_in
from campaigns.strategies.enums import VersionStatus

# A text that tells to send this word back says how to end messages; the word is read by machines.
STOP_SAID = re.compile(r"\bSTOP\b")
# What the form around a letter's text prints whatever the text says.
ON_EVERY_LETTER = {
    "creditor_name",
    "creditor_phone",
    "creditor_email",
    "creditor_address",
    "debtor_name",
    "reference",
    "total",
    "due_date",
    "pay_by",
    "pay_by_date",
    "how_to_pay",
    "today",
}


def mandatory_fields(*, creditor_id: int | None, as_of: date) -> list[str]:
    """The placeholders a formal notice must fill on a day."""
    found: list[str] = policy("formal_notice", as_of=as_of, creditor_id=creditor_id)["mandatory"]
    return found


def check_text(*, template: Template, subject: str, body: str, as_of: date) -> None:
    """Refuse a text that leaves out what the law or the policy demands, or whose words are harder
    than its tone; TextNotAllowed."""
    check_tone(tone=template.tone, subject=subject, body=body)
    _check_opt_out(template=template, body=body, as_of=as_of)
    if not template.notice:
        return
    said = names_in(body) | (ON_EVERY_LETTER if template.channel == "letter" else set())
    if "pay_by" in said:
        said.add("pay_by_date")  # the same day, said shorter
    missing = [
        name for name in mandatory_fields(creditor_id=template.creditor_id, as_of=as_of) if name not in said
    ]
    if missing:
        raise TextNotAllowed(
            _("A formal notice must also say: %(fields)s.") % {"fields": in_words(missing)},
            field="body",
        )


def _check_opt_out(*, template: Template, body: str, as_of: date) -> None:
    if template.channel not in (Channel.EMAIL, Channel.SMS):
        return
    if "opt_out" in names_in(body) or STOP_SAID.search(body):
        return
    creditors = Creditor.objects.all()
    if template.creditor_id:
        creditors = creditors.filter(pk=template.creditor_id)
    book = Rulebook.read()
    for creditor in creditors:
        lived_in = Debtor.objects.filter(creditor=creditor).order_by().values_list("country").distinct()
        source = book.duty_source(
            "opt_out_line",
            as_of,
            {creditor.country, *(country for (country,) in lived_in)},
            creditor.kind,
        )
        if source:
            raise TextNotAllowed(
                _("Say how to end these messages: use opt_out. For %(creditor)s %(source)s demands it.")
                % {"creditor": creditor.name, "source": source},
                field="body",
            )


def check_values(*, version: TemplateVersion, figures: Figures, creditor_id: int) -> None:
    """Refuse a formal notice one of whose mandatory fields is empty; TextDidNotRender."""
    if not version.template.notice:
        return
    said = values(figures)
    missing = [
        name for name in mandatory_fields(creditor_id=creditor_id, as_of=figures.as_of) if not said[name]
    ]
    if missing:
        raise TextDidNotRender(
            _("A formal notice is not issued without: %(fields)s.") % {"fields": in_words(missing)}
        )


def in_words(names: Collection[str]) -> str:
    return ", ".join(f"{name} ({PLACEHOLDERS[name]})" for name in names)


def notice_codes() -> dict[str, str]:
    """The texts that are formal notices and in use: code to kind."""
    rows = TemplateVersion.objects.filter(status=VersionStatus.APPROVED).exclude(template__notice="")
    return dict(rows.values_list("template__code", "template__notice"))
