"""Where a log-in may lead to: paths of this site and nothing else."""

import pytest

from bot.staff.login_pages import local_path


@pytest.mark.parametrize("path", ["/staff", "/console?job=invoices", "/staff/conversations/ab12?tab=bot#log"])
def test_a_path_of_this_site_is_followed(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "staff",
        "https://evil.example/staff",
        "//evil.example/staff",
        "/\\evil.example",
        "/staff\\..\\x",
        "javascript:alert(1)",
        "/staff\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "/login?next=/login",
    ],
)
def test_anything_else_leads_to_the_inbox(wanted: str | None) -> None:
    assert local_path(wanted) == "/staff"
