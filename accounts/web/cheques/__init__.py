"""The pages of post-dated cheques."""
