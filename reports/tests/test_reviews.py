"""The collector's report from draft to frozen."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.payments.services import post_payment
from collections_app.core import documents
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers
from reports.reviews.enums import ReviewStatus
from reports.reviews.models import CollectorReport
from reports.reviews.services import (
    ReportIsFixed,
    approve_report,
    attach_document,
    missing_proofs,
    prepare_report,
    return_report,
    review_report,
    submit_report,
    write_remarks,
)

pytestmark = pytest.mark.django_db
FIRST, LAST, TODAY = date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 2)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def office():
    team = makers.team()
    officer = makers.teammate(team=team)
    account = makers.account(
        debtor=makers.debtor(creditor=makers.creditor(teams=[team])), team=team, officer=officer
    )
    makers.entry(account=account, amount="500", value_date=date(2026, 2, 1))
    payment = post_payment(
        account=account, amount=Decimal("120"), value_date=date(2026, 3, 9), method="cash",
        actor=makers.system(), as_of=TODAY,
    )  # fmt: skip
    return {
        "officer": officer,
        "payment": payment,
        "supervisor": makers.teammate(team=team, role=Role.SUPERVISOR),
        "manager": makers.user(role=Role.MANAGER),
        "report": prepare_report(officer=officer, first_day=FIRST, last_day=LAST, actor=officer, as_of=TODAY),
    }


def test_figures_come_from_the_ledger_and_a_cash_receipt_wants_a_proof(office):
    report = office["report"]
    row = report.figures["money"]["EUR"]
    assert (row["opening"], row["collected"], row["closing"]) == ("500.00", "120.00", "380.00")
    assert [receipt["entry"] for receipt in missing_proofs(report)] == [office["payment"].pk]
    attach_document(
        report=report, content=PDF, filename="slip.pdf", title="Deposit slip", actor=office["officer"],
        entry=office["payment"],
    )  # fmt: skip
    assert missing_proofs(report) == []
    other = makers.entry(account=makers.account(), amount="5", value_date=FIRST, kind="payment")
    with pytest.raises(Refused, match="not in this report"):
        attach_document(
            report=report, content=PDF, filename="x.pdf", title="x", actor=office["officer"], entry=other
        )


def test_it_goes_up_through_two_others_and_is_frozen(office):
    report, officer = office["report"], office["officer"]
    with pytest.raises(NotAllowed):
        submit_report(report=report, actor=office["supervisor"], as_of=TODAY)
    submit_report(report=report, actor=officer, as_of=TODAY)
    with pytest.raises(ReportIsFixed):
        write_remarks(report=report, remarks="late", actor=officer)
    with pytest.raises(Refused, match="put right"):
        return_report(report=report, comment=" ", actor=office["supervisor"], as_of=TODAY)
    return_report(report=report, comment="Where is the slip?", actor=office["supervisor"], as_of=TODAY)
    assert report.comments.get().body == "Where is the slip?"
    submit_report(report=report, actor=officer, as_of=TODAY)
    review_report(report=report, actor=office["supervisor"], as_of=TODAY)
    with pytest.raises(NotAllowed):
        approve_report(report=report, actor=office["supervisor"], as_of=TODAY)
    approve_report(report=report, actor=office["manager"], as_of=TODAY)
    frozen = CollectorReport.objects.get(pk=report.pk)
    assert (frozen.status, len(frozen.content_sha256)) == (ReviewStatus.APPROVED, 64)
    assert documents.read(frozen.file).startswith(b"%PDF")


def test_only_the_officer_his_supervisor_and_managers_see_it(office):
    stranger = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    for user, sees in (
        (office["officer"], True),
        (office["supervisor"], True),
        (office["manager"], True),
        (stranger, False),
        (makers.user(), False),
    ):
        assert CollectorReport.objects.visible_to(user).exists() is sees


def test_one_report_of_the_same_days(office):
    with pytest.raises(Refused, match="already"):
        prepare_report(
            officer=office["officer"], first_day=FIRST, last_day=LAST, actor=office["officer"], as_of=TODAY
        )
