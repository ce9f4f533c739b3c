from django.apps import AppConfig

from collections_app.core.registry import load_slices


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "Campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        load_slices(self.name)
