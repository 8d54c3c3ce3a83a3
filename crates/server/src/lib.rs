//! The loop that drives a node: federation over mutual TLS, the control socket, configuration.
