"""The account's pages of figures, for owners and delegates (rules.md 9)."""
