"""The composition root: every part of a process, made once and given to those that need it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rasa_sdk import Action

from automations.engine.clock import Clock
from automations.engine.durable import Engine, EngineOptions
from bot.actions.account import AccountForm, ActionAccount, ActionAskAccountConfirmed
from bot.actions.clarification import ActionDeny, ActionNotUnderstood, read_clarification_rules
from bot.actions.conversation import (
    ActionAffirm,
    ActionChangeLanguage,
    ActionHandOver,
    ActionOutOfScope,
    ActionRepeat,
    ActionRestart,
)
from bot.actions.feedback import ActionAskRating, ActionGoodbye, ActionRate, RatingForm
from bot.actions.greeting import ActionGreet
from bot.actions.knowledge import ActionAnswerQuestion, ArticleAnswers
from bot.actions.notices import ActionSwitchNotices
from bot.actions.opening_hours import ActionOpeningHours
from bot.actions.order_tasks import order_task_actions
from bot.actions.products import (
    ActionAnswerAboutNamedProduct,
    ActionAnswerAboutProduct,
    ActionPlaceOrder,
    ProductAnswers,
    ProductForm,
)
from bot.actions.quotes import ActionAskQuoteConfirmed, ActionRequestQuote, QuoteForm
from bot.actions.ticket_status import ActionTicketStatus, TicketStatusForm
from bot.actions.tickets import ActionAskTicketConfirmed, ActionCreateTicket, TicketForm
from bot.actions.waiting import Waiting
from bot.alerts.service import Alerts, create_alerts
from bot.channels.setup import ChannelSetups
from bot.conversations.live import Live
from bot.conversations.turn import Turns
from bot.front_desk import FrontDesk
from bot.handoff.after_turn import Handoffs
from bot.handoff.queue_times import QueueTimes
from bot.handoff.rules import read_rules
from bot.knowledge.articles import Library
from bot.learning.keeper import ModelKeeper
from bot.learning.models import ModelShelf, ServedModel
from bot.learning.retraining import Retraining
from bot.learning.trainer import RasaTrainer
from bot.mail_intake import MailIntake
from bot.mail_queue import MailQueue
from bot.mail_watch import MailWatch
from bot.notice_mail import NoticeMailer
from bot.notice_words import MailWords
from bot.notices import NoticeSender
from bot.rasa.client import RasaClient
from bot.rasa.secret import rasa_secret
from bot.reports.stock_counts import StockCounts
from bot.services.account_topics import AccountTopics
from bot.services.attachments import Attachments
from bot.services.business_hours import BusinessHours
from bot.services.channel_links import ChannelLinks
from bot.services.customers import Customers
from bot.services.identities import Identities
from bot.services.knowledge import Knowledge
from bot.services.one_time_codes import CodeSettings, OneTimeCodes
from bot.services.order_lookup import OrderLookup
from bot.services.product_search import ProductSearch
from bot.services.proof_attempts import ProofLimits
from bot.services.quotes import Quotes
from bot.services.ratings import Ratings
from bot.services.signed_identity import SignedIdentities, parse_keys
from bot.services.stock_watch import StockWatches
from bot.services.ticket_answers import TicketDesk
from bot.services.ticket_lookup import TicketLookup
from bot.services.tickets import Tickets
from bot.staff.dealing import InboxClock
from bot.texts import Texts
from connectors.connections.desk import ConnectionDesk
from connectors.contracts.mail import Mailer
from connectors.database.session import Database
from connectors.mailer import create_mailer
from connectors.registry import Connectors
from connectors.secrets import secrets_of
from connectors.settings import DATA_FOLDER, Settings

MAIL_THREADS = 2


@dataclass(frozen=True)
class Office:
    """The running parts of one process."""

    settings: Settings
    database: Database
    texts: Texts
    live: Live
    rasa: RasaClient
    handoffs: Handoffs
    turns: Turns
    hours: BusinessHours
    queue_times: QueueTimes
    inbox_clock: InboxClock
    desk: FrontDesk
    notices: NoticeSender
    mail_queue: MailQueue
    mail_watch: MailWatch
    notice_mails: NoticeMailer
    tickets: TicketDesk
    connectors: Connectors
    setups: ChannelSetups
    attachments: Attachments
    links: ChannelLinks
    stock_counts: StockCounts
    connections: ConnectionDesk
    customers: Customers
    identities: Identities
    signed_identities: SignedIdentities
    library: Library
    knowledge: Knowledge
    engine: Engine
    clock: Clock
    alerts: Alerts
    shelf: ModelShelf
    retraining: Retraining
    keeper: ModelKeeper
    actions: Sequence[Action]


def build_office(settings: Settings, data_folder: Path = DATA_FOLDER) -> Office:
    """Make all parts; nothing is started and nothing is written yet."""
    database = Database(settings.database)
    texts = Texts(data_folder)
    live = Live()
    rasa = RasaClient(settings.rasa, rasa_secret(settings.secret))
    hours = BusinessHours(database, texts, settings)
    queue_times = QueueTimes(hours)
    waiting = Waiting(hours)
    handoffs = Handoffs(read_rules(data_folder / "shared" / "handoff.yml"), texts, waiting.describe)
    turns = Turns(database, rasa, texts, live, handoffs)
    connectors = Connectors(database, secrets_of(settings), settings.data_dir)
    customers = Customers(database, connectors)
    engine = Engine(database, connectors, settings.data_dir, options=EngineOptions(zone=settings.zone))
    shelf = ModelShelf(settings)
    retraining = Retraining(database, settings, shelf, RasaTrainer(settings.data_dir / "logs"))
    mail_queue = MailQueue(database, create_mailer(settings, connectors.mail), secrets_of(settings))
    setups = ChannelSetups(database, secrets_of(settings))
    library = Library(data_folder)
    knowledge = Knowledge(database, library)
    return Office(
        settings=settings,
        database=database,
        texts=texts,
        live=live,
        rasa=rasa,
        handoffs=handoffs,
        turns=turns,
        hours=hours,
        queue_times=queue_times,
        inbox_clock=InboxClock(database, texts, hours),
        desk=FrontDesk(database, texts, turns, live, queue_times),
        notices=NoticeSender(database, texts, live),
        mail_queue=mail_queue,
        mail_watch=MailWatch(connectors, MailIntake(database, settings.mail_from)),
        notice_mails=NoticeMailer(database, mail_queue, MailWords(settings, data_folder, texts, engine.catalogue)),
        tickets=TicketDesk(database, texts, mail_queue),
        connectors=connectors,
        setups=setups,
        attachments=Attachments(database, settings.data_dir / "attachments", setups),
        links=ChannelLinks(database, texts, setups),
        stock_counts=StockCounts(connectors),
        connections=ConnectionDesk(connectors.workshop),
        customers=customers,
        identities=Identities(database, texts, customers),
        signed_identities=_signed_identities(settings),
        library=library,
        knowledge=knowledge,
        engine=engine,
        clock=Clock(database, engine),
        alerts=create_alerts(settings, database, data_folder, texts, engine.catalogue, connectors, setups),
        shelf=shelf,
        retraining=retraining,
        keeper=ModelKeeper(ServedModel(database, shelf), rasa, retraining),
        actions=_build_actions(settings, database, texts, connectors, knowledge, mail_queue),
    )


def _signed_identities(settings: Settings) -> SignedIdentities:
    keys = settings.identity_keys
    return SignedIdentities(parse_keys(keys.get_secret_value()) if keys else {})


def _proof_limits(settings: Settings) -> ProofLimits:
    return ProofLimits(
        per_conversation_and_contact=settings.proof_tries_per_hour,
        per_address=settings.proof_tries_per_hour_per_address,
        per_order=settings.proof_tries_per_hour_per_order,
    )


def _build_actions(
    settings: Settings,
    database: Database,
    texts: Texts,
    connectors: Connectors,
    knowledge: Knowledge,
    mailer: Mailer,
) -> Sequence[Action]:
    limits = _proof_limits(settings)
    lookup = OrderLookup(database, connectors.orders, limits)
    hours = BusinessHours(database, texts, settings)
    answers = ArticleAnswers(database, knowledge, settings.public_base_url)
    return [
        *_build_talk_actions(database, texts, answers, Waiting(hours)),
        ActionAskTicketConfirmed(),
        ActionCreateTicket(Tickets(database)),
        ActionSwitchNotices(database, is_wanted=True),
        ActionSwitchNotices(database, is_wanted=False),
        ActionAnswerQuestion(answers),
        ActionOpeningHours(database, hours),
        TicketForm(),
        *_build_feedback_actions(database),
        *order_task_actions(settings, database, texts, connectors, lookup, mailer),
        *_build_identity_actions(settings, database, texts, connectors, mailer),
        *_build_product_actions(settings, database, connectors, answers),
    ]


def _build_talk_actions(
    database: Database, texts: Texts, answers: ArticleAnswers, waiting: Waiting
) -> Sequence[Action]:
    """About the conversation itself."""
    rules = read_clarification_rules(DATA_FOLDER / "shared" / "clarification.yml")
    hand_over, not_understood = ActionHandOver(database, waiting.describe), ActionNotUnderstood(answers, rules)
    return [
        hand_over,
        not_understood,
        ActionAffirm(hand_over),
        ActionChangeLanguage(database, texts),
        ActionDeny(not_understood),
        ActionOutOfScope(answers),
        ActionRepeat(),
        ActionRestart(),
    ]


def _build_feedback_actions(database: Database) -> Sequence[Action]:
    ratings = Ratings(database)
    return [ActionAskRating(), ActionGoodbye(ratings), ActionRate(ratings), RatingForm()]


def _build_product_actions(
    settings: Settings, database: Database, connectors: Connectors, articles: ArticleAnswers
) -> Sequence[Action]:
    """What is said about goods, and offers for them."""
    search = ProductSearch(database, connectors.catalogue, connectors.purchasing)
    answers = ProductAnswers(search, StockWatches(database), articles)
    return [
        ActionAnswerAboutNamedProduct(answers),
        ActionAnswerAboutProduct(answers),
        ActionAskQuoteConfirmed(search),
        ActionPlaceOrder(answers, settings.product_page),
        ActionRequestQuote(search, Quotes(database, connectors.leads)),
        ProductForm(),
        QuoteForm(search),
    ]


def _build_identity_actions(
    settings: Settings, database: Database, texts: Texts, connectors: Connectors, mailer: Mailer
) -> Sequence[Action]:
    """What depends on who the customer is."""
    limits = _proof_limits(settings)
    customers, tickets = Customers(database, connectors), TicketLookup(database, limits)
    mail_threads = ThreadPoolExecutor(MAIL_THREADS, thread_name_prefix="mail")
    code_settings = CodeSettings(settings.secret, limits)
    codes = OneTimeCodes(database, texts, mailer, connectors.orders, code_settings, mail_threads)
    return [
        AccountForm(database, codes, AccountTopics(DATA_FOLDER)),
        ActionAccount(database, texts, customers, Tickets(database)),
        ActionAskAccountConfirmed(texts, database),
        ActionGreet(database, texts, customers),
        ActionTicketStatus(tickets, settings.zone),
        TicketStatusForm(tickets),
    ]
