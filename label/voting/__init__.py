"""Several people's labels of the same photos, or several rules' votes, made one."""
