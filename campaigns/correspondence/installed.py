"""The texts the product brings along, in English and Arabic, approved as "installed".

They are plain and polite (D13): what is asked, by when, how to pay, what to do when one does not
agree or cannot pay. An office drafts its own versions over them; none of these is ever changed here
after it was installed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from campaigns.correspondence.enums import TextTone

FIRST_NOTICE, SECOND_NOTICE, FINAL_NOTICE, PRE_LEGAL_NOTICE = (
    "first-notice",
    "second-notice",
    "final-notice",
    "pre-legal-notice",
)
UPCOMING, FRIENDLY, REMINDER, CONSIDERATE, WARNING, FINAL, PRE_LEGAL, THANKS, STATEMENT = (
    "upcoming",
    "friendly",
    "reminder",
    "considerate",
    "warning",
    "final",
    "pre-legal",
    "thanks",
    "statement",
)
NAMES = {
    UPCOMING: "Before the due day",
    FRIENDLY: "Friendly",
    REMINDER: "Reminder",
    CONSIDERATE: "In difficult times",
    WARNING: "Warning",
    FINAL: "Final",
    PRE_LEGAL: "Pre-legal",
    THANKS: "Thank you for paying",
    STATEMENT: "With a statement of account",
    FIRST_NOTICE: "First notice",
    SECOND_NOTICE: "Second notice",
    FINAL_NOTICE: "Final notice",
    PRE_LEGAL_NOTICE: "Pre-legal notice",
}


TONES = {
    UPCOMING: TextTone.FRIENDLY,
    FRIENDLY: TextTone.FRIENDLY,
    REMINDER: TextTone.NEUTRAL,
    CONSIDERATE: TextTone.FRIENDLY,
    WARNING: TextTone.FIRM,
    FINAL: TextTone.FINAL,
    PRE_LEGAL: TextTone.LEGAL,
    THANKS: TextTone.FRIENDLY,
    STATEMENT: TextTone.NEUTRAL,
    FIRST_NOTICE: TextTone.NEUTRAL,
    SECOND_NOTICE: TextTone.FIRM,
    FINAL_NOTICE: TextTone.FINAL,
    PRE_LEGAL_NOTICE: TextTone.LEGAL,
}
# What a person in hardship gets in place of a firm text; a firm notice has none and is not given.
SOFTER = {WARNING: CONSIDERATE, FINAL: CONSIDERATE, PRE_LEGAL: CONSIDERATE}


@dataclass(frozen=True)
class InstalledText:
    code: str
    name: str
    channel: str
    language: str
    subject: str
    body: str
    notice: str = ""

    @property
    def tone(self) -> TextTone:
        return TONES[self.code]

    @property
    def softer(self) -> str:
        return SOFTER.get(self.code, "")


# Formal notices are letters: opening and heading by language, kind of notice by code.
NOTICES = {
    FIRST_NOTICE: "first",
    SECOND_NOTICE: "second",
    FINAL_NOTICE: "final",
    PRE_LEGAL_NOTICE: "pre_legal",
}
NOTICE_SAYINGS = {
    "en": {
        FIRST_NOTICE: (
            "this is a formal notice. According to the books of {{ creditor_name }} {{ total }} on the "
            "accounts below has been due since {{ due_date }} and is unpaid. Please pay by "
            "{{ pay_by_date }}, or tell us in writing by that day what you do not agree with.",
            "First notice: please pay by {{ pay_by }}",
        ),
        SECOND_NOTICE: (
            "we gave you formal notice of {{ total }}, due to {{ creditor_name }} since {{ due_date }}, "
            "and have received neither the payment nor a reply. Please pay by {{ pay_by_date }}, or "
            "write to us by that day.",
            "Second notice: please pay by {{ pay_by }}",
        ),
        FINAL_NOTICE: (
            "this is the final notice. {{ total }} due to {{ creditor_name }} since {{ due_date }} is "
            "still unpaid after two notices. If you pay by {{ pay_by_date }}, or agree with us on a plan "
            "by that day, nothing further happens.",
            "Final notice: please pay by {{ pay_by }}",
        ),
        PRE_LEGAL_NOTICE: (
            "our notices about {{ total }}, due to {{ creditor_name }} since {{ due_date }}, have had no "
            "result. If neither the payment nor your reply has reached us by {{ pay_by_date }}, we shall "
            "give the matter to our legal department to decide on further steps. Until then it can be "
            "settled with us.",
            "Notice before legal steps: please pay by {{ pay_by }}",
        ),
    },
    "ar": {
        FIRST_NOTICE: (
            "هذا إشعار رسمي. وفقاً لسجلات {{ creditor_name }} فإن مبلغ {{ total }} على الحسابات أدناه "
            "مستحق منذ {{ due_date }} ولم يسدد. يرجى السداد قبل {{ pay_by_date }}، أو إبلاغنا كتابةً قبل "
            "ذلك اليوم بما لا توافقون عليه.",
            "الإشعار الأول: يرجى السداد قبل {{ pay_by }}",
        ),
        SECOND_NOTICE: (
            "أرسلنا إليكم إشعاراً رسمياً بمبلغ {{ total }} المستحق لـ {{ creditor_name }} منذ "
            "{{ due_date }}، ولم يصلنا السداد ولا رد منكم. يرجى السداد قبل {{ pay_by_date }} أو الكتابة "
            "إلينا قبل ذلك اليوم.",
            "الإشعار الثاني: يرجى السداد قبل {{ pay_by }}",
        ),
        FINAL_NOTICE: (
            "هذا هو الإشعار النهائي. ما زال مبلغ {{ total }} المستحق لـ {{ creditor_name }} منذ "
            "{{ due_date }} غير مسدد بعد إشعارين. إذا سددتم قبل {{ pay_by_date }} أو اتفقتم معنا على خطة "
            "سداد قبل ذلك اليوم فلن يحدث أي إجراء آخر.",
            "الإشعار النهائي: يرجى السداد قبل {{ pay_by }}",
        ),
        PRE_LEGAL_NOTICE: (
            "لم تؤد إشعاراتنا بشأن مبلغ {{ total }} المستحق لـ {{ creditor_name }} منذ {{ due_date }} إلى "
            "نتيجة. إذا لم يصلنا السداد أو ردكم قبل {{ pay_by_date }} فسنحيل الأمر إلى إدارتنا القانونية "
            "لتقرر الخطوات التالية، ويمكن حتى ذلك الحين تسويته معنا.",
            "إشعار قبل الإجراءات القانونية: يرجى السداد قبل {{ pay_by }}",
        ),
    },
}


# what each stage says first: (e-mail and letter opening, letter heading, text message) by language
SAYINGS = {
    "en": {
        UPCOMING: (
            "a short note before the day: {{ total }} on your account with {{ creditor_name }} falls "
            "due on {{ due_date }}. If you have arranged it already, there is nothing to do.",
            "Falls due on {{ due_date }}",
            "{{ creditor_name }}: {{ total }} on {{ reference }} falls due on {{ due_date }}. "
            "Questions: {{ creditor_phone }}. STOP ends texts.",
        ),
        FRIENDLY: (
            "part of your account with {{ creditor_name }} is past its due date. This is easily "
            "overlooked. If you have paid in the last three days, thank you: please set this aside.",
            "A friendly reminder: please pay by {{ pay_by }}",
            "{{ creditor_name }}: {{ total }} on {{ reference }} was due on {{ due_date }}. Please pay "
            "by {{ pay_by }}. Paid? Thank you. {{ creditor_phone }}. STOP ends texts.",
        ),
        REMINDER: (
            "we wrote to you about your account with {{ creditor_name }} and have not yet received "
            "{{ total }}. If you have paid in the last three days, thank you: please set this aside.",
            "Second reminder: please pay by {{ pay_by }}",
            "{{ creditor_name }}: we still miss {{ total }} on {{ reference }}. Please pay by "
            "{{ pay_by }} or call {{ creditor_phone }}: we can agree on a plan. STOP ends texts.",
        ),
        CONSIDERATE: (
            "we know that paying is not easy for you at the moment. {{ total }} on your account with "
            "{{ creditor_name }} is open, and we would like to find a way with you that you can keep: "
            "a smaller amount, instalments, or more time. Please tell us what is possible for you.",
            "Let us find a way together",
            "{{ creditor_name }}: {{ total }} on {{ reference }} is open. If paying is hard now, call "
            "{{ creditor_phone }}: we find a way with you. STOP ends texts.",
        ),
        WARNING: (
            "{{ total }} on your account with {{ creditor_name }} is still open after our reminders. "
            "Please pay by {{ pay_by }}, or tell us now what stands in the way: we would rather agree "
            "on a way with you than take further steps.",
            "Please pay by {{ pay_by }}, or talk to us",
            "{{ creditor_name }}: {{ total }} on {{ reference }} is still open. Please pay by "
            "{{ pay_by }} or call {{ creditor_phone }}. STOP ends texts.",
        ),
        FINAL: (
            "despite our letters {{ total }} on your account with {{ creditor_name }} has not been "
            "paid. This is our last reminder. Please pay by {{ pay_by }}. If you cannot, or do not "
            "agree, tell us before that day: then we look at it before anything else happens.",
            "Last reminder: please pay by {{ pay_by }}",
            "{{ creditor_name }}: last reminder for {{ total }} on {{ reference }}, by {{ pay_by }}. "
            "If you can't pay or don't agree, call {{ creditor_phone }}. STOP ends texts.",
        ),
        PRE_LEGAL: (
            "{{ total }} on your account with {{ creditor_name }} remains unpaid. If we have neither "
            "the payment nor word from you by {{ pay_by }}, we shall ask our legal department to look "
            "at the matter. It can still be settled with us: please pay, or call {{ creditor_phone }}.",
            "Before we pass the matter on: please pay by {{ pay_by }}",
            "{{ creditor_name }}: please pay {{ total }} on {{ reference }} by {{ pay_by }} or call "
            "{{ creditor_phone }}, before the matter is passed on. STOP ends texts.",
        ),
        THANKS: (
            "your payment has arrived and your account with {{ creditor_name }} is up to date. Thank "
            "you. There is nothing more to do.",
            "Thank you",
            "{{ creditor_name }}: your payment on {{ reference }} has arrived. Thank you, your account "
            "is up to date.",
        ),
        STATEMENT: (
            "with this message you receive the statement of your account with {{ creditor_name }}. It "
            "shows every movement of the period named in it, and the balance.",
            "Statement of account",
            "",
        ),
    },
    "ar": {
        UPCOMING: (
            "نود تذكيركم بأن مبلغ {{ total }} على حسابكم لدى {{ creditor_name }} يستحق في "
            "{{ due_date }}. إذا كنتم قد رتبتم السداد فلا حاجة لأي إجراء.",
            "يستحق السداد في {{ due_date }}",
            "{{ creditor_name }}: {{ total }} حساب {{ reference }} يستحق في {{ due_date }}. للإيقاف STOP",
        ),
        FRIENDLY: (
            "تجاوز جزء من حسابكم لدى {{ creditor_name }} تاريخ استحقاقه، وقد يكون ذلك سهواً. إذا "
            "سددتم خلال الأيام الثلاثة الماضية فشكراً لكم، ويرجى عدم الالتفات إلى هذه الرسالة.",
            "تذكير ودي: يرجى السداد قبل {{ pay_by }}",
            "{{ creditor_name }}: يرجى سداد {{ total }} حساب {{ reference }} قبل {{ pay_by }}. للإيقاف STOP",
        ),
        REMINDER: (
            "كتبنا إليكم بشأن حسابكم لدى {{ creditor_name }} ولم يصلنا بعد مبلغ {{ total }}. إذا سددتم "
            "خلال الأيام الثلاثة الماضية فشكراً لكم، ويرجى عدم الالتفات إلى هذه الرسالة.",
            "تذكير ثانٍ: يرجى السداد قبل {{ pay_by }}",
            "{{ creditor_name }}: لم يصلنا {{ total }} حساب {{ reference }}. الرجاء السداد قبل "
            "{{ pay_by }}. للإيقاف STOP",
        ),
        CONSIDERATE: (
            "نعلم أن السداد ليس سهلاً عليكم في الوقت الحالي. على حسابكم لدى {{ creditor_name }} مبلغ "
            "{{ total }} غير مسدد، ونود أن نجد معكم حلاً يمكنكم الالتزام به: مبلغاً أقل أو أقساطاً أو "
            "مهلة أطول. أخبرونا من فضلكم بما هو ممكن لكم.",
            "لنبحث معاً عن حل",
            "{{ creditor_name }}: {{ total }} حساب {{ reference }} غير مسدد. لنجد حلاً معاً: "
            "{{ creditor_phone }}. للإيقاف STOP",
        ),
        WARNING: (
            "ما زال مبلغ {{ total }} على حسابكم لدى {{ creditor_name }} غير مسدد بعد رسائلنا السابقة. "
            "يرجى السداد قبل {{ pay_by }} أو إخبارنا بما يحول دون ذلك؛ نفضل الاتفاق معكم على حل.",
            "يرجى السداد قبل {{ pay_by }} أو التواصل معنا",
            "{{ creditor_name }}: ما زال {{ total }} غير مسدد، حساب {{ reference }}. المهلة "
            "{{ pay_by }}. للإيقاف STOP",
        ),
        FINAL: (
            "على الرغم من رسائلنا لم يسدد مبلغ {{ total }} على حسابكم لدى {{ creditor_name }}. هذا "
            "تذكيرنا الأخير. يرجى السداد قبل {{ pay_by }}. إذا تعذر عليكم السداد أو كنتم لا توافقون "
            "فأخبرونا قبل ذلك اليوم، وسننظر في الأمر قبل أي خطوة أخرى.",
            "التذكير الأخير: يرجى السداد قبل {{ pay_by }}",
            "{{ creditor_name }}: تذكير أخير بمبلغ {{ total }} حساب {{ reference }} قبل {{ pay_by }}. "
            "للإيقاف STOP",
        ),
        PRE_LEGAL: (
            "ما زال مبلغ {{ total }} على حسابكم لدى {{ creditor_name }} غير مسدد. إذا لم يصلنا السداد "
            "أو رد منكم قبل {{ pay_by }} فسنطلب من الإدارة القانونية النظر في الأمر. ما زال بالإمكان "
            "تسويته معنا: يرجى السداد أو الاتصال على {{ creditor_phone }}.",
            "قبل إحالة الأمر: يرجى السداد قبل {{ pay_by }}",
            "{{ creditor_name }}: يرجى سداد {{ total }} حساب {{ reference }} قبل {{ pay_by }} قبل "
            "الإحالة. للإيقاف STOP",
        ),
        THANKS: (
            "وصلنا سدادكم وأصبح حسابكم لدى {{ creditor_name }} محدثاً. شكراً لكم، ولا حاجة لأي إجراء.",
            "شكراً لكم",
            "{{ creditor_name }}: وصلنا سدادكم، حساب {{ reference }}. شكراً لكم.",
        ),
        STATEMENT: (
            "تجدون مع هذه الرسالة كشف حسابكم لدى {{ creditor_name }}. يبين كل حركة في الفترة المذكورة "
            "فيه والرصيد.",
            "كشف حساب",
            "",
        ),
    },
}

WORDS = {
    "en": {
        "dear": "Dear {{ debtor_name }},",
        "list": "{% for account in accounts %}Account {{ account.number }}: {{ account.amount }}, "
        "due {{ account.due_date }}\n{% endfor %}",
        "ask": "Please pay {{ total }} by {{ pay_by_date }} and write {{ reference }} with your payment.",
        "how": "{% if how_to_pay %}To pay: {{ how_to_pay }}\n\n{% endif %}",
        "disputed": "{% if disputed %}We do not ask for {{ disputed }} that you dispute until we have "
        "answered you.\n\n{% endif %}",
        "no": "If you do not agree, or cannot pay now, please write to {{ creditor_email }} or call "
        "{{ creditor_phone }}. We can agree on instalments.",
        "end": "Yours sincerely,\n{{ officer_name }}\n{{ creditor_name }}",
        "subject": "A message from {{ creditor_name }}, {{ reference }}",
    },
    "ar": {
        "dear": "السادة {{ debtor_name }} المحترمين،",
        "list": "{% for account in accounts %}حساب {{ account.number }}: {{ account.amount }}، استحقاق "
        "{{ account.due_date }}\n{% endfor %}",
        "ask": "يرجى سداد {{ total }} قبل {{ pay_by_date }} مع ذكر المرجع {{ reference }}.",
        "how": "{% if how_to_pay %}للسداد: {{ how_to_pay }}\n\n{% endif %}",
        "disputed": "{% if disputed %}لا نطالب بمبلغ {{ disputed }} المعترض عليه إلى أن نرد عليكم."
        "\n\n{% endif %}",
        "no": "إذا كنتم لا توافقون أو تعذر عليكم السداد الآن فراسلونا على {{ creditor_email }} أو "
        "اتصلوا على {{ creditor_phone }}. يمكننا الاتفاق على أقساط.",
        "end": "مع خالص التحية،\n{{ officer_name }}\n{{ creditor_name }}",
        "subject": "رسالة من {{ creditor_name }}، {{ reference }}",
    },
}


def _email(language: str, code: str) -> str:
    words, opening = WORDS[language], SAYINGS[language][code][0]
    parts = [words["dear"], opening]
    if code in (UPCOMING, STATEMENT):
        parts += [words["list"]] if code == UPCOMING else []
        parts += [words["how"] + words["no"]]
    elif code == CONSIDERATE:
        parts += [words["list"], words["how"] + words["disputed"] + words["no"]]
    elif code != THANKS:
        parts += [words["list"], words["ask"], words["how"] + words["disputed"] + words["no"]]
    return "\n\n".join([*parts, words["end"], "{{ opt_out }}"])


def _capitalised(text: str) -> str:
    return text if text.startswith("{") else text[:1].upper() + text[1:]


def installed_texts() -> Iterator[InstalledText]:
    """Every installed text. A letter's body is its opening; the form adds box, items and ways."""
    for language, sayings in SAYINGS.items():
        for code, (opening, heading, short) in sayings.items():
            name = NAMES[code]
            yield InstalledText(
                code, name, "email", language, WORDS[language]["subject"], _email(language, code)
            )
            if short:
                yield InstalledText(code, name, "sms", language, "", short)
            if code not in (UPCOMING, THANKS):
                yield InstalledText(code, name, "letter", language, heading, _capitalised(opening))
    for language, notices in NOTICE_SAYINGS.items():
        for code, (opening, heading) in notices.items():
            yield InstalledText(
                code, NAMES[code], "letter", language, heading, _capitalised(opening), NOTICES[code]
            )
