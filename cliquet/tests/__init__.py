"""What the tests of applications import: support classes and a sample application."""
