"""Career Pathways: the course catalog, classes, attendance, claims and incentives (LAW.md, section 12)."""

from datetime import date

from pipelines.sample.facts import fact, revised
from pipelines.sample.homes import SPECIALIZED
from pipelines.sample.papers import Desk
from pipelines.sample.shelf import Fact, Shelf
from pipelines.sample.window import Window, clock, moment
from rules.periods import epoch_day

FIRST_CLASS, LAST_CLASS = epoch_day(date(2022, 10, 1)), epoch_day(date(2024, 9, 17))
LAST_CLAIM = epoch_day(date(2024, 11, 15))
PATHWAYS = ("GENERAL_HEALTH_AND_SAFETY", "ADULT_EDUCATION", *SPECIALIZED)
COURSES = {pathway: (f"C{number}-A", f"C{number}-B") for number, pathway in enumerate(PATHWAYS, 1)}
MINUTES_OF_CLASS = 190
CLASSES_FOR_INCENTIVE = 5  # 15:50
DAYS_BETWEEN_CLASSES = 3
FULL_COURSE = {"training_paid", "incentive_limit", "incentive_clawback", "assignment_incentives"}
TITLES = ("An introduction", "In practice")


def list_courses(window: Window, shelf: Shelf) -> None:
    """Files the course catalog, recorded as the sample starts."""
    for pathway, courses in COURSES.items():
        for course, title in zip(courses, TITLES, strict=True):
            fields = {
                "course_id": course,
                "title": f"{pathway.replace('_', ' ').capitalize()}: {title}",
                "pathway": pathway,
                "listed_from": FIRST_CLASS,
                "listed_to": None,
            }
            shelf.put("CourseListing", fact("catalog", f"CL{course}", clock(window.first, 60), fields))


def _class_days(desk: Desk) -> list[int]:
    """Days of classes in the window and the program; none if they do not all fit."""
    first = max(desk.window.first + desk.rng.randrange(3, 8), FIRST_CLASS)
    count = CLASSES_FOR_INCENTIVE if desk.home.name in FULL_COURSE else 1
    days = [first + number * DAYS_BETWEEN_CLASSES for number in range(count)]
    return days if days[-1] <= min(desk.window.last, LAST_CLASS) else []


def _day_outside(window: Window) -> int:
    """A day on which no class is paid: in the window where there is one, else before the program."""
    outside = (day for day in range(window.first + 3, window.last) if not FIRST_CLASS <= day <= LAST_CLASS)
    return next(outside, FIRST_CLASS - 2)


class Trainee:
    """The home's first provider, who takes classes of one pathway."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.provider_id = desk.home.carers[0].provider_id
        self.pathway = desk.home.pathway or desk.rng.choice(PATHWAYS)
        self.recipient_id = desk.home.recipient_id if desk.rng.random() < 0.5 else None
        self.claims = 0

    def attend(self, day: int, course: str, verified: bool = True) -> Fact:
        """Files the trainer's word on a class."""
        fields = {
            "provider_id": self.provider_id,
            "course_id": course,
            "class_date": day,
            "minutes_attended": MINUTES_OF_CLASS,
            "verified": verified,
        }
        recorded = moment(max(day, self.desk.window.first) + self.desk.rng.randrange(3), self.desk.rng)
        document = f"TA{self.provider_id[1:]}-{day}"
        return self.desk.put("TrainingAttendance", fact("trainer.T12", document, recorded, fields))

    def claim(self, day: int, course: str, recorded_on: int = 0, extra_minutes: int = 0, channel: str = "ESP") -> Fact:
        """Files a claim for a class, some days after it."""
        self.claims += 1
        fields = {
            "channel": channel,
            "provider_id": self.provider_id,
            "course_id": course,
            "class_date": day,
            "minutes_claimed": MINUTES_OF_CLASS + extra_minutes,
            "recipient_id": self.recipient_id,
        }
        on = recorded_on or max(day, self.desk.window.first) + self.desk.rng.randrange(3, 9)
        document = f"TR{self.provider_id[1:]}-{self.claims}"
        return self.desk.put("TrainingClaim", fact(channel.lower(), document, moment(on, self.desk.rng), fields))

    def incentive(self, kind: str, recorded_on: int) -> Fact:
        """Files a claim for an incentive."""
        self.claims += 1
        fields = {
            "channel": "ESP",
            "provider_id": self.provider_id,
            "incentive": kind,
            "pathway": self.pathway,
            "recipient_id": None,
        }
        document = f"IN{self.provider_id[1:]}-{self.claims}"
        return self.desk.put("IncentiveClaim", fact("esp", document, moment(recorded_on, self.desk.rng), fields))


def train(desk: Desk) -> None:
    """Files what the home's situation says about training, where the program's dates allow it."""
    name, window = desk.home.name, desk.window
    trainee = Trainee(desk)
    course = COURSES[trainee.pathway][0]
    if name == "training_after_program":
        day = _day_outside(window)
        trainee.attend(day, course)
        desk.plant([trainee.claim(day, course)])
    elif name == "training_claimed_too_late":
        _claim_too_late(desk, trainee, course)
    else:
        days = _class_days(desk)
        if days:
            _classes(desk, trainee, course, days)


def _claim_too_late(desk: Desk, trainee: Trainee, course: str) -> None:
    late = max(LAST_CLAIM + 2, desk.window.first + 3)
    if not desk.window.open_at(clock(late + 1, 0)):
        return
    desk.plant([trainee.claim(LAST_CLASS - 7, course, late), trainee.incentive("TRAINING", late)])


def _classes(desk: Desk, trainee: Trainee, course: str, days: list[int]) -> None:
    name = desk.home.name
    if name == "training_not_in_catalog":
        course = "C9-Z"
    attended = [trainee.attend(day, course, verified=name != "training_not_verified") for day in days]
    planted = [_claim(trainee, name, day, course) for day in days]
    if name == "training_claimed_twice":
        planted = [trainee.claim(days[0], course, days[0] + 10)]
    last = days[-1] + 9
    if name in FULL_COURSE or name == "incentive_not_yet_earned":
        planted.append(trainee.incentive("TRAINING", last))
    if name == "incentive_limit":
        planted = [trainee.incentive("TRAINING", last + 1)]
    if name == "incentive_clawback":
        corrected = revised(attended[-1][1], moment(last + 14, desk.rng), minutes_attended=60)
        planted = [planted[-1], desk.put("TrainingAttendance", corrected)]
    if name == "assignment_incentives":
        planted += [trainee.incentive(f"{months}_MONTH_ASSIGNMENT", last + 1) for months in ("ONE", "SIX")]
    desk.plant(planted)


def _claim(trainee: Trainee, name: str, day: int, course: str) -> Fact:
    if name == "training_over_attendance":
        return trainee.claim(day, course, extra_minutes=30)
    if name == "training_not_through_esp":
        return trainee.claim(day, course, channel="OTHER")
    return trainee.claim(day, course)
