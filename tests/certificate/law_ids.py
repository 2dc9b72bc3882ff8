"""How many worked cases name each id of the law: ``python -m tests.certificate.law_ids``."""

from collections import Counter

from tests.mutations import CASES, written


def main() -> None:
    ids, without = written()["ids"], written()["without_behaviour"]
    named = Counter(rule for _, _, table, _ in CASES for rule in set(table["law"]))
    for rule in ids:
        print(f"{rule:9} {named[rule]}{'  ' + without[rule] if rule in without else ''}")
    print(f"{len(CASES)} cases name {len(named)} of {len(ids)} ids; {len(without)} have no behaviour")


if __name__ == "__main__":
    main()
