"""What every stage needs: typed settings, seeds that belong to names, errors for people, the Ray engine."""
