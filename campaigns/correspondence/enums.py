"""The life of a text, its languages and what each channel can carry."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.strategies.enums import VersionStatus, version_edges
from collections_app.core.lifecycle import Lifecycle

TEMPLATE_VERSION = Lifecycle(
    "campaigns.templateversion", initial=VersionStatus.DRAFT, edges=version_edges("template")
)


class NoticeKind(models.TextChoices):
    """The formal notices in the order in which a debtor receives them (D76)."""

    FIRST = "first", _("First notice")
    SECOND = "second", _("Second notice")
    FINAL = "final", _("Final notice")
    PRE_LEGAL = "pre_legal", _("Pre-legal notice")


class TextTone(models.TextChoices):
    """How hard a text presses, from the softest on."""

    FRIENDLY = "friendly", _("Friendly")
    NEUTRAL = "neutral", _("Neutral")
    FIRM = "firm", _("Firm")
    FINAL = "final", _("Final")
    LEGAL = "legal", _("Before legal steps")


# What a person in hardship may be sent.
SOFT = frozenset({TextTone.FRIENDLY.value, TextTone.NEUTRAL.value})
# None of these may stand in a text that says it is soft.
HARD_WORDS = {
    "en": (
        "legal", "court", "lawyer", "lawyers", "attorney", "solicitor", "solicitors", "sue", "lawsuit",
        "enforcement", "bailiff", "final", "last reminder", "last warning", "seize", "judgment",
    ),
    "ar": (
        "قانوني", "قانونية", "محكمة", "محام", "محامي", "قضائي", "قضائية", "نهائي", "نهائية", "إنذار",
        "أخير",
    ),
}  # fmt: skip

LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]

# A text message is charged by segments; two are the most a reminder needs.
# GSM 03.38 carries 153 characters a segment when there are several, UCS-2 carries 67.
SMS_SEGMENTS = 2
GSM_SEGMENT, UCS2_SEGMENT = 153, 67
GSM_SINGLE, UCS2_SINGLE = 160, 70

SUBJECT_LIMIT = 120
SOURCE_LIMIT = 8_000
OUTPUT_LIMIT = 20_000

# A subject line is read by whoever sees the screen or the envelope, so none of these may stand in it.
REVEALING_WORDS = {
    "en": (
        "debt", "owe", "owed", "owing", "overdue", "arrears", "unpaid", "unsettled", "outstanding",
        "past due", "due", "pay", "payment", "paid", "reminder", "final", "warning", "demand",
        "collection", "collections", "legal", "court", "balance", "amount",
    ),
    "ar": (
        "دين", "ديون", "متأخر", "متأخرة", "مستحق", "مستحقة", "مستحقات", "تذكير", "إنذار", "سداد",
        "دفع", "ادفع", "مطالبة", "تحصيل", "قانوني", "قانونية", "محكمة", "رصيد", "مبلغ", "نهائي",
    ),
}  # fmt: skip
