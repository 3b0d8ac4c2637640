"""From a recipe, the catalogue and a number to one scene as plain numbers."""
