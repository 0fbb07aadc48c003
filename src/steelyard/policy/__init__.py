"""The policy: its file, its language, its checks; compiled to a plan, evaluated to signals."""
