from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "collections_app.core"
    label = "core"
    verbose_name = "Kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported here: checks read the models, which exist only now.
        from collections_app.core import checks  # noqa: F401, PLC0415
