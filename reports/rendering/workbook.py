"""Reports as Excel workbooks and CSV, from the dataset alone."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from collections_app.core.spreadsheets import (
    Column,
    Sheet,
    control_sheet,
    print_mark,
    write_csv,
    write_workbook,
)
from reports.figures.month import Month
from reports.figures.month_rows import FIGURES
from reports.rendering.labels import (
    BY_LEVEL_LABELS,
    CHECK_LABELS,
    LEVEL_LABELS,
    age_label,
    doer,
    figure_label,
    month_name,
    owner,
    title_of,
    word,
)


def _money(title: str, total: bool = False) -> Column:
    return Column(title, "money", currency_from=_("Currency"), total=total)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _collection(dataset: dict) -> list[Sheet]:
    figure_columns = [_money(figure_label(name)) for name in FIGURES]
    house = Sheet(
        _("House"),
        [
            Column(_("Currency"), width=10),
            *figure_columns,
            _money(_("Debit balances")),
            _money(_("Credit balances")),
        ],
        [
            [
                code,
                *(Decimal(row[name]) for name in FIGURES),
                Decimal(row["closing_debit"]),
                Decimal(row["closing_credit"]),
            ]
            for code, row in dataset["currencies"].items()
        ],
    )
    sheets = [house]
    for level, label in LEVEL_LABELS.items():
        totalled = [_money(figure_label(name), total=True) for name in FIGURES]
        sheets.append(
            Sheet(
                str(BY_LEVEL_LABELS[level]),
                [Column(str(label), width=28), Column(_("Currency"), width=10), *totalled],
                [
                    [owner(row["name"]), row["currency"], *(Decimal(row[name]) for name in FIGURES)]
                    for row in dataset["rows"]
                    if row["level"] == level
                ],
                total_label=_("House"),
            )
        )
    sheets.append(_ageing(dataset))
    sheets.append(
        Sheet(
            _("Collected per month"),
            [Column(_("Month")), Column(_("Currency"), width=10), _money(_("Collected"))],
            [
                [month_name(Month.parse(step["month"])), code, Decimal(step["collected"])]
                for code, steps in dataset["trend"].items()
                for step in steps
            ],
        )
    )
    sheets.append(
        Sheet(
            _("Activities"),
            [
                Column(_("Officer"), width=28),
                Column(_("Channel"), width=14),
                Column(_("Attempts"), "int", total=True),
                Column(_("Contacts made"), "int", total=True),
                Column(_("Right party"), "int", total=True),
            ],
            [
                [owner(row["officer"]), word(row["channel"], "channel"), row["attempts"],
                 row["contacts_made"], row["right_party"]]
                for row in dataset["activities"]
            ],
            total_label=_("House"),
        )
    )  # fmt: skip
    return sheets


def _ageing(dataset: dict) -> Sheet:
    return Sheet(
        _("Ageing"),
        [
            Column(_("Days past due"), width=14),
            Column(_("Currency"), width=10),
            Column(_("Accounts"), "int"),
            _money(_("Balance"), total=True),
            _money(_("Of it disputed"), total=True),
        ],
        [
            [age_label(label), code, box["accounts"], Decimal(box["balance"]), Decimal(box["contested"])]
            for code, figures in dataset["ageing"].items()
            for label, box in figures["buckets"].items()
        ],
        total_label=_("Open balance"),
    )


def _registration(dataset: dict) -> list[Sheet]:
    words = {
        "open_at_start": _("Open at the start"),
        "registered": _("+ Registered"),
        "reopened": _("+ Reopened"),
        "closed": _("\u2212 Closed"),
        "open_at_end": _("= Open at the end"),
        "at_start": _("With balance at the start"),
        "cleared": _("\u2212 Cleared"),
        "at_end": _("= With balance at the end"),
    }
    counts = [[words[name], value] for name, value in dataset["accounts"].items()]
    counts += [[words[name], value] for name, value in dataset["with_balance"].items()]
    counts += [[_("Of the registered: late"), dataset["late"]]]
    counts += [[_("Of the registered: migrated"), dataset["migrated"]]]
    rows = [
        [
            row["account"], row["creditor"], row["debtor_reference"], _day(row["registration_date"]),
            word(row["kind"], "registration"), row["unit"], word(row["party_role"], "party"),
            owner(row["team"]), owner(row["officer"]), row["registered_by"],
            ", ".join(word(name, "on_file") for name, has in row["completeness"].items() if has),
            row["currency"], Decimal(row["balance_at_end"]),
        ]
        for row in dataset["rows"]
    ]  # fmt: skip
    return [
        Sheet(_("Roll-forward"), [Column(_("Figure"), width=36), Column(_("Accounts"), "int")], counts),
        Sheet(
            _("Registered"),
            [
                Column(_("Account"), width=14),
                Column(_("Creditor"), width=24),
                Column(_("Debtor reference"), width=17),
                Column(_("Registered on"), "date"),
                Column(_("Kind"), width=16),
                Column(_("Unit"), width=12),
                Column(_("Party"), width=14),
                Column(_("Team"), width=16),
                Column(_("Officer"), width=20),
                Column(_("Registered by"), width=20),
                Column(_("On file"), width=20),
                Column(_("Currency"), width=10),
                _money(_("Balance at the end"), total=True),
            ],
            rows,
            total_label=_("All"),
        ),
    ]  # fmt: skip


def _follow_up(dataset: dict) -> list[Sheet]:
    counts = [[word(name, "channel"), value] for name, value in dataset["attempts"].items()]
    sums = [
        *counts,
        [_("Contacts made"), dataset["contacts_made"]],
        [_("Right party"), dataset["right_party"]],
        [_("Deferred by the contact rules"), dataset["deferred"]],
        [_("Refused by the contact rules"), dataset["refused"]],
    ]
    rows = [
        [
            datetime.fromisoformat(row["at"]), word(row["channel"], "channel"),
            word(row["direction"], "direction"), row["creditor"], row["debtor_reference"],
            ", ".join(row["accounts"]), doer(row["officer"]), word(row["outcome"], "outcome"),
            word(row["person_reached"], "person"), word(row["reason"], "reason"),
            word(row["source"], "source"), _day(row["follow_up_due"]),
            word(row["follow_up_status"], "follow_up"),
        ]
        for row in dataset["rows"]
    ]  # fmt: skip
    return [
        Sheet(_("Counts"), [Column(_("Figure"), width=36), Column(_("Number"), "int")], sums),
        Sheet(
            _("Attempts"),
            [
                Column(_("When"), "datetime"),
                Column(_("Channel"), width=14),
                Column(_("Direction"), width=10),
                Column(_("Creditor"), width=24),
                Column(_("Debtor reference"), width=17),
                Column(_("Accounts"), width=18),
                Column(_("Officer"), width=20),
                Column(_("Outcome"), width=18),
                Column(_("Reached"), width=14),
                Column(_("Reason"), width=22),
                Column(_("Source"), width=14),
                Column(_("Follow-up due"), "date"),
                Column(_("Follow-up"), width=12),
            ],
            rows,
        ),
    ]  # fmt: skip


SHEETS = {"collection": _collection, "registration": _registration, "followup": _follow_up}


def _control(dataset: dict) -> Sheet:
    def facts() -> Iterator[tuple[str, object]]:
        yield _("Report"), title_of(dataset)
        yield _("Month"), month_name(Month.parse(dataset["month"]))
        yield _("As of"), _day(dataset["as_of"])
        yield _("Known at (UTC)"), datetime.fromisoformat(dataset["known_at"])
        yield _("Known at, to the microsecond"), dataset["known_at"]
        yield _("Opens at signed build"), dataset["previous_build"] or _("none")
        yield _("Content SHA-256"), dataset["content_sha256"]
        for check in dataset["checks"]:
            holds, fails = pgettext("a check", "holds"), _("DOES NOT HOLD: %s")
            verdict = holds if check["holds"] else fails % check["detail"]
            yield str(CHECK_LABELS.get(check["name"], check["name"])), verdict
        for code, row in dataset.get("currencies", {}).items():
            yield _("Closing %(currency)s") % {"currency": code}, Decimal(row["closing"])
        yield _("Rows"), len(dataset["rows"])
        if "activities" in dataset:
            yield _("Rows of activities"), len(dataset["activities"])

    return control_sheet(facts())


def report_workbook(dataset: dict) -> bytes:
    """The Excel workbook: typed cells, frozen headers, totals by formula, a Control sheet."""
    stream = io.BytesIO()
    write_workbook(
        [*SHEETS[dataset["report"]](dataset), _control(dataset)],
        stream,
        title=title_of(dataset),
        made_at=datetime.fromisoformat(dataset["known_at"]),
        time_zone="UTC",
        mark=print_mark(),
    )
    return stream.getvalue()


def report_csv(dataset: dict) -> bytes:
    """The rows of the report as one CSV table (for Collection: the house and every level)."""
    stream = io.StringIO(newline="")
    if dataset["report"] == "collection":
        columns = [Column("level"), Column("name"), Column("currency"), *(Column(name) for name in FIGURES)]
        house = [
            ["house", "", code, *(figures[name] for name in FIGURES)]
            for code, figures in dataset["currencies"].items()
        ]
        rows = house + [
            [row["level"], owner(row["name"]), row["currency"], *(row[name] for name in FIGURES)]
            for row in dataset["rows"]
        ]
    else:
        sheet = SHEETS[dataset["report"]](dataset)[-1]
        columns, rows = sheet.columns, sheet.rows
    write_csv(columns, rows, stream)
    return stream.getvalue().encode("utf-8-sig")
