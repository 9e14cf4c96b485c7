"""Write parts of the policy as MyST text: severities, people, plan. Single values are in ``policy.quote``."""
