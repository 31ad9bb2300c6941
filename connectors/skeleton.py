"""The files of a new connector: what its contracts ask for is read from the contracts themselves."""

import ast
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from textwrap import dedent, indent

from connectors.contracts.names import CONTRACTS

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Settings that every system behind HTTP has; their words are those of the vendor `rest`.
_WORDS_TAKEN_OVER = {"base_url": "base_url", "token": "secret"}
_MODULE = Template('''\
"""$title: one sentence that says what it is."""

$imports

class ${klass}System:
    """What all contracts of $title share."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def check(self) -> str:
        """Ask for as little as shows that address and token are right."""
        self._http.get("")
        return "$title answered."

$classes

_MAKERS: Mapping[str, type[${klass}System]] = {$makers}

_SETTINGS = (
    Setting("base_url", SettingKind.ADDRESS),
    Setting("token", SettingKind.SECRET),
)


def _make(contract: str, setup: Setup) -> Any:
    http = HttpClient(
        str(setup.settings["base_url"]),
        connection=setup.connection,
        reach=setup.reach,
        authenticate=ApiKey(str(setup.settings["token"]), prefix="Bearer "),
    )
    return _MAKERS[contract](http)


VENDOR = Vendor("$name", tuple(_MAKERS), _make, _SETTINGS)
''')
_TEST = Template('''\
"""$title under the contract of $contract, over a server of its own."""

import pytest

from $types_module import $type
from tests.contract.test_$contract import *  # noqa: F403 - the whole suite runs here

pytestmark = pytest.mark.integration


@pytest.fixture
def $fixture() -> $type:
    """The connector at a test server that holds what tests/contract/test_$contract.py fills the others with."""
    pytest.fail("Start a test server of $title in tests/fixtures, fill it, and connect to it here.")
''')


class SkeletonError(ValueError):
    """A connector of this name or with these contracts cannot be begun; says why."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What to write: whole files, and whole new contents of files that exist; paths are below the checkout."""

    files: Mapping[Path, str]
    changed: Mapping[Path, str]


def plan_connector(name: str, contracts: Sequence[str], root: Path) -> Skeleton:
    """The files of a connector `name` for these contracts, in the checkout at `root`. Nothing is written.

    Raises:
        SkeletonError: the name is none or taken, or a contract is unknown.
    """
    module = Path("connectors/vendors") / f"{name}.py"
    _require_fit(name, contracts, root / module)
    files = {module: _module(name, contracts)}
    for contract in contracts:
        files[Path("tests/integration") / f"test_{name}_{contract}.py"] = _contract_test(name, contract, root)
    changed = {Path("connectors/registry.py"): _registered(name, (root / "connectors/registry.py").read_text())}
    listed = Path("tests/contract/with_a_server.py")
    changed[listed] = _listed(name, contracts, (root / listed).read_text())
    for folder in sorted((root / "data").glob("*/pages")):
        files[folder.relative_to(root) / f"vendor_{name}.po"] = _words(name, folder)
    return Skeleton(files, changed)


def _require_fit(name: str, contracts: Sequence[str], module: Path) -> None:
    if not _NAME.fullmatch(name):
        raise SkeletonError("A connector's name is of small letters, digits and underscores, like acme_crm.")
    if module.exists():
        raise SkeletonError(f"There is a connector {name!r} already: {module}.")
    if not contracts:
        raise SkeletonError(f"Name at least one contract with --contract: {', '.join(sorted(CONTRACTS))}.")
    if unknown := sorted(set(contracts) - CONTRACTS.keys()):
        raise SkeletonError(f"There is no contract {unknown[0]!r}. There are: {', '.join(sorted(CONTRACTS))}.")


def _module(name: str, contracts: Sequence[str]) -> str:
    klass, title = _class_name(name), name.replace("_", " ").capitalize()
    protocols = [CONTRACTS[contract].protocol for contract in contracts]
    constants = [contract.upper() for contract in contracts]
    imports: dict[str, set[str]] = {
        "typing": {"Any"},
        "collections.abc": {"Mapping"},
        "connectors.contracts.names": set(constants),
        "connectors.http.authentication": {"ApiKey"},
        "connectors.http.client": {"HttpClient"},
        "connectors.vendor": {"Setting", "SettingKind", "Setup", "Vendor"},
    }
    for protocol in protocols:
        for module, names in _imports_of(protocol).items():
            imports.setdefault(module, set()).update(names)
    return _MODULE.substitute(
        name=name,
        klass=klass,
        title=title,
        imports=_import_lines(imports),
        classes="\n".join(_class(klass, title, protocol) for protocol in protocols),
        makers=", ".join(
            f"{constant}: {klass}{protocol.__name__}" for constant, protocol in zip(constants, protocols, strict=True)
        ),
    )


def _class(klass: str, title: str, protocol: type) -> str:
    """The methods of a contract, each with what it has to do."""
    head = f'\nclass {klass}{protocol.__name__}({klass}System):\n    """{protocol.__name__} of {title}."""\n'
    return head + "\n".join(_method(method) for method in _methods(protocol)) + "\n"


def _method(method: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(method.returns)}" if method.returns else ""
    sentence = (ast.get_docstring(method) or "").split("\n", 1)[0]
    lines = [f"\ndef {method.name}({ast.unparse(method.args)}){returns}:"]
    if sentence:
        lines.append(f'    """{sentence}"""')
    return indent("\n".join([*lines, "    raise NotImplementedError"]), "    ")


def _methods(protocol: type) -> list[ast.FunctionDef]:
    (defined,) = ast.parse(dedent(inspect.getsource(protocol))).body
    assert isinstance(defined, ast.ClassDef)  # noqa: S101 - a protocol's source is its class
    return [each for each in defined.body if isinstance(each, ast.FunctionDef)]


def _imports_of(protocol: type) -> Mapping[str, set[str]]:
    """Where the names in the signatures of a contract come from."""
    contract_module = inspect.getmodule(protocol)
    known = vars(contract_module)
    found: dict[str, set[str]] = {}
    for method in _methods(protocol):
        parts: list[ast.AST] = [method.args, *([method.returns] if method.returns else [])]
        for node in (node for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)):
            if node.id in known:
                found.setdefault(getattr(known[node.id], "__module__", protocol.__module__), set()).add(node.id)
    return found


def _import_lines(imports: Mapping[str, Iterable[str]]) -> str:
    return "\n".join(f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(imports.items()))


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _contract_test(name: str, contract: str, root: Path) -> str:
    protocol = CONTRACTS[contract].protocol
    fixture, kind = _fixture_of(root / "tests/contract" / f"test_{contract}.py")
    modules = {protocol.__name__: protocol.__module__, "Any": "typing"}
    return _TEST.substitute(
        title=name.replace("_", " ").capitalize(),
        contract=contract,
        type=kind,
        types_module=modules.get(kind, f"tests.contract.test_{contract}"),
        fixture=fixture,
    )


def _fixture_of(suite: Path) -> tuple[str, str]:
    """The fixture of a contract suite that runs it over every vendor: its name and what it gives."""
    for node in ast.parse(suite.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            for call in (each for each in node.decorator_list if isinstance(each, ast.Call)):
                if ast.unparse(call.func) == "pytest.fixture" and any(word.arg == "params" for word in call.keywords):
                    return node.name, node.returns.id if isinstance(node.returns, ast.Name) else "Any"
    raise SkeletonError(f"{suite.name} has no fixture that runs over every vendor; begin it by hand.")


def _registered(name: str, registry: str) -> str:
    """The registry with one line more, and the import that it needs."""
    listed = re.sub(r"(for module in \((?:\n        \w+,)+)", rf"\1\n        {name},", registry, count=1)
    found = re.search(r"from connectors\.vendors import (\([^)]*\)|[^\n]*)", listed)
    if found is None or listed == registry:
        raise SkeletonError("connectors/registry.py has no list of vendors; add the connector there by hand.")
    names = sorted({*re.findall(r"\w+", found[1]), name})
    return listed.replace(found[0], f"from connectors.vendors import {', '.join(names)}", 1)


def _listed(name: str, contracts: Sequence[str], source: str) -> str:
    """The list of vendors that are tested with a server, with this one in it."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TESTED_WITH_A_SERVER" and node.value:
            tested = ast.literal_eval(node.value)
            for contract in contracts:
                tested.setdefault(contract, {})[name] = f"test_{name}_{contract}.py"
            before = str(ast.get_source_segment(source, node.value))
            return source.replace(f"= {before}", f"= {tested!r}", 1)
    raise SkeletonError("tests/contract/with_a_server.py has no list; add the connector there by hand.")


def _words(name: str, folder: Path) -> str:
    """The texts of the form in one language: those of the same settings of the vendor `rest`."""
    known = "\n".join(file.read_text() for file in sorted(folder.glob("*.po")))
    lines = [known.split("\n\n", 1)[0], _text(f"console.vendor.{name}", name.replace("_", " ").capitalize())]
    for setting, other in _WORDS_TAKEN_OVER.items():
        for suffix in ("", "_help"):
            found = re.search(rf'msgid "console\.vendor\.rest\.{other}{suffix}"\nmsgstr "(.*)"', known)
            lines.append(_text(f"console.vendor.{name}.{setting}{suffix}", found[1] if found else setting))
    return "\n\n".join(lines) + "\n"


def _text(key: str, said: str) -> str:
    return f'msgid "{key}"\nmsgstr "{said}"'
