"""The options with which ``dazos-tui send`` sends to many."""

from dataclasses import dataclass

from dazos_tui.cli._support.output_options import RowFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """The options of the command that concern a batch: `people` as arguments, or the `source` they are in."""

    people: tuple[str, ...]
    source: str | None
    column: str
    ticket: str
    allowed: frozenset[str]
    batch_id: str | None
    new_batch: bool = False
    yes: bool = False
    dry_run: bool = False
    skip: bool = False
    skip_unmatched: bool = False
    row_format: RowFormat = RowFormat.TABLE

    @property
    def is_batch(self) -> bool:
        """Return whether people are sent to as a batch: from a file, or with one of its options."""
        named = self.source is not None or self.batch_id is not None
        chosen = self.dry_run or self.skip or self.skip_unmatched
        return named or chosen or self.row_format is RowFormat.CSV
