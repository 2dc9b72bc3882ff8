"""``ihss-payroll desk``: a local web page where a payroll officer works.

Read in this order: ``origins.py`` (where facts and records lie), ``index.py`` (one file beside them, so that every page
is quick), ``shelf.py`` (what a page reads of it), then a module a page: ``people.py``, ``payments.py``, ``held.py``,
``leave.py``, ``runs.py``, ``documents.py``. ``forms.py``, ``preview.py`` and ``decisions.py`` file a fact,
``what_if.py`` asks what another law would pay, ``county.py`` of a whole county. ``safety.py`` is the door, ``web.py``
the addresses.
"""
