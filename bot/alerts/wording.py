"""Alerts in words: what a mail or a chat message says, and what a webhook carries."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from automations.engine.discovery import JobCatalogue
from bot.console.words import Words
from bot.pages.rendering import Pages, create_pages
from bot.texts import Texts
from connectors.database.models.alerts import AlertKind
from connectors.settings import Settings

Event = Mapping[str, Any]


class AlertWords:
    """Words for events of the outbox; moments stand in the company's time zone."""

    def __init__(self, settings: Settings, data_folder: Path, texts: Texts, jobs: JobCatalogue) -> None:
        self._settings = settings
        self._data_folder = data_folder
        self._texts = texts
        self._jobs = jobs

    def subject(self, language: str, events: Sequence[Event], channel: str) -> str:
        """One line: the news itself, or how many there are."""
        words = self._words(language)
        if len(events) == 1:
            return self._title(words, events[0], channel)
        return words.text("alerts.message.many", count=words.figure(str(len(events))))

    def text(self, language: str, events: Sequence[Event], channel: str) -> str:
        """All news, separated by empty lines."""
        return "\n\n".join(self._paragraph(language, event, channel) for event in events)

    def document(self, language: str, event: Event, channel: str) -> bytes:
        """The body of a webhook, the same at each try."""
        data = {
            "title": self._title(self._words(language), event, channel),
            "link": self._link(event),
            **{name: value for name, value in event.items() if name not in ("type", "at")},
        }
        body = {"type": f"alert.{event['type']}", "timestamp": event["at"], "data": data}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def detail(self, language: str, kind: str, facts: Mapping[str, Any]) -> str:
        """What was seen, and what to do next."""
        if kind in (AlertKind.RUN_FAILED, AlertKind.CONNECTION_FAILING):
            return str(facts.get("reason", ""))
        words = self._words(language)
        shown = {name: words.figure(str(facts[name])) for name in ("count", "limit", "minutes") if name in facts}
        if since := facts.get("since"):
            shown["since"] = self._pages.formats[language].moment(datetime.fromisoformat(since))
        if firing := facts.get("firing"):
            shown["firing"] = words.firing(datetime.fromisoformat(firing), str(facts["timezone"]))
        return words.text(f"alerts.detail.{kind}", **shown)

    def _paragraph(self, language: str, event: Event, channel: str) -> str:
        words = self._words(language)
        lines = [self._title(words, event, channel)]
        if event["type"] == "opened":
            lines.append(self.detail(language, event["kind"], event["facts"]))
        if event["type"] == "recovered":
            since = self._pages.formats[language].moment(datetime.fromisoformat(event["since"]))
            lines.append(words.text("alerts.message.was_wrong", since=since))
        return "\n".join(line for line in [*lines, self._link(event)] if line)

    def _title(self, words: Words, event: Event, channel: str) -> str:
        if event["type"] == "test":
            return words.text("alerts.message.test", channel=channel)
        return words.text(
            f"alerts.{event['type']}.{event['kind']}", job=event.get("connection") or words.job_title(event["job"])
        )

    def _link(self, event: Event) -> str:
        console = f"{self._settings.public_base_url}/console"
        if event["type"] == "test":
            return f"{console}/alerts"
        if event["run"]:
            return f"{console}/runs/{quote(event['run'], safe='')}"
        if event.get("connection"):
            return f"{console}/connections/{quote(event['connection'], safe='')}"
        is_approval = event["kind"] == AlertKind.APPROVAL_OVERDUE
        return f"{console}/approvals" if is_approval else f"{console}/jobs/{quote(event['job'], safe='')}"

    def _words(self, language: str) -> Words:
        return Words(self._pages, language, self._jobs)

    @cached_property
    def _pages(self) -> Pages:
        # Read when something is told: most commands tell nothing.
        return create_pages(self._data_folder, self._texts, self._settings.zone)
