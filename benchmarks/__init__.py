"""What Bartizan costs, measured beside a baseline or a peer in the same run: `make bench` writes docs/benchmarks.md."""
