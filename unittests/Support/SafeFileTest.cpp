//===- SafeFileTest.cpp - which files open, how names are shown -----------===//

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir::bitnet;

namespace {
/// A folder that goes with the test.
class SafeFileTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("safe-file", folder));
  }
  void TearDown() override {
    EXPECT_FALSE(llvm::sys::fs::remove_directories(folder));
  }

  std::string path(llvm::StringRef name) { return (folder + "/" + name).str(); }
  std::string makeFile(llvm::StringRef name, llvm::StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << text;
    EXPECT_FALSE(error);
    return path(name);
  }
  /// Why `path` does not open; empty: it does.
  static std::string whyNot(llvm::StringRef path) {
    llvm::Expected<OpenFile> file = openRegularFile(path);
    return file ? "" : llvm::toString(file.takeError());
  }

  llvm::SmallString<128> folder;
};
} // namespace

TEST_F(SafeFileTest, OpensRegularFilesAndLinksToThem) {
  std::string file = makeFile("weights", "12345");
  ASSERT_EQ(symlink(file.c_str(), path("link").c_str()), 0);
  for (const std::string &name : {file, path("link")}) {
    llvm::Expected<OpenFile> open = openRegularFile(name);
    ASSERT_TRUE(bool(open)) << llvm::toString(open.takeError());
    EXPECT_EQ(open->getSize(), 5u);
    EXPECT_GE(open->getFd(), 0);
  }
}

TEST_F(SafeFileTest, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_NE(whyNot(path("fifo")), ""); // and does not wait for a writer
  EXPECT_NE(whyNot(folder.str()), "");
  EXPECT_NE(whyNot("/dev/null"), "");
  EXPECT_NE(whyNot(path("missing")), "");
  EXPECT_NE(whyNot(""), "");
}

TEST_F(SafeFileTest, OneLinkRefusesASecondName) {
  std::string file = makeFile("weights", "12345");
  ASSERT_EQ(link(file.c_str(), path("other").c_str()), 0);
  llvm::Expected<OpenFile> any =
      adoptRegularFile(open(file.c_str(), O_RDONLY | O_CLOEXEC), false);
  EXPECT_TRUE(bool(any));
  llvm::consumeError(any.takeError());
  llvm::Expected<OpenFile> one =
      adoptRegularFile(open(file.c_str(), O_RDONLY | O_CLOEXEC), true);
  EXPECT_FALSE(bool(one));
  llvm::consumeError(one.takeError());
}

TEST(QuoteName, EscapesWhatChangesALine) {
  EXPECT_EQ(quoteName("fc1.weight"), "'fc1.weight'");
  EXPECT_EQ(quoteName(""), "''");
  EXPECT_EQ(quoteName("a\nb"), "'a\\x0Ab'");
  EXPECT_EQ(quoteName("it's"), "'it\\'s'");
  EXPECT_EQ(quoteName("\xE2\x80\xAE"), "'\\xE2\\x80\\xAE'");
  std::string shown = quoteName(std::string(100000, 'a'));
  EXPECT_LT(shown.size(), 1000u);
}

TEST(EscapePath, KeepsLettersOfAnyScript) {
  EXPECT_EQ(escapePath("/tmp/Möwe/モデル.onnx"), "/tmp/Möwe/モデル.onnx");
  std::string shown = escapePath("a\n\x1b[31m\xE2\x80\xAE"
                                 "b");
  for (llvm::StringRef part : {"\n", "\x1b", "\xE2\x80\xAE"})
    EXPECT_FALSE(llvm::StringRef(shown).contains(part)) << shown;
  EXPECT_EQ(quotePath("x"), "'x'");
}
