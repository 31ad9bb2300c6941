"""What an attacker tried once and found open stays shut."""

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from automations.engine.discovery import discover_jobs
from automations.engine.parameters import ParameterError, check_parameters
from bot.application import create_application
from bot.csv_text import as_csv
from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.reader import read_invoice
from connectors.errors import Unavailable
from connectors.settings import Settings
from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.settling import Settling
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.web_office import build_web_office
from tests.integration.console_house import Browser, ConsoleHouse

pytestmark = pytest.mark.integration


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    office = build_web_office(tmp_path, ScriptedAssistant())
    with TestClient(create_application(office, has_engine=False), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/login", "/language", "/api/chat/sessions"])
def test_a_multipart_form_with_a_slow_codec_is_not_even_read(client: TestClient, path: str) -> None:
    slow = "multipart/form-data; boundary=x; charset=punycode"
    body = "--x\r\nContent-Disposition: form-data; name=email\r\n\r\na-" + "a" * 1000 + "\r\n--x--\r\n"
    answer = client.post(path, content=body, headers={"Content-Type": slow})
    assert answer.status_code == 415
    assert "Content-Security-Policy" in answer.headers


def test_an_address_that_is_none_in_a_header_breaks_nothing(client: TestClient) -> None:
    assert client.post("/language", data={"lang": "cs"}, headers={"Referer": "http://[x"}).status_code == 303
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://[x"}
    assert client.get("/staff", headers=htmx).status_code == 401


@pytest.mark.parametrize("value", ["1e999999999", "1E+99999", "1e-99999", "9" * 40])
def test_a_monstrous_number_is_refused_as_a_parameter(value: str) -> None:
    job = discover_jobs().find("invoice-matching")
    with pytest.raises(ParameterError, match="at most 15 digits"):
        check_parameters(job, {"price_tolerance_absolute": value})
    assert check_parameters(job, {"price_tolerance_absolute": "12345.67"})["price_tolerance_absolute"] == Decimal(
        "12345.67"
    )


def test_no_cell_of_the_export_is_a_formula_however_a_spreadsheet_splits_it() -> None:
    cells = ["=1+1", "GmbH;@SUM(1)", "a\t+b", "1; =cmd|x", "plain - text", "a=b"]
    line = as_csv([cells])
    for formula in ('"=1', ";@SUM", "\t+b", "; =cmd"):
        assert formula not in line
    assert "plain - text" in line
    assert "a=b" in line


def test_files_are_not_moved_out_of_their_folder_through_a_link(tmp_path: Path) -> None:
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    inbox.mkdir()
    elsewhere.mkdir()
    (inbox / "quarantine").symlink_to(elsewhere)
    (inbox / "bad.xml").write_bytes(b"<x/>")
    source = FolderDocuments(inbox, Settling(0))
    (document,) = source.list_documents()
    with pytest.raises(Unavailable, match="symbolic link"):
        source.quarantine(document, "no invoice")
    assert list(elsewhere.iterdir()) == []


def test_an_explanation_is_not_written_through_a_link(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "quarantine").mkdir(parents=True)
    (inbox / "quarantine" / "bad.xml.reason.txt").symlink_to(tmp_path / "victim.txt")
    (inbox / "bad.xml").write_bytes(b"<x/>")
    source = FolderDocuments(inbox, Settling(0))
    (document,) = source.list_documents()
    source.quarantine(document, "no invoice")
    assert not (tmp_path / "victim.txt").exists()


def test_a_file_of_countless_tags_is_refused_before_a_tree_is_built() -> None:
    with pytest.raises(UnreadableDocumentError) as refused:
        read_invoice(b"<Invoice>" + b"<a/>" * 1_000_001 + b"</Invoice>")
    assert refused.value.code == "TOO_LARGE"


def test_what_a_supplier_wrote_is_shown_as_text_and_never_counted_with(tmp_path: Path) -> None:
    house = ConsoleHouse(tmp_path)
    try:
        admin = Browser(house, house.admin)
        inbox = tmp_path / "inbox" / "invoices"
        ours = (inbox / "waldkontor-RE-26-1187.xml").read_bytes().replace(b"RE-26-1187", b"RE-66-1")
        hostile = inbox / "hostile.xml"
        hostile.write_bytes(re.sub(rb"PO-2026-\d+", b"1e99999", ours))
        os.utime(hostile, (0, 0))
        run = admin.runs_job("dry")
        (item,) = [item for item in house.items(run).values() if item.detail.get("file") == "hostile.xml"]
        assert "1e99999" in admin.opens(f"/console/runs/{run.id}/items/{item.id}")
    finally:
        house.close()


def test_what_a_dry_run_found_cannot_be_settled(tmp_path: Path) -> None:
    house = ConsoleHouse(tmp_path)
    try:
        admin = Browser(house, house.admin)
        run = admin.runs_job("dry")
        item = next(item for item in house.items(run).values() if item.outcome == "held")
        admin.posts(f"/console/runs/{run.id}/items/{item.id}/settle", reason="done")
        assert house.audited("item.settle") == []
    finally:
        house.close()


def test_a_proxy_before_it_ends_the_demo_by_default() -> None:
    assert Settings(_env_file=None).is_demo
    assert not Settings(_env_file=None, trusted_proxies="127.0.0.1").is_demo
