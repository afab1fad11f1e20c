"""A stack as text, Mermaid, DOT, JSON, SVG and a page."""
