"""The pages of purchasing: the way to an order, the order itself, and the simulated card."""
