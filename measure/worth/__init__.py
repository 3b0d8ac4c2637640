"""What renders are worth: learning curves, the real labels they replace, money, and the advice for the next step."""
