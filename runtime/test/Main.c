/*===- Main.c - bitnet-runtime-test FOLDER
 * ---------------------------------===*/

#include "Test.h"

int main(int argc, char **argv) {
  CHECK(argc == 2);
  test_pool();
  puts("pool: ok");
  test_model(argv[1]);
  puts("model: ok");
  test_loader(argv[1]);
  puts("loader: ok");
  test_sessions(argv[1]);
  puts("sessions: ok");
  return 0;
}
