"""``python -m pipelines.reference``: renew docs/asyncapi.yaml."""

from pipelines.reference.asyncapi import text
from pipelines.reference.law_book import ROOT

if __name__ == "__main__":
    (ROOT / "docs" / "asyncapi.yaml").write_text(text(), "utf-8")
