"""The pages of alerts: what is wrong, quiet, channels with a test, and secrets that are shown once."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from connectors.database.base import utc_now
from connectors.database.models.alerts import Alert, AlertChannel, AlertSilence
from connectors.mailer import MAILBOX
from tests.fixtures.webhook_server import WebhookServer
from tests.integration.console_house import Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

ALERTS = "/console/alerts"
CHANNELS = f"{ALERTS}/channels"
CHANNEL = {"name": "Ops", "kind": "mail", "target": "ops@example.com", "language": "en", "is_enabled": "true"}
TELLS = {"tells.run_failed": "true", "tells_recovery": "true"}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


def add_alert(house: ConsoleHouse) -> str:
    with house.database.write() as session:
        alert = Alert(
            kind="run_failed",
            subject="invoice-matching",
            job="invoice-matching",
            run_id="run-1",
            cause="run-1",
            facts={"reason": "The ERP <refuses> our key."},
            opened_at=utc_now() - timedelta(hours=2),
        )
        session.add(alert)
        session.flush()
        return alert.id


def add_channel(admin: Browser, **changes: str) -> str:
    """Its address on the console."""
    answer = admin.posts(CHANNELS, **(CHANNEL | TELLS | changes))
    if answer.status_code == 303:
        return str(answer.headers["location"].partition("?")[0])
    found = re.search(rf"{CHANNELS}/[0-9a-f]{{32}}", answer.text)
    assert found, answer.text
    return found[0]


def channel_of(house: ConsoleHouse) -> AlertChannel:
    with house.database.read() as session:
        return session.scalars(select(AlertChannel)).one()


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_every_page_opens_empty_and_filled_in_every_language(house: ConsoleHouse, language: str) -> None:
    browser = Browser(house, house.admin, language)
    pages = [ALERTS, f"{ALERTS}/history", f"{ALERTS}/deliveries", f"{CHANNELS}/new"]
    for page in pages:
        browser.opens(page)
    add_alert(house)
    channel = add_channel(browser)
    browser.posts(f"{channel}/test")
    for page in [*pages, channel]:
        browser.opens(page)


def test_an_open_alert_tells_what_was_seen_since_when_and_leads_to_its_run(house: ConsoleHouse, admin: Browser) -> None:
    assert "Nothing is wrong" in admin.opens(ALERTS)
    add_alert(house)
    page = admin.opens(ALERTS)
    assert "Invoice matching: the run failed" in page
    assert "for 2 hours" in page
    assert "The ERP &lt;refuses&gt; our key." in page
    assert 'href="/console/runs/run-1"' in page


def test_an_admin_is_on_it_and_asks_for_quiet(house: ConsoleHouse, admin: Browser) -> None:
    alert_id = add_alert(house)
    admin.posts(f"{ALERTS}/{alert_id}/acknowledge")
    admin.posts(f"{ALERTS}/{alert_id}/silence", hours="8")
    page = text_of(admin.opens(ALERTS))
    assert "ops@example.com is on it" in page
    assert "silent until" in page
    with house.database.read() as session:
        silence = session.get_one(AlertSilence, ("run_failed", "invoice-matching"))
    assert timedelta(hours=7.9) < silence.until - utc_now() <= timedelta(hours=8)
    admin.posts(f"{ALERTS}/{alert_id}/unsilence")
    assert "silent until" not in text_of(admin.opens(ALERTS))
    assert len(house.audited("alert.silence")) == 1


def test_a_mail_channel_is_added_tried_and_removed(house: ConsoleHouse, admin: Browser) -> None:
    channel = add_channel(admin)
    page = text_of(admin.posts(f"{channel}/test").text)
    assert "The message arrived." in page
    assert re.search(r"\d+ ms", page)
    (mail,) = (house.folder / MAILBOX).glob("*.eml")
    assert "ops@example.com" in mail.read_text()
    assert "delivered" in text_of(admin.opens(f"{ALERTS}/deliveries"))
    admin.posts(f"{channel}/delete")
    assert "Nobody is told yet" in admin.opens(ALERTS)


def test_a_webhook_shows_its_secret_once_and_its_test_shows_the_status(house: ConsoleHouse, admin: Browser) -> None:
    with WebhookServer(answers=[503]).running() as receiver:
        answer = admin.posts(CHANNELS, **(CHANNEL | TELLS | {"kind": "webhook", "target": receiver.url}))
        assert answer.headers["cache-control"] == "no-store"
        (secret,) = SECRET.findall(answer.text)
        receiver.secrets = [secret]
        channel = f"{CHANNELS}/{channel_of(house).id}"
        page = text_of(admin.posts(f"{channel}/test").text)
        assert "Status 503" in page
        assert "look into its log" in page
        assert "The message arrived. Status 200" in text_of(admin.posts(f"{channel}/test").text)
        assert receiver.requests[1].is_signed
    for shown in (ALERTS, channel, f"{ALERTS}/deliveries"):
        assert SECRET.search(admin.opens(shown)) is None
    assert secret not in channel_of(house).secrets


def test_secrets_are_changed_by_us_or_by_the_receiver(house: ConsoleHouse, admin: Browser) -> None:
    channel = add_channel(admin, kind="webhook", target="http://127.0.0.1:9/")
    first = channel_of(house).secrets
    assert SECRET.search(admin.posts(f"{channel}/secret", action="new").text)
    assert len(house.office.alerts.courier.secrets.open(channel_of(house).secrets).split()) == 2
    admin.posts(f"{channel}/secret", action="drop")
    own = "whsec_" + "QUJD" * 10
    assert admin.posts(f"{channel}/secret", secret=own).status_code == 303
    assert house.office.alerts.courier.secrets.open(channel_of(house).secrets) == own
    refused = admin.posts(f"{channel}/secret", secret="hunter2")
    assert refused.status_code == 422
    assert "hunter2" not in refused.text
    assert channel_of(house).secrets != first
    assert own not in str([entry.detail for entry in house.audited("alert_channel.new_secret")])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "at most 100 characters"),
        ({"target": "ops"}, "one e-mail address"),
        ({"target": "a@example.com, b@example.com"}, "one e-mail address"),
        ({"kind": "webhook", "target": "ftp://example.com"}, "https://example.com/hook"),
        ({"kind": "telegram", "target": "1"}, "Channels &gt; Telegram"),
        ({"kind": "pigeon"}, "one of the kinds"),
        ({"language": "de"}, "one of the languages"),
        ({"tells.run_failed": "", "tells.nonsense": "true"}, "at least one thing"),
    ],
)
def test_a_channel_that_cannot_work_is_not_saved_and_the_form_says_why(
    house: ConsoleHouse, admin: Browser, changes: dict[str, str], sentence: str
) -> None:
    answer = admin.posts(CHANNELS, **(CHANNEL | TELLS | changes))
    assert answer.status_code == 422
    assert sentence in answer.text
    with house.database.read() as session:
        assert session.scalars(select(AlertChannel)).all() == []


def test_two_admins_who_change_one_channel_do_not_overwrite_each_other(house: ConsoleHouse, admin: Browser) -> None:
    channel = add_channel(admin)
    version = str(channel_of(house).version)
    assert admin.posts(channel, **(CHANNEL | TELLS | {"version": version, "name": "First"})).status_code == 303
    second = admin.posts(channel, **(CHANNEL | TELLS | {"version": version, "name": "Second"}))
    assert second.status_code == 409
    assert "Somebody else changed this channel" in second.text
    assert channel_of(house).name == "First"


def test_two_channels_have_two_names(admin: Browser) -> None:
    add_channel(admin)
    assert "choose a different one" in admin.posts(CHANNELS, **(CHANNEL | TELLS)).text


@pytest.mark.parametrize(("exceptions", "minutes", "status"), [("7", "30", 303), ("-1", "30", 422), ("7", "0", 422)])
def test_the_limits_are_numbers(admin: Browser, exceptions: str, minutes: str, status: int) -> None:
    answer = admin.posts(f"{ALERTS}/limits", exceptions_limit=exceptions, stalled_minutes=minutes)
    assert answer.status_code == status
    assert ('value="7"' in admin.opens(ALERTS)) == (status == 303)


def test_agents_see_and_change_none_of_it(house: ConsoleHouse) -> None:
    agent = Browser(house, house.agent)
    assert agent.client.get(ALERTS).status_code == 403
    assert agent.posts(CHANNELS, **CHANNEL).status_code == 403


@pytest.mark.parametrize("path", ["x/acknowledge", "x/silence", "channels/x", "channels/x/test", "channels/x/secret"])
def test_what_does_not_exist_is_not_found(admin: Browser, path: str) -> None:
    assert admin.posts(f"{ALERTS}/{path}", **CHANNEL).status_code == 404
