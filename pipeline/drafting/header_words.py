"""Normalises headers of files, so that words in any language can be searched in them."""

import re
import unicodedata


def plain(header: str) -> str:
    """A header in lower case, without accents, with `_` between words."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header.strip())
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", parted.casefold()) if not unicodedata.combining(sign))
    return re.sub(r"[\W_]+", "_", bare).strip("_")
