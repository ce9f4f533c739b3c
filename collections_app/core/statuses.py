"""A status says itself three ways: a word, a tone and an icon.

Declare `OPEN = "open", Tone.WAIT, "clock", _("Open")` in a slice's `enums.py`; the value is the
first item and the label the last, as in Django's TextChoices. Screens ask `.tone` and `.icon`.
"""

from django.db import models


class Tone:
    """The five tones of the product; never used without an icon or a word beside them."""

    GOOD = "good"  # kept, paid, approved, agrees
    WAIT = "wait"  # open, running, with somebody else
    ATTENTION = "attn"  # late, worsening, needs a person
    STOP = "stop"  # broken, returned, hold, refused
    NONE = "none"  # over, drafted, without meaning for today


TONES = (Tone.GOOD, Tone.WAIT, Tone.ATTENTION, Tone.STOP, Tone.NONE)
ICONS = {
    Tone.GOOD: "circle-check",
    Tone.WAIT: "clock",
    Tone.ATTENTION: "alert-triangle",
    Tone.STOP: "hand-stop",
    Tone.NONE: "point",
}


class StatusChoices(models.TextChoices):
    """TextChoices whose members carry `tone` and `icon`."""

    tone: str
    icon: str

    def __new__(cls, value: str, tone: str = Tone.NONE, icon: str = ""):
        if tone not in TONES:
            raise ValueError(f"{value}: a tone is one of {TONES}, not {tone!r}.")
        member = str.__new__(cls, value)
        member._value_ = value
        member.tone = tone
        member.icon = icon or ICONS[tone]
        return member

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        if cls._member_map_:
            _by_values[_package(cls.__module__), tuple(cls._value2member_map_)] = cls


_by_values: dict[tuple[str, tuple[str, ...]], type[StatusChoices]] = {}


def _package(module: str) -> str:
    return module.split(".")[0]


def member_of(obj, field: str = "status") -> StatusChoices | None:
    """The member a model instance's field stands at; None where plain choices were declared."""
    choices = obj._meta.get_field(field).flatchoices
    declared = _by_values.get((_package(type(obj).__module__), tuple(value for value, _label in choices)))
    value = getattr(obj, field)
    return declared(value) if declared is not None and value else None
