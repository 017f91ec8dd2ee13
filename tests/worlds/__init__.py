"""Private signing worlds for tests: the outputs of a Sigstore deployment, without its servers."""
