"""Write every published schema anew."""

from outage.schemas import PUBLISHED, format_schema, locate

for name, make in PUBLISHED.items():
    locate(name).write_text(format_schema(make()), encoding="utf-8")
