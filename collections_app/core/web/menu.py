"""What the kernel itself adds to the side menu."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.web import navigation


def register() -> None:
    navigation.register(
        "audit", _("Audit record"), "core:audit_list",
        icon="shield-check", permission="core.view_audit", order=80, group="office", letter="z",
    )  # fmt: skip
    navigation.register(
        "settings", _("First steps"), "core:first_steps",
        icon="list-check", permission="core.view_first_steps", order=95, group="office",
    )  # fmt: skip
