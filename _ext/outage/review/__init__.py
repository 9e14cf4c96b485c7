"""What comes after an incident: the audit of its promises. How findings are shown is in ``render``."""
