"""Asking what other limits would make of the last invoices; nothing is written but that somebody asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError, check_parameters, storable_parameters
from automations.engine.schedules import list_schedules
from automations.invoices.parameters import NO_PART_OF_VERDICTS
from automations.invoices.recorded import Chosen, read_recorded
from automations.invoices.what_if import WhatIf, try_limits
from connectors.database.audit import record_audit
from connectors.database.session import Database

DEFAULT_LAST = 500


def limits_of(job: JobDefinition) -> JobDefinition:
    """The job with those of its parameters that a verdict depends on."""
    limits = tuple(parameter for parameter in job.parameters if parameter.name not in NO_PART_OF_VERDICTS)
    return replace(job, parameters=limits)


def present_parameters(session: Session, job: JobDefinition) -> dict[str, Any]:
    """What the first schedule of the job has, checked; the defaults where it has none or none that can be used."""
    schedules = list_schedules(session, job.name)
    known = {parameter.name for parameter in job.parameters}
    stored = schedules[0].parameters if schedules else {}
    try:
        return check_parameters(job, {name: value for name, value in stored.items() if name in known})
    except ParameterError:
        return check_parameters(job, {})


def ask_what_if(database: Database, job: JobDefinition, chosen: Chosen, given: Mapping[str, Any], actor: str) -> WhatIf:
    """Try limits on the last invoices; what is not given stays as it is at present. `job` as `limits_of` gives it.

    Raises:
        ParameterError: a limit is unknown or no valid value.
    """
    with database.read() as session:
        present = present_parameters(session, job)
        tried = check_parameters(job, storable_parameters(present) | dict(given))
        answer = try_limits(read_recorded(session, chosen), present, tried)
    with database.write() as session:
        record_audit(
            session,
            actor,
            "limits.try",
            "job",
            job.name,
            before=storable_parameters(present),
            after=storable_parameters(tried),
            invoices=answer.tried,
            changed=len(answer.changes),
        )
    return answer
