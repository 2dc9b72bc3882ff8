"""The claims that a line pays, of kinds of statement that no month's work is on: incentives and paid sick leave."""

from pipelines.explain.fold import ExplainedFold
from pipelines.explain.incentives import earned_nodes
from pipelines.explain.leave import claim_nodes
from pipelines.explain.tree import Node
from rules.conclusions import Statement
from rules.price.incentives import INCENTIVE
from rules.price.leave_pay import KIND as LEAVE


def add_claims(worth: Node, statement: Statement, folded: ExplainedFold, waits: bool) -> None:
    """Put them below what a line is worth; not where it ``waits`` for a tax rate, and is worth what was said before."""
    if statement.kind == INCENTIVE:
        worth.parts, worth.adds = [*earned_nodes(statement, folded.earned(statement.provider_id))], ("cents",)
    leave = folded.leave(statement.provider_id) if statement.kind == LEAVE else None
    if leave is not None and not waits:
        worth.parts, worth.adds = [*claim_nodes(statement, leave)], ("minutes",)
