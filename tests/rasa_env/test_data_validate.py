"""`rasa data validate --fail-on-warnings` is content with the dialogue in every language."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import rasa.cli.utils
import yaml
from rasa.shared.importers.importer import TrainingDataImporter

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
LANGUAGES = sorted(path.parent.name for path in DATA.glob("*/language.yml"))


def domain_in(language: str, folder: Path) -> Path:
    """The domain as Rasa would know it if the texts of one language stood in it."""
    shutil.copytree(DATA / "shared" / "domain", folder)
    texts: dict[str, Any] = {}
    for path in sorted((DATA / language / "responses").glob("*.yml")):
        texts.update(yaml.safe_load(path.read_text(encoding="utf-8")))
    responses = {key: [{"text": text["text"]}] for key, text in texts.items() if key.startswith("utter_")}
    content = yaml.safe_dump({"version": "3.1", "responses": responses}, allow_unicode=True)
    (folder / "responses.yml").write_text(content, encoding="utf-8")
    return folder


def validate(language: str, domain: Path) -> None:
    """What the command does; it ends the process with 1 where something is wrong."""
    training_data = [DATA / "shared" / "rules", DATA / "shared" / "stories", DATA / language / "nlu"]
    importer = TrainingDataImporter.load_from_config(
        str(ROOT / "config.yml"), str(domain), list(map(str, training_data))
    )
    rasa.cli.utils.validate_files(True, None, importer)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dialogue_is_valid_in_every_language(language: str, tmp_path: Path) -> None:
    validate(language, domain_in(language, tmp_path / "domain"))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_text_that_is_missing_fails(tmp_path: Path) -> None:
    domain = domain_in("en", tmp_path / "domain")
    texts = yaml.safe_load((domain / "responses.yml").read_text())
    del texts["responses"]["utter_bot_challenge"]
    (domain / "responses.yml").write_text(yaml.safe_dump(texts))
    with pytest.raises(SystemExit) as ended:
        validate("en", domain)
    assert ended.value.code == 1
