"""In which language somebody is written to who has not said so."""

from babel.languages import get_official_languages


def choose_language(country: str | None, *known: str | None) -> str | None:
    """The first language that is known; else the first official one of the country (CLDR); else None."""
    for language in known:
        if language:
            return language
    official = get_official_languages(country, de_facto=True) if country else ()
    return official[0] if official else None
