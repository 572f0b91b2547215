"""A company file of QuickBooks: its lists, its transactions and its general ledger."""
