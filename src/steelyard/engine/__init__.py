"""The loops around the core: backtest, replay, and the runner that drives them bar by bar."""
