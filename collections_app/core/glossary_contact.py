"""The words about reaching a debtor: who may be contacted, when, and what the answer was."""

from django.utils.translation import gettext_lazy as _

CONTACT = [
    (
        "contact_attempt",
        _("contact attempt"),
        _(
            "Something that was dialled, sent or visited, in or out. One call about three accounts is"
            " one attempt."
        ),
    ),
    (
        "right_party",
        _("right party"),
        _("The debtor himself, checked by what he knows, before an amount is named."),
    ),
    (
        "permit",
        _("permit"),
        _(
            "The recorded answer to whether this debtor may be contacted now by this way: the rules "
            "that were asked, what they counted, and if not, from when."
        ),
    ),
    (
        "contact_profile",
        _("contact profile"),
        _(
            "The law on contacts of one place as dated data: hours, counts and duties, each with its "
            "source and how sure it is. Approved by a second person before it binds."
        ),
    ),
    (
        "contact_replay",
        _("contact replay"),
        _(
            "Every contact of a period decided again from what was known then and by the rules of its "
            "day: what does not agree, and what broke a rule."
        ),
    ),
    (
        "breathing_space",
        _("breathing space"),
        _(
            "Days on which a debtor is protected by law: what he owed on the first of them is neither "
            "asked for nor grows. Later bills are not protected."
        ),
    ),
    (
        "what_if",
        _("what-if"),
        _(
            "A draft of a strategy tried out on the real book, day by day, beside the one in force. "
            "Who approves the draft signs its result."
        ),
    ),
    (
        "follow_up",
        _("follow-up"),
        _("What is to be done next about a debtor, by whom and on which day."),
    ),
    (
        "reminder",
        _("reminder"),
        _("A message about what is due, with all accounts of one debtor at one creditor."),
    ),
    (
        "letter_print",
        _("letter print"),
        _(
            "One time a letter was put on paper. A later print bears the mark COPY; a spoilt one stays on "
            "record and the letter is printed again."
        ),
    ),
    (
        "notice",
        _("notice"),
        _("A printed page brought or posted in a campaign. Nothing outside it shows a debt."),
    ),
    (
        "formal_notice",
        _("formal notice"),
        _(
            "A first, second, final or pre-legal notice. It must say what the law demands, counts as "
            "served on a day, and no next step comes before its time is over."
        ),
    ),
    (
        "service",
        _("service"),
        _(
            "That a formal notice reached the debtor: deemed so many days after it was sent, by the "
            "way it went, unless a proof names the day."
        ),
    ),
    (
        "why_not",
        _("why not contacted"),
        _(
            "The one reason that stops an overdue account first today: until when it holds, whose "
            "move it is, and what would help. Every overdue account has exactly one answer."
        ),
    ),
    (
        "release",
        _("release"),
        _(
            "A manager's word, after seeing who would get what, that a creditor's debtors may be "
            "written to."
        ),
    ),
]
