# Everything that can be wrong with a compilation, by the C library. $T is the client, $M a good model.
: >empty.onnx
echo "this is no model" >text.onnx
printf 'func.func @main() {\n  nothing\n}\n' >bad.mlir
$T "" m.so
$T $M m.so kernel=none
$T $M m.so target=tpu
$T $M out target=hls kernel=avx2
$T $M ""
$T $M m.so null
$T $M none unnamed
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
# A process that is short of files: the bytes of a model cannot be kept.
(ulimit -f 1; $T $M m.so bytes)
# A folder of C++ appears whole or not at all, whenever one cancels.
last=$($T $M hls target=hls cpu=native dims cancel=0 | sed -n 's/^asked \([0-9]*\) times.*/\1/p')
rm -r hls
$T $M hls target=hls cpu=native dims cancel=$last >hls.txt
tail -n 1 hls.txt; rm hls.txt
ls hls 2>/dev/null
# At the last question: the output is there but for its name.
last=$($T $M out.so cpu=native cancel=0 | sed -n 's/^asked \([0-9]*\) times.*/\1/p')
rm out.so
$T $M m.so cpu=native cancel=$last
true
