"""Names in any script are allowed in the config."""

import pytest

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config


def written(folder, name):
    """Return a config file with one instance of this name."""
    file = folder / "config.toml"
    file.write_text(
        f'[instances."{name}"]\nurl = "https://crm.example.com/"\nusername = "{name}"\n'
        'environment = "staging"\n',
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize("name", ["हिन्दी", "שָׁלוֹם", "မြန်မာ", "ที่นี้", "Zurich Süd", "東京", "O'Brien & Söhne"])
def test_a_name_in_its_own_script(tmp_path, name):
    assert load_config(written(tmp_path, name)).instance(name).username == name


@pytest.mark.parametrize("name", ["a\u202eb", "a\u200bb", "a\u0085b", "\ue000", "\u00ad"], ids=ascii)
def test_a_name_with_invisible_characters_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="invisible character"):
        load_config(written(tmp_path, name))
