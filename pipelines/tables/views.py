"""What officers ask of the tables, as views: who acts next, money by county and month, a payee's history, overtime.

A payment that came back does not stand (RUN-4); the one in its place pays all of it again, so sums are of those that
stand. A finding stands as its newest record says; an id that was cleared does not.

Each view has one order, whatever order its tables are read in: DuckDB's threads hand rows on as they finish.
"""

from typing import NamedTuple


class View(NamedTuple):
    """A query that later ones may build on."""

    name: str
    words: str
    sql: str


VIEWS = (
    View(
        "payments",
        "Instructions, and whether each stands: a payment that was returned, voided or went stale does not (RUN-4).",
        """
        WITH last AS (
            SELECT statement_id, instruction_id, run_date FROM instructions
            QUALIFY row_number() OVER (PARTITION BY statement_id ORDER BY sequence DESC) = 1
        ),
        told AS (
            SELECT reversed_instruction_id AS instruction_id, last.run_date, true AS gone
            FROM reversed JOIN last USING (instruction_id)
            UNION ALL
            SELECT came_back.instruction_id, came_back.run_date, came_back.reversed
            FROM came_back
            JOIN instructions AS paid USING (instruction_id)
            JOIN last ON last.statement_id = paid.statement_id
            WHERE came_back.run_date > last.run_date
        ),
        newest AS (
            SELECT * FROM told QUALIFY row_number() OVER (PARTITION BY instruction_id ORDER BY run_date DESC, gone) = 1
        )
        SELECT
            instructions.*,
            NOT coalesce(newest.gone, false) AS stands,
            CASE WHEN newest.gone THEN newest.run_date END AS came_back_on
        FROM instructions LEFT JOIN newest USING (instruction_id)
        ORDER BY ALL
        """,
    ),
    View(
        "findings_now",
        "Findings that stand as of the last pay run, each once, with the pay run in which it began to stand.",
        """
        WITH cleared_on AS (
            SELECT finding_id, max(run_date) AS day FROM findings WHERE cleared GROUP BY finding_id
        ),
        began AS (
            SELECT finding_id, min(run_date) AS standing_since
            FROM findings LEFT JOIN cleared_on USING (finding_id)
            WHERE NOT cleared AND run_date >= coalesce(cleared_on.day, run_date)
            GROUP BY finding_id
        )
        SELECT newest.*, began.standing_since
        FROM (
            SELECT * FROM findings
            QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY run_date DESC, cleared, findings) = 1
        ) AS newest
        JOIN began USING (finding_id)
        WHERE NOT newest.cleared
        ORDER BY ALL
        """,
    ),
    View(
        "unpaid_by_who_acts_next",
        "Time that is held, cut or denied: who can act, why, how much, since when, and what they can do.",
        """
        FROM (
            SELECT
                addressee AS acts_next, outcome, county, county_name, code, rule,
                count(*) AS findings, sum(minutes)::BIGINT AS minutes, (sum(minutes) / 60)::DECIMAL(18,2) AS hours,
                min(standing_since) AS oldest, min(next_step) AS next_step
            FROM findings_now LEFT JOIN counties USING (county)
            WHERE outcome IN ('HELD', 'CUT', 'DENIED')
            GROUP BY ALL
        )
        ORDER BY outcome <> 'HELD', minutes DESC NULLS LAST, acts_next, code, county, rule
        """,
    ),
    View(
        "money_by_county_and_month",
        "Gross of the payments that stand, by the month that was worked. Deductions are of a statement, not a county.",
        """
        SELECT
            county, county_name, date_trunc('month', period_start)::DATE AS service_month, lines.program, earning,
            sum(CASE WHEN earning <> 'OVERTIME_PREMIUM' THEN minutes ELSE 0 END)::BIGINT AS minutes,
            sum(dollars)::DECIMAL(18,2) AS dollars
        FROM lines JOIN payments USING (instruction_id) LEFT JOIN counties USING (county)
        WHERE stands
        GROUP BY ALL
        ORDER BY county, service_month, program, earning
        """,
    ),
    View(
        "payee_history",
        "A payee's payments in order, with what was taken off and the sum of those that stand.",
        """
        SELECT
            payee_type, payee_id, run_date, instruction_id, kind, recipient_id, period_start, sequence, method,
            gross_dollars, gross_dollars - net_dollars AS deducted_dollars, net_dollars, stands, came_back_on,
            (sum(CASE WHEN stands THEN net_dollars ELSE 0 END)
                OVER (PARTITION BY payee_type, payee_id ORDER BY run_date, instruction_id))::DECIMAL(18,2)
                AS net_so_far_dollars
        FROM payments
        ORDER BY payee_type, payee_id, run_date, instruction_id
        """,
    ),
    View(
        "overtime_by_week",
        "Overtime premium of the payments that stand, by the week (Sunday) of the pay run that paid it: records do not"
        " say the workweek that was worked. A week's premium follows its Saturday (OT-2).",
        """
        SELECT
            (run_date - dayofweek(run_date)::INTEGER)::DATE AS paid_in_week, county, county_name, lines.program,
            count(DISTINCT provider_id) AS providers, sum(minutes)::BIGINT AS overtime_minutes,
            sum(dollars)::DECIMAL(18,2) AS premium_dollars
        FROM lines JOIN payments USING (instruction_id) LEFT JOIN counties USING (county)
        WHERE stands AND earning = 'OVERTIME_PREMIUM'
        GROUP BY ALL
        ORDER BY paid_in_week, county, program
        """,
    ),
    View(
        "weeks_with_findings",
        "Findings that stand and are about a workweek (LIMIT-1 to LIMIT-6): which limit, whose, how much.",
        """
        SELECT workweek_start, provider_id, recipient_id, county, code, outcome, minutes, message, next_step
        FROM findings_now WHERE workweek_start IS NOT NULL
        ORDER BY ALL
        """,
    ),
)
COLUMNS = {
    "stands": "False: the money came back, and a later payment of the statement may have paid it again.",
    "came_back_on": "Business day of the last record by which it does not stand.",
    "standing_since": "Business day of the pay run in which it began to stand.",
    "acts_next": "Who can act on it.",
    "hours": "The minutes in hours.",
    "oldest": "Since when the oldest of them stands.",
    "deducted_dollars": "Gross less net.",
    "net_so_far_dollars": "Net of the payee's payments that stand, up to this one.",
    "paid_in_week": "Sunday of the week of the pay run.",
    "providers": "How many.",
    "overtime_minutes": "Minutes that the premium is for; they stand on another line too.",
    "premium_dollars": "Premium alone.",
    "county_name": "Its name.",
}
"""What columns mean that no table has."""
