"""The job "stock reorder": what each item at each site needs, as drafts of purchase orders that explain themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.engine.outbox import TECHNICAL, apply_each
from automations.engine.packed_values import PackedValues
from automations.reorder.cases import KEY_PREFIX, Asked, CaseReader, is_own
from automations.reorder.parameters import (
    HISTORY_WEEKS,
    MAIN_SITE,
    REORDER_PARAMETERS,
    REVIEW_DAYS,
    SERVICE_LEVEL,
    SITE,
)
from automations.reorder.record import describe_case, describe_proposal, read_request, show
from automations.rules.reorder.proposal import Action, Defaults, Problem, Proposal, ReorderCase, propose
from connectors.contracts.inventory import ItemSite, ReorderRule, all_rules
from connectors.contracts.names import INVENTORY, PURCHASING
from connectors.database.models.work import ItemState

PROPOSED, CHANGED, WITHDRAWN, EXCEPTION, ENOUGH, GONE = (
    "proposed",
    "changed",
    "withdrawn",
    "exception",
    "enough",
    "gone",
)
PUT, WITHDRAW = "put", "withdraw"
NAME = "stock-reorder"
_WORDS = {Action.ORDER: PROPOSED, Action.CHANGE: CHANGED, Action.WITHDRAW: WITHDRAWN}
RESTING = frozenset({Action.ENOUGH.value, Action.KEEP.value, Action.REST.value})
# Few enough for memory, many enough for one question each.
PIECE = 1000
# Packed, an outcome is about a kilobyte.
MOST_KEPT = 100_000
HUNDRED = Decimal(100)
# How far back questions of customers are a sign of demand.
ASKED_SINCE = timedelta(days=30)


class StockReorder:
    """Looks at every rule once a run; what has enough is counted, what needs something is an item."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        parameters = context.parameters
        self._inventory = context.connectors.inventory()
        self._purchasing = context.connectors.purchasing()
        self._today = context.today
        self._defaults = Defaults(
            today=self._today,
            service_level=parameters[SERVICE_LEVEL] / HUNDRED,
            review_days=parameters[REVIEW_DAYS],
        )
        self._reader: CaseReader | None = None
        # What `plan` decided, as far as it fits; the rest is decided again when its turn comes.
        self._planned: PackedValues[ItemOutcome] = PackedValues()

    def plan(self) -> Sequence[str]:
        """Everything is read and decided here, piece by piece; what needs something becomes an item."""
        counts: Counter[str] = Counter()
        keys: list[str] = []
        for rules in all_rules(self._inventory, self._context.parameters[SITE], PIECE):
            for case, answer in self._propose(rules):
                word = answer.action.value if isinstance(answer, Proposal) else EXCEPTION
                counts[word] += 1
                if word in RESTING:
                    continue
                keys.append(_write_key(case.rule.key))
                if len(self._planned) < MOST_KEPT:
                    self._planned[keys[-1]] = self._outcome(case, answer)
        self._context.log(
            "stock_looked_at",
            checked=counts.total(),
            enough=counts[Action.ENOUGH],
            kept=counts[Action.KEEP],
            resting=counts[Action.REST],
        )
        return [*keys, *map(_write_key, self._drafts_without_rule())]

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one item depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        """What `plan` decided, or, in another process than the one that planned, decided now."""
        missing = [key for key in keys if key not in self._planned]
        decided = {key: self._planned.pop(key) for key in keys if key in self._planned}
        rules = self._inventory.find_rules([_read_key(key) for key in missing]) if missing else {}
        for case, answer in self._propose(list(rules.values())):
            outcome = self._outcome(case, answer)
            decided[outcome.key] = outcome
        return [decided.get(key) or self._decide_without_rule(key) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return apply_each(outcomes, self._carry_out, TECHNICAL)

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        """Done is a draft that is there, and one to withdraw that is not. One that is missing may have been sent
        meanwhile; putting it again changes nothing then."""
        open_keys = {request.idempotency_key for request in self._purchasing.open_requests()}
        found: dict[str, str | None] = {}
        for outcome in outcomes:
            effect = outcome.effect or {}
            is_open = (effect.get("before") or outcome.effect_key) in open_keys
            is_done = is_open if effect.get("action") == PUT else not is_open
            found[outcome.key] = outcome.key if is_done else None
        return found

    def _drafts_without_rule(self) -> Sequence[ItemSite]:
        """Drafts of this job whose rule somebody removed: nothing would ever withdraw them."""
        site = self._context.parameters[SITE]
        own = {key for key, one in self._read_cases().requests.items() if is_own(one)}
        asked = {key for key in own if site in (None, key.site)}
        return sorted(asked - self._inventory.find_rules(asked).keys())

    def _decide_without_rule(self, key: str) -> ItemOutcome:
        place = _read_key(key)
        request = self._read_cases().requests.get(place)
        if request is None or not is_own(request):
            return ItemOutcome(key, key, ItemState.SKIPPED, GONE)
        return ItemOutcome(
            key,
            _title(place),
            ItemState.DONE,
            WITHDRAWN,
            detail={"item": place.item, "site": place.site, "draft_before": show(request.quantity)},
            effect={"action": WITHDRAW, "before": request.idempotency_key},
            effect_key=self._effect_key(key),
        )

    def _propose(self, rules: Sequence[ReorderRule]) -> Iterator[tuple[ReorderCase, Proposal | Sequence[Problem]]]:
        if rules:
            for case in self._read_cases().read(rules):
                yield case, propose(case, self._defaults)

    def _read_cases(self) -> CaseReader:
        if self._reader is None:
            parameters = self._context.parameters
            self._reader = CaseReader(
                self._inventory,
                self._purchasing,
                self._today,
                parameters[HISTORY_WEEKS],
                parameters[MAIN_SITE],
                self._read_asked(),
            )
        return self._reader

    def _read_asked(self) -> Asked:
        notices = self._context.connectors.notices()
        since = datetime.combine(self._today - ASKED_SINCE, time.min, self._context.now().tzinfo)
        watches = Counter(watch.sku for watch in notices.product_watches())
        return Asked(notices.asked_products(since), watches)

    def _outcome(self, case: ReorderCase, answer: Proposal | Sequence[Problem]) -> ItemOutcome:
        key = _write_key(case.rule.key)
        title = _title(case.rule.key)
        if not isinstance(answer, Proposal):
            reasons = tuple(Reason(one.code, one.owner, one.found, one.expected, where=one.where) for one in answer)
            return ItemOutcome(
                key,
                title,
                ItemState.EXCEPTION,
                EXCEPTION,
                reasons=reasons,
                detail=describe_case(case),
                owner=reasons[0].owner,
            )
        word = _WORDS.get(answer.action)
        detail = describe_proposal(case, answer)
        if word is None:
            return ItemOutcome(key, title, ItemState.SKIPPED, ENOUGH, detail=detail)
        is_put = answer.offer is not None
        before = None if is_put or case.request is None else case.request.idempotency_key
        return ItemOutcome(
            key,
            title,
            ItemState.DONE,
            word,
            detail=detail,
            effect={"action": PUT if is_put else WITHDRAW, "before": before},
            effect_key=self._effect_key(key),
            amount=answer.amount if is_put else None,
            currency=answer.offer.terms.currency if answer.offer else None,
        )

    def _effect_key(self, key: str) -> str:
        return f"{KEY_PREFIX}{key}:{self._context.run_id}"

    def _carry_out(self, outcome: ItemOutcome) -> str:
        if outcome.effect is not None and outcome.effect["action"] == PUT:
            explanation = f"{self._context.run_id}/{outcome.key}"
            self._purchasing.put_request(read_request(outcome.detail, outcome.effect_key or outcome.key, explanation))
        elif outcome.effect is not None:
            self._purchasing.withdraw_request(outcome.detail["item"], outcome.detail["site"])
        return outcome.key


def _title(key: ItemSite) -> str:
    return f"{key.item} · {key.site}"


def _write_key(key: ItemSite) -> str:
    return f"{key.item}@{key.site}"


def _read_key(key: str) -> ItemSite:
    item, _, site = key.rpartition("@")
    return ItemSite(item, site)


def _start(context: JobContext) -> JobWork:
    return StockReorder(context)


JOB = JobDefinition(
    name=NAME,
    title="Stock reorder",
    description=(
        "Compares stock, orders, drafts and forecast of every item at every site with its reorder rule, and proposes, "
        "changes or withdraws drafts of purchase orders, each with its explanation."
    ),
    item_name="product",
    default_cron="0 5 * * mon-fri",
    parameters=REORDER_PARAMETERS,
    start=_start,
    uses=(INVENTORY, PURCHASING),
)
