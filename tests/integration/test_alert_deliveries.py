"""What is told arrives: by mail, webhook or chat, again when it did not, under one id, and gives no secret away."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from automations.alerts.channels import add_secret, delete_channel, drop_old_secrets
from automations.alerts.outbox import TAKEN, send_again, take
from automations.rules.deliveries import MAX_ATTEMPTS, PAUSES
from connectors.database.models.alerts import AlertChannel, AlertDelivery
from connectors.database.models.work import RunState
from connectors.database.session import Database
from connectors.http.reach import Reach
from connectors.secrets import Secrets, rotate
from connectors.settings import PROJECT_ROOT
from connectors.vendors.smtp_mail import SmtpMailer
from connectors.vendors.smtp_mail import SmtpServer as ServerAddress
from tests.fixtures.smtp_server import SmtpServer
from tests.fixtures.webhook_server import WebhookServer
from tests.integration.alert_house import JOB, KEY, MAIL, AlertHouse

pytestmark = pytest.mark.integration

NEW_KEY = "n" * 32


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[AlertHouse]:
    database = Database(database_url)
    yield AlertHouse(database, tmp_path)
    database.close()


@pytest.fixture
def receiver() -> Iterator[WebhookServer]:
    with WebhookServer().running() as server:
        yield server


def hook(house: AlertHouse, receiver: WebhookServer, **more: str) -> str:
    """A channel to the receiver; returns its id."""
    channel, secret = house.add_channel("webhook", receiver.url, name="Pager", **more)
    receiver.secrets = [secret]
    return channel.id


def fails(house: AlertHouse) -> None:
    house.add_run(RunState.FAILED, failure="The ERP does not answer.")
    house.look()


def only(house: AlertHouse) -> AlertDelivery:
    (delivery,) = house.deliveries()
    return delivery


def test_a_webhook_arrives_signed_with_all_that_a_program_needs(house: AlertHouse, receiver: WebhookServer) -> None:
    hook(house, receiver)
    fails(house)
    house.courier().send_due()
    (request,) = receiver.requests
    assert request.is_signed
    body = json.loads(request.body)
    assert (body["type"], body["timestamp"]) == ("alert.opened", house.alerts()[0].opened_at.isoformat())
    assert (body["data"]["kind"], body["data"]["job"]) == ("run_failed", JOB)
    assert body["data"]["facts"] == {"reason": "The ERP does not answer."}
    assert body["data"]["link"].endswith(f"/console/runs/{house.alerts()[0].run_id}")
    delivery = only(house)
    assert (delivery.state, delivery.attempts, delivery.last_status, delivery.last_error) == ("sent", 1, 200, None)


def test_the_manuals_example_accepts_what_we_send_and_nothing_else(house: AlertHouse, receiver: WebhookServer) -> None:
    manual = (PROJECT_ROOT / "docs" / "operations.md").read_text()
    example: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", manual.partition("### Taking a webhook")[2], re.DOTALL)[0], example)  # noqa: S102
    hook(house, receiver)
    example["time"] = SimpleNamespace(time=house.now.timestamp)
    fails(house)
    house.courier().send_due()
    (request,), (secret,) = receiver.requests, receiver.secrets
    assert example["is_ours"](request.headers, request.body.encode(), secret)
    assert not example["is_ours"](request.headers, request.body.encode() + b" ", secret)
    assert not example["is_ours"](request.headers | {"webhook-timestamp": "1614265330"}, request.body.encode(), secret)


def test_a_program_gets_a_webhook_for_each_news(house: AlertHouse, receiver: WebhookServer) -> None:
    hook(house, receiver)
    for number in range(6):
        house.add_run(RunState.FAILED, f"job-{number}", failure="No network.")
    house.sweep()
    assert len({request.message_id for request in receiver.requests}) == 6


def test_what_the_receiver_could_not_take_comes_again_under_the_same_id(
    house: AlertHouse, receiver: WebhookServer
) -> None:
    hook(house, receiver)
    receiver.answers = [500]
    fails(house)
    house.courier().send_due()
    assert (only(house).state, only(house).last_status) == ("pending", 500)
    house.passes(seconds=4)
    house.courier().send_due()
    assert len(receiver.requests) == 1
    house.passes(seconds=1)
    house.courier().send_due()
    first, second = receiver.requests
    assert first.message_id == second.message_id == only(house).id
    assert first.body == second.body
    assert second.is_signed
    assert (only(house).state, only(house).attempts) == ("sent", 2)


def test_a_receiver_says_how_long_it_wants_to_be_left_alone(house: AlertHouse, receiver: WebhookServer) -> None:
    hook(house, receiver)
    receiver.answers, receiver.headers = [503], {"Retry-After": "120"}
    fails(house)
    house.courier().send_due()
    assert (only(house).next_try_at - house.now).total_seconds() == 120


def test_after_two_days_of_failures_it_is_given_up_and_a_person_can_try_again(
    house: AlertHouse, receiver: WebhookServer
) -> None:
    hook(house, receiver)
    receiver.answers = [500] * MAX_ATTEMPTS
    fails(house)
    house.courier().send_due()
    for pause in PAUSES:
        house.now += pause
        house.courier().send_due()
    assert (only(house).state, only(house).attempts) == ("given_up", MAX_ATTEMPTS)
    assert "look into its log" in str(only(house).last_error)
    house.passes(days=30)
    assert house.courier().send_due() == 0
    with house.database.write() as session:
        assert send_again(session, only(house).id, "admin@example.com", house.now)
    house.courier().send_due()
    assert only(house).state == "sent"
    assert len({request.message_id for request in receiver.requests}) == 1


def test_a_receiver_that_does_not_answer_in_time_is_tried_again(house: AlertHouse, receiver: WebhookServer) -> None:
    house.answer_seconds = 0.2
    hook(house, receiver)
    receiver.answers = [0]
    fails(house)
    house.courier().send_due()
    assert (only(house).state, only(house).last_status) == ("pending", None)
    assert "did not answer within 0.2 seconds" in str(only(house).last_error)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(house: AlertHouse, receiver: WebhookServer, status: int) -> None:
    hook(house, receiver)
    with WebhookServer().running() as other:
        receiver.answers, receiver.headers = [status], {"Location": other.url}
        fails(house)
        house.courier().send_due()
        assert other.requests == []
    assert only(house).state == "given_up"
    assert "Redirects are not followed" in str(only(house).last_error)


def test_an_address_of_this_machine_is_refused_where_the_setting_does_not_allow_it(
    house: AlertHouse, receiver: WebhookServer
) -> None:
    house.reach = Reach.PUBLIC
    hook(house, receiver)
    fails(house)
    house.courier().send_due()
    assert receiver.requests == []
    assert only(house).state == "given_up"
    assert "TWINOFFICE_ALERT_REACH" in str(only(house).last_error)


def test_a_name_that_means_a_private_address_is_refused_too(house: AlertHouse, receiver: WebhookServer) -> None:
    house.reach = Reach.PUBLIC
    house.add_channel("webhook", f"http://localhost:{receiver.port}/")
    fails(house)
    house.courier().send_due()
    assert receiver.requests == []
    assert only(house).state == "given_up"


def test_an_answer_without_end_is_not_read_to_its_end(house: AlertHouse, receiver: WebhookServer) -> None:
    hook(house, receiver)
    receiver.body = b"x" * 5_000_000
    fails(house)
    house.courier().send_due()
    assert only(house).state == "sent"


def test_a_receiver_that_wants_nothing_more_gets_nothing_more(house: AlertHouse, receiver: WebhookServer) -> None:
    channel_id = hook(house, receiver)
    receiver.answers = [410]
    fails(house)
    house.courier().send_due()
    with house.database.read() as session:
        assert not session.get_one(AlertChannel, channel_id).is_enabled
    assert only(house).state == "given_up"


def test_a_process_killed_before_it_sent_leaves_the_message_to_the_next(
    house: AlertHouse, receiver: WebhookServer
) -> None:
    hook(house, receiver)
    fails(house)
    assert len(take(house.database, house.now, 10)) == 1  # and here it died
    assert house.courier().send_due() == 0
    house.now += TAKEN
    house.courier().send_due()
    assert [request.message_id for request in receiver.requests] == [only(house).id]


def test_a_process_killed_after_it_sent_lets_the_message_come_once_more_under_its_id(
    house: AlertHouse, receiver: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(house, receiver)
    fails(house)
    with monkeypatch.context() as killed:
        killed.setattr("bot.alerts.courier.settle", die)
        with pytest.raises(KeyboardInterrupt):
            house.courier().send_due()
    house.now += TAKEN
    house.courier().send_due()
    house.now += TAKEN
    house.courier().send_due()
    assert [request.message_id for request in receiver.requests] == [only(house).id] * 2
    assert only(house).state == "sent"


def die(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_a_slow_process_cannot_settle_what_another_has_taken_over(house: AlertHouse, receiver: WebhookServer) -> None:
    hook(house, receiver)
    fails(house)
    (slow,) = take(house.database, house.now, 1)
    house.now += TAKEN
    house.courier().send_due()
    house.courier()._carry(slow)
    assert (only(house).state, only(house).attempts) == ("sent", 2)


@pytest.mark.parametrize("end", ["off", "removed"])
def test_what_waits_for_a_channel_that_is_switched_off_or_removed_is_withdrawn(house: AlertHouse, end: str) -> None:
    channel, _secret = house.add_channel()
    fails(house)
    with house.database.write() as session:
        found = session.get_one(AlertChannel, channel.id)
        if end == "off":
            found.is_enabled = False
        else:
            delete_channel(session, found, "admin@example.com")
    house.courier().send_due()
    assert house.subjects == []
    assert only(house).state == "withdrawn"


def test_both_secrets_sign_until_the_old_one_is_ended(house: AlertHouse, receiver: WebhookServer) -> None:
    channel_id = hook(house, receiver)
    (old,) = receiver.secrets
    with house.database.write() as session:
        new = add_secret(session, session.get_one(AlertChannel, channel_id), Secrets(KEY), "admin@example.com")
    fails(house)
    house.courier().send_due()
    assert (receiver.requests[0].signatures, receiver.requests[0].is_signed) == (2, True)
    with house.database.write() as session:
        drop_old_secrets(session, session.get_one(AlertChannel, channel_id), Secrets(KEY), "admin@example.com")
    house.passes(minutes=1)
    house.add_run(RunState.SUCCEEDED)
    house.sweep()
    assert (receiver.requests[1].signatures, receiver.requests[1].is_signed) == (1, False)
    assert new != old


def test_after_a_change_of_the_secret_key_webhooks_are_signed_as_before(
    house: AlertHouse, receiver: WebhookServer
) -> None:
    hook(house, receiver)
    with house.database.write() as session:
        assert rotate(session, Secrets(NEW_KEY, [KEY])) == 1
        assert rotate(session, Secrets(NEW_KEY, [KEY])) == 0
    fails(house)
    house.courier(Secrets(NEW_KEY)).send_due()
    assert receiver.requests[0].is_signed


def test_a_lost_secret_key_is_told_with_what_to_do_and_the_message_waits(
    house: AlertHouse, receiver: WebhookServer
) -> None:
    hook(house, receiver)
    fails(house)
    house.courier(Secrets(NEW_KEY)).send_due()
    assert only(house).state == "pending"
    assert "TWINOFFICE_PREVIOUS_SECRET_KEYS" in str(only(house).last_error)


def test_neither_logs_nor_tables_hold_a_secret(house: AlertHouse, receiver: WebhookServer) -> None:
    hook(house, receiver)
    receiver.answers = [500, 404, 302]
    fails(house)
    with capture_logs() as logs:
        for pause in PAUSES[:3]:
            house.courier().send_due()
            house.now += pause
    (secret,) = receiver.secrets
    written = repr(logs) + everything_in(house.database)
    assert "alert_not_delivered" in written
    assert secret not in written
    assert secret.removeprefix("whsec_") not in written
    assert "path-that-is-secret" not in repr(logs)
    assert "path-that-is-secret" not in str([one.last_error for one in house.deliveries()])


def everything_in(database: Database) -> str:
    with database.read() as session:
        tables = ("alert_channels", "alert_deliveries", "audit_log")
        return "".join(repr(session.execute(text(f"SELECT * FROM {table}")).all()) for table in tables)  # noqa: S608


def test_a_mail_goes_through_the_mail_server_and_keeps_its_id_at_each_try(house: AlertHouse) -> None:
    with SmtpServer().running() as server:
        mailer = SmtpMailer(ServerAddress("127.0.0.1", server.port, "none"), "Shop <shop@example.com>")
        house.add_channel(language="fa")
        fails(house)
        server.answers = {"MAIL": "451 busy"}
        house.courier(mailer=mailer).send_due()
        assert only(house).state == "pending"
        assert "takes no mail now" in str(only(house).last_error) or "(SMTP 451)" in str(only(house).last_error)
        server.answers = {}
        house.passes(seconds=5)
        house.courier(mailer=mailer).send_due()
        (envelope,) = server.taken
        assert envelope.recipients == (MAIL,)
        assert envelope.message["Message-ID"] == f"<{only(house).id}@example.com>"
        assert "اجرا ناموفق شد" in str(envelope.message["Subject"])
        assert server.complaints == []


def test_an_address_that_the_mail_server_refuses_for_good_is_given_up_at_once(house: AlertHouse) -> None:
    with SmtpServer(answers={"RCPT": "550 no such person"}).running() as server:
        mailer = SmtpMailer(ServerAddress("127.0.0.1", server.port, "none"), "Shop <shop@example.com>")
        house.add_channel()
        fails(house)
        house.courier(mailer=mailer).send_due()
        assert (only(house).state, only(house).attempts) == ("given_up", 1)


def test_a_channel_that_is_down_keeps_no_other_waiting(house: AlertHouse, receiver: WebhookServer) -> None:
    hook(house, receiver)
    house.add_channel()
    house.mailer.is_down = True
    fails(house)
    house.courier().send_due()
    assert {one.channel_name: one.state for one in house.deliveries()} == {"Ops": "pending", "Pager": "sent"}


def test_a_test_is_really_sent_tells_status_and_time_and_stands_in_the_log(
    house: AlertHouse, receiver: WebhookServer
) -> None:
    channel, secret = house.add_channel("webhook", receiver.url, name="Pager")
    receiver.secrets, receiver.answers = [secret], [200, 500]
    good = house.courier().try_out(channel, "admin@example.com")
    bad = house.courier().try_out(channel, "admin@example.com")
    assert (good.verdict, good.status, good.error) == ("delivered", 200, None)
    assert good.took.total_seconds() > 0
    assert (bad.verdict, bad.status) == ("again", 500)
    assert json.loads(receiver.requests[0].body)["type"] == "alert.test"
    assert receiver.requests[0].is_signed
    assert {one.state for one in house.deliveries()} == {"sent", "given_up"}
    assert house.courier().send_due() == 0
