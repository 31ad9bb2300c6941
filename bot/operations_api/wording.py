"""In which language the titles and reasons of an answer are written; programs go by the keys."""

from typing import Annotated

from fastapi import Depends, Query, Request

from bot.console.words import Words
from bot.operations_api.guard import OfficeOf
from bot.pages.rendering import Pages
from bot.texts import DEFAULT_LANGUAGE
from bot.web_errors import problem


class Wording:
    """The words and formats of the language that is asked for."""

    def __init__(
        self, request: Request, office: OfficeOf, language: Annotated[str, Query(max_length=8)] = DEFAULT_LANGUAGE
    ) -> None:
        pages: Pages = request.app.state.pages
        if language not in pages.languages:
            raise problem(422, "unknown_language", f"There is no {language!r}; there are {', '.join(pages.languages)}.")
        self.language = pages.languages[language]
        self.words = Words(pages, language, office.engine.catalogue)
        self.formats = pages.formats[language]


InWords = Annotated[Wording, Depends()]
