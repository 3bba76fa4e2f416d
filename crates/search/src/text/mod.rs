//! Japanese legal text as strings: normalisation with a way back to the original bytes, 漢数字,
//! character n-grams. Never: meaning.
