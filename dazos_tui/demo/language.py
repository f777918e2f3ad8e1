"""Words of the pages in other languages, as far as a client could depend on them."""

WORDS: dict[str, dict[str, str]] = {
    "es_es": {
        "Active": "Activo",
        "Yes": "Sí",
        "Permission denied": "Permiso denegado",
        "The record you are trying to view has been deleted.": "Este registro ha sido eliminado.",
        "User Name": "Nombre de usuario",
        "Primary Email": "Email principal",
        "First Name": "Nombre",
        "Last Name": "Apellidos",
        "Admin": "Administrador",
        "Role": "Rol",
        "Status": "Estado",
        "User Login & Role": "Usuario y rol",
        "Signed in": "Conectado",
        "Signed off": "Desconectado",
    },
}
"""English words → translations, by language. The stock Spanish pack leaves “Inactive” and “No” in English."""


def translated(word: str, language: str) -> str:
    """Return a word in this language, or in English if the language pack lacks it."""
    return WORDS.get(language, {}).get(word, word)
