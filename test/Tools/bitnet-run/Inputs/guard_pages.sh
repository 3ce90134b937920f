# Runs each model that leaves its tensors between guard pages, and prints how that ends.
try() {
  bitnet-run "$1.so" --data "$2.npz" --guard-pages >/dev/null 2>err
  code=$?
  grep "^bitnet-run" err # not what the shell says about signals
  if [ $code -gt 128 ]; then
    echo "$1 $2: killed by $((code - 128))"
  else
    echo "$1 $2: exit $code"
  fi
}
for model in behind before write input stale small large; do
  try $model five
done
for model in behind before; do
  try $model none
done
