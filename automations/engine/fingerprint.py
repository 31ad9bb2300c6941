"""Recognising a job: whether its code and parameters are still those with which a run was begun."""

import hashlib
import inspect
import sys
from functools import cache

from automations.engine.job import JobDefinition


def job_fingerprint(job: JobDefinition) -> str:
    """A hash over the source of the job's file and its parameters; what the file imports is not looked at."""
    declared = f"{job.name}\n{job.start.__qualname__}\n{job.parameters!r}\n{_source_of(job.start.__module__)}"
    return hashlib.sha256(declared.encode()).hexdigest()


@cache
def _source_of(module_name: str) -> str:
    """Read once: a file that is changed later is not what this process has loaded."""
    try:
        return inspect.getsource(sys.modules[module_name])
    except (KeyError, OSError, TypeError):
        # A job without a file, for example one that a test makes up, is known by its declaration alone.
        return ""
