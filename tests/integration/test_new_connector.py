"""`twinoffice connector new` begins a connector whose contract tests are red until it is written, and green then."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.commands import app
from bot.pages.catalogue import Catalogue
from connectors.contracts.names import CONTRACTS
from connectors.settings import PROJECT_ROOT
from connectors.skeleton import SkeletonError, plan_connector

pytestmark = pytest.mark.integration

COPIED = ("connectors", "automations", "bot", "data", "tests")
MEMORY = "from connectors.vendors.memory_contacts import MemoryContacts"
SETTINGS = {"base_url", "base_url_help", "token", "token_help"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which somebody begins a connector."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in COPIED:
        unneeded = shutil.ignore_patterns("__pycache__", "nlu")
        shutil.copytree(PROJECT_ROOT / folder, root / folder, ignore=unneeded)
    shutil.copy(PROJECT_ROOT / "pyproject.toml", root)
    done = begin(root, "acme_crm", "contacts", "orders")
    assert done.exit_code == 0, done.output
    return root


def begin(root: Path, name: str, *contracts: str) -> Result:
    asked = [word for contract in contracts for word in ("--contract", contract)]
    return CliRunner().invoke(app, ["connector", "new", name, *asked, "--folder", str(root)])


def run_in(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)


def test_the_registry_knows_the_new_connector_with_its_settings(checkout: Path) -> None:
    ask = """
from connectors.registry import VENDORS
vendor = VENDORS["acme_crm"]
print(*vendor.contracts, *[setting.name for setting in vendor.settings])
"""
    shown = subprocess.run([sys.executable, "-c", ask], cwd=checkout, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["contacts", "orders", "base_url", "token"]


def test_what_was_written_is_as_tidy_as_the_house_asks_for(checkout: Path) -> None:
    written = [path.as_posix() for path in checkout.rglob("*acme_crm*.py")]
    assert len(written) == 3
    for command in (["check"], ["format", "--check"]):
        done = run_in(checkout, "ruff", *command, *written, "connectors/registry.py", "tests/contract/with_a_server.py")
        assert done.returncode == 0, done.stdout


def test_its_form_has_words_in_every_language(checkout: Path) -> None:
    for texts in Catalogue(checkout / "data").texts.values():
        assert {f"console.vendor.acme_crm.{name}" for name in SETTINGS} <= texts.keys()
        assert texts["console.vendor.acme_crm"] == "Acme crm"


def test_its_contract_tests_are_red_before_it_is_written_and_green_then(checkout: Path) -> None:
    suite = checkout / "tests" / "integration" / "test_acme_crm_contacts.py"
    red = run_in(checkout, "pytest", "-q", "-p", "no:cacheprovider", str(suite))
    assert red.returncode == 1
    assert "Start a test server of Acme crm" in red.stdout
    written = suite.read_text()
    begun = written[: written.index("    pytest.fail(")].replace("import pytest", f"import pytest\n{MEMORY}", 1)
    suite.write_text(begun + "    return MemoryContacts(CONTACTS)\n")
    green = run_in(checkout, "pytest", "-q", "-p", "no:cacheprovider", str(suite))
    assert green.returncode == 0, green.stdout


@pytest.mark.parametrize(
    ("name", "contracts", "said"),
    [
        ("acme_crm", ["contacts"], "already"),
        ("Acme", ["contacts"], "small letters"),
        ("../acme", ["contacts"], "small letters"),
        ("other", ["contact"], "no contract 'contact'"),
        ("other", [], "at least one contract"),
    ],
)
def test_what_cannot_be_begun_is_refused_and_nothing_is_written(
    checkout: Path, name: str, contracts: list[str], said: str
) -> None:
    before = sorted(checkout.rglob("*.p[yo]"))
    done = begin(checkout, name, *contracts)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
    assert sorted(checkout.rglob("*.p[yo]")) == before


def test_every_contract_can_be_begun(checkout: Path) -> None:
    for contract in CONTRACTS.keys() - {"mailbox"}:
        planned = plan_connector("other", [contract], checkout)
        (module,) = (text for path, text in planned.files.items() if path.name == "other.py")
        compile(module, "other.py", "exec")


def test_a_contract_whose_suite_is_a_class_is_begun_by_hand(checkout: Path) -> None:
    with pytest.raises(SkeletonError, match="test_mailbox"):
        plan_connector("other", ["mailbox"], checkout)
