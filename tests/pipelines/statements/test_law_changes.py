"""A statement says which change of law its payment is the first to obey: cited as it was published, in both languages;
and no statement says it that the change does not concern."""

from pathlib import Path

import pytest

from fold.publications import parsed
from pipelines.command import cli
from pipelines.statements.law_changes import law_changes
from rules.law import Law
from rules.periods import business_day_of, cut_off_after, iso
from tests.pipelines.live.drill import LAW, World, county
from tests.pipelines.live.test_publishing import JULY, LawChange, close_next, overlay, publish

CITED = "ACL 24-99 <b>& more</b>"
SAYS = {"en": "The law changed for time from", "es": "La ley cambió para el tiempo desde el"}
RAISED = {name: text.replace("ACL 24-99", CITED) for name, text in overlay("wage.17", 21_000).items()}


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, int]:
    """A job that published a raise from July on, and the pay run that was the first to obey it."""
    root = tmp_path_factory.mktemp("raised")
    days = county(root / "made", recipients=3)
    world = World(root / "world", days[0].cut_off - 1000)
    world.live(days[:25]).close()
    publish(world, LawChange(RAISED, JULY))
    return world, close_next(world)


def papers(world: World, out: Path, *options: object) -> list[str]:
    asked = ["statement", "--paid", world.out, "--out", out, "--format", "html", "--quiet", *options]
    with pytest.raises(SystemExit) as ended:
        cli.main([*map(str, asked)])
    assert not ended.value.code
    return [path.read_text("utf-8") for path in sorted(out.glob("*.html"))]


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_payment_of_the_run_names_it(raised: tuple[World, int], tmp_path: Path, language: str) -> None:
    world, run = raised
    day = iso(business_day_of(run))
    asked = "--journal", world.journal, "--language", language
    told = [each for each in papers(world, tmp_path / "run", "--run", day, *asked) if SAYS[language] in each]
    made = {
        (each["payee_id"], each["period_start"]): each["period_start"]
        for each in world.said()["PaymentInstruction"]
        if each["cut_off"] == run and each["payee_type"] == "PROVIDER"
    }
    assert len(told) == len(made) > 2 and min(made.values()) >= JULY
    assert all(CITED.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in each for each in told)
    assert all(CITED not in each for each in told), "it is text, not markup"


def test_a_payment_before_does_not(raised: tuple[World, int], tmp_path: Path) -> None:
    world, run = raised
    runs = sorted({each["cut_off"] for each in world.said()["PaymentInstruction"]})
    before = iso(business_day_of(runs[runs.index(run) - 1]))
    made = papers(world, tmp_path / "before", "--run", before, "--journal", world.journal)
    assert made and not any(SAYS["en"] in each for each in made)


def test_without_the_journal_it_says_that_it_does_not_know(
    raised: tuple[World, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, run = raised
    asked = f"statement --paid {world.out} --run {iso(business_day_of(run))} --out {tmp_path / 'p'} --format html"
    with pytest.raises(SystemExit):
        cli.main(asked.split())
    assert "--journal" in capsys.readouterr().out


RUN = cut_off_after(1_725_000_000_000)
DAYS = range(JULY, JULY + 15)


def published(name: str, value: object) -> Law:
    return LAW.with_published(parsed(overlay(name, value)), RUN)


@pytest.mark.parametrize(
    ("name", "value", "counties", "days", "cut_off", "says"),
    [
        ("wage.17", 21_000, ["17"], DAYS, RUN, True),
        ("wage.17", 21_000, ["43"], DAYS, RUN, False),
        ("wage.17", 21_000, ["17"], DAYS, cut_off_after(RUN), False),
        ("wage.17", 21_000, ["17"], range(JULY - 15, JULY), RUN, False),
        ("travel.weekly_minutes", 300, ["43"], DAYS, RUN, True),
    ],
)
def test_it_is_said_where_it_concerns(
    name: str, value: object, counties: list[str], days: range, cut_off: int, says: bool
) -> None:
    assert bool(law_changes(published(name, value), cut_off, days, counties)) == says


def test_a_value_that_is_the_same_is_no_change() -> None:
    same = published("travel.weekly_minutes", LAW.value("travel.weekly_minutes", JULY))
    assert not law_changes(same, RUN, DAYS, ["17"]) and not law_changes(None, RUN, DAYS, ["17"])
