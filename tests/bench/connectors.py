"""Reading 10,000 orders through each connector, beside a bare reading of the same."""

from typing import Any

from tests.bench import file_orders, rest_orders, sql_orders, tryton_orders


def measure() -> dict[str, Any]:
    """HTTP beside a bare `requests` loop over the same pages, files beside `csv`, SQL beside a bare cursor."""
    return {
        "rest": rest_orders.measure(),
        "tryton": tryton_orders.measure(),
        "files": file_orders.measure(),
        "sql": sql_orders.measure(),
    }
