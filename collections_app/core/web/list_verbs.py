"""What a list does besides showing rows: files, saved views, chosen columns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.core.models import SavedView
from collections_app.core.permissions import has_permission
from collections_app.core.web import exports, list_files

if TYPE_CHECKING:
    from collections_app.core.web.lists import ListPage as Page
else:
    Page = object


def _view_name(post: QueryDict) -> str:
    """What a saved view is called; a text of the database has no NUL in it."""
    return post.get("name", "").replace("\x00", "").strip()[:60]


class ListVerbs(Page):
    """The POST half of a ListPage: one address, the verb in `_verb`."""

    def only_looks(self) -> bool:
        return True  # files, views and columns: nothing the list is about

    def post(self, request, *args, **kwargs) -> HttpResponse:
        verbs = {
            "export": self.post_export,
            "save_view": self.post_save_view,
            "delete_view": self.post_delete_view,
            "columns": self.post_columns,
        }
        verb = verbs.get(request.POST.get("_verb", ""))
        if verb is None:
            messages.error(request, _("The list does not know this verb. Open the page again."))
            return self.go(self.back_url())
        return verb()

    def post_export(self) -> HttpResponse:
        """A file of exactly what is filtered, in the order and columns on screen; a large one by a job."""
        if not self.can_export:
            raise PermissionDenied(_("Your role may not take lists out as files."))
        user, ids = self.request.user, self.request.POST.getlist("ids")
        wanted = self.list_file(self.request.POST.get("format", "xlsx"), self.column_names(), ids)
        count = exports.checked_count(wanted, user)
        at_once = list_files.PAST_ROWS if self.is_past else list_files.IN_REQUEST_ROWS
        if count > at_once and not ids:
            return self.go(reverse("core:job_detail", args=[list_files.order(self, wanted).pk]))
        exports.note(wanted, user, count)
        return exports.answer(wanted, user)

    def list_file(self, kind: str, names: Sequence[str], ids: Sequence[str] = ()) -> exports.ListFile:
        """What a file of the list as it stands on screen holds; of the ticked rows where there are any."""
        rows = self.select(ids=ids, everything=False, query="") if ids else self.filtered()
        return exports.ListFile(
            rows=rows.order_by(*self.order(), "pk"),
            table_class=self.table_class,
            names=names,
            list_name=self.list_name,
            title=str(self.get_title()),
            kind=kind,
            filters=[chip.label for chip in self.chips()],
            complete=self.complete,
            about=self.day_facts(),
            day=self.as_of,
        )

    def post_save_view(self) -> HttpResponse:
        post, user = self.request.POST, self.request.user
        name = _view_name(post)
        if not name:
            messages.error(self.request, _("Give the view a name."))
            return self.go(self.back_url())
        shared = bool(post.get("is_shared")) and has_permission(user, "core.share_view")
        selected = QueryDict(self.query, mutable=True)
        if self.request.GET.get("sort"):
            selected["sort"] = self.sort
        SavedView.objects.update_or_create(
            user=user,
            list_name=self.list_name,
            name=name,
            defaults={"query": selected.urlencode(), "is_shared": shared},
        )
        messages.success(self.request, _("The view «%(name)s» is saved as a tab.") % {"name": name})
        return self.go(f"{self.request.path}?{selected.urlencode()}")

    def post_delete_view(self) -> HttpResponse:
        SavedView.objects.filter(
            user=self.request.user, list_name=self.list_name, name=_view_name(self.request.POST)
        ).delete()
        return self.go(self.request.path)

    def post_columns(self) -> HttpResponse:
        """Remember the chosen columns and how high rows are."""
        post, user = self.request.POST, self.request.user
        declared = self.table_class.declared()
        kept = {
            "columns": [name for name in declared if name in post.getlist("columns")],
            "tight": post.get("density") == "tight",
        }
        preferences = dict(user.preferences or {})
        preferences["lists"] = {**preferences.get("lists", {}), self.list_name: kept}
        user.preferences = preferences
        user.save(update_fields=["preferences"])
        return self.go(self.back_url())
