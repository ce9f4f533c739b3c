"""What stands in the margin of a paper given to a debtor, in every language papers are printed in, and
which way a line of somebody's own words runs on it."""

import unicodedata

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}

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


def line_direction(text: str, language: str) -> str:
    """Of a line of the creditor's own words on a paper in a language: Latin ones stay left to right."""
    is_latin = not any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
    return "ltr" if is_latin or language not in RIGHT_TO_LEFT else "rtl"
