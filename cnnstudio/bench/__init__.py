"""What `cnnstudio bench` measures, one case per file."""
