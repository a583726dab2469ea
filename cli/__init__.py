"""What people type: a client of gRPC and nothing else."""
