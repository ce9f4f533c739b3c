"""What every format comes to: one row that says a payment came back, or that it did not."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from collections_app.core.refusal import Refused

MOST_ROWS = 50_000


class ReturnFileNotReadable(Refused):
    """The file is not what it should be; the message says where and what to bring instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


@dataclass(frozen=True)
class FoundReturn:
    """One row. Of an account number only the last four characters leave the reader.

    `is_success` rows reverse nothing; `is_ours` is false for money the office itself had sent.
    """

    number: int
    code: str
    amount: Decimal
    currency: str
    return_date: date
    reference: str = ""
    trace: str = ""
    payment_date: date | None = None
    payer: str = ""
    number_end: str = ""
    detail: str = ""
    is_success: bool = False
    is_ours: bool = True


def end_of(number: str) -> str:
    """The last four characters of an account number; nothing of a short one."""
    bare = "".join(number.split())
    return bare[-4:] if len(bare) > 6 else ""
