"""What is wrong with a row and how to put it right, in the reader's language.

Faults are kept as codes with parameters (on `ImportRow.errors`), so that a clerk and a manager
each read them in their own words.
"""

import re
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.ledger.enums import EntryKind
from collections_app.core.money import format_amount

WRONG = {
    "cell_error": gettext_lazy("The workbook shows an error here, not a value."),
    "too_long": gettext_lazy("Longer than %(length)s letters."),
    "not_a_day": gettext_lazy("Not a date."),
    "no_such_month": gettext_lazy("There is no month %(month)s."),
    "odd_year": gettext_lazy("The year %(year)s cannot be meant."),
    "not_a_moment": gettext_lazy("Not a date and time."),
    "not_an_amount": gettext_lazy("Not an amount."),
    "amount_missing": gettext_lazy("The amount is missing."),
    "debit_and_credit": gettext_lazy("Both the debit and the credit column are filled."),
    "unknown_choice": gettext_lazy("Not one of the words known here."),
    "account_missing": gettext_lazy("The account number is missing."),
    "account_unknown": gettext_lazy("There is no such account."),
    "account_ambiguous": gettext_lazy("Several creditors have an account of this number."),
    "account_held_back": gettext_lazy("Its account, in row %(row)s, is held back."),
    "account_of_another": gettext_lazy("This account exists and belongs to debtor %(debtor)s."),
    "account_twice": gettext_lazy("The same account as in row %(row)s, with other details."),
    "creditor_missing": gettext_lazy("The creditor is missing."),
    "creditor_unknown": gettext_lazy("There is no such creditor."),
    "name_missing": gettext_lazy("An account needs a name to be registered."),
    "currency_missing": gettext_lazy("The currency is missing."),
    "currency_fixed": gettext_lazy("The account is kept in %(currency)s; an account never changes currency."),
    "not_a_currency": gettext_lazy("Not a currency code."),
    "wrong_currency": gettext_lazy("The account is kept in %(currency)s."),
    "not_a_country": gettext_lazy("Not a country code of two letters."),
    "not_a_time_zone": gettext_lazy("Not a time zone."),
    "team_unknown": gettext_lazy("There is no such team."),
    "officer_unknown": gettext_lazy("There is no such user."),
    "portfolio_unknown": gettext_lazy("The creditor has no such portfolio."),
    "kind_missing": gettext_lazy("The kind is missing."),
    "value_missing": gettext_lazy("The value is missing."),
    "value_date_missing": gettext_lazy("The value date is missing."),
    "direction_missing": gettext_lazy("An adjustment is a debit or a credit; the row does not say which."),
    "tax_too_high": gettext_lazy("The tax is below zero or more than the amount."),
    "reverses_unknown": gettext_lazy("There is no such entry to reverse on this account."),
    "document_twice": gettext_lazy("The same document as in row %(row)s."),
    "debtor_unknown": gettext_lazy("There is no such debtor."),
    "ends_before_it_begins": gettext_lazy("It ends before it begins."),
    "dispute_needs_account": gettext_lazy("A dispute is about an account."),
}
REMEDY = {
    "ragged": gettext_lazy("Look for a stray comma or quote in the row."),
    "cell_error": gettext_lazy("Mend the formula, or type the value."),
    "too_long": gettext_lazy("Shorten it."),
    "not_a_day": gettext_lazy("Write it as 2026-11-30."),
    "no_such_month": gettext_lazy("Are day and month the other way round?"),
    "odd_year": gettext_lazy("Correct the year."),
    "no_such_day": gettext_lazy("Take the last day of the month, or the right one."),
    "not_a_moment": gettext_lazy("Write it as 2026-11-30 14:05."),
    "not_an_amount": gettext_lazy("Write it as 1234.56."),
    "amount_missing": gettext_lazy("Type the amount; 0 if there is none."),
    "debit_and_credit": gettext_lazy("Empty one of the two, or make two rows."),
    "unknown_choice": gettext_lazy("Use one of: %(choices)s."),
    "account_missing": gettext_lazy("Type the account number."),
    "account_unknown": gettext_lazy("Import the account first, or correct the number."),
    "account_ambiguous": gettext_lazy("Choose the creditor for this file."),
    "account_held_back": gettext_lazy("Put row %(row)s right, then this one goes with it."),
    "account_of_another": gettext_lazy("Correct the number or the debtor's reference."),
    "account_twice": gettext_lazy("Keep one of the two, or give the other person a role of his own."),
    "creditor_missing": gettext_lazy("Choose the creditor for this file, or fill the column."),
    "creditor_unknown": gettext_lazy("Import its accounts first, or correct the code."),
    "name_missing": gettext_lazy("Type the name on the bill."),
    "currency_missing": gettext_lazy("Type its code, such as EUR."),
    "currency_fixed": gettext_lazy("Register a new account for the other currency."),
    "not_a_currency": gettext_lazy("Use the code of three letters, such as EUR."),
    "wrong_currency": gettext_lazy("Correct the account number or the currency."),
    "not_a_country": gettext_lazy("Use a code such as DE or AE."),
    "not_a_time_zone": gettext_lazy("Write it as Europe/Rome."),
    "in_the_future": gettext_lazy("Correct the year."),
    "team_unknown": gettext_lazy("Make the team in the settings, or correct its name."),
    "officer_unknown": gettext_lazy("Use the sign-in name of a user."),
    "portfolio_unknown": gettext_lazy("Make the portfolio first, or correct its code."),
    "kind_missing": gettext_lazy("Say what it is, such as charge or payment."),
    "value_missing": gettext_lazy("Fill the cell."),
    "value_date_missing": gettext_lazy("Type the day, as 2026-11-30."),
    "too_many_decimals": gettext_lazy("Round it to the currency's decimals."),
    "direction_missing": gettext_lazy("Write debit or credit."),
    "wrong_side": gettext_lazy("Correct the kind, or move the amount to the other column."),
    "tax_too_high": gettext_lazy("Correct the tax; the amount includes it."),
    "reverses_unknown": gettext_lazy("Name the reference of the entry that is taken back."),
    "reference_twice": gettext_lazy("Keep the row that is right, or give each its own reference."),
    "document_twice": gettext_lazy("Delete the row, or give it a reference of its own."),
    "listed_credit_differs": gettext_lazy(
        "Say under Columns whether amounts are whole or what is left open, or correct the row."
    ),
    "own_entry_differs": gettext_lazy(
        "Correct the row, or take the entry back here and give the row a reference of its own."
    ),
    "debtor_unknown": gettext_lazy("Import the account first, or correct the reference."),
    "ends_before_it_begins": gettext_lazy("Correct one of the two days."),
    "dispute_needs_account": gettext_lazy("Type the account number."),
}
# What makes an amount negative in a cell: a minus on either side, brackets, CR behind it.
SIGN = re.compile(r"[-\u2212()]|CR\)?$", re.IGNORECASE)
# What a negative amount of a kind usually means.
OPPOSITE = {
    "charge": "credit_note",
    "fee": "credit_note",
    "penalty": "credit_note",
    "interest": "credit_note",
    "payment": "refund",
    "credit_note": "charge",
}


def wrong(code: str, params: dict, language: str = "en") -> str:
    """What is wrong, as one sentence."""
    if code == "ragged":
        return ngettext(
            "The row has %(found)s cell, not as many as the header.",
            "The row has %(found)s cells, not as many as the header.",
            int(params["found"]),
        ) % {"found": params["found"]}
    if code == "no_such_day":
        month = date_format_month(int(params["month"]))
        return ngettext(
            "%(month)s has %(days)s day.", "%(month)s has %(days)s days.", int(params["days"])
        ) % {"month": month, "days": params["days"]}
    if code == "in_the_future":
        return _ahead(int(params["days"]))
    if code == "amount_negative":
        return _("Below zero, but the kind is %(kind)s.") % {"kind": params.get("kind", "")}
    if code == "too_many_decimals":
        return ngettext(
            "%(currency)s has %(scale)s decimal.", "%(currency)s has %(scale)s decimals.",
            int(params["scale"] or 0),
        ) % params  # fmt: skip
    if code == "wrong_side":
        return _("The amount stands in the %(side)s column, but a %(kind)s is a %(own)s.") % params
    if code == "reference_twice":
        amount = format_amount(Decimal(params["amount"]), params["currency"], language)
        return _("Same reference as row %(row)s, other amount or day (%(amount)s).") % {
            "row": params["row"],
            "amount": amount,
        }
    if code == "own_entry_differs":
        amount = format_amount(Decimal(params["amount"]), params["currency"], language)
        return _("This is the key of an entry born here, a %(kind)s of %(amount)s.") % {
            "kind": params["kind"],
            "amount": amount,
        }
    if code in ("listed_amount_differs", "listed_credit_differs"):
        return _listed(code, params, language)
    if code == "account_unknown" and params.get("near"):
        return _("There is no such account. %(near)s exists.") % params
    return str(WRONG[code]) % params


def _listed(code: str, params: dict, language: str) -> str:
    """An amount on a list of open items that is neither the document's whole amount nor what is left."""
    amounts = {
        name: format_amount(Decimal(params[name]), params["currency"], language)
        for name in ("whole", "left", "listed")
        if params.get(name) is not None
    }
    if code == "listed_credit_differs":
        return _("Stands here with %(whole)s, not with %(listed)s.") % amounts
    if params["amounts"] == "open" and Decimal(params["listed"]) < Decimal(params["left"]):
        return _("%(left)s of %(whole)s is left open here; the list says %(listed)s, so less.") % amounts
    if params["amounts"] == "open":
        return _("Stands here with %(whole)s; more than that, %(listed)s, cannot be left of it.") % amounts
    if Decimal(params["left"]) == Decimal(params["whole"]):
        return _("Stands here with %(whole)s, all of it open; the list says %(listed)s.") % amounts
    return (
        _("Neither the whole amount here (%(whole)s) nor what is left open of it (%(left)s): %(listed)s.")
        % amounts
    )


def remedy(code: str, params: dict, value: str = "") -> str:
    """What to do about it, as one sentence; `value` is what was read in the cell."""
    if code == "listed_amount_differs":
        if params["amounts"] != "open":
            return _("Say under Columns whether amounts are whole or what is left open.")
        if Decimal(params["listed"]) < Decimal(params["left"]):
            return _("Post what the creditor took or credited, or bring the document amended.")
        return _("Ask the creditor, or bring the document amended.")
    if code == "account_unknown" and params.get("near"):
        return _("Is %(near)s, %(name)s, meant?") % params
    if code == "amount_negative":
        kind, amount = opposite(params), params.get("amount")
        if kind and amount:
            return _("Make it a %(kind)s of %(amount)s; or write %(amount)s, if the minus is a slip.") % {
                "kind": EntryKind(kind).label,
                "amount": amount,
            }
        if kind:
            return _("Make it a %(kind)s without the minus sign.") % {"kind": kind.replace("_", " ")}
        return _("Leave out the minus sign and use the kind that says which way it goes.")
    if code == "unknown_choice":
        return str(REMEDY[code]) % {"choices": ", ".join(params.get("choices", []))}
    if code == "not_a_currency" and params.get("suggestion"):
        return _("Is %(suggestion)s meant?") % params
    if code in ("in_the_future", "odd_year") and (meant := _in_a_near_year(code, value, params)):
        return _("Is %(suggestion)s meant?") % {"suggestion": meant}
    return str(REMEDY[code]) % params


def suggestion(code: str, value: str, params: dict, *, in_file: str = "") -> str:
    """The value that was probably meant, for the field in which the row is put right; or blank.

    `in_file` is the cell as it stands there: an amount keeps its marks, or it would be read as another.
    """
    if code == "account_unknown":
        return params.get("near", "")
    if code == "not_a_currency":
        return params.get("suggestion", "") or ""
    if code == "currency_fixed" or code == "wrong_currency":
        return params.get("currency", "") or ""
    if code == "no_such_day":
        return f"{int(params['year']):04d}-{int(params['month']):02d}-{int(params['days']):02d}"
    if code == "amount_negative":
        return SIGN.sub("", in_file.strip()).strip()
    if code in ("in_the_future", "odd_year"):
        return _in_a_near_year(code, value, params)
    return ""


def opposite(params: dict) -> str:
    """The kind of which a negative amount of a row's kind is most likely; blank where there is none."""
    return OPPOSITE.get(params.get("kind") or "", "")


def _in_a_near_year(code: str, value: str, params: dict) -> str:
    """The same day of a year that can be meant; blank where that day cannot be told.

    Of a day too far ahead it is the latest such day that is not ahead, of a year such as 26 or 3026
    that of this century.
    """
    try:
        if code == "odd_year":
            year = 2000 + int(params["year"]) % 100
            return date(year, params["month"], params["day"]).isoformat()
        day = date.fromisoformat(value[:10])
        today = day - timedelta(days=int(params["days"]))
        meant = day.replace(year=today.year)
        meant = meant if meant <= today else day.replace(year=today.year - 1)
    except (KeyError, ValueError):
        return ""
    return meant.isoformat() + value[10:]


def _ahead(days: int) -> str:
    if days >= 730:
        return ngettext("%(years)s year ahead.", "%(years)s years ahead.", days // 365) % {
            "years": days // 365
        }
    return ngettext("%(days)s day ahead.", "%(days)s days ahead.", days) % {"days": days}


def date_format_month(month: int) -> str:
    """The month's name as it stands alone, in the active language."""
    return date_format(date(2001, month, 1), "F")
