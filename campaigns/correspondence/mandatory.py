"""What a text must say: a formal notice its mandatory fields, an electronic message how to end them.

What a formal notice must say (D76): the policy "formal_notice" names it, by creditor and day, and the
duty "notice_fields" of the profile of the country where the debtor lives, and of the one that the
accounts' portfolio names.

A text that leaves a field out is not approved; a notice for which a field has no value (no telephone
of the creditor, say), or that gives fewer days to pay than the law, is not issued. The letter's form
says most of it by itself.

Where a profile in force for the creditor's country, or for one in which its debtors live, lays down
the duty "opt_out_line", an e-mail or text message without that line is not approved.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.compliance.clauses import Clause
from accounts.compliance.rulebook import Rulebook
from accounts.parties.enums import Channel
from accounts.parties.models import Creditor, Debtor
from accounts.policies.queries import kept, policy
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
    "creditor_department",
    "creditor_hours",
    "complaints_to",
    "notice_approval",
    "officer_name",
    "confidential",
}


def mandatory_fields(
    *, creditor: Creditor | None, countries: Collection[str], as_of: date, named: Collection[str] = ()
) -> dict[str, str]:
    """The placeholders a formal notice must fill on a day, each with the law that demands it (empty for
    the office's own policy): of the creditor, or of every one, for debtors in these countries and
    portfolios that name these profiles."""
    own = policy("formal_notice", as_of=as_of, creditor_id=creditor.pk if creditor else None)
    found = dict.fromkeys(own["mandatory"], "")
    for clause in _clauses(creditor, countries, as_of, named):
        for name in clause.value["fields"]:
            found.setdefault(name, clause.cited)
    return found


def _clauses(
    creditor: Creditor | None, countries: Collection[str], as_of: date, named: Collection[str]
) -> list[Clause]:
    if creditor is None:
        return []
    book = kept("rulebook", Rulebook.read)
    return book.duties("notice_fields", as_of, countries, creditor.kind, named)


def _lived_in(creditor: Creditor) -> set[str]:
    """The creditor's country and those in which his debtors live."""
    rows = Debtor.objects.filter(creditor=creditor).order_by().values_list("country").distinct()
    return {creditor.country, *(country for (country,) in rows)}


def _creditors_of(template: Template) -> QuerySet[Creditor]:
    every = Creditor.objects.filter(is_active=True)
    return every.filter(pk=template.creditor_id) if template.creditor_id else every


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
    wanted = mandatory_fields(creditor=template.creditor, countries=(), as_of=as_of)
    for creditor in _creditors_of(template):
        named = set(creditor.portfolios.values_list("contact_profile", flat=True))
        lived_in = _lived_in(creditor)
        wanted |= mandatory_fields(creditor=creditor, countries=lived_in, as_of=as_of, named=named)
    missing = {name: source for name, source in wanted.items() if name not in said}
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
    book = Rulebook.read()
    for creditor in _creditors_of(template):
        source = book.duty_source("opt_out_line", as_of, _lived_in(creditor), creditor.kind)
        if source:
            raise TextNotAllowed(
                _("Say how to end these messages: use opt_out. For %(creditor)s %(source)s demands it.")
                % {"creditor": creditor.name, "source": source},
                field="body",
            )


def check_values(
    *,
    version: TemplateVersion,
    figures: Figures,
    creditor: Creditor,
    country: str,
    named: Collection[str] = (),
) -> None:
    """Refuse a formal notice that leaves a mandatory field out or empty, or gives too few days to pay,
    for a debtor in a country and portfolios that name these profiles; TextDidNotRender."""
    template = version.template
    if not template.notice:
        return
    where = {"countries": {country, creditor.country}, "as_of": figures.as_of, "named": named}
    wanted = mandatory_fields(creditor=creditor, **where)
    filled = values(figures)
    if not any(line.officer_name for line in figures.lines):
        filled["officer_name"] = ""  # the creditor's name stands for nobody's here
    said = names_in(version.body) | (ON_EVERY_LETTER if template.channel == Channel.LETTER else set())
    if "pay_by" in said:
        said.add("pay_by_date")
    missing = {
        name: source for name, source in wanted.items() if not filled[name] or (source and name not in said)
    }
    for clause in _clauses(creditor, **where):
        days = clause.value.get("pay_days", 0)
        if figures.pay_within_days < days:
            raise TextDidNotRender(
                _("%(source)s gives %(days)s days to pay; this notice gives %(given)s.")
                % {"source": clause.cited, "days": days, "given": figures.pay_within_days}
            )
    if missing:
        raise TextDidNotRender(
            _("A formal notice is not issued without: %(fields)s.") % {"fields": in_words(missing)}
        )


def in_words(missing: Mapping[str, str]) -> str:
    """Each field with what it is, and the law that demands it where it is one."""
    return ", ".join(
        f"{name} ({PLACEHOLDERS[name]}{f'; {source}' if source else ''})"
        for name, source in missing.items()
    )


def notice_codes() -> dict[str, str]:
    """The texts that are formal notices and in use: code to kind."""
    rows = TemplateVersion.objects.filter(status=VersionStatus.APPROVED).exclude(template__notice="")
    return dict(rows.values_list("template__code", "template__notice"))
