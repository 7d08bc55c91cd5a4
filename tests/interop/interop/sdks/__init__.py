"""Public SDKs, and well-known clients where there is none, that read our imitations."""
