"""Who would get what: a day's send before it goes, and what the release of a creditor sets going."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.enums import Channel
from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices
from campaigns.sending.enums import Spared
from campaigns.treatment import rules
from campaigns.treatment.preview_rows import Preview, Wish
from campaigns.treatment.previewing import who_would_get_what
from collections_app.core import clock, panels
from collections_app.core.web.forms import DayField, adapt
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.views import PageView

STATES = (
    ("", gettext_lazy("Everybody with a due step")),
    ("gets", gettext_lazy("Who gets a message")),
    ("spared", gettext_lazy("Who is spared")),
)


class RowsForm(forms.Form):
    """Which rows of the table are shown."""

    text = forms.CharField(
        label=gettext_lazy("Debtor or account"), max_length=80, required=False
    )
    state = forms.ChoiceField(label=gettext_lazy("Show"), choices=STATES, required=False)
    channel = forms.ChoiceField(
        label=gettext_lazy("By"),
        choices=[
            ("", gettext_lazy("Every channel")),
            *((row.value, row.label) for row in (Channel.EMAIL, Channel.SMS, Channel.LETTER)),
        ],
        required=False,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Spared because"),
        choices=[("", gettext_lazy("Every reason")), *Spared.choices],
        required=False,
    )
    currency = forms.CharField(max_length=3, required=False, widget=forms.HiddenInput)
    page = forms.IntegerField(
        min_value=1, max_value=100_000, required=False, widget=forms.HiddenInput
    )


def wish_of(form: RowsForm) -> Wish:
    """The rows an address asks for; what is not understood is left out."""
    if not form.is_valid():
        return Wish()
    said = form.cleaned_data
    return Wish(**{**said, "page": said["page"] or 1})


def drawn(preview: Preview, form: RowsForm) -> dict[str, Any]:
    """What the templates of sums and rows need: the preview, its filters and their addresses."""
    fixed = {"creditor": preview.creditor.pk, "day": preview.as_of.isoformat()}
    if preview.kept:
        fixed["judged"] = preview.kept
    wish = preview.wish
    filters = {
        name: getattr(wish, name)
        for name in ("state", "reason", "channel", "currency", "text")
        if getattr(wish, name)
    }
    address = reverse("campaigns:reminder_preview")

    def at_page(number: int) -> str:
        return f"{address}?{urlencode({**fixed, **filters, 'page': number})}"

    return {
        "preview": preview,
        "form": form,
        "address": address,
        "fixed": fixed,
        "is_filtered": bool(filters),
        "plain_url": f"{address}?{urlencode(fixed)}",
        "previous_url": at_page(wish.page - 1) if wish.page > 1 else "",
        "next_url": at_page(wish.page + 1) if preview.has_more else "",
    }


class PreviewForm(forms.Form):
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"), queryset=Creditor.objects.order_by("name")
    )
    day = DayField(label=gettext_lazy("Day"))


class PreviewPage(PageView):
    """A GET that works out a day's run on a connection of its own and takes it all back."""

    permission = rules.VIEW_RUN
    template_name = "campaigns/reminder_preview.html"
    title = gettext_lazy("Who would get what")
    lead = gettext_lazy("A run of the reminders that nothing comes of: look before it goes.")
    menu = "messages"
    fragments = {"who-rows": "who"}

    def get_crumbs(self):
        return [Crumb(_("Reminder runs"), reverse("campaigns:reminder_run_list"))]

    def get_head_actions(self):
        """The verb that follows the look: release the creditor, or run its reminders."""
        chosen = row_id(self.request.GET.get("creditor", ""))
        known = creditor_choices(self.request)
        creditor = None if chosen is None else known.filter(pk=chosen).first()
        if creditor is not None and creditor.released_at is None:
            return [
                Action(
                    _("Release for contact"),
                    reverse("accounts:creditor_release", args=[creditor.pk]),
                    icon="send",
                    permission="accounts.release_creditor",
                )
            ]
        address = reverse("campaigns:reminder_run_start")
        return [
            Action(
                _("Run today's reminders"),
                f"{address}?creditor={creditor.pk}" if creditor else address,
                icon="send",
                permission=rules.RUN,
            )
        ]

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        data = self.request.GET if "creditor" in self.request.GET else None
        form = adapt(PreviewForm(data, initial={"day": self.today}))
        form.fields["creditor"].queryset = creditor_choices(self.request)
        who = None
        if data is not None and form.is_valid():
            rows_form = adapt(RowsForm(data))
            preview = who_would_get_what(
                form.cleaned_data["creditor"],
                form.cleaned_data["day"],
                now=clock.now(),
                wish=wish_of(rows_form),
                user=self.request.user,
                keeps=True,
                kept=data.get("judged", ""),
            )
            who = drawn(preview, rows_form)
        return super().get_context_data(form=form, who=who, **kwargs)


def release_table(ids: list[int], user, as_of: date) -> Mapping[str, Any]:
    """For the page that releases a creditor: everybody the first run would write to or spare."""
    creditor = Creditor.objects.get(pk__in=ids)
    preview = who_would_get_what(creditor, as_of, now=clock.now(), user=user, keeps=True)
    return drawn(preview, adapt(RowsForm({})))


def register() -> None:
    """Called when the URLs are read."""
    panels.register(
        "release.main",
        order=40,
        provider=release_table,
        permission=rules.VIEW_RUN,
        template="campaigns/who_release.html",
        name="treatment.release_table",
    )


urlpatterns = [
    path("reminders/preview/", PreviewPage.as_view(), name="reminder_preview"),
]
