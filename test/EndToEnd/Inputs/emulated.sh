#!/bin/sh
# emulated.sh ARCHITECTURE SOURCES MODELS WORK PYTHON: builds the driver for here and for there, then runs emulated.py.
set -e
architecture=$1 sources=$2 models=$3 work=$4 python=$5
here=$sources/test/EndToEnd/Inputs
for cc in cc $architecture-linux-gnu-gcc; do
  $cc -O1 -Wall -Werror -D_GNU_SOURCE -I$sources/runtime/include $here/driver.c $sources/runtime/lib/*.c \
    -ldl -lpthread -o $work.$cc
done
exec $python $here/emulated.py $architecture $models $work $work.cc $work.$architecture-linux-gnu-gcc
