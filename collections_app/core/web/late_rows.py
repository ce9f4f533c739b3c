"""Lists that answer at once and ask for their rows afterwards, where to find them takes long."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections_app.core.web.lists import ListPage as Page
else:
    Page = object

ROWS = "rows"


class LateRows(Page):
    """Put before ListPage: while `rows_are_late`, the page says that they are being computed and its
    browser asks for them by the same address; without a script a link does."""

    @property
    def rows_are_late(self) -> bool:
        raise NotImplementedError

    def rows_context(self) -> dict[str, Any]:
        if self.request.GET.get("fragment") == ROWS or not self.rows_are_late:
            return super().rows_context()
        # The place in the pages stays in it.
        asked = self.request.GET.copy()
        asked["fragment"] = ROWS
        return {"rows_url": f"?{asked.urlencode()}"}
