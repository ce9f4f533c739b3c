"""Bringing a file in, in four steps: File, What we understood, Columns, Check and post."""

from accounts.web.imports import missing, pages

urlpatterns = [*pages.urlpatterns, *missing.urlpatterns]

__all__ = ["urlpatterns"]
