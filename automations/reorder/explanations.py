"""Where the console explains what was last decided about an item at a site."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.contracts.inventory import ItemSite
from connectors.database.chunks import in_chunks
from connectors.database.models.work import Run, RunItem

# The job and the keys of its items, as automations/jobs/stock_reorder.py writes them.
JOB_NAME = "stock-reorder"


class Explained(NamedTuple):
    run_id: str
    item_id: int


def find_explanations(session: Session, keys: Iterable[ItemSite]) -> Mapping[ItemSite, Explained]:
    """By the newest run, dry runs included; what no run found worth an item is missing."""
    wanted = {f"{key.item}@{key.site}": key for key in keys}
    found: dict[ItemSite, Explained] = {}
    for chunk in in_chunks(sorted(wanted)):
        newest = (
            select(func.max(RunItem.id))
            .join(Run, Run.id == RunItem.run_id)
            .where(RunItem.key.in_(chunk), Run.job == JOB_NAME)
            .group_by(RunItem.key)
        )
        query = select(RunItem.key, RunItem.run_id, RunItem.id).where(RunItem.id.in_(newest))
        for key, run_id, item_id in session.execute(query):
            found[wanted[key]] = Explained(run_id, item_id)
    return found
