//===- WordParser.h - options of passes that are words ----------*- C++ -*-===//
//
// The parser of an option of a pass whose type is a choice by words (Words.h),
// where the words come from a table and not from an enumeration that is listed
// a second time with the option. llvm::cl::values would be that second list:
// TableGen asks for it as text in the definition of the pass.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_WORDPARSER_H
#define BITNET_SUPPORT_WORDPARSER_H

#include "bitnet/Support/Words.h"

#include "llvm/Support/CommandLine.h"

namespace mlir::bitnet {

/// Prints the word of `choice`, as the options of a pass are printed; nothing
/// for a choice that has no word.
template <typename T>
llvm::raw_ostream &printWord(llvm::raw_ostream &os,
                             llvm::ArrayRef<Word<T>> words, const T &choice) {
  for (const Word<T> &word : words)
    if (word.value == choice)
      os << word.word;
  return os;
}

/// Reads one of the words of `getWords`; `T` compares by == and prints by <<. A
/// specialization of llvm::cl::parser for T derives from it.
template <typename T, llvm::ArrayRef<Word<T>> (*getWords)()>
class WordParser : public llvm::cl::basic_parser<T> {
public:
  /// From the option that the parser belongs to.
  using llvm::cl::basic_parser<T>::basic_parser;

  /// Reads a word. For an unknown one it reports an error of `option` that
  /// lists the words, and returns true.
  bool parse(llvm::cl::Option &option, llvm::StringRef, llvm::StringRef text,
             T &choice) {
    const Word<T> *word = findWord(getWords(), text);
    if (!word)
      return option.error("'" + text + "' is not one of " +
                          listWords(getWords()));
    choice = word->value;
    return false;
  }

  /// For --print-all-options, which prints the value without a default.
  void printOptionDiff(const llvm::cl::Option &option, const T &choice,
                       const llvm::cl::OptionValue<T> &, size_t width) const {
    this->printOptionName(option, width);
    llvm::outs() << "= " << choice << "\n";
  }
};

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_WORDPARSER_H
