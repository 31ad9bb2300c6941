"""Pictures of the pages on which the chat is set up, with a few things set up in it."""

from pathlib import Path

from playwright.sync_api import Page

PAGES = {
    "texts": "/web/texts?language=cs",
    "proactive": "/web/proactive",
    "files": "/web/files",
    "sites": "/web/sites",
    "hours": "/hours",
    "telegram": "/telegram",
    "": "",
}
QUESTION = {"en": "What is it about?", "cs": "Čeho se to týká?", "fa": "درباره چیست؟"}
ANSWERS = {"en": "An order\nA product", "cs": "Objednávky\nProduktu"}
OFFER = {"en": "Questions about delivery? We are here.", "cs": "Zajímá vás doručení? Jsme tu."}


def take_channels(admin: Page, url: str, folder: Path) -> None:
    """The admin is logged in. What is set up is taken back in the end: other pictures show the product as it comes."""
    web = f"{url}/console/channels/web"
    _add_question(admin, web)
    admin.screenshot(path=folder / "channels-form.png")
    _add_offer(admin, web)
    admin.goto(f"{web}/theme")
    admin.locator("[name='own.accent']").check()
    admin.locator("[name=accent]").fill("#7a3e1d")
    admin.screenshot(path=folder / "channels-theme.png", full_page=True)
    for name, path in PAGES.items():
        admin.goto(f"{url}/console/channels{path}")
        admin.screenshot(path=folder / f"channels{'-' if name else ''}{name}.png", full_page=True)
    for path in ("form", "proactive"):
        admin.goto(f"{web}/{path}")
        admin.locator("a[href*='/delete?']").first.click()
        admin.locator("form[action$='/delete'] button").click()
        admin.wait_for_url(f"**/web/{path}?*")


def _add_question(admin: Page, web: str) -> None:
    admin.goto(f"{web}/field")
    admin.fill("#name", "topic")
    admin.select_option("#kind", "choice")
    for language, text in QUESTION.items():
        admin.fill(f"#labels-{language}", text)
    for language, text in ANSWERS.items():
        admin.fill(f"#choices-{language}", text)
    admin.get_by_role("button", name="Save").click()
    admin.wait_for_url("**/web/form?*")


def _add_offer(admin: Page, web: str) -> None:
    admin.goto(f"{web}/message")
    admin.fill("#name", "delivery")
    for language, text in OFFER.items():
        admin.fill(f"#texts-{language}", text)
    admin.get_by_role("button", name="Save").click()
    admin.wait_for_url("**/web/proactive?*")
