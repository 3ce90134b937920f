"""name.npz, dtype.npz, rank.npz, dim.npz: each wrong in one way for mlp_bit."""
import numpy as np

np.savez("name.npz", in_x=np.zeros((2, 160), np.float32), in_other=np.zeros((2, 160), np.float32))
np.savez("dtype.npz", in_x=np.zeros((2, 160), np.int32))
np.savez("rank.npz", in_x=np.zeros(160, np.float32))
np.savez("dim.npz", in_x=np.zeros((2, 161), np.float32))
