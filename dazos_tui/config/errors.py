"""The errors of the config."""

from dazos_tui.system.paths import bundled_path


class ConfigError(Exception):
    """The config cannot be used: `str(error)` names file, key and what was expected, one problem a line."""

    advice = "Correct the file, then run “dazos-tui config check”."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class UnusableConfigError(ConfigError):
    """The file cannot be used, whatever its content is."""

    advice = "Use another file."


class MissingConfigError(ConfigError):
    """There is no config file yet."""

    advice = (
        "Start “dazos-tui” in a terminal, which asks for an instance and writes it there; or copy "
        f"{bundled_path('config.example.toml')} there and edit it; or try the tool without a config: "
        "“dazos-tui demo”."
    )
