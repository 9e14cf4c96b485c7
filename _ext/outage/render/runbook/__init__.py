"""Write runbooks and proofs as MyST text: catalogue, head and foot of a page. Runs are in ``incident``."""
