"""Bank files as a bank would write them, in the formats the product reads, and how tests take them in."""

from datetime import date
from decimal import Decimal

from accounts.bank.files import load_bank_file, take_in
from accounts.bank.models import BankFile

DAY = date(2026, 3, 2)
TODAY = date(2026, 3, 20)


def mt940(number, opening, lines, day=DAY, reference="STARTUMS") -> bytes:
    """A statement: lines are (amount, end-to-end id, text, name, payer's account)."""
    made = [f":20:{reference}", f":25:{number}", ":28C:1", f":60F:{_side(opening)}"]
    total = Decimal(opening)
    for amount, reference_, text, name, account in lines:
        value = Decimal(amount)
        total += value
        sign = "C" if value > 0 else "D"
        made.append(f":61:{day:%y%m%d}{day:%m%d}{sign}{_comma(abs(value))}NTRFNONREF")
        code = "159" if text.startswith("RETURN") else "166"
        made.append(f":86:{code}?00X?20EREF+{reference_}?21SVWZ+{text}?31{account}?32{name}")
    made.append(f":62F:{_side(total, day)}")
    return "\n".join([*made, "-", ""]).encode()


def _comma(amount) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _side(amount, day=DAY) -> str:
    return f"{'C' if Decimal(amount) >= 0 else 'D'}{day:%y%m%d}EUR{_comma(abs(Decimal(amount)))}"


def bring(content, actor, **fields) -> BankFile:
    return load_bank_file(
        content=content, filename=fields.pop("filename", "b.sta"), actor=actor, as_of=TODAY, **fields
    )


def taken(content, actor, **fields) -> BankFile:
    return take_in(bank_file=bring(content, actor, **fields), actor=actor, as_of=TODAY)


def camt053(number, opening, rows, day) -> bytes:
    body, total = "", Decimal(opening)
    for amount, reference, text in rows:
        total += Decimal(amount)
        sign = "CRDT" if Decimal(amount) > 0 else "DBIT"
        body += (
            f"<Ntry><Amt Ccy='EUR'>{abs(Decimal(amount))}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts>BOOK</Sts>"
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><NtryDtls><TxDtls><Refs>"
            f"<EndToEndId>{reference}</EndToEndId></Refs><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
            "</NtryDtls></Ntry>"
        )
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", total))
    )
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><S><Stmt><Id>1</Id><Acct><Id>"
        f"<IBAN>{number}</IBAN></Id></Acct>{balances}{body}</Stmt></S></Document>"
    ).encode()


def whole(amount) -> str:
    """An amount in cents, as BAI2 writes it."""
    return str(int(Decimal(amount) * 100))


def bai2(number, opening, rows, day) -> bytes:
    closing = Decimal(opening) + sum(Decimal(amount) for amount, _reference, _text in rows)
    lines = [f"03,{number},EUR,010,{whole(opening)},,,015,{whole(closing)}/"]
    total = int(whole(opening)) + int(whole(closing))
    for amount, reference, text in rows:
        code = "195" if Decimal(amount) > 0 else "495"
        total += abs(int(whole(amount)))
        lines.append(f"16,{code},{whole(abs(Decimal(amount)))},,,{reference},{text}")
    lines.append(f"49,{total},{len(lines) + 1}/")
    head = ["01,B,U,260303,0800,1,,,2/", f"02,U,B,1,{day:%y%m%d},,EUR,2/"]
    return "\n".join(
        [*head, *lines, f"98,{total},1,{len(lines) + 2}/", f"99,{total},1,{len(lines) + 4}/", ""]
    ).encode()


def csv(opening, rows, day) -> bytes:
    balance, lines = Decimal(opening), ["Date,End-to-end id,Text,Amount,Balance"]
    for amount, reference, text in rows:
        balance += Decimal(amount)
        lines.append(f"{day.isoformat()},{reference},{text},{amount},{balance}")
    return "\n".join([*lines, ""]).encode()


def ofx(number, rows, day, closing) -> bytes:
    made = "".join(
        f"<STMTTRN><DTPOSTED>{day:%Y%m%d}<TRNAMT>{amount}<FITID>{reference}<MEMO>{text}</STMTTRN>"
        for amount, reference, text in rows
    )
    return (
        f"OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>{number}</BANKACCTFROM>"
        f"<BANKTRANLIST>{made}</BANKTRANLIST><LEDGERBAL><BALAMT>{closing}<DTASOF>{day:%Y%m%d}</LEDGERBAL>"
        "</STMTRS></OFX>"
    ).encode()


def camt054(number, rows, day) -> bytes:
    """A notice: what was booked, without balances."""
    whole = camt053(number, "0", rows, day).decode().replace("camt.053.001.02", "camt.054.001.02")
    head, _bal, rest = whole.partition("<Bal>")
    return (head + rest.rpartition("</Bal>")[2]).encode()


def told_back(number, amount, reference, day, code="AM04") -> bytes:
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><S><Stmt><Id>R</Id><Acct><Id>"
        f"<IBAN>{number}</IBAN></Id></Acct><Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        f"<RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{reference}</EndToEndId></Refs><RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>"
        "</TxDtls></NtryDtls></Ntry></Stmt></S></Document>"
    ).encode()
