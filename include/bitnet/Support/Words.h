//===- Words.h - choices that users name by a word --------------*- C++ -*-===//
//
// A choice of the command line, of the C API and of a report is spelled in one
// table: what may be written, what it means, and what --help says of it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_WORDS_H
#define BITNET_SUPPORT_WORDS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::bitnet {

/// One choice of several; `T` is what the compiler calls it.
template <typename T> struct Word {
  llvm::StringRef word;
  T value;
  llvm::StringRef summary; ///< For --help, without a full stop.
};

/// The entry of `text`; null: there is none.
template <typename T>
const Word<T> *findWord(llvm::ArrayRef<Word<T>> words, llvm::StringRef text) {
  const auto *it = llvm::find_if(
      words, [&](const Word<T> &word) { return word.word == text; });
  return it == words.end() ? nullptr : it;
}

/// "auto, embed, file", for messages.
template <typename T> std::string listWords(llvm::ArrayRef<Word<T>> words) {
  std::string text;
  for (const Word<T> &word : words)
    text += (text.empty() ? "" : ", ") + word.word.str();
  return text;
}

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_WORDS_H
