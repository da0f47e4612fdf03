"""Hook of mkdocs: links to files of the repository that are no pages lead to where the repository is, if that is known.

Pages link each other and the code by relative paths, so that they also work in a checkout. ``SITE_REPOSITORY`` is the
address of the files, such as https://github.com/OWNER/locust-push/blob/main; without it such links become plain text.
"""

import os
import posixpath
import re
from typing import Any

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\./[^)\s]+)\)")


def on_page_markdown(markdown: str, **known: Any) -> str:
    """Return a page with links out of docs/ replaced; mkdocs calls this."""
    folder = posixpath.dirname(posixpath.join("docs", known["page"].file.src_uri))
    return replaced(markdown, folder, os.environ.get("SITE_REPOSITORY", ""))


def replaced(markdown: str, folder: str, repository: str) -> str:
    """Return Markdown with links that leave docs/ leading to ``repository``, or to nowhere if it is empty."""

    def link(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, found[2]))
        if path.startswith("docs/"):
            return found[0]
        return f"[{found[1]}]({repository}/{path})" if repository else found[1]

    return _LINK.sub(link, markdown)
