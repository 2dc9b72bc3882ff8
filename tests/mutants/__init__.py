"""Every small change of `rules/` that a mutation tool thinks of: who notices? (``make mutants``, docs/proof.md)"""
