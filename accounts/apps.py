from django.apps import AppConfig

from collections_app.core.registry import load_slices


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        load_slices(self.name)
