"""People: who may come in, what each may see and do, and the acts that change that."""

from hub.accounts.account import Account
from hub.accounts.errors import AccountError
from hub.accounts.rights import Right, Sort

__all__ = ["Account", "AccountError", "Right", "Sort"]
