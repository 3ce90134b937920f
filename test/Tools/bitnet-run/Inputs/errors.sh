# Runs bitnet-run on each kind of bad data and prints the exit codes.
try() {
  bitnet-run "$@"
  echo "exit $?"
}
for f in missing extra misspelt dtype dim names complex negative truncated damaged lies none; do
  try fake.so --data $f.npz
done
try fake.so --data x.npy
try fake.so --input x=x.npy
try fake.so --data good.npz --input y=x.npy
try fake.so --dim rows=3
try fake.so --dim batch=9223372036854775807
try fake.so --dim batch
try fake.so --int-range=3:3
try fake.so nowhere
try nowhere.so
try x.npy
try fake_cpu.so
bitnet-run fake.so --dump-codes=/nowhere/x.npz >/dev/null
echo "exit $?"
bitnet-run fake.so --dump-codes=x.npy/x.npz >/dev/null
echo "exit $?"
bitnet-run fake.so --save-outputs=/proc/outputs >/dev/null
echo "exit $?"
