"""Tidy tables of what was paid, for spreadsheets and SQL: made from the records' schemas, so that none is left out."""
