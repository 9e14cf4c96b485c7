"""Write runbooks and their proofs as MyST text: the catalogue, and the head and foot of a page."""
