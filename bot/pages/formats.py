"""Dates, times, numbers and amounts as people of a page's language write them."""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from persiantools.jdatetime import JalaliDate

from bot.texts import Language

_NATIVE_DIGITS = {"arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")}


class Formats:
    """Filters of one language; moments are shown in `time_zone`, or in the machine's own when it is None."""

    def __init__(self, language: Language, time_zone: tzinfo | None) -> None:
        self._locale = language.locale
        self._numbering_system = language.numbering_system
        self._digits = _NATIVE_DIGITS.get(language.numbering_system, {})
        self._time_zone = time_zone

    def local_day(self, moment: datetime) -> date:
        return self._local(moment).date()

    def day(self, value: date | datetime) -> str:
        """`21 Nov 2026`; Iranians use the Solar Hijri calendar."""
        day = self.local_day(value) if isinstance(value, datetime) else value
        if self._locale == "fa_IR":
            return str(JalaliDate(day).strftime("%d %B %Y", locale="fa"))  # type: ignore[no-untyped-call]
        return format_date(day, format="medium", locale=self._locale).translate(self._digits)

    def short_day(self, day: date) -> str:
        """`21 Nov`, for the columns of a chart and for lists of one season."""
        if self._locale == "fa_IR":
            return str(JalaliDate(day).strftime("%d %B", locale="fa")).removeprefix("۰")  # type: ignore[no-untyped-call]
        return format_skeleton("MMMd", day, locale=self._locale).translate(self._digits)

    def clock(self, moment: datetime) -> str:
        """`14:05`."""
        return format_time(self._local(moment).time(), format="short", locale=self._locale).translate(self._digits)

    def clock_seconds(self, moment: datetime) -> str:
        """`14:05:09`, for the lines of a log."""
        return self._local(moment).strftime("%H:%M:%S").translate(self._digits)

    def moment(self, moment: datetime) -> str:
        """Day and time of day."""
        return f"{self.day(moment)}, {self.clock(moment)}" if self._locale != "fa_IR" else self._persian_moment(moment)

    def brief(self, moment: datetime, now: datetime) -> str:
        """The time of day for today, the day for everything earlier."""
        return self.clock(moment) if self.local_day(moment) == self.local_day(now) else self.day(moment)

    def duration(self, value: timedelta) -> str:
        """`5 min`, `2 hrs`; never less than a minute."""
        value = max(value, timedelta(minutes=1))
        text = format_timedelta(value, granularity="minute", threshold=2, format="short", locale=self._locale)
        return text.translate(self._digits)

    def span(self, figure: Decimal | int, unit: str) -> str:
        """`2.5 min`: a length of time in the given unit ("second", "minute", "hour"), for figures side by side."""
        text = format_unit(
            figure, f"duration-{unit}", length="short", locale=self._locale, numbering_system=self._numbering_system
        )
        return text.translate(self._digits)

    def number(self, value: Decimal | int) -> str:
        # Babel changes the separators to those of the numbering system, but not the digits.
        text = format_decimal(value, locale=self._locale, numbering_system=self._numbering_system)
        return text.translate(self._digits)

    def money(self, amount: Decimal, currency: str) -> str:
        text = format_currency(amount, currency, locale=self._locale, numbering_system=self._numbering_system)
        return text.translate(self._digits)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._time_zone)

    def _persian_moment(self, moment: datetime) -> str:
        return f"{self.day(moment)}، {self.clock(moment)}"
