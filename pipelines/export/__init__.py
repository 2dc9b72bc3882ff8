"""Payment files for banks: direct deposits (NACHA) and warrants (positive pay)."""
