"""Notices by mail in words: a customer's from the texts, a colleague's from a page template."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from automations.engine.discovery import JobCatalogue
from bot.console.words import Words
from bot.pages.rendering import Pages, create_pages
from bot.texts import DEFAULT_LANGUAGE, Texts
from connectors.contracts.mail import Mail
from connectors.database.models.service import Notice
from connectors.settings import Settings

# Subject and text of what customers get.
CUSTOMER_MAILS = {
    "overdue_friendly": ("mail_overdue_friendly_subject", "mail_overdue_friendly_text"),
    "overdue_firm": ("mail_overdue_firm_subject", "mail_overdue_firm_text"),
    "overdue_last": ("mail_overdue_last_subject", "mail_overdue_last_text"),
    "notice_order_late": ("mail_order_late_subject", "mail_order_late_text"),
    "notice_order_delayed": ("mail_order_delayed_subject", "mail_order_delayed_text"),
    "notice_order_delayed_open": ("mail_order_delayed_open_subject", "mail_order_delayed_open_text"),
}
# What colleagues get: a page text as subject, and a template.
STAFF_MAILS = {
    "morning_digest": ("follow_ups.digest.subject", "notices/morning_digest.txt"),
    "new_exceptions": ("follow_ups.exceptions.subject", "notices/new_exceptions.txt"),
    "new_warnings": ("follow_ups.warnings.subject", "notices/new_warnings.txt"),
}


@dataclass(frozen=True)
class MailWords:
    """Words for mails of the outbox; moments stand in the company's time zone."""

    settings: Settings
    data_folder: Path
    texts: Texts
    jobs: JobCatalogue

    def write(self, notice: Notice) -> Mail:
        """Raises KeyError when this version of the product has no words for it."""
        supported = notice.language is not None and self.texts.supports(notice.language)
        language = str(notice.language) if supported else DEFAULT_LANGUAGE
        write = self._for_staff if notice.response in STAFF_MAILS else self._for_customer
        subject, text = write(notice.response, language, notice.arguments)
        is_right_to_left = self.texts.languages[language].direction == "rtl"
        key = f"notice-{notice.id}"
        return Mail(
            notice.email or "",
            subject,
            text,
            key=key,
            is_right_to_left=is_right_to_left,
            about=notice.idempotency_key,
        )

    def _for_customer(self, response: str, language: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
        subject, text = CUSTOMER_MAILS[response]
        return (
            self.texts.render(subject, language, arguments).text,
            self.texts.render(text, language, arguments).text,
        )

    def _for_staff(self, response: str, language: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
        subject, template = STAFF_MAILS[response]
        words = Words(self._pages, language, self.jobs)
        about = {
            "words": words,
            "console": f"{self.settings.public_base_url}/console",
            "moment": datetime.fromisoformat,
            "timedelta": timedelta,
            "is_confidential": self.jobs.is_confidential,
        }
        heading = {
            "job": words.job_title(str(arguments.get("job", ""))),
            "count": words.figure(str(arguments.get("count", ""))),
            "day": words.day(arguments.get("day")),
        }
        text = self._pages.text(language, template, **about, **arguments)
        return words.text(subject, **heading), _without_gaps(text)

    @cached_property
    def _pages(self) -> Pages:
        # Read when somebody is told something: most commands tell nothing.
        return create_pages(self.data_folder, self.texts, self.settings.zone)


def _without_gaps(text: str) -> str:
    """One empty line between paragraphs, whatever parts of the template were left out."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
