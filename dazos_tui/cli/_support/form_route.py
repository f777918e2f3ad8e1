"""Choosing the CRM's public forgot-password form for an instance whose menus do not offer the link."""

from pathlib import Path

from dazos_tui.cli._support.exit_codes import echo_error
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.models import Instance, ResetRoute

FORM_QUESTION = "Use the CRM's forgot-password form instead, for this instance from now on?"


def use_form_route(config_path: Path | None, instance: Instance) -> Instance:
    """Return the instance with the forgot-password form as its route, and write that to the config, if any.

    An error in writing is only reported: the route then counts for this time.
    """
    route = ResetRoute.FORGOT_PASSWORD
    if config_path is not None:
        from dazos_tui.config.edit import set_instance_key

        try:
            set_instance_key(config_path, instance.name, "reset_route", route)
        except ConfigError as error:
            echo_error(error)
    return instance.model_copy(update={"reset_route": route})
