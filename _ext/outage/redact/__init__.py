"""Keep secrets and personal data out of what is written and shown. No rule of any company's own is here."""
