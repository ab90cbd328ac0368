"""The pages of catalogue, checkout and registrations."""
