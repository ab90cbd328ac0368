"""Measures the ledger side by side with its floors on PostgreSQL: `python -m bench --help`."""
