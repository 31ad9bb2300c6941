"""The task intermittent of the worked cases: forecasts of demand that comes now and then."""

from collections.abc import Mapping
from typing import Any

from automations.rules.reorder.intermittent import forecast_intermittent


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    forecast = forecast_intermittent([float(one) for one in given["demand"]], float(given["alpha"]))
    return {"croston": forecast.croston, "sba": forecast.sba, "tsb": forecast.tsb}
