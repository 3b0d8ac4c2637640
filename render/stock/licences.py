"""Which licences an asset may have, by the names of the SPDX list."""

import re

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from pipeline.errors import InputError

FORBIDS = {
    r"-NC\b|Noncommercial": "forbids commercial use",
    r"-ND\b": "forbids changed copies, and a render is one",
}


def spdx(licence: str) -> str:
    """Return a licence as the SPDX list writes it; InputError when it is not there and is no LicenseRef-NAME."""
    try:
        return str(canonicalize_license_expression(licence))
    except InvalidLicenseExpression:
        raise InputError(
            f"licence is {licence!r}, wanted an SPDX identifier such as CC0-1.0, CC-BY-4.0 or MIT "
            "(spdx.org/licenses), or LicenseRef-NAME for terms of your own; ask who made it"
        ) from None


def forbidden(licence: str) -> str:
    """Return what a licence forbids that renders for training need, in words; empty if it forbids nothing of it."""
    return next((words for pattern, words in FORBIDS.items() if re.search(pattern, licence, re.IGNORECASE)), "")
