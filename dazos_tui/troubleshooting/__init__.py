"""Why a person still cannot sign in after a reset."""
