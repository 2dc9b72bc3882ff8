"""Records that were encoded once give the file that they give as structs, byte for byte."""

from pathlib import Path

import pytest

from schemas.avro import encode, write_bodies, write_container
from schemas.benefit_hours import BenefitHours


@pytest.mark.parametrize("records", [0, 1, 700, 5_000])
def test_bodies_make_the_same_file(tmp_path: Path, records: int) -> None:
    said = [
        BenefitHours(
            provider_id=f"P{number}", county="17", service_month=19723, paid_minutes=number * 97,
            authorized_minutes=number, cut_off=10**12,
        )
        for number in range(records)
    ]  # fmt: skip
    write_container(tmp_path / "structs.avro", "BenefitHours", said)
    write_bodies(tmp_path / "bodies.avro", "BenefitHours", map(encode, said))
    assert (tmp_path / "bodies.avro").read_bytes() == (tmp_path / "structs.avro").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"structs.avro", "bodies.avro"}
