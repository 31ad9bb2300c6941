"""Approvals: which effects wait for a person's consent before they are carried out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from automations.engine.job import ItemOutcome, JobDefinition
from connectors.database.models.work import Run


def request_approvals(
    session: Session, run: Run, job: JobDefinition, outcomes: Sequence[ItemOutcome], now: datetime
) -> int:
    """Ask for what the job's approval policy wants consent for; returns how many of these items wait now."""
    return 0
