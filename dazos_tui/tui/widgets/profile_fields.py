"""The fields of a profile: those relevant for sign-in first, the others as one row per block."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from dazos_tui.crm.models import ProfileBlock, ProfileField
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.widgets.reflowed_rows import Rows, wrap_text

_FOR_SIGN_IN = frozenset({"user_name", "email1", "status", "is_admin", "roleid"})
"""The CRM's names of the fields that matter for a reset."""

_INDENT = 2


def field_rows(blocks: Sequence[ProfileBlock], width: int, *, all_open: bool) -> Rows:
    """Return the fields that have a value, under the titles of their blocks.

    Blocks with fields for sign-in come first and are open. Each other block is one row with its title and
    number of fields, unless `all_open`.
    """
    filled = [(block, [field for field in block.fields if field.value]) for block in blocks]
    filled = [(block, fields) for block, fields in filled if fields]
    filled.sort(key=lambda one: not _is_for_sign_in(one[1]))
    # The labels of all blocks align in one column.
    label = max(
        (cell_len(field.label) for _, fields in filled for field in fields if _is_open(fields, all_open)),
        default=0,
    )
    label = min(label, width // 2)
    rows: Rows = []
    for block, fields in filled:
        if _is_open(fields, all_open):
            rows += [Content(""), Content.styled(fit_width(block.title, width), "bold")]
            for field in fields:
                rows += _field(field, label, width)
        else:
            rows += [Content("")] if _was_open(rows) else []
            number = f" · {len(fields)}"
            rows.append(Content(fit_width(f"▸ {block.title}", width - len(number)) + number))
    return rows


def _is_for_sign_in(fields: Sequence[ProfileField]) -> bool:
    return any(field.name in _FOR_SIGN_IN for field in fields)


def _is_open(fields: Sequence[ProfileField], all_open: bool) -> bool:  # noqa: FBT001 - private and positional
    return all_open or _is_for_sign_in(fields)


def _was_open(rows: Rows) -> bool:
    return not rows or not rows[-1].plain.startswith("▸")


def has_folded(blocks: Sequence[ProfileBlock]) -> bool:
    """Return whether some blocks are folded unless all are opened."""
    return any(
        not _is_for_sign_in(block.fields) and any(field.value for field in block.fields) for block in blocks
    )


def _field(field: ProfileField, label: int, width: int) -> Iterator[Content]:
    """Yield the rows of a field. A value with a word too long to fit beside the label goes below it."""
    head = set_cell_size(fit_width(field.label, label), label)
    room = width - label - 1
    longest = max(map(cell_len, field.value.split()), default=0)
    if longest > room:
        yield Content.styled(head, "dim")
        yield from (Content(" " * _INDENT + line) for line in wrap_text(field.value, width - _INDENT))
        return
    first, *others = wrap_text(field.value, room)
    yield Content.assemble((head, "dim"), " ", first)
    yield from (Content(" " * (label + 1) + line) for line in others)
