"""How an account at a bank is numbered: the same for the office's own and for debtors'."""

from accounts.parties.enums import NumberKind

__all__ = ["NumberKind"]
