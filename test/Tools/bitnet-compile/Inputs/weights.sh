# Damages m.weights in three ways; prints what bitnet-run says. $1: folder of models
try() {
  bitnet-run m.so --data "$1/mlp_bit.npz"
  echo "exit $?"
}
mv m.weights good
try "$1"
head -c 5000 good >m.weights
try "$1"
# Another model's bytes: same size, other content.
tr '\000-\377' '\001-\377\000' <good >m.weights
try "$1"
