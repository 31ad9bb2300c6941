"""When two spellings of an e-mail address are the same address."""


def normalise_email(address: str) -> str:
    """The form in which addresses are stored and compared."""
    return address.strip().casefold()
