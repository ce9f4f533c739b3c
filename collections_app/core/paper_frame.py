"""What stands in the margin of a paper given to a debtor, in every language papers are printed in."""

FRAME: dict[str, dict[str, str]] = {
    "en": {"page": "Page", "of": "of", "mark": "Demonstration: not a real debt"},
    "ar": {"page": "صفحة", "of": "من", "mark": "عرض تجريبي: ليس ديناً حقيقياً"},
    "de": {"page": "Seite", "of": "von", "mark": "Vorführung: keine echte Schuld"},
    "es": {"page": "Página", "of": "de", "mark": "Demostración: no es una deuda real"},
    "fr": {"page": "Page", "of": "sur", "mark": "Démonstration : dette fictive"},
    "pt": {"page": "Página", "of": "de", "mark": "Demonstração: não é uma dívida real"},
    "ru": {"page": "Страница", "of": "из", "mark": "Демонстрация: это не настоящий долг"},
    "el": {"page": "Σελίδα", "of": "από", "mark": "Επίδειξη: δεν είναι πραγματική οφειλή"},
}
