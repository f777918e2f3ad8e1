"""Writing the report of ``dazos-tui history --html``."""

from pathlib import Path

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.output import echo_err
from dazos_tui.cli._support.prompts import can_ask, confirm
from dazos_tui.history.html_report import ReportScope, html_report
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.query_words import describe_query
from dazos_tui.history.search import HistorySearch
from dazos_tui.history.statistics import collect_statistics
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.system.new_file import new_private_file
from dazos_tui.system.paths import is_existing_file, path_exists
from dazos_tui.text.sanitize import safe_text


def write_report(path: Path, store: HistoryStore, search: HistorySearch, query: HistoryQuery) -> int:
    """Write the report of what a query finds; return the number of links in it.

    Raises CommandError if the file cannot be written, or exists and may not be replaced; HistoryError.
    """
    found = collect_statistics(store, query, search=search)
    rows = search.find(query, wanted=1, effort=None)
    replace = path_exists(path) and _may_replace(path)
    try:
        with new_private_file(path, replace=replace) as file:
            scope = ReportScope(describe_query(query), utc_now())
            file.writelines(f"{line}\n" for line in html_report(scope, found, rows.entries()))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise CommandError(
            ExitCode.USAGE, f"Could not write {_shown(path)}: {reason}.", advice="Name another file."
        ) from None
    echo_err(f"{found.total:,} link{'' if found.total == 1 else 's'} reported in {_shown(path)}.")
    return found.total


def _may_replace(path: Path) -> bool:
    if is_existing_file(path) and can_ask() and confirm(f"{_shown(path)} exists. Replace it?"):
        return True
    raise CommandError(
        ExitCode.USAGE, f"{_shown(path)} exists and was left as it is.", advice="Name another file."
    )


def _shown(path: Path) -> str:
    return safe_text(str(path))
