# Compiles $1 to $2 for CPUs that LLVM knows and no library can be for.
try() {
  bitnet-compile "$1" -o "$2" "$3" "$4" 2>&1 | sed 's/^[^ ]*: //'
  bitnet-compile -q "$1" -o "$2" "$3" "$4" 2>/dev/null
  echo $?
}
try "$1" "$2" --mtriple=x86_64-unknown-linux-gnu --mcpu=i386
try "$1" "$2" --mtriple=x86_64-unknown-linux-gnu --mattr=-64bit
try "$1" "$2" --mtriple=x86_64-unknown-linux-gnux32 -q
try "$1" "$2" --mtriple=riscv64-unknown-linux-gnu --mcpu=generic-rv32
try "$1" "$2" --mtriple=riscv64-unknown-linux-gnu --mattr=+zfinx
try "$1" "$2" --mtriple=riscv64-unknown-linux-gnu --mattr=+e
try "$1" "$2" --mtriple=x86_64-unknown-linux-gnu "--mcpu=
"
