"""The contact profiles as a document: every clause with number, source and how sure, from the data.

`manage.py contact_profiles` writes it; a test holds docs/contact-profiles.md against it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.utils import translation

from accounts.compliance.clauses import Clause, about_words, line_of
from accounts.compliance.enums import ClauseKind, Sureness
from accounts.compliance.jurisdictions import SHIPPED, Shipped
from accounts.compliance.laws import Law, law_of, strict_clauses, strictest

HEAD = """# Contact profiles

What law, beside the office's own policy, binds a contact where, as data. This page is written by
`manage.py contact_profiles` from `accounts/compliance/jurisdictions/`; do not edit it by hand.

None of this is legal advice. On the page **Contact profiles** every number, source and mark is a
setting: a supervisor or manager drafts a new version from a day to come, another manager approves
it, and a contact is judged by the version of its own day.

Which profiles bind a contact:

- the one of the debtor's country, taken from his record and his address; where they differ, both;
- where a country has one for own accounts and one for accounts of third parties, the one of the
  creditor's contract;
- the one his portfolio names beside it (service charges in Dubai);
- the strict one where the country is not known or has no profile.

The office's policy "Contact: hours and caps" binds too. Both must allow, so neither loosens the
other. Hours are on the debtor's own clock; where address and phone lie in different zones, in every
one of them. A state is read from the address or its postcode; where neither tells, the rules and
holidays of every state bind.

"""
SURE = {
    Sureness.READ: "read in the source",
    Sureness.QUOTED: "read in part, the rest quoted",
    Sureness.SECOND_HAND: "second-hand",
    Sureness.TO_CHECK: "**to be checked**",
    Sureness.UNVERIFIED: "**unverified**",
}
KINDS = {
    ClauseKind.HOURS: "Hours",
    ClauseKind.HOLIDAYS: "Public holidays",
    ClauseKind.CAP: "Frequency",
    ClauseKind.PAUSE: "Pause after a conversation",
    ClauseKind.STOP: "Stops",
    ClauseKind.NOTICES: "Notices after a request to cease",
    ClauseKind.CHANNELS: "Channels allowed",
    ClauseKind.PARTIES: "Whom a demand may reach",
    ClauseKind.WORKPLACE: "Place of work",
    ClauseKind.NUMBER_CHECK: "Number checked within",
    ClauseKind.VALIDATION: "Validation notice within",
    ClauseKind.OVERSHADOW: "No pressing text in the validation period",
    ClauseKind.TIME_BAR: "Time-barred debts",
    ClauseKind.LAST_RESORT: "Last resort",
    ClauseKind.SAY: "Said on the phone",
    ClauseKind.DUTY: "Duty (kept elsewhere)",
}
PER = {"person": "per person", "debt": "per person and debt", "account": "per account"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def document(profiles: Sequence[Shipped] = SHIPPED) -> str:
    """The whole page, in English whoever asks."""
    with translation.override("en"):
        return _document(profiles)


def _document(profiles: Sequence[Shipped]) -> str:
    in_force = {row.code: row for row in profiles if not row.is_draft}
    parts = [HEAD, "## How sure\n\n"]
    parts += [f"- {words}: {_count(in_force.values(), sure)}\n" for sure, words in SURE.items()]
    parts.append("\n(clauses of the versions in force)\n\n")
    for row in profiles:
        parts += _profile(row)
    parts += _strict(list(in_force.values()))
    return "".join(parts).rstrip() + "\n"


def _count(profiles: Iterable[Shipped], sure: str) -> int:
    return sum(clause.sure == sure for row in profiles for clause in row.clauses)


def _profile(row: Shipped) -> Iterator[str]:
    state = " (draft: binds nobody)" if row.is_draft else ""
    yield f"## {row.title}{state}\n\n"
    yield f"`{row.code}`, from {_day(row.valid_from)}. {_binds(row)}"
    yield f" {row.note}\n\n" if row.note else "\n\n"
    yield "| Rule | Number | What it says | Source | How sure |\n|---|---|---|---|---|\n"
    for clause in row.clauses:
        yield _line(clause)
    yield "\n"


def _binds(row: Shipped) -> str:
    if not row.country:
        return "Binds where a portfolio names it."
    contract = {"own": " under own contracts", "third_party": " under third-party contracts", "": ""}
    return f"Binds debtors in {row.country}{contract[row.contract]}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _line(clause: Clause) -> str:
    about = about_words(clause)
    number = line_of(clause)
    says = [clause.says]
    if wanted := clause.value.get("words"):
        others = ", ".join(sorted(set(wanted) - {"en"}))
        says.append(f"The product's words (unverified; also in: {others}): “{wanted['en']}”")
    cells = [
        f"{KINDS[ClauseKind(clause.kind)]}<br>`{clause.key}`",
        "<br>".join(filter(None, [f"**{number}**" if number else "", about])) or "—",
        "<br>".join(says),
        clause.source,
        SURE[Sureness(clause.sure)],
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _strict(in_force: list[Shipped]) -> Iterator[str]:
    """The strictest combination, as the decision reckons with it."""
    clauses = strict_clauses(row.clauses for row in sorted(in_force, key=lambda row: row.code))
    law = strictest(law_of("strict", max(row.valid_from for row in in_force), clauses))
    yield "## Strict: any other place\n\n"
    yield (
        "The strictest of all profiles in force, put together anew whenever one changes. It leaves out"
        " what rests on the customs or papers of one country alone: its channels, parties, notices and"
        " checks, the hours of its banks, the rules of its states.\n\n"
    )
    yield "| Rule | Number | Source |\n|---|---|---|\n"
    yield from _hours(law)
    for closed in law.closed:
        yield f"| Public holidays: {_names(closed.channels)} | {closed.level} | {closed.source} |\n"
    for cap in law.caps:
        number = f"**{cap.limit} {cap.counts} in {cap.days} days**, {PER[cap.per]}"
        yield f"| Frequency: {_names(cap.channels)} | {number} | {cap.source} |\n"
    for pause in law.pauses:
        yield f"| Pause after a conversation | **{pause.days} days** per {pause.per} | {pause.source} |\n"
    for stop in law.stops:
        reasons = ", ".join(sorted(stop.reasons)).replace("_", " ")
        what = "what the hold stops" if stop.is_as_held else stop.what
        yield f"| Stops: {reasons} | {what} | {stop.source} |\n"
    bars = dict.fromkeys((", ".join(sorted(bar.about)), bar.source) for bar in law.time_bars)
    for about, source in bars:
        yield f"| Time-barred debts | {about} | {source} |\n"


def _hours(law: Law) -> Iterator[str]:
    for row in law.hours:
        days = [
            f"{name} {', '.join(map(_span, spans)) or 'closed'}"
            for name, spans in zip(DAYS, row.week, strict=True)
        ]
        equal = {day.partition(" ")[2] for day in days}
        said = f"every day {equal.pop()}" if len(equal) == 1 else "<br>".join(days)
        place = ", at work" if row.is_workplace else ""
        yield f"| Hours: {_names(row.channels)}{place} | **{said}** | {row.source} |\n"


def _span(span: tuple[int, int]) -> str:
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def _names(channels: Iterable[str]) -> str:
    return ", ".join(sorted(channels))
