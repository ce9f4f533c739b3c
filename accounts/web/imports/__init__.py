"""Bringing a file in, in four steps: File, What we understood, Columns, Check and post."""

from accounts.web.imports.pages import urlpatterns

__all__ = ["urlpatterns"]
