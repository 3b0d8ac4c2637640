"""What each part of the label room does on real photos, beside chance or a named library."""
