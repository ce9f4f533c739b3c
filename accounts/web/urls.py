from django.urls import URLPattern, URLResolver

from accounts.web import (
    absences,
    accounts,
    accounts_then,
    approvals,
    bank_accounts,
    bank_details,
    breathing_spaces,
    contact_points,
    contact_verbs,
    contacts,
    control,
    creditor_parts,
    creditors,
    credits,
    debtors,
    dispute_evidence,
    dispute_verbs,
    disputes,
    entries,
    first_steps,
    follow_ups,
    hardship,
    holds,
    imports,
    incoming,
    irregularities,
    irregularity_verbs,
    journals,
    late_postings,
    left_calls,
    legal_facts,
    merges,
    office,
    ownership,
    parties,
    payments,
    plan_verbs,
    plans,
    policies,
    policy_verbs,
    promise_verbs,
    promises,
    questions,
    receipts,
    reconciliation,
    splits,
    splits_anew,
    tasks,
    tracing,
    users,
    visits,
    write_offs,
)
from accounts.web.bank import bulk as bank_bulk
from accounts.web.bank import cheque_verbs as bank_cheque_verbs
from accounts.web.bank import decisions as bank_decisions
from accounts.web.bank import file_verbs as bank_file_verbs
from accounts.web.bank import files as bank_files
from accounts.web.bank import lines as bank_lines
from accounts.web.bank import statements as bank_statements
from accounts.web.bank import verbs as bank_verbs
from accounts.web.call import views as call
from accounts.web.cash import books as cash_books
from accounts.web.cash import change as cash_change
from accounts.web.cash import day_verbs as cash_day_verbs
from accounts.web.cash import days as cash_days
from accounts.web.cash import desk as cash_desk
from accounts.web.cash import instructions as cash_instructions
from accounts.web.cash import receipts as cash_receipts
from accounts.web.cheques import account as cheque_account
from accounts.web.cheques import bank as cheque_bank
from accounts.web.cheques import counts as cheque_counts
from accounts.web.cheques import custody as cheque_custody
from accounts.web.cheques import day as cheque_day
from accounts.web.cheques import endings as cheque_endings
from accounts.web.cheques import lodging as cheque_lodging
from accounts.web.cheques import pages as cheque_pages
from accounts.web.cheques import part_back as cheque_part_back
from accounts.web.cheques import verbs as cheque_verbs
from accounts.web.compliance import contact_facts
from accounts.web.compliance import permits as contact_permits
from accounts.web.compliance import profile_verbs as contact_profile_verbs
from accounts.web.compliance import profiles as contact_profiles
from accounts.web.compliance import replays as contact_replays
from accounts.web.deposits import held as held_cash
from accounts.web.deposits import pages as deposit_pages
from accounts.web.deposits import verbs as deposit_verbs
from accounts.web.interest import account as interest_account
from accounts.web.interest import accrued as interest_accrued
from accounts.web.interest import bearing as interest_bearing
from accounts.web.interest import charge as interest_charge
from accounts.web.interest import charged as interest_charged
from accounts.web.interest import preparing as interest_preparing
from accounts.web.interest import runs as interest_runs
from accounts.web.interest import terms as interest_terms
from accounts.web.returns import files as return_files
from accounts.web.returns import pages as return_pages
from accounts.web.returns import reasons as return_reasons
from accounts.web.returns import rows as return_rows
from accounts.web.returns import verbs as return_verbs

app_name = "accounts"
first_steps.register()
urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    *accounts_then.urlpatterns,
    *debtors.urlpatterns,
    *contact_points.urlpatterns,
    *creditors.urlpatterns,
    *creditor_parts.urlpatterns,
    *bank_accounts.urlpatterns,
    *control.urlpatterns,
    *reconciliation.urlpatterns,
    *journals.urlpatterns,
    *merges.urlpatterns,
    *office.urlpatterns,
    *users.urlpatterns,
    *visits.urlpatterns,
    *absences.urlpatterns,
    *entries.urlpatterns,
    *payments.urlpatterns,
    *ownership.urlpatterns,
    *parties.urlpatterns,
    *splits.urlpatterns,
    *splits_anew.urlpatterns,
    *credits.urlpatterns,
    *write_offs.urlpatterns,
    *late_postings.urlpatterns,
    *receipts.urlpatterns,
    *cash_desk.urlpatterns,
    *cash_receipts.urlpatterns,
    *cash_days.urlpatterns,
    *cash_day_verbs.urlpatterns,
    *cash_books.urlpatterns,
    *cash_change.urlpatterns,
    *cash_instructions.urlpatterns,
    *deposit_verbs.urlpatterns,
    *held_cash.urlpatterns,
    *deposit_pages.urlpatterns,
    *bank_bulk.urlpatterns,
    *bank_lines.urlpatterns,
    *bank_verbs.urlpatterns,
    *bank_decisions.urlpatterns,
    *bank_cheque_verbs.urlpatterns,
    *bank_file_verbs.urlpatterns,
    *bank_files.urlpatterns,
    *bank_statements.urlpatterns,
    *return_pages.urlpatterns,
    *return_verbs.urlpatterns,
    *return_reasons.urlpatterns,
    *return_files.urlpatterns,
    *return_rows.urlpatterns,
    *bank_details.urlpatterns,
    *cheque_pages.urlpatterns,
    *cheque_day.urlpatterns,
    *cheque_lodging.urlpatterns,
    *cheque_verbs.urlpatterns,
    *cheque_bank.urlpatterns,
    *cheque_part_back.urlpatterns,
    *cheque_endings.urlpatterns,
    *cheque_custody.urlpatterns,
    *cheque_counts.urlpatterns,
    *cheque_account.urlpatterns,
    *contact_facts.urlpatterns,
    *contact_permits.urlpatterns,
    *contact_profiles.urlpatterns,
    *contact_profile_verbs.urlpatterns,
    *contact_replays.urlpatterns,
    *interest_terms.urlpatterns,
    *interest_accrued.urlpatterns,
    *interest_bearing.urlpatterns,
    *interest_charge.urlpatterns,
    *interest_charged.urlpatterns,
    *interest_preparing.urlpatterns,
    *interest_runs.urlpatterns,
    *interest_account.urlpatterns,
    *irregularity_verbs.urlpatterns,
    *irregularities.urlpatterns,
    *call.urlpatterns,
    *contact_verbs.urlpatterns,
    *incoming.urlpatterns,
    *contacts.urlpatterns,
    *left_calls.urlpatterns,
    *follow_ups.urlpatterns,
    *plans.urlpatterns,
    *plan_verbs.urlpatterns,
    *promises.urlpatterns,
    *promise_verbs.urlpatterns,
    *disputes.urlpatterns,
    *dispute_verbs.urlpatterns,
    *dispute_evidence.urlpatterns,
    *questions.urlpatterns,
    *breathing_spaces.urlpatterns,
    *holds.urlpatterns,
    *legal_facts.urlpatterns,
    *hardship.urlpatterns,
    *tasks.urlpatterns,
    *tracing.urlpatterns,
    *approvals.urlpatterns,
    *policies.urlpatterns,
    *policy_verbs.urlpatterns,
    *imports.urlpatterns,
]
