"""What stands in the margin of a paper given to a debtor, in every language papers are printed in."""

FRAME: dict[str, dict[str, str]] = {
    "en": {
        "page": "Page",
        "of": "of",
        "mark": "Demonstration: not a real debt",
        "spelt": "Letters that no font here has stand as their U+ numbers.",
    },
    "ar": {
        "page": "صفحة",
        "of": "من",
        "mark": "عرض تجريبي: ليس ديناً حقيقياً",
        "spelt": "الحروف التي لا يتوفر لها خط هنا مكتوبة بأرقامها U+.",
    },
    "de": {
        "page": "Seite",
        "of": "von",
        "mark": "Vorführung: keine echte Schuld",
        "spelt": "Zeichen, für die hier keine Schrift vorliegt, stehen als U+-Nummern.",
    },
    "es": {
        "page": "Página",
        "of": "de",
        "mark": "Demostración: no es una deuda real",
        "spelt": "Los caracteres sin fuente disponible figuran con su número U+.",
    },
    "fr": {
        "page": "Page",
        "of": "sur",
        "mark": "Démonstration : dette fictive",
        "spelt": "Les caractères sans police disponible figurent par leur numéro U+.",
    },
    "pt": {
        "page": "Página",
        "of": "de",
        "mark": "Demonstração: não é uma dívida real",
        "spelt": "Os caracteres sem fonte disponível constam pelo seu número U+.",
    },
    "ru": {
        "page": "Страница",
        "of": "из",
        "mark": "Демонстрация: это не настоящий долг",
        "spelt": "Знаки, для которых здесь нет шрифта, даны номерами U+.",
    },
    "el": {
        "page": "Σελίδα",
        "of": "από",
        "mark": "Επίδειξη: δεν είναι πραγματική οφειλή",
        "spelt": "Χαρακτήρες χωρίς διαθέσιμη γραμματοσειρά γράφονται με τον αριθμό U+.",
    },
}
