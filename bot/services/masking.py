"""What is shown of personal data that the customer did not just type: enough to recognise, too little to learn."""

HIDDEN = "•••"


def mask_email(email: str) -> str:
    """`emma.novak@example.com` as `e•••k@example.com`; a name of one or two letters keeps only its first."""
    name, at, domain = email.rpartition("@")
    last = name[-1] if len(name) > len("ab") else ""
    return f"{name[:1]}{HIDDEN}{last}{at}{domain}"


def mask_street(street: str) -> str:
    """`Korunní 48` as `K•••`."""
    return f"{street[:1]}{HIDDEN}"
