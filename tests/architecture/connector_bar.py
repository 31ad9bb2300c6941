"""The quality bar of connectors: what each rule of docs/connectors.md looks at, and the tier that follows."""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

import connectors.errors
import connectors.registry
from bot.pages.catalogue import Catalogue
from connectors.contracts.names import CONTRACTS
from connectors.registry import VENDORS
from connectors.vendor import SettingKind, Vendor
from tests.contract.with_a_server import TESTED_WITH_A_SERVER
from tests.integration.http_subjects import SUBJECTS

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "connectors.md"
PAGES = Catalogue(ROOT / "data")
# Nobody connects these: they are our own database and the memory of a test.
OUR_OWN = frozenset({"house", "memory"})
# A setting with such a name holds a secret, unless it only says what the secret is called or where it is fetched.
SECRET_WORDS = re.compile(r"password|passphrase|token|secret|private_key|api_key")
NO_SECRETS = re.compile(r"_(url|header|name|seconds|parameter)$")
OTHER_CLIENTS = frozenset({"urllib3", "http.client", "urllib.request", "httpx", "aiohttp"})
# Types of `requests` that an `authenticate` must name; its sessions are the client's alone.
OF_REQUESTS = frozenset({"PreparedRequest"})
CLOCKS = re.compile(r"\b(time\.sleep|datetime\.now|datetime\.utcnow|date\.today|time\.time|random\.\w+)\(")
FAMILY = {name for name, each in vars(connectors.errors).items() if inspect.isclass(each)}


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` says whether a connector keeps it; True as well where it does not concern the connector."""

    name: str
    tier: str
    holds: Callable[[Vendor], bool]


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("connectors", cache_dir=None)


@cache
def module_of(name: str) -> str:
    """The module that ends with this vendor."""
    for module in vars(connectors.registry).values():
        if inspect.ismodule(module) and getattr(module, "VENDOR", None) is VENDORS[name]:
            return module.__name__
    raise AssertionError(f"no module of the registry ends with the vendor {name!r}")


@cache
def modules_of(name: str) -> frozenset[str]:
    """The modules of `connectors.vendors` that make up a vendor: all that its own one leads to."""
    found, others = {module_of(name)}, {module_of(other) for other in VENDORS if other != name}
    waiting = list(found)
    while waiting:
        for module in graph().find_modules_directly_imported_by(waiting.pop()):
            if module.startswith("connectors.vendors.") and module not in found | others:
                found.add(module)
                waiting.append(module)
    return frozenset(found)


def sources_of(vendor: Vendor) -> Iterator[str]:
    for module in sorted(modules_of(vendor.name)):
        path = ROOT / module.replace(".", "/")
        yield (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()


def trees_of(vendor: Vendor) -> Iterator[ast.Module]:
    return map(ast.parse, sources_of(vendor))


def is_declared(vendor: Vendor) -> bool:
    """Its module ends with VENDOR, and serves contracts that there are."""
    path = ROOT / module_of(vendor.name).replace(".", "/")
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())
    last = tree.body[-1]
    ends_well = isinstance(last, ast.Assign) and ast.unparse(last.targets[0]) == "VENDOR"
    return ends_well and bool(vendor.contracts) and set(vendor.contracts) <= set(CONTRACTS)


def is_whole(vendor: Vendor) -> bool:
    """For each of its contracts some class of its modules has all methods with these parameters, and `check`."""
    classes = [
        methods_of(node) for tree in trees_of(vendor) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    inherited = {name for methods in classes for name in methods}
    if "check" not in inherited or (has_mapping(vendor) and "preview" not in inherited):
        return False
    return all(is_served(CONTRACTS[contract].protocol, classes) for contract in vendor.contracts)


def methods_of(node: ast.ClassDef) -> Mapping[str, tuple[str, ...]]:
    return {
        each.name: tuple(word.arg for word in (*each.args.args[1:], *each.args.kwonlyargs))
        for each in node.body
        if isinstance(each, ast.FunctionDef)
    }


def is_served(protocol: type, classes: Iterable[Mapping[str, tuple[str, ...]]]) -> bool:
    wanted = {
        name: tuple(inspect.signature(method).parameters)[1:]
        for name, method in vars(protocol).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }
    kept = [methods for methods in classes if wanted.keys() & methods.keys()]
    together: dict[str, set[tuple[str, ...]]] = {}
    for methods in kept:
        for name, parameters in methods.items():
            together.setdefault(name, set()).add(parameters)
    return all(parameters in together.get(name, set()) for name, parameters in wanted.items())


def has_mapping(vendor: Vendor) -> bool:
    return any(setting.kind is SettingKind.MAPPING for setting in vendor.settings)


def is_worded(vendor: Vendor) -> bool:
    """Its name, and the label and help of every setting, stand in all six languages."""
    keys = {f"console.vendor.{vendor.name}"}
    for setting in vendor.settings:
        keys |= {f"console.vendor.{vendor.name}.{setting.name}{suffix}" for suffix in ("", "_help")}
    return all(keys <= texts.keys() for texts in PAGES.texts.values())


def keeps_secrets(vendor: Vendor) -> bool:
    """What is a secret by its name is one by its kind, and none has a default that everybody could read."""
    named = [one for one in vendor.settings if SECRET_WORDS.search(one.name) and not NO_SECRETS.search(one.name)]
    kept = [one for one in vendor.settings if one.kind is SettingKind.SECRET]
    return all(one.kind is SettingKind.SECRET for one in named) and not any(one.default for one in kept)


def raises_the_five(vendor: Vendor) -> bool:
    """What its modules raise by name is one of the five, or an error of ours or a ValueError that is caught inside."""
    raised = {
        ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
        for tree in trees_of(vendor)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None
    }
    return {name for name in raised if name[:1].isupper()} <= FAMILY | own_errors() | {"ValueError", "AssertionError"}


@cache
def own_errors() -> frozenset[str]:
    """The classes of errors that the connectors define."""
    return frozenset(
        node.name
        for path in (ROOT / "connectors").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    )


def is_suited(vendor: Vendor) -> bool:
    """Each of its contracts has a suite that asserts to run over every vendor of the registry."""
    for contract in vendor.contracts:
        suite = ROOT / "tests" / "contract" / f"test_{contract}.py"
        if not suite.exists() or "vendors_of(" not in suite.read_text():
            return False
        with_a_server = TESTED_WITH_A_SERVER.get(contract, {}).get(vendor.name)
        if with_a_server and not (ROOT / "tests" / "integration" / with_a_server).exists():
            return False
    return True


def is_documented(vendor: Vendor) -> bool:
    return re.search(rf"^#{{2,3}} .*`{vendor.name}`", DOCUMENT.read_text(), re.MULTILINE) is not None


def uses_the_one_client(vendor: Vendor) -> bool:
    nodes = (node for tree in trees_of(vendor) for node in ast.walk(tree))
    return not any(is_another_client(node) for node in nodes)


def is_another_client(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(each.name in OTHER_CLIENTS | {"requests"} for each in node.names)
    if isinstance(node, ast.ImportFrom) and node.module == "requests":
        return not {each.name for each in node.names} <= OF_REQUESTS
    return isinstance(node, ast.ImportFrom) and node.module in OTHER_CLIENTS


def is_given_its_time(vendor: Vendor) -> bool:
    return not any(CLOCKS.search(source) for source in sources_of(vendor))


def is_tried_by_faults(vendor: Vendor) -> bool:
    """All contracts of one that speaks HTTP stand in the fault suite; others have a test of a system that fails."""
    if any("connectors.http.client" in source for source in sources_of(vendor)):
        tried = {tuple(name.split()[:2]) for name in SUBJECTS}
        return all((vendor.name, contract) in tried for contract in vendor.contracts)
    return vendor.name in OUR_OWN or any("Unavailable" in text for text in tests_of(vendor))


def stands_against_a_real_server(vendor: Vendor) -> bool:
    if vendor.name in OUR_OWN or not any(setting.leads_somewhere for setting in vendor.settings):
        return True
    return any(re.search(r"_server\b|postgresql_url", text) for text in integration_tests_of(vendor))


def is_transcribed(vendor: Vendor) -> bool:
    """docs/connectors.md shows `twinoffice connection test` at a connection of it, called `<vendor>-<what it is>`."""
    shown = re.findall(r"^\$ .*connection test (\S+)", DOCUMENT.read_text(), re.MULTILINE)
    return vendor.name in OUR_OWN or any(name.startswith(f"{vendor.name}-") for name in shown)


def tests_of(vendor: Vendor) -> list[str]:
    found = [
        path for folder in ("unit", "contract", "integration") for path in (ROOT / "tests" / folder).rglob("test_*.py")
    ]
    return [path.read_text() for path in found if is_about(vendor, path)]


def integration_tests_of(vendor: Vendor) -> list[str]:
    found = (ROOT / "tests" / "integration").glob("test_*.py")
    return [path.read_text() for path in found if is_about(vendor, path)]


def is_about(vendor: Vendor, path: Path) -> bool:
    """By its name, or by one of the vendor's modules that it imports."""
    if re.search(rf"_{vendor.name}(_|\.py)", path.name):
        return True
    text = path.read_text()
    return any(re.search(rf"from {re.escape(module)}[ .]", text) for module in modules_of(vendor.name))


RULES = (
    Rule("declared", "bronze", is_declared),
    Rule("whole", "bronze", is_whole),
    Rule("five-errors", "bronze", raises_the_five),
    Rule("secrets", "bronze", keeps_secrets),
    Rule("contract-suite", "bronze", is_suited),
    Rule("six-languages", "silver", is_worded),
    Rule("one-client", "silver", uses_the_one_client),
    Rule("given-time", "silver", is_given_its_time),
    Rule("faults", "silver", is_tried_by_faults),
    Rule("documented", "silver", is_documented),
    Rule("real-server", "gold", stands_against_a_real_server),
    Rule("transcript", "gold", is_transcribed),
)
TIERS = ("bronze", "silver", "gold")


def broken_rules(vendor: Vendor) -> list[str]:
    return [rule.name for rule in RULES if not rule.holds(vendor)]


def tier_of(vendor: Vendor) -> str:
    """The highest tier all of whose rules, and those of the tiers below, are kept."""
    reached = "none"
    for tier in TIERS:
        if any(rule.tier == tier and not rule.holds(vendor) for rule in RULES):
            return reached
        reached = tier
    return reached


def state_table() -> str:
    """The table of docs/connectors.md as it has to be now."""
    lines = ["| connector | contracts | tier | missing |", "|---|---|---|---|"]
    for name, vendor in sorted(VENDORS.items()):
        contracts, missing = ", ".join(sorted(vendor.contracts)), ", ".join(broken_rules(vendor)) or "-"
        lines.append(f"| `{name}` | {contracts} | {tier_of(vendor)} | {missing} |")
    return "\n".join(lines)
