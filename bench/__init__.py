"""The benchmark: a county is paid three ways in one run, and what each costs stands side by side."""
