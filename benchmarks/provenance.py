"""What a stored result says of how it was made."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version


def provenance(*packages: str, **settings) -> dict:
    """The day, the settings, the machine, and the versions of Python and of these packages."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **settings,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version()} | {package: version(package) for package in packages},
    }
