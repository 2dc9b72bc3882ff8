"""A what-if in a few sentences, for whoever decides and reads no table."""

from collections.abc import Iterator

from pipelines.report.wording import counted, county, day, month
from pipelines.what_if.answer import WhatIfAnswer
from pipelines.what_if.scenario import Scenario
from pipelines.wording import REASONS, clock, in_words, money

SHOWN = 0.01  # per cent


def sentences(scenario: Scenario, answer: WhatIfAnswer) -> list[str]:
    """What it costs, who gains, what is owed, what else moves."""
    if not answer.gross.difference and not answer.net.difference and not answer.findings:
        return ["Nobody would be paid otherwise, and nothing else would be said."]
    return [*_cost(answer), *_people(answer), *_owed(scenario, answer), *_else(answer)]


def _cost(answer: WhatIfAnswer) -> Iterator[str]:
    more = answer.pay.difference
    share = f" ({_per_cent(more, answer.pay.before)})" if answer.pay.before else ""
    if not more:
        yield "The pay of all together stays the same."
    else:
        taxes, net = money(abs(answer.cost.difference)), answer.net.difference
        yield (
            f"It costs {money(abs(more))} {_more(more)} in pay before taxes{share}; "
            f"with the employer's part of the taxes {taxes}. {money(abs(net))} {_more(net)} reaches people."
        )
    if answer.full_month and answer.year:
        yield (
            f"A month in which all of it holds costs about {money(abs(answer.full_month))} {_more(answer.full_month)} "
            f"in pay, so twelve of them {money(abs(answer.year))}, if the hours stay as they were."
        )


def _people(answer: WhatIfAnswer) -> Iterator[str]:
    people = answer.people
    if not people.gain and not people.lose:
        yield f"Of {counted(people.people, 'payee')} nobody gains or loses."
        return
    who = f"Of {counted(people.people, 'payee')} {_who(people.gain, 'gain')} and {_who(people.lose, 'lose')}"
    middle = f"; the one in the middle of them gets {money(abs(people.middle))} {_more(people.middle)} net"
    yield who + (middle if people.gain + people.lose > 1 else "") + "."
    for which, ones in (("gains", people.most_gained), ("loses", people.most_lost)):
        if ones:
            one = ones[0]
            yield (
                f"Who {which} most was paid {money(one.before)} and would be paid {money(one.after)}, "
                f"{money(abs(one.difference))} {_more(one.difference)}, for {clock(one.minutes_after)} hours."
            )


def _who(number: int, does: str) -> str:
    return f"{number:,} {does}{'s' if number == 1 else ''}" if number else f"nobody {does}s"


def _owed(scenario: Scenario, answer: WhatIfAnswer) -> Iterator[str]:
    owed = answer.retroactive
    if scenario.adopted is not None:
        if not owed.by_month:
            yield f"Adopted on {day(scenario.adopted)}, it owes nothing for the pay periods before."
            return
        first, last = (owed.by_month[at].name[0] for at in (0, -1))
        span = month(first) if first == last else f"{month(first)} to {month(last)}"
        run = "" if owed.since is None else f", from the pay run of {day(owed.since)} on"
        yield (
            f"Adopted on {day(scenario.adopted)}, {money(owed.gross)} before taxes ({money(owed.net)} net) is due for "
            f"past periods, {span}{run}."
        )
    elif owed.by_month:
        amount = f"{money(abs(owed.gross))} before taxes"
        would = f"{amount} would be due" if owed.gross > 0 else f"{amount} would have been paid too much"
        yield (
            f"If it were adopted only now, with effect from its first day, {would} for past periods that are "
            "still open (TIME-6)."
        )
    if answer.owed.difference:
        less = money(abs(answer.owed.difference)), _more(answer.owed.difference)
        yield f"Overpayments that are not taken back would be {' '.join(less)}."


def _else(answer: WhatIfAnswer) -> Iterator[str]:
    moved = [each for each in answer.hours if each.difference and each.name[0] != "claimed"]
    if moved:
        parts = (f"{each.name[0]} {_signed(clock(each.difference))}" for each in moved)
        yield f"Hours of service move: {', '.join(parts)}."
    else:
        yield "No hour moves between paid, cut and held."
    for row in answer.findings:
        if row.outcome == "VIOLATION":
            come = f"{counted(row.come, 'violation')} {'comes' if row.come == 1 else 'come'}"
            yield f"{in_words(row.code, REASONS)}: {come}, {row.go:,} {'goes' if row.go == 1 else 'go'}."
    for code, rise, fall in answer.benefits:
        yield f"{county(code)}: {counted(rise, 'month')} of benefits reached, {counted(fall, 'month')} lost."
    if answer.shares[0]:
        months = counted(answer.shares[0], "month")
        yield f"The share of cost of {months} of a recipient is otherwise, {_signed(money(answer.shares[1]))}."
    if answer.advances[0]:
        yield f"{counted(answer.advances[0], 'advance')} would be otherwise, {_signed(money(answer.advances[1]))}."


def _more(amount: int) -> str:
    return "less" if amount < 0 else "more"


def _signed(written: str) -> str:
    return written if written.startswith("-") else f"+{written}"


def _per_cent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:+.2f} %" if abs(share) >= SHOWN else f"{'+' if part > 0 else '-'}0.01 % at most"
