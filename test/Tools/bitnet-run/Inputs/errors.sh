# Runs bitnet-run on each kind of bad data and prints the exit codes.
# $1: the sources of a model whose types can be chosen, and their flags
defines=$1
try() {
  bitnet-run "$@"
  echo "exit $?"
}
for f in missing extra misspelt half_in half_out half_out3 one_out twice dtype dim names complex negative truncated damaged changed lies none; do
  try fake.so --data $f.npz
done
try fake.so --data x.npy
try fake.so --input x=x.npy
try fake.so --data good.npz --input y=x.npy
try fake.so --dim rows=3
try fake.so --dim batch=9223372036854775807
try fake.so --dim batch=99999999999
try fake.so --dim batch=99999999999999999999
try fake.so --dim batch=-1
try fake.so --dim batch
for tol in -1 nan; do
  try fake.so --tol=$tol
done
for runs in 0 -1 1000001 99999999999; do
  try fake.so --bench=$runs
done
# Less memory than the machine has: asking for it fails.
(ulimit -v 400000 && try fake.so --dim batch=10000000)
for type in 8 14 22; do
  cc -shared -fPIC -DSTRAY_IN=$type $defines -o type.so && try type.so
done
cc -shared -fPIC -DSTRAY_OUT=22 $defines -o type.so && try type.so
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
