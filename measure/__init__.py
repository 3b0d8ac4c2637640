"""From predictions and labels to scores, and from scores to which trainings to run and what they show."""
