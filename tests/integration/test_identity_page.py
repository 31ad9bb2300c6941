"""The snippets of docs/identity.md sign tokens that we accept."""

import json
import re
import subprocess
from typing import Any

import pytest

from bot.services.signed_identity import SignedIdentities, SignedPerson, parse_keys
from connectors.settings import PROJECT_ROOT
from tests.fixtures.signed import KEY_ID, KEYS, SECRET

pytestmark = pytest.mark.integration

PAGE = (PROJECT_ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
CUSTOMER = {"id": 7, "email": "emma.novak@example.com", "name": "Emma Nováková"}
EXPECTED = SignedPerson("7", "emma.novak@example.com", "Emma Nováková")
CALL = f"({json.dumps(KEY_ID)}, {json.dumps(SECRET)}, {json.dumps(CUSTOMER, ensure_ascii=False)})"


def snippet(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(code)


def test_the_python_snippet_signs_what_we_accept() -> None:
    names: dict[str, Any] = {}
    exec(snippet("python"), names)  # noqa: S102 - the code is our own page's
    token = names["sign_identity"](KEY_ID, SECRET, CUSTOMER)
    assert SignedIdentities(parse_keys(KEYS)).read(token) == EXPECTED


def test_the_node_snippet_signs_what_we_accept() -> None:
    code = f"{snippet('js')}\nconsole.log(signIdentity{CALL});"
    # tests/install_servers.sh brings Node.
    ran = subprocess.run(["node", "-e", code], check=True, capture_output=True, text=True, timeout=30)
    token = ran.stdout.strip()
    assert SignedIdentities(parse_keys(KEYS)).read(token) == EXPECTED
