"""The settings of stock reorder and purchase sending: what an ops admin can set."""

from automations.engine.job import Parameter, ParameterType

SITE, MAIN_SITE, SERVICE_LEVEL, REVIEW_DAYS, HISTORY_WEEKS = (
    "site",
    "main_site",
    "service_level",
    "review_days",
    "history_weeks",
)
MERGE_WINDOW, AUTOMATIC_BELOW, TWO_PEOPLE_FROM = "merge_window_days", "automatic_below", "two_people_from"

_SITE = Parameter(SITE, ParameterType.TEXT, None, "Site", "Only this site. Not set: all sites.")

REORDER_PARAMETERS = (
    _SITE,
    Parameter(
        MAIN_SITE,
        ParameterType.TEXT,
        None,
        "Site of orders that name none",
        "Purchase orders that do not say where they are delivered count here. Not set: at an item's first site.",
    ),
    Parameter(
        SERVICE_LEVEL,
        ParameterType.DECIMAL,
        "95",
        "Service level",
        "In how many of 100 order cycles stock is to last, where the rule of an item says nothing else.",
        unit="%",
        minimum=50,
        maximum=99,
    ),
    Parameter(
        REVIEW_DAYS,
        ParameterType.INTEGER,
        7,
        "Review period",
        "How often stock under periodic review is looked at, where its rule says nothing else. Seven days: on Mondays.",
        unit="days",
        minimum=1,
        maximum=92,
    ),
    Parameter(
        HISTORY_WEEKS,
        ParameterType.INTEGER,
        52,
        "Weeks of demand to look back",
        "What forecasts are made from. Seasons are found from 104 weeks on.",
        unit="weeks",
        minimum=4,
        maximum=260,
    ),
)

SENDING_PARAMETERS = (
    _SITE,
    Parameter(
        MERGE_WINDOW,
        ParameterType.INTEGER,
        3,
        "Merge window",
        "Requests of one supplier, site and currency that are due within so many days go into one order.",
        unit="days",
        minimum=0,
        maximum=60,
    ),
    Parameter(
        AUTOMATIC_BELOW,
        ParameterType.AMOUNTS,
        None,
        "Sent without asking below",
        "An order below this amount is sent at once. By currency, like EUR 500, CZK 12000; orders in another currency "
        "always wait for somebody of the group purchasing. Not set: all orders wait.",
    ),
    Parameter(
        TWO_PEOPLE_FROM,
        ParameterType.AMOUNTS,
        None,
        "Two people from",
        "From this amount on two different people have to approve. By currency; not set: one is enough.",
    ),
)
