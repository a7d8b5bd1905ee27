"""Alert rules: what they see in the views, when they are met, and when that is told. Pure; nothing here acts."""
