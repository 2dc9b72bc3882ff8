"""``ihss-payroll report``: one self-contained HTML page that says whether a range of pay runs is right.

Read in this order: ``records.py`` (a folder of records, each once), ``span.py`` (which pay runs), ``books.py`` (all
that is added up, in one pass), ``control.py`` (does it agree with its control totals?), the sections of the page,
``charts.py``, and ``page.py``, which puts them into the template.
"""
