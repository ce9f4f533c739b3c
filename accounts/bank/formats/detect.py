"""Which format a file is, by its content, whatever its name says; and its statements."""

import re
import zipfile
from collections.abc import Mapping
from io import BytesIO

from django.utils.translation import gettext as _

from accounts.bank.enums import BankFormat
from accounts.bank.formats import bai2, camt, coda, mt940, ofx, qif, table
from accounts.bank.formats.found import BankFileNotReadable, Statement, StatementFile, as_text

MOST_BYTES = 50_000_000
CODA_HEADER = re.compile(r"^0000[0-9]{2}[0-9]{4}[ 0-9]{3}.{2}")
MT_TAG = re.compile(r"^:(20|25|28C?|60[FM]|61|62[FM]|64|65|34F|13D|86|NS|940):", re.M)


def format_of(content: bytes) -> BankFormat | None:
    """The format of a file; None where it is none we know. A table is what remains of texts."""
    if content[:4] == b"PK\x03\x04" or content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return BankFormat.TABLE
    head = as_text(content[:20_000].rstrip(b"\0") or b"").lstrip("\ufeff \t\r\n\x01")
    upper = head[:4000].upper()
    if "<OFX" in upper or upper.startswith("OFXHEADER"):
        return BankFormat.OFX
    if head.startswith("<"):
        return BankFormat.CAMT if re.search(r"camt\.05[234]", head) else None
    if upper.startswith("!TYPE:") or upper.startswith(("!ACCOUNT", "!OPTION")):
        return BankFormat.QIF
    if head.startswith("01,") or (re.match(r"^0[0-9],[^\n]*/\s*$", head.split("\n")[0])):
        return BankFormat.BAI2
    first = head.split("\n")[0].rstrip("\r")
    if CODA_HEADER.match(first) and 100 < len(first) <= 128:
        return BankFormat.CODA
    if MT_TAG.search(head) or head.startswith("{1:F01"):
        return BankFormat.MT940
    if "\0" not in head and re.search(r"[,;\t|]", first + head[:2000]):
        return BankFormat.TABLE
    return None


def _unzipped(content: bytes) -> bytes:
    """The one file inside an archive; a workbook is one too and stays as it is."""
    if content[:4] != b"PK\x03\x04":
        return content
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = [entry for entry in archive.infolist() if not entry.is_dir()]
            if any(entry.filename.startswith(("xl/", "[Content_Types]", "content.xml")) for entry in names):
                return content
            if len(names) != 1:
                raise BankFileNotReadable(
                    _("The archive holds %(n)s files. Unpack it and load them one by one.")
                    % {"n": len(names)}
                )
            if names[0].file_size > MOST_BYTES:
                raise BankFileNotReadable(_("The file in the archive is too large."))
            return archive.read(names[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise BankFileNotReadable(_("The archive is damaged or locked by a password.")) from error


def told_format(content: bytes) -> BankFormat:
    """The format of a file without reading its statements. Raises BankFileNotReadable for none."""
    return _told(content)[1]


def _told(content: bytes) -> tuple[bytes, BankFormat]:
    """The bytes, out of their archive, and their format."""
    content = _unzipped(content)
    if not content.strip():
        raise BankFileNotReadable(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise BankFileNotReadable(_("The file is larger than %(n)s MB.") % {"n": MOST_BYTES // 1_000_000})
    format = format_of(content)
    if format is None:
        raise BankFileNotReadable(
            _(
                "This is no bank statement we can read: camt.052, camt.053, camt.054, MT940, MT942, BAI2,"
                " CODA, OFX, QIF, CSV or XLSX."
            )
        )
    return content, format


def read_statements(
    content: bytes,
    filename: str = "",
    *,
    date_order: str = "",
    mapping: Mapping | None = None,
    account: str = "",
    currency: str = "",
) -> StatementFile:
    """What a bank's file says. `date_order` and `mapping` serve formats that leave them open,
    `account` and `currency` those that don't name them.

    Raises BankFileNotReadable with what is wrong and what to do.
    """
    content, format = _told(content)
    statements: list[Statement]
    if format == BankFormat.QIF:
        statements = qif.read(content, date_order=date_order, account=account, currency=currency)
    elif format == BankFormat.TABLE:
        if date_order:
            mapping = {**(mapping or {})}
            mapping["settings"] = {**(mapping.get("settings") or {}), "date_order": date_order}
        statements = table.read(content, filename, mapping=mapping, account=account, currency=currency)
    else:
        readers = {
            BankFormat.CAMT: camt.read,
            BankFormat.MT940: mt940.read,
            BankFormat.BAI2: bai2.read,
            BankFormat.CODA: coda.read,
            BankFormat.OFX: ofx.read,
        }
        statements = readers[format](content)
    return StatementFile(format, tuple(statements))
