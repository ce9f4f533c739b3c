"""How a fee or penalty was reckoned: on the page of its entry, and as a sheet on paper."""

from django.http import Http404
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.interest.charge_sheet import ChargeSheet, charge_sheet, charge_sheet_pdf, rule_source
from accounts.interest.rules import VIEW_INTEREST
from accounts.interest.sheet import item_text
from accounts.ledger.models import LedgerEntry
from accounts.web.payments import entry_of
from accounts.web.policies import scope_text
from collections_app.core import audit
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.files import pdf_response
from collections_app.core.web.parts import Action, Fact, Section
from collections_app.core.web.tables import DateColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import PageView


class StepTable(Table):
    label = TextColumn(verbose_name=gettext_lazy("Step"), phone=True)
    how = TextColumn(verbose_name=gettext_lazy("How"), muted=True)
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), width=132, phone=True)


class OccurrenceTable(Table):
    day = DateColumn(verbose_name=gettext_lazy("Day"), width=96, phone=True)
    what = TextColumn(verbose_name=gettext_lazy("Because"))
    base = MoneyColumn(verbose_name=gettext_lazy("Base"), width=116)
    amount = MoneyColumn(verbose_name=gettext_lazy("Charged"), width=116, phone=True)


def sheet_action(entry: LedgerEntry) -> Action:
    """The reckoning on paper."""
    return Action(
        _("Sheet as PDF"),
        reverse("accounts:charge_sheet", args=[entry.pk]),
        icon="download",
        permission=VIEW_INTEREST,
    )


def charge_sections(sheet: ChargeSheet, *, request, as_of) -> list[Section]:
    """The rule, the steps of the reckoning, and each time the item was charged."""
    code = sheet.entry.currency
    rule = [Fact(_("Policy"), sheet.rule)]
    if sheet.version is not None:
        rule += [
            Fact(_("In force from"), ui.day(sheet.version.valid_from)),
            Fact(_("For"), scope_text(sheet.version)),
        ]
    rule.append(Fact(_("Source"), rule_source(sheet.version, lambda day: day_text(day, as_of))))
    rule.append(Fact(_("Because"), sheet.because, note=ui.day(sheet.day)))
    if sheet.item is not None:
        rule.append(
            Fact(
                _("On"),
                item_text(sheet.item),
                url=reverse("accounts:entry_detail", args=[sheet.item.pk]),
                note=_("due %(day)s") % {"day": day_text(sheet.item.due_date, as_of)},
            )
        )
    came_out = {"id": 0, "label": _("Came out"), "how": "", "amount": sheet.came_out, "currency": code}
    if not sheet.agrees:
        came_out["how"] = _("Not the amount posted: it was reckoned by terms that no longer stand here.")
    steps = [
        {"id": 0, "label": step.label, "how": step.how, "amount": step.amount, "currency": code}
        for step in sheet.steps
    ]
    times = [
        {
            "id": 0,
            "day": one.day,
            "what": _("%(what)s, this charge") % {"what": one.what} if one.is_this else one.what,
            "base": one.base,
            "amount": one.amount,
            "currency": code,
        }
        for one in sheet.occurrences
    ]
    words = _("How it was reckoned"), _("Each time it was charged")
    return [
        Section(_("The rule"), facts=rule),
        Section(words[0], table=StepTable.draw([*steps, came_out], request=request, caption=words[0])),
        Section(words[1], table=OccurrenceTable.draw(times, request=request, caption=words[1])),
    ]


class ChargeSheetPage(PageView):
    """The sheet as a file; that it was taken is recorded."""

    permission = VIEW_INTEREST
    menu = "accounts"

    def get(self, request, *args, **kwargs):
        entry = entry_of(request.user, kwargs["pk"])
        sheet = charge_sheet(entry)
        if sheet is None:
            raise Http404(_("No rule reckoned this entry, so there is no sheet of it."))
        scope = scope_text(sheet.version) if sheet.version is not None else ""
        content = charge_sheet_pdf(sheet, scope=scope, language=get_language() or "en")
        audit.record_access("charge_sheet", entry, user=request.user)
        return pdf_response(content, f"charge-{slugify(entry.account.number)}-{entry.pk}", inline=False)


urlpatterns = [path("entries/<int:pk>/sheet/", ChargeSheetPage.as_view(), name="charge_sheet")]
