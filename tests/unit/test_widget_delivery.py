"""What a page load and an opened chat fetch of the widget: small, kept by browsers, and from nowhere else."""

import gzip
import json
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.channels.setup_model import WebSetup
from bot.widget import delivery
from connectors.settings import DATA_FOLDER

LIMIT_BYTES = 30_000
ENGLISH = json.loads((DATA_FOLDER / "en" / "widget.json").read_text(encoding="utf-8"))
MODULES = "".join(path.read_text(encoding="utf-8") for path in delivery.WIDGET_FOLDER.glob("modules/*.js"))
# Keys that are put together: `author_${message.author}` and so on.
FAMILIES = ("author", "status", "notice", "typing", "error", "message", "upload", "file", "field", "ticket")
# Generous: what GET /api/chat/config answers with a form, a theme and own texts of one language.
CONFIG = {
    "languages": [
        {"code": code, "name": "Magyar", "direction": "ltr"} for code in ("en", "cs", "hu", "is", "fa", "ru")
    ],
    "language": "en",
    "texts": {"heading": "Lumen & Oak", "offline_text": "We are asleep."},
    "theme": WebSetup().theme.model_dump(),
    "pre_chat": [{"name": "email", "kind": "email", "required": True, "label": "Your e-mail", "choices": []}],
    "files": {"kinds": ["image", "pdf"], "accept": ".png,.jpg,.pdf", "largest": 10_485_760},
    "office": {"is_open": True, "back_at": None, "reason": None},
    "proactive": [],
}


@pytest.fixture(scope="module")
def browser() -> TestClient:
    app = FastAPI()
    app.include_router(delivery.router)
    return TestClient(app)


def address(name: str) -> str:
    return f"/widget/{delivery.assets().version}/{name}"


def test_everything_that_a_page_and_an_opened_chat_fetch_is_under_thirty_kilobytes() -> None:
    assets = delivery.assets()
    texts = max(len(file.compressed) for name, file in assets.files.items() if name.startswith("texts/"))
    sizes = {
        "widget.js": len(assets.loader.compressed),
        "chat.js": len(assets.files["chat.js"].compressed),
        "chat.css": len(assets.files["chat.css"].compressed),
        "texts of the longest language": texts,
        "config": len(gzip.compress(json.dumps(CONFIG).encode())),
    }
    assert sum(sizes.values()) < LIMIT_BYTES, (sum(sizes.values()), sizes)


def test_a_browser_that_unpacks_gets_less_and_the_same(browser: TestClient) -> None:
    packed = browser.get(address("chat.js"), headers={"Accept-Encoding": "gzip"})
    plain = browser.get(address("chat.js"), headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert gzip.decompress(delivery.assets().files["chat.js"].compressed) == plain.content
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_the_loader_is_asked_for_again_and_answers_in_a_line_when_nothing_changed(browser: TestClient) -> None:
    first = browser.get("/widget.js")
    assert first.headers["Cache-Control"] == "no-cache"
    assert delivery.assets().version in first.text
    again = browser.get("/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_files_of_this_version_are_kept_for_a_year(browser: TestClient) -> None:
    for name in delivery.assets().files:
        answer = browser.get(address(name))
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_from_before_an_update_gets_the_present_files_and_does_not_keep_them(browser: TestClient) -> None:
    answer = browser.get("/widget/0123456789ab/chat.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/widget/x/widget.js", "/widget/x/../delivery.py", "/widget/x/texts/xx.json"])
def test_nothing_else_is_sent(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_the_script_names_no_other_host() -> None:
    files = delivery.assets().files
    scripts = files["chat.js"].content.decode() + files["chat.css"].content.decode()
    # The name of SVG, which is no address, and where a link leads that shows a place.
    known = {"http://www.w3.org", "https://www.openstreetmap.org"}
    assert set(re.findall(r"(?:https?:)?//[\w.-]+", scripts)) == known


def test_the_script_makes_no_markup_from_text() -> None:
    script = delivery.assets().files["chat.js"].content.decode()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script) == []


def test_every_text_that_the_script_asks_for_exists() -> None:
    asked = set(re.findall(r"""\b(?:get|text|entry|view|firstOf)\("([a-z_]+)\"""", MODULES))
    assert len(asked) > 50
    assert asked - set(ENGLISH) == set()


def test_no_text_is_there_that_nothing_shows() -> None:
    shown = {key for key in ENGLISH if f'"{key}"' in MODULES or f".{key} " in MODULES}
    families = {key for key in ENGLISH if key.startswith(tuple(f"{family}_" for family in FAMILIES))}
    assert set(ENGLISH) - shown - families - {"locale", "direction", "form", "articles"} == set()


def test_two_modules_that_share_a_name_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("widget")
    (folder / "modules").mkdir()
    (folder / "modules" / "one.js").write_text('import { two } from "./two.js";\n\nconst SAME = two;\n')
    (folder / "modules" / "two.js").write_text("const SAME = 2;\nexport const two = SAME;\n")
    monkeypatch.setattr(delivery, "WIDGET_FOLDER", folder)
    with pytest.raises(ValueError, match="SAME"):
        delivery._bundle("one")


def test_every_constant_of_the_modules_is_shortened_wherever_it_stands() -> None:
    script = delivery.assets().files["chat.js"].content.decode()
    constants = delivery._CONSTANT.findall(delivery._bundle(delivery.ENTRY))
    assert len(constants) > 20
    assert [name for name in constants if re.search(rf"(?<![\"'`\w.]){name}\b", script)] == []


def test_shortening_leaves_the_names_that_others_see() -> None:
    code = 'class A{#secret=1;tell(){return -LIMIT+this.#secret;}get LIMIT(){return "LIMIT";}}const LIMIT=1;'
    short = delivery._shorten(code.replace("get LIMIT", "get limit"), ["LIMIT"])
    assert short == 'class A{#a=1;tell(){return -$a+this.#a;}get limit(){return "LIMIT";}}const $a=1;'


def test_a_constant_that_is_spread_is_shortened_and_a_member_of_its_name_is_not() -> None:
    assert delivery._shorten("const TIME={};f({...TIME},a.TIME)", ["TIME"]) == "const $a={};f({...$a},a.TIME)"


def test_only_names_that_are_nothing_but_names_of_functions_and_classes_are_shortened() -> None:
    bodies = {
        "saveFile": "saveFile(1)",
        "openFile": "chat.openFile()",
        "findFile": "({findFile:1})",
        "sendFile": "({sendFile,other})",
        "nameFile": 'chat["nameFile"]',
        "file": "file()",
    }
    source = "\n".join(f"function {name}() {{}}" for name in bodies)
    code = source.replace("\n", "") + ";".join(bodies.values())
    assert delivery._inner_names(code, source) == ["saveFile"]
