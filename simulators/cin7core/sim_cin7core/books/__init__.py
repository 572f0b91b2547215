"""The general ledger of the account, worked out from its documents and its stock ledger."""
