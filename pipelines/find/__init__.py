"""``ihss-payroll find``: whom or what an id, or part of one, means, and what was paid, held and can be asked next."""
