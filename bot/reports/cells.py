"""A cell of a report as people read it, and as programs do."""

from datetime import date
from decimal import Decimal

from bot.pages.formats import Formats
from bot.reports.report import Cell, Link, Money


def told(cell: Cell, formats: Formats) -> str:
    """With the digits, separators and calendar of a language."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case Link():
            return cell.text
        case Money():
            return formats.money(cell.amount, cell.currency) if cell.currency else formats.number(cell.amount)
        case date():
            return formats.day(cell)
        case int() | Decimal():
            return formats.number(cell)


def bare(cell: Cell) -> str:
    """Numbers with a full stop and no separators, dates by ISO 8601."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case Link():
            return cell.text
        case Money():
            return format(cell.amount, "f")
        case date():
            return cell.isoformat()
        case Decimal():
            return format(cell, "f")
        case int():
            return str(cell)
