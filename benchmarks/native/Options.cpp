//===- Options.cpp - command line of the measuring program ----------------===//

#include "Options.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

using namespace bench;

/// 64: usage, as sysexits.h has it.
[[noreturn]] static void fail(const std::string &message) {
  fprintf(stderr, "measure: error: %s\n", message.c_str());
  exit(64);
}

/// "1,2,4" as "1", "2", "4".
static std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    parts.push_back(part);
  return parts;
}

/// Every number of the command line is at least 1.
static int64_t number(const std::string &text) {
  char *end;
  long long value = strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end || value < 1)
    fail("expected a positive number, got '" + text + "'");
  return value;
}

/// "2560x2560,6912x2560".
static std::vector<Shape> shapes(const std::string &text) {
  std::vector<Shape> result;
  for (const std::string &part : split(text, ',')) {
    std::vector<std::string> sides = split(part, 'x');
    if (sides.size() != 2)
      fail("expected <n>x<k>, got '" + part + "'");
    result.push_back({number(sides[0]), number(sides[1])});
  }
  return result;
}

/// "avx512vnni:u2:vpdpbusd-512:/tmp/k.so"; a peak that this CPU lacks is null.
static KernelChoice kernel(const std::string &text) {
  std::vector<std::string> parts = split(text, ':');
  if (parts.size() != 4)
    fail("expected <isa>:<packing>:<peak>:<library>, got '" + text + "'");
  const Packing *packing = findPacking(parts[1]);
  if (!packing)
    fail("unknown packing '" + parts[1] + "'");
  return {std::make_unique<CompiledKernel>(parts[0], *packing, parts[3]),
          findPeak(parts[2].c_str())};
}

static void parse(Options &options, const std::string &name,
                  const std::string &value) {
  if (name == "--mb")
    options.bytes = size_t(number(value)) << 20;
  else if (name == "--budget")
    options.budget = atof(value.c_str());
  else if (name == "--shapes")
    options.shapes = shapes(value);
  else if (name == "--tails")
    options.tails = shapes(value);
  else if (name == "--in-cache")
    options.inCache = shapes(value);
  else if (name == "--kernel")
    options.kernels.push_back(kernel(value));
  else if (name == "--rows")
    for (const std::string &part : split(value, ','))
      options.rows.push_back(number(part));
  else if (name == "--threads") {
    options.threads.clear();
    for (const std::string &part : split(value, ','))
      options.threads.push_back(int(number(part)));
  } else
    fail("unknown option '" + name + "'");
}

Options bench::parseOptions(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    size_t equals = arg.find('=');
    if (equals == std::string::npos)
      fail("expected --name=value, got '" + arg + "'");
    parse(options, arg.substr(0, equals), arg.substr(equals + 1));
  }
  return options;
}
