# Damages m.weights and e.so; prints what bitnet-run says. $1: folder of models
try() {
  bitnet-run "$@" --data "$models/mlp_bit.npz"
  echo "exit $?"
}
models=$1
# Bytes of zeros in the middle of a file.
strike() {
  dd if=/dev/zero of="$1" bs=1 seek="$2" count=64 conv=notrunc 2>/dev/null
}
mv m.weights good
try m.so
head -c 5000 good >m.weights
try m.so
# Another model of the same size has another hash in its seal.
cp good m.weights
printf bitnet | dd of=m.weights bs=1 seek=$(($(stat -c %s good) - 48)) conv=notrunc 2>/dev/null
try m.so
# The first layer is damaged: only a look at all bytes finds that.
cp good m.weights
strike m.weights 1000
bitnet-run m.so >/dev/null
echo "exit $?"
try m.so --verify
cp good m.weights
bitnet-run m.so --verify >/dev/null
echo "exit $?"
strike e.so $(($(stat -c %s e.so) - 5000))
bitnet-run e.so >/dev/null
echo "exit $?"
try e.so --verify
# The end of the library is the seal.
strike e.so $(($(stat -c %s e.so) - 64))
try e.so
head -c 100000 twice/e.so >cut.so
try cut.so
