"""Whether an address is of this machine alone."""

from ipaddress import ip_address

LOCALHOST = "localhost"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches the host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == LOCALHOST
