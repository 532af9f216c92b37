#!/bin/bash
# One fit by many machines under Slurm: sbatch benchmarks/cluster/slurm.sh
# Killed, or out of time, it goes on from its checkpoint when it is handed in again, with as many machines.
#SBATCH --job-name=ktlib-fit
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=32G
#SBATCH --time=02:00:00

set -euo pipefail

LOG=${LOG:-$HOME/log.parquet}   # on a disk that every machine sees, rows ordered by student
OUT=${OUT:-$HOME/fit}
FIRST=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)

# numba keeps what it compiled where every machine may write
export NUMBA_CACHE_DIR=${NUMBA_CACHE_DIR:-$HOME/.cache/ktlib}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

srun torchrun \
    --nnodes "$SLURM_NNODES" --nproc-per-node 1 \
    --rdzv-backend c10d --rdzv-id "$SLURM_JOB_ID" --rdzv-endpoint "$FIRST:29500" \
    -m ktlib.irt.distributed "$LOG" \
    --model factorization --factors 5 --rule paper \
    --out "$OUT.npz" --checkpoint "$OUT.checkpoint.npz" --every 5 --backend gloo
