"""What the pages of connections call settings, and how they say what is wrong with one."""

from collections.abc import Callable

from connectors.vendor import Vendor

SETTING_FIELD = "s."


class ConnectionWords:
    """`text_or` finds a text of the page's language by key; `figure` writes a number as the language does."""

    def __init__(self, text_or: Callable[[str, str], str], figure: Callable[[str], str]) -> None:
        self._text_or = text_or
        self._figure = figure

    def label(self, vendor: Vendor, setting: str) -> str:
        return self._text_or(f"console.vendor.{vendor.name}.{setting}", setting)

    def help(self, vendor: Vendor, setting: str) -> str:
        return self._text_or(f"console.vendor.{vendor.name}.{setting}_help", "")

    def choice(self, vendor: Vendor, setting: str, choice: str) -> str:
        """A value that is offered; the word of the system itself where there is no better one."""
        return self._text_or(f"console.vendor.{vendor.name}.{setting}.{choice}", choice)

    def field(self, vendor: Vendor, field: str) -> str:
        """The name of a form field: a setting of the vendor, or one that every connection has."""
        if field.startswith(SETTING_FIELD):
            return self.label(vendor, field.removeprefix(SETTING_FIELD))
        return self._text_or(f"connections.{field}", field)

    def problem(self, vendor: Vendor, field: str, problem: str) -> str:
        """What is wrong with a field; of a number that is out of range, what the range is."""
        found = [setting for setting in vendor.settings if f"{SETTING_FIELD}{setting.name}" == field]
        limits = (found[0].minimum, found[0].maximum) if found else (None, None)
        minimum, maximum = ("" if limit is None else self._figure(str(limit)) for limit in limits)
        return self._text_or(f"connections.error.{problem}", problem).format(minimum=minimum, maximum=maximum)
