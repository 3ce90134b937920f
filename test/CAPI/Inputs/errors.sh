# Everything that can be wrong with a compilation, by the C library. $T is the client, $M a good model.
: >empty.onnx
echo "this is no model" >text.onnx
printf 'func.func @main() {\n  nothing\n}\n' >bad.mlir
$T "" m.so
$T $M m.so kernel=none
$T $M m.so target=tpu
$T $M out target=hls kernel=avx2
$T $M ""
$T nowhere.onnx m.so
$T empty.onnx m.so
$T text.onnx m.so unnamed
$T bad.mlir m.so
$T unknown.onnx m.so
$T $EXTERNAL good.so cpu=native unnamed external_root=$FOLDER
$T $EXTERNAL m.so cpu=native unnamed
$T $EXTERNAL m.so cpu=native unnamed external_root=.
$T $M nowhere/out.so cpu=native
$T $M m.so cpu=native report=/proc/report.json
$T $M m.so cpu=native cancel=1
$T $M m.so cpu=native cancel=40
# At the last question: the output is there but for its name.
last=$($T $M out.so cpu=native cancel=0 | sed -n 's/^asked \([0-9]*\) times.*/\1/p')
rm out.so
$T $M m.so cpu=native cancel=$last
true
