"""Recognising a job: whether its code and parameters are still those with which a run was begun."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from automations.engine.job import JobDefinition

_JOB_CODE = "automations."
# It serves every job alike; a new version of it changes no job's decisions.
_ENGINE = "automations.engine."


def job_fingerprint(job: JobDefinition) -> str:
    """A hash over the job's parameters, the source of its file and that of the rules which the file imports."""
    declared = f"{job.name}\n{job.start.__qualname__}\n{job.parameters!r}\n{_code_of(job.start.__module__)}"
    return hashlib.sha256(declared.encode()).hexdigest()


@cache
def _code_of(module_name: str) -> str:
    """Read once: a file that is changed later is not what this process has loaded."""
    sources: dict[str, str] = {}
    names = [module_name]
    while names:
        name = names.pop()
        if name not in sources:
            sources[name] = _source_of(name)
            names += _imported_by(sources[name])
    return "\n".join(sources[name] for name in sorted(sources))


def _source_of(module_name: str) -> str:
    """Whether the module is loaded yet makes no difference: another process loads others."""
    try:
        spec = find_spec(module_name)
    except (ImportError, ValueError):
        return ""
    # A job without a file, for example one that a test makes up, is known by its declaration alone.
    return Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin and spec.has_location else ""


def _imported_by(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            module = f"{node.module}."
            if module.startswith(_JOB_CODE) and not module.startswith(_ENGINE):
                yield node.module
                # `from package import module`; of other names no source is found.
                yield from (f"{module}{alias.name}" for alias in node.names)
