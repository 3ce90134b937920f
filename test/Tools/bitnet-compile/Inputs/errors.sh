# Every bad command; the model that is good is small. Nothing may be left: out.*
try() {
  bitnet-compile "$@"
  echo "exit $?"
}
: >empty.onnx
echo "this is no model" >text.onnx
head -c 60 good.onnx >cut.onnx
try
try --nonsense good.onnx -o out.so
try --emit=nonsense good.onnx -o out.so
try good.onnx text.onnx -o out.so
try -O7 good.onnx -o out.so
try --quantize-include=a good.onnx -o out.so
try --float-weights-exclude=a good.onnx -o out.so
try --float-weights=int4 good.onnx -o out.so
try --float-weights=int8 --float-weights-include=[ good.onnx -o out.so
try --mtriple=x86_64-unknown-linux-gnu --mcpu=nonsense good.onnx -o out.so
try --mtriple=nonsense good.onnx -o out.so
try --mtriple=x86_64-unknown-linux-gnu --mattr=+nonsense good.onnx -o out.so
try --mtriple=x86_64-unknown-linux-gnu --mcpu=haswell --kernel=avx512vnni good.onnx -o out.so
try --mtriple=x86_64-unknown-linux-gnu --mcpu=haswell --kernel=neon_dotprod good.onnx -o out.so
try nowhere.onnx -o out.so
try empty.onnx -o out.so
try text.onnx -o out.so
try cut.onnx -o out.so
try --emit=quantized good.onnx -o nowhere/out.mlir
try -O0 good.onnx -o nowhere/out.so
try -O0 --weights=file good.onnx -o nowhere/out.so
try -O0 good.onnx -o out.so --report=nowhere/report.json
# Paths that not even root can write: below a file, and in /proc.
try -O0 good.onnx -o text.onnx/out.so
try -O0 good.onnx -o /proc/out.so
try -O0 good.onnx -o out.so --report=/proc/report.json
try --emit=quantized good.onnx -o /proc/out.mlir
try unknown.onnx -o out.so
try nan.onnx --quantize=absmean -o out.so
try nan.onnx --float-weights=int8 -o out.so
try nan.onnx --float-weights=bf16 -o out.so
try large.onnx --float-weights=bf16 -o out.so
for f in nan_recognised inf_recognised nan_scale inf_scale; do
  try $f.onnx -o out.so
done
echo "files left: $(ls | grep -c '^out')"
