pytest_plugins = ["collections_app.testing.plugin"]
