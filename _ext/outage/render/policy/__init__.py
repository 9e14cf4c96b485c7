"""Write parts of the policy as MyST text: severities, people, channels, the planned timeline."""
