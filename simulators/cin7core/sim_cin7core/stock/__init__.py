"""The simulator's own stock ledger: quantities and values by first in, first out."""
