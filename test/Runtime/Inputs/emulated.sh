#!/bin/sh
# emulated.sh ARCHITECTURE MACHINE BASELINE LACKING WORK: builds and runs the tests of the runtime for another architecture.
# BASELINE and LACKING are features that the machine of qemu has and lacks; run in runtime/.
set -e
architecture=$1 machine=$2 baseline=$3 lacking=$4 work=$5
cc="$architecture-linux-gnu-gcc -D_GNU_SOURCE -O1 -Iinclude"
library="$cc -shared -fPIC -fvisibility=hidden"
rm -rf $work && mkdir -p $work
model() {
  name=$1 && shift
  $library "$@" test/fake_model.c model/*.c -o $work/$name.so
}
model fake -DPLAIN
model fake_file '-DFAKE_WEIGHTS_FILE="fake.weights"'
model fake_big -DFAKE_BIG
model fake_cpu "-DFAKE_FEATURES=\"+$baseline,+$lacking\""
model fake_isas "-DFAKE_BEST_FEATURES=\"+$baseline,+$lacking\""
model fake_both "-DFAKE_BEST_FEATURES=\"+$baseline\""
$library test/no_model.c -o $work/no_model.so
$library test/state_model.c model/*.c -o $work/fake_state.so
for version in 1 3 99; do
  $library -DFAKE_ABI=$version test/abi_model.c -o $work/fake_abi$version.so
done
$cc test/*Test.c test/Main.c lib/*.c -o $work/test -lpthread -ldl
qemu-$architecture-static -cpu $machine -L /usr/$architecture-linux-gnu $work/test $work
