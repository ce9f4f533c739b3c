"""Pages that do something: one form, one call of a service, a refusal as a form error."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core.models import IdempotencyKey
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.web.forms import EmptyForm, ReasonForm, adapt
from collections_app.core.web.pages import PageView
from collections_app.core.web.parts import Fact

KEY = "_key"
WRONG = 422


class MovedOn(Exception):
    """The row is there and in view, but has meanwhile a status in which the page does nothing."""


class ActionPage(PageView):
    """A form that does one thing.

    `form_class`, `perform(form)` (calls one service, returns what it made), `button` (what the
    button says: verb and object), `success_message`, `get_success_url(result)`. `get_object()` is
    the row it is about, scoped by `visible_to`; with `statuses` it is done only in those, and who comes
    later is told and led to where the form would go back to. `facts()` stand beside the form;
    `consequence()` is the sentence above the button that says what will happen. `wide_fields` span both
    columns.

    A form sent twice with the same key is answered once: the second answer leads where the first led.
    """

    template_name = "generic/form.html"
    form_class: type[forms.BaseForm] = EmptyForm
    button: Any = gettext_lazy("Save")
    success_message: Any = ""
    is_dangerous = False
    wide_fields: tuple[str, ...] = ()
    two_columns = False
    # What the facts beside the form are called where they are a list of words, each above its meaning.
    facts_title: Any = ""
    queryset = None
    statuses: tuple[str, ...] = ()

    # ---- what it is about ----

    def get_queryset(self):
        """Rows the user may see; with a `visible_to` on the manager it is used."""
        if self.queryset is None:
            return None
        queryset = self.queryset.all()
        visible = getattr(queryset, "visible_to", None)
        return visible(self.request.user) if visible is not None else queryset

    def get_object(self) -> Model | None:
        queryset = self.get_queryset()
        if queryset is None or not self.kwargs:
            return None
        found = queryset.filter(**self.kwargs).first()
        if found is None:
            raise Http404(_("There is no such row, or it belongs to another team."))
        return found

    def setup(self, request, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        self._object: Any = None
        self._looked = False

    @property
    def object(self) -> Any:
        if not self._looked:
            self._object = self.get_object()
            self._looked = True
            if self._object is not None and not self.takes(self._object):
                raise MovedOn
        return self._object

    def takes(self, row: Any) -> bool:
        """Whether the row still has a status in which this can be done with it."""
        return not self.statuses or row.status in self.statuses

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except MovedOn:
            messages.error(
                request,
                _("It is «%(status)s» now, so this can't be done with it any more.")
                % {"status": self.object.get_status_display()},
            )
            back = self.get_cancel_url()
            return self.go("/" if back.partition("?")[0] == request.path else back)

    # ---- the form ----

    def get_initial(self) -> dict[str, Any]:
        return {}

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = {"initial": self.get_initial()}
        if self.request.method == "POST":
            kwargs |= {"data": self.request.POST, "files": self.request.FILES}
        if issubclass(self.form_class, forms.ModelForm) and self.object is not None:
            kwargs["instance"] = self.object
        return kwargs

    def get_form(self):
        return adapt(self.form_class(**self.get_form_kwargs()))

    # ---- doing it ----

    def perform(self, form) -> Any:
        """Call the service. A Refused it raises becomes an error of the form."""
        raise NotImplementedError

    def get_success_message(self, result: Any) -> str:
        return str(self.success_message)

    def get_success_url(self, result: Any) -> str:
        address = getattr(result, "get_absolute_url", None)
        return address() if address is not None else self.back_url()

    def get_undo_url(self, result: Any) -> str:
        """Where a POST takes back what was done; empty where it cannot be."""
        return ""

    def get(self, request, *args, **kwargs):
        self.object  # noqa: B018 another team's row is a 404 before the form is drawn
        return self.render_to_response(self.get_context_data(form=self.get_form()))

    def post(self, request, *args, **kwargs):
        try:
            self.object  # noqa: B018 as above
        except (Http404, MovedOn):
            # the second of two clicks finds what the first did
            if led_to := self._led_to():
                return self.go(led_to)
            raise
        form = self.get_form()
        if not form.is_valid():
            return self.form_invalid(form)
        try:
            with transaction.atomic():
                answered = self._claim_key()
                if answered is not None:
                    return self.go(answered or self.back_url())
                result = self.perform(form)
                url = self.get_success_url(result)
                self._answer_key(url)
        except NotAllowed as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Refused as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, refusal.message)
            self.after_refusal(refusal)
            return self.form_invalid(form)
        return self.form_valid(form, result, url)

    def after_refusal(self, refusal: Refused) -> None:
        """What follows from the "no" itself; called when what `perform` did is undone."""

    def form_valid(self, form, result: Any, url: str) -> HttpResponse:
        text = self.get_success_message(result)
        if text:
            undo = self.get_undo_url(result)
            messages.success(self.request, text, extra_tags=f"undo={undo}" if undo else "")
        return self.go(url)

    def form_invalid(self, form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=WRONG)

    # ---- the same form twice ----

    def _key(self) -> UUID | None:
        try:
            return UUID(self.request.POST.get(KEY, ""))
        except ValueError:
            return None

    def _claim_key(self) -> str | None:
        """None when this form is new; else where its first sending led.

        The insert waits for a twin that is still being answered, so two clicks never both act.
        """
        key = self._key()
        user = self.request.user
        if key is None or not user.is_authenticated:
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {IdempotencyKey._meta.db_table} (key, user_id, path, location)"
                " VALUES (%s, %s, %s, '') ON CONFLICT (key) DO NOTHING",
                [key, user.pk, self.request.path[:300]],
            )
            if cursor.rowcount:
                return None
        first = IdempotencyKey.objects.filter(key=key, user=user).first()
        if first is None:
            raise Refused(_("This form was already sent by somebody else. Open the page again."))
        return first.location

    def _led_to(self) -> str:
        """Where the first sending of this form led; empty for a new one."""
        first = IdempotencyKey.objects.filter(key=self._key(), user=self.request.user.pk).first()
        return first.location if first is not None else ""

    def _answer_key(self, url: str) -> None:
        key = self._key()
        if key is not None and self.request.user.is_authenticated:
            IdempotencyKey.objects.filter(key=key).update(location=url[:500])

    # ---- drawing it ----

    def facts(self) -> list[Fact]:
        """What somebody should see beside the form before he decides."""
        return []

    def consequence(self) -> Any:
        """What happens when the button is pressed, with exact days and amounts."""
        return ""

    def get_cancel_url(self) -> str:
        return self.back_url()

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        return super().get_context_data(
            object=self.object,
            button=self.button,
            is_dangerous=self.is_dangerous,
            wide_fields=self.wide_fields,
            two_columns=self.two_columns,
            side_facts=self.facts(),
            facts_title=self.facts_title,
            consequence=self.consequence(),
            cancel_url=self.get_cancel_url(),
            **kwargs,
        )


class ConfirmPage(ActionPage):
    """A verb that asks only yes, for what cannot be undone: it names the consequence."""

    template_name = "generic/confirm.html"


class ReasonPage(ActionPage):
    """A verb that asks why."""

    form_class = ReasonForm


class VerbView(ActionPage):
    """A verb behind a button that is sent at once, without a page of its own: POST only."""

    http_method_names = ["post", "options"]

    def form_invalid(self, form) -> HttpResponse:
        for errors in form.errors.values():
            for error in errors:
                messages.error(self.request, error)
        return self.go(self.back_url())


class BulkActionPage(ActionPage):
    """A verb for the rows that were selected in a list.

    `list_page` is the ListPage; its bulk bar posts `ids` (or `all`, with the list's own filters in
    `selection`). The first POST shows the form, the second does it; `self.selected()` is the
    queryset, always within what the user may see. Where others have changed the list between the
    two, nothing is done before the new number of rows has been seen.
    """

    list_page: Any = None
    template_name = "generic/form.html"
    limit = 5_000

    def setup(self, request, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        self._selected = None

    def selected(self):
        if self._selected is None:
            post = self.request.POST
            view = self.list_page()
            view.setup(self.request, **self.kwargs)
            self._selected = view.select(
                ids=post.getlist("ids"), everything=bool(post.get("all")), query=post.get("selection", "")
            )
        return self._selected

    def perform(self, form) -> Any:
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        if not self.request.POST.get("_chosen"):
            kwargs.pop("data", None)
            kwargs.pop("files", None)
        return kwargs

    def post(self, request, *args, **kwargs):
        count = self.selected()[: self.limit + 1].count()
        if not count:
            return self._nothing_selected()
        if count > self.limit:
            messages.warning(
                request,
                _("At most %(limit)s rows at a time; narrow the list with a filter.") % {"limit": self.limit},
            )
            return self.go(self.list_url())
        if not request.POST.get("_chosen"):
            return self.render_to_response(self.get_context_data(form=self.get_form()))
        if request.POST.get("_count") not in (None, str(count)):
            messages.warning(
                request,
                _("Meanwhile other rows belong to the list: look at their number, and press again."),
            )
            return self.form_invalid(self.get_form())
        return super().post(request, *args, **kwargs)

    def get(self, request, *args, **kwargs):
        """Its address alone brings no rows: as a list says that posts none."""
        return self._nothing_selected()

    def _nothing_selected(self):
        messages.warning(self.request, _("No row was selected. Tick rows in the list first."))
        return self.go(self.list_url())

    def list_url(self) -> str:
        return reverse(self.list_page.url_name) if self.list_page.url_name else self.back_url()

    def get_success_url(self, result: Any) -> str:
        return self.list_url()

    def get_cancel_url(self) -> str:
        return self.list_url()

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        post = self.request.POST
        return super().get_context_data(
            selected_count=self.selected().count(),
            hidden_ids=post.getlist("ids"),
            hidden_all=post.get("all", ""),
            hidden_selection=post.get("selection", ""),
            is_bulk=True,
            **kwargs,
        )
