"""When two spellings of an e-mail address are the same address."""


def normalise_email(address: str) -> str:
    """The form in which addresses are stored and compared.

    No casefold: it makes faß.de and fass.de, which two people may own, the same.
    """
    return address.strip().lower()
