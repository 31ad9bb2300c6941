"""Page texts by key and language, read from the folders `data/<language>/pages`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from babel.messages.pofile import read_po

Translator = Callable[..., str]


class Catalogue:
    """The page texts of every language that has a folder `pages`; a key stands in one of its files only."""

    def __init__(self, data_folder: Path) -> None:
        folders = sorted(data_folder.glob("*/pages"))
        self.texts: Mapping[str, Mapping[str, str]] = {folder.parent.name: _read_all(folder) for folder in folders}

    def translator(self, language: str) -> Translator:
        """A function from key and values to text: `t("inbox.waits", time="5 min")` fills in `{time}`.

        The function raises KeyError for a key that the language lacks; a test makes sure that none does.
        """
        texts = self.texts[language]

        def translate(key: str, **values: object) -> str:
            return texts[key].format_map(values) if values else texts[key]

        return translate


def _read_all(folder: Path) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for file in sorted(folder.glob("*.po")):
        found = _read(file)
        if twice := texts.keys() & found.keys():
            raise ValueError(f"{file} has {min(twice)!r}, which another file of its folder has already.")
        texts.update(found)
    return texts


def _read(file: Path) -> Mapping[str, str]:
    with file.open("rb") as content:
        messages = read_po(content, abort_invalid=True)
    return {str(message.id): str(message.string) for message in messages if message.id and message.string}
