"""The words of the sheet of options, by language: it goes to debtors, not to the office's people."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "How you can pay",
        "as_of": "As of %(day)s",
        "creditor": "Creditor",
        "name": "Name",
        "account": "Account",
        "to_pay": "To pay",
        "at_once": "All at once",
        "at_once_text": "Pay %(amount)s by %(day)s, and nothing more is owed of it.",
        "plan": "Plan %(letter)s: %(number)s monthly instalments",
        "each": "Each",
        "last": "The last",
        "first_on": "First on",
        "last_on": "Last on",
        "together": "Together",
        "hardship": "If you cannot pay any of these",
        "hardship_text": "Tell us. If illness, loss of income or another hardship keeps you from paying, "
        "we stop asking while we look at your case with you.",
        "not_yet": "This sheet shows what can be agreed on; it is not yet an agreement. Interest and fees "
        "that fall due later are not in these amounts unless the plan stops them.",
    },
    "ar": {
        "title": "كيف يمكنكم السداد",
        "as_of": "بتاريخ %(day)s",
        "creditor": "الدائن",
        "name": "الاسم",
        "account": "الحساب",
        "to_pay": "المبلغ المستحق",
        "at_once": "دفعة واحدة",
        "at_once_text": "سددوا %(amount)s قبل %(day)s ولا يبقى منه شيء مستحقاً.",
        "plan": "الخطة %(letter)s: %(number)s أقساط شهرية",
        "each": "القسط",
        "last": "القسط الأخير",
        "first_on": "أول قسط في",
        "last_on": "آخر قسط في",
        "together": "المجموع",
        "hardship": "إذا لم تستطيعوا سداد أي منها",
        "hardship_text": "أخبرونا. إذا منعكم مرض أو فقدان دخل أو ضائقة أخرى من السداد، "
        "نتوقف عن المطالبة ريثما ندرس حالتكم معكم.",
        "not_yet": "تبين هذه الورقة ما يمكن الاتفاق عليه وليست اتفاقاً بعد. لا تشمل هذه المبالغ ما يستحق "
        "لاحقاً من فوائد ورسوم إلا إذا أوقفتها الخطة.",
    },
    "de": {
        "title": "So können Sie zahlen",
        "as_of": "Stand %(day)s",
        "creditor": "Gläubiger",
        "name": "Name",
        "account": "Konto",
        "to_pay": "Zu zahlen",
        "at_once": "Alles auf einmal",
        "at_once_text": "Zahlen Sie %(amount)s bis %(day)s, dann ist davon nichts mehr offen.",
        "plan": "Plan %(letter)s: %(number)s Monatsraten",
        "each": "Rate",
        "last": "Letzte Rate",
        "first_on": "Erste am",
        "last_on": "Letzte am",
        "together": "Zusammen",
        "hardship": "Wenn Sie nichts davon zahlen können",
        "hardship_text": "Sagen Sie es uns. Wenn Krankheit, Verlust des Einkommens oder eine andere Notlage "
        "Sie am Zahlen hindert, fordern wir nichts, während wir Ihren Fall mit Ihnen ansehen.",
        "not_yet": "Dieses Blatt zeigt, was vereinbart werden kann; es ist noch keine Vereinbarung. Zinsen "
        "und Gebühren, die später fällig werden, sind nicht enthalten, es sei denn, der Plan hält sie an.",
    },
    "es": {
        "title": "Cómo puede pagar",
        "as_of": "A %(day)s",
        "creditor": "Acreedor",
        "name": "Nombre",
        "account": "Cuenta",
        "to_pay": "Por pagar",
        "at_once": "Todo de una vez",
        "at_once_text": "Pague %(amount)s antes del %(day)s y no quedará nada de ello pendiente.",
        "plan": "Plan %(letter)s: %(number)s cuotas mensuales",
        "each": "Cuota",
        "last": "Última cuota",
        "first_on": "Primera el",
        "last_on": "Última el",
        "together": "Total",
        "hardship": "Si no puede pagar ninguna de ellas",
        "hardship_text": "Díganoslo. Si una enfermedad, la pérdida de ingresos u otra dificultad le impide "
        "pagar, dejamos de reclamar mientras estudiamos su caso con usted.",
        "not_yet": "Esta hoja muestra lo que se puede acordar; todavía no es un acuerdo. Los intereses y "
        "gastos que venzan más tarde no están incluidos, salvo que el plan los detenga.",
    },
    "fr": {
        "title": "Comment vous pouvez payer",
        "as_of": "Au %(day)s",
        "creditor": "Créancier",
        "name": "Nom",
        "account": "Compte",
        "to_pay": "À payer",
        "at_once": "En une fois",
        "at_once_text": "Payez %(amount)s avant le %(day)s et il n'en restera rien à payer.",
        "plan": "Plan %(letter)s : %(number)s mensualités",
        "each": "Mensualité",
        "last": "La dernière",
        "first_on": "Première le",
        "last_on": "Dernière le",
        "together": "Total",
        "hardship": "Si vous ne pouvez payer rien de cela",
        "hardship_text": "Dites-le-nous. Si une maladie, une perte de revenu ou une autre difficulté vous "
        "empêche de payer, nous cessons de réclamer pendant que nous examinons votre situation avec vous.",
        "not_yet": "Cette feuille montre ce qui peut être convenu ; ce n'est pas encore un accord. Les "
        "intérêts et frais dus plus tard n'y sont pas compris, sauf si le plan les arrête.",
    },
    "pt": {
        "title": "Como pode pagar",
        "as_of": "Em %(day)s",
        "creditor": "Credor",
        "name": "Nome",
        "account": "Conta",
        "to_pay": "A pagar",
        "at_once": "Tudo de uma vez",
        "at_once_text": "Pague %(amount)s até %(day)s e nada mais fica em dívida.",
        "plan": "Plano %(letter)s: %(number)s prestações mensais",
        "each": "Prestação",
        "last": "A última",
        "first_on": "Primeira em",
        "last_on": "Última em",
        "together": "Total",
        "hardship": "Se não puder pagar nenhuma delas",
        "hardship_text": "Diga-nos. Se uma doença, a perda de rendimento ou outra dificuldade o impedir de "
        "pagar, deixamos de cobrar enquanto analisamos o seu caso consigo.",
        "not_yet": "Esta folha mostra o que pode ser acordado; ainda não é um acordo. Os juros e encargos "
        "que se vençam mais tarde não estão incluídos, salvo se o plano os suspender.",
    },
}


def words_of(language: str) -> tuple[str, dict[str, str]]:
    """The language of a sheet and its words: the debtor's where they are known, else English."""
    for code in (language, language.split("-")[0]):
        if code in WORDS:
            return code, WORDS[code]
    return "en", WORDS["en"]
