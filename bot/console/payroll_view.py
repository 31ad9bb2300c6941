"""The register of a payroll run: who gets what, totals by currency, and what changed since the last slips."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from automations.jobs.payroll_preparation import ALREADY_PREPARED, JOB
from automations.rules.payroll.periods import Period
from bot.console.charts import Chart, Series, bars
from bot.console.payroll_words import PayWords
from bot.console.words import Words
from connectors.database.models.work import EffectState, Run, RunItem
from connectors.money import ZERO, round_money

RUNS_SHOWN = 24
ROWS_SHOWN = 100
CHANGES_SHOWN = 4


@dataclass
class Total:
    """Sums of the slips of one currency that can be paid; `changes` of the net pay since the last ones by kind."""

    currency: str
    slips: int = 0
    gross: Decimal = ZERO
    deductions: Decimal = ZERO
    net: Decimal = ZERO
    difference: Decimal = ZERO
    changes: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))


@dataclass(frozen=True, slots=True)
class Register:
    """`rows` are one page of it; the totals are of all. `period` None: the run decided nobody."""

    run: Run
    period: Period | None
    totals: Sequence[Total]
    outcomes: Mapping[str, int]
    rows: Sequence[RunItem]
    after: int | None


def latest_runs(session: Session) -> Sequence[Run]:
    """Newest first."""
    query = select(Run).where(Run.job == JOB.name).order_by(Run.created_at.desc()).limit(RUNS_SHOWN)
    return session.scalars(query).all()


def payroll_run(session: Session, run_id: str) -> Run | None:
    run = session.get(Run, run_id)
    return run if run is not None and run.job == JOB.name else None


def read_register(session: Session, run: Run, after: int = 0) -> Register:
    """A page of its items, and the figures of all, of which only what is added up is read."""
    outcomes: Counter[str] = Counter()
    totals: dict[str, Total] = {}
    detail = RunItem.detail
    figures = [detail[name].as_string() for name in ("currency", "gross", "deductions", "net")]
    query = select(RunItem.outcome, RunItem.reasons, detail["variance"].as_json(), *figures)
    for outcome, causes, variance, currency, *amounts in session.execute(query.where(RunItem.run_id == run.id)):
        outcomes[outcome] += 1
        if currency is not None and not causes:
            total = totals.setdefault(currency, Total(currency))
            _add(total, [Decimal(amount) for amount in amounts], variance)
    page = select(RunItem).where(RunItem.run_id == run.id, RunItem.id > after).order_by(RunItem.id)
    rows = session.scalars(page.limit(ROWS_SHOWN + 1)).all()
    shown = rows[:ROWS_SHOWN]
    return Register(
        run,
        period_of(session, run),
        sorted(totals.values(), key=lambda one: -one.slips),
        outcomes,
        shown,
        shown[-1].id if len(rows) > ROWS_SHOWN else None,
    )


def employees_of(session: Session, run: Run) -> tuple[Sequence[str], Period | None]:
    """Whose slips this run made or found, and of which days."""
    keys = session.scalars(select(RunItem.key).where(RunItem.run_id == run.id).order_by(RunItem.id)).all()
    return keys, period_of(session, run)


def has_saved_slips(session: Session, run: Run) -> bool:
    """Whether the run saved somebody's slip, or found one that was saved before."""
    is_saved = or_(RunItem.effect_state == EffectState.DONE.value, RunItem.outcome == ALREADY_PREPARED)
    return session.scalar(select(RunItem.id).where(RunItem.run_id == run.id, is_saved).limit(1)) is not None


def period_of(session: Session, run: Run) -> Period | None:
    """The days of its slips; None where nobody could even be read."""
    first, last = (RunItem.detail[name].as_string() for name in ("first", "last"))
    days = session.execute(select(first, last).where(RunItem.run_id == run.id, first.is_not(None)).limit(1)).first()
    return None if days is None else Period(date.fromisoformat(days[0]), date.fromisoformat(days[1]))


def register_path(run: Run) -> str | None:
    """Where the register of this run is; None for runs of other jobs."""
    return f"/console/payroll/{quote(run.id, safe='')}" if run.job == JOB.name else None


def draw_changes(total: Total, words: Words, pay: PayWords) -> Chart:
    """What the net pay of a currency differs by, a bar a kind of pay."""
    largest = sorted(total.changes.items(), key=lambda one: (-abs(one[1]), one[0]))[:CHANGES_SHOWN]
    names = [pay.line(code, "") for code, _difference in largest]
    series = Series(words.text("payroll.difference"), "accent", [difference for _code, difference in largest])
    return bars(names, series, lambda figure: words.figure(f"{round_money(Decimal(figure), 0):f}"))


def _add(total: Total, amounts: Sequence[Decimal], variance: Mapping[str, object] | None) -> None:
    gross, deductions, net = amounts
    total.slips += 1
    total.gross += gross
    total.deductions += deductions
    total.net += net
    if variance is None:
        return
    total.difference += Decimal(str(variance["gross_difference"]))
    changes = variance["changes"]
    for code, _label, difference in changes if isinstance(changes, list) else ():
        total.changes[code] += Decimal(difference)
