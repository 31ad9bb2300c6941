"""The house stands: imports run one way, there are no cycles, and some libraries live behind one module."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

LAYERS = ["connectors", "automations", "bot"]
# A library and the only modules that may import it.
HIDDEN_BEHIND = {
    "dbos": {"automations.engine.durable"},
    "apscheduler": {"automations.engine.clock"},
    "telegram": {
        "bot.channels.telegram",
        "bot.channels.telegram_deliveries",
        "bot.channels.telegram_files",
        "bot.channels.telegram_pace",
        "bot.channels.telegram_switch",
        "bot.channels.telegram_updates",
    },
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*LAYERS, include_external_packages=True, cache_dir=None)


def test_imports_run_from_bot_to_automations_to_connectors(graph: grimp.ImportGraph) -> None:
    rank = {layer: number for number, layer in enumerate(LAYERS)}
    upward = [
        f"{importer} imports {imported}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if importer.split(".")[0] in rank
        and imported.split(".")[0] in rank
        and rank[importer.split(".")[0]] < rank[imported.split(".")[0]]
    ]
    assert upward == []


def test_no_module_imports_itself_in_a_circle(graph: grimp.ImportGraph) -> None:
    ours = {module for module in graph.modules if module.split(".")[0] in LAYERS}
    sorter = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) & ours for module in ours})
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")
    assert len(ours) > 50


@pytest.mark.parametrize(("library", "allowed"), HIDDEN_BEHIND.items())
def test_a_library_is_known_to_its_own_modules_only(graph: grimp.ImportGraph, library: str, allowed: set[str]) -> None:
    assert graph.find_modules_that_directly_import(library) == allowed


def test_what_runs_inside_rasa_needs_nothing_of_ours(graph: grimp.ImportGraph) -> None:
    inside_rasa = {m for m in graph.modules if m.startswith("bot.understanding")} | {
        "bot.rasa.channel",
        "bot.rasa.child",
        "bot.rasa.guesses",
        "bot.rasa.tracker_store",
        "bot.rasa.launch",
        "bot.rasa.secret",
    }
    foreign = {
        f"{module} imports {imported}"
        for module in inside_rasa
        for imported in graph.find_modules_directly_imported_by(module) - inside_rasa
        if imported.split(".")[0] in LAYERS
    }
    assert foreign == set()
