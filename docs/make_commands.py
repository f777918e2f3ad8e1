"""Writes what is made from the commands of dazos-tui: the table for shell completion and the man page.

python -m docs.make_commands [--check]
"""

import json
import sys

from docs.command_tree import completion_table, root_context
from docs.man_page import man_page
from docs.written import ROOT, only_checks, write_or_check


def main() -> int:
    """Write the files, or only compare them; return the exit code."""
    only_check = only_checks(__doc__)
    root = root_context()
    table = json.dumps(completion_table(root), indent=1, ensure_ascii=False) + "\n"
    made = {
        ROOT / "dazos_tui" / "cli" / "commands.json": table,
        ROOT / "docs" / "dazos-tui.1": man_page(root),
    }
    return write_or_check(made, only_check=only_check)


if __name__ == "__main__":
    sys.exit(main())
