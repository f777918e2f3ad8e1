"""The access-key API: ``webservice.php``."""
