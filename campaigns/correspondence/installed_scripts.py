"""What an officer says on the phone, by stage: the scripts the product brings along, as texts for calls.

Short, to be spoken; a question at the end. Nothing of them is said before the right party is known.
"""

from collections.abc import Iterator

from campaigns.correspondence.installed import (
    CONSIDERATE,
    FINAL,
    FRIENDLY,
    NAMES,
    PRE_LEGAL,
    REMINDER,
    WARNING,
    InstalledText,
)

SPOKEN = {
    "en": {
        FRIENDLY: "“It is about your account with {{ creditor_name }}: {{ total }} was due on "
        "{{ due_date }}. That is easily overlooked. When can you pay it?”",
        REMINDER: "“We wrote to you for {{ creditor_name }}: {{ total }}, due since {{ due_date }}, has not "
        "come yet. Did something hold it up? Can you pay it today?”",
        CONSIDERATE: "“{{ total }} is open with {{ creditor_name }}. How are things with you at present, and "
        "what could you manage? We need not settle it today.”",
        WARNING: "“{{ total }} is still open with {{ creditor_name }} after our reminders. What stands in "
        "the way? If not all at once, which part today, and the rest by when?”",
        FINAL: "“{{ creditor_name }} has sent you the last reminder for {{ total }}, open for "
        "{{ days_past_due }} days. I would rather agree on something with you now: all of it, or a plan?”",
        PRE_LEGAL: "“{{ total }} has been open with {{ creditor_name }} for {{ days_past_due }} days, and "
        "the matter is to be looked at by our legal department. It can still be settled with me: how?”",
    },
    "ar": {
        FRIENDLY: "«الأمر يتعلق بحسابكم لدى {{ creditor_name }}: مبلغ {{ total }} مستحق منذ {{ due_date }}، "
        "وقد يكون ذلك سهواً. متى يمكنكم السداد؟»",
        REMINDER: "«كتبنا إليكم نيابة عن {{ creditor_name }}: لم يصلنا بعد مبلغ {{ total }} المستحق منذ "
        "{{ due_date }}. هل من سبب للتأخير؟ هل يمكنكم السداد اليوم؟»",
        CONSIDERATE: "«مبلغ {{ total }} غير مسدد لدى {{ creditor_name }}. كيف هي ظروفكم حالياً، وما الذي "
        "يمكنكم سداده؟ لا يلزم أن نحسم الأمر اليوم.»",
        WARNING: "«ما زال مبلغ {{ total }} غير مسدد لدى {{ creditor_name }} بعد رسائلنا. ما الذي يحول دون "
        "السداد؟ وإن لم يكن كاملاً، فأي جزء اليوم ومتى الباقي؟»",
        FINAL: "«أرسل إليكم {{ creditor_name }} التذكير الأخير بمبلغ {{ total }} المتأخر "
        "{{ days_past_due }} يوماً. نفضل الاتفاق معكم الآن: المبلغ كاملاً أم خطة سداد؟»",
        PRE_LEGAL: "«مبلغ {{ total }} غير مسدد لدى {{ creditor_name }} منذ {{ days_past_due }} يوماً، وستنظر "
        "الإدارة القانونية في الأمر. ما زال بالإمكان تسويته معي: كيف؟»",
    },
}


def installed_scripts() -> Iterator[InstalledText]:
    """Every installed script."""
    for language, sayings in SPOKEN.items():
        for code, words in sayings.items():
            yield InstalledText(code, NAMES[code], "call", language, "", words)
