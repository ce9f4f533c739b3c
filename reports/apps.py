from django.apps import AppConfig

from collections_app.core.registry import load_slices


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        load_slices(self.name)
