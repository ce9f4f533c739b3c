"""Whole numbers in Greek words, as amounts of money say them: neuter, but for the thousands.

The library of number words knows no Greek. Currencies are neuter in Greek as far as the office keeps
accounts in them (ευρώ, δολάρια, ντιράμ, δηνάρια); χιλιάδες are feminine, εκατομμύρια neuter.
"""

UNITS = (
    "μηδέν", "ένα", "δύο", "τρία", "τέσσερα", "πέντε", "έξι", "επτά", "οκτώ", "εννέα", "δέκα", "έντεκα",
    "δώδεκα", "δεκατρία", "δεκατέσσερα", "δεκαπέντε", "δεκαέξι", "δεκαεπτά", "δεκαοκτώ", "δεκαεννέα",
)  # fmt: skip
TENS = (
    "", "", "είκοσι", "τριάντα", "σαράντα", "πενήντα", "εξήντα", "εβδομήντα", "ογδόντα", "ενενήντα",
)  # fmt: skip
HUNDREDS = (
    "", "εκατό", "διακόσια", "τριακόσια", "τετρακόσια", "πεντακόσια", "εξακόσια", "επτακόσια", "οκτακόσια",
    "εννιακόσια",
)  # fmt: skip
FEMININE = {"ένα": "μία", "τρία": "τρεις", "τέσσερα": "τέσσερις", "δεκατρία": "δεκατρείς",
            "δεκατέσσερα": "δεκατέσσερις"}  # fmt: skip
GROUPS = (
    (10**12, "τρισεκατομμύριο", "τρισεκατομμύρια"),
    (10**9, "δισεκατομμύριο", "δισεκατομμύρια"),
    (10**6, "εκατομμύριο", "εκατομμύρια"),
)


def greek_words(number: int) -> str:
    """A whole number from zero to below 10^15 in words."""
    if number == 0:
        return UNITS[0]
    words: list[str] = []
    for size, one, many in GROUPS:
        count, number = divmod(number, size)
        if count:
            words += [*_below_thousand(count), one if count == 1 else many]
    thousands, rest = divmod(number, 1000)
    if thousands == 1:
        words.append("χίλια")
    elif thousands:
        words += [*_feminine(_below_thousand(thousands)), "χιλιάδες"]
    return " ".join(words + _below_thousand(rest))


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = []
    if hundreds:
        words.append("εκατόν" if hundreds == 1 and rest else HUNDREDS[hundreds])
    if rest >= len(UNITS):
        tens, rest = divmod(rest, 10)
        words.append(TENS[tens])
    if rest:
        words.append(UNITS[rest])
    return words


def _feminine(words: list[str]) -> list[str]:
    return [FEMININE.get(word, word[:-1] + "ες" if word.endswith("όσια") else word) for word in words]
