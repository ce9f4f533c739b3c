"""How a status came to be what it is: the same section on every detail page."""

from django.utils.translation import gettext as _

from collections_app.core.web.parts import Section


def steps_section(lifecycle, obj) -> Section:
    """The steps a row's status took, newest first; every detail page shows them the same way."""
    steps = [
        {
            "at": step.recorded_at,
            "from": step.effective_date,
            "label": lifecycle.label(step.to_status),
            "actor": step.actor,
            "reason": step.reason,
        }
        for step in reversed(lifecycle.history(obj))
    ]
    return Section(_("How it went"), template="accounts/steps.html", context={"steps": steps})
