from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "collections_app.core"
    label = "core"
    verbose_name = "Kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported here: they read the models, which exist only now.
        for module in ("checks", "permissions", "jobs", "documents", "backups"):
            import_module(f"{self.name}.{module}")
        import_module(f"{self.name}.web.menu").register()
        import_module(f"{self.name}.web.list_files")
