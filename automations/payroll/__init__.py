"""Statutory payroll: a folder of data per country, read for the rules."""
