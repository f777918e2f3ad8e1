"""Choosing instances by their tags: ``tag:west``, or all but those, ``-tag:west``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.models import Instance
from dazos_tui.config.validation_messages import did_you_mean
from dazos_tui.text.normalize import fold
from dazos_tui.text.sanitize import safe_text

_FIELD = "tag:"


@dataclass(frozen=True, slots=True)
class TagTerm:
    """A word of a query about tags. With `exclude`, instances with the tag are left out."""

    tag: str
    exclude: bool = False

    def accepts(self, instance: Instance, *, is_prefix: bool = False) -> bool:
        """Return whether an instance matches; if `is_prefix`, also one with a tag that begins so."""
        tags = map(fold, instance.tags)
        has_tag = any(tag == self.tag or (is_prefix and tag.startswith(self.tag)) for tag in tags)
        return has_tag is not self.exclude


def split_tags(text: str) -> tuple[str, tuple[TagTerm, ...]]:
    """Return a query without its words about tags, and those words. ``tag:`` by itself is none yet."""
    others, terms = list[str](), list[TagTerm]()
    for word in text.split():
        bare = word.removeprefix("-")
        if not bare.lower().startswith(_FIELD):
            others.append(word)
        elif tag := fold(bare[len(_FIELD) :]):
            terms.append(TagTerm(tag, exclude=bare != word))
    return (" ".join(others) if len(others) < len(text.split()) else text), tuple(terms)


def select_instances(instances: Iterable[Instance], terms: Sequence[TagTerm]) -> list[Instance]:
    """Return the instances that match all terms, in their order. Raises ConfigError if none does."""
    everything = list(instances)
    found = [one for one in everything if all(term.accepts(one) for term in terms)]
    if terms and not found:
        known = sorted({tag for one in everything for tag in one.tags})
        words = " ".join(f"{'-' if term.exclude else ''}{_FIELD}{safe_text(term.tag)}" for term in terms)
        raise ConfigError(
            f"No instance in the config has {words}{did_you_mean(terms[0].tag, known)}.",
            advice=f"Tags in the config: {', '.join(known) or 'none'}.",
        )
    return found
