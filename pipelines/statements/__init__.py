"""Statements of earnings and notices for people, in English and Spanish."""
