"""Payroll preparation: days, hours, overtime, arrears and slips; pure functions over figures."""
