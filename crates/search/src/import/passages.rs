//! Passages under construction: their order, their items unique among their kind, faults beside them.

use std::collections::HashMap;

use shoki_core::corpus::{ImportFault, ImportFaultKind, Passage, PassageKind};

/// The passages of one revision so far.
#[derive(Debug, Default)]
pub(super) struct Passages {
    passages: Vec<Passage>,
    faults: Vec<ImportFault>,
    met: HashMap<(PassageKind, String), u32>,
}

impl Passages {
    /// Adds a passage at the end. One whose item was met before is kept as `item#2`, with a fault at
    /// `line`.
    pub(super) fn push(&mut self, mut passage: Passage, line: Option<u32>) {
        passage.ordinal = u32::try_from(self.passages.len()).unwrap_or(u32::MAX);
        let met = self.met.entry((passage.kind, passage.item.clone())).or_insert(0);
        *met += 1;
        if *met > 1 {
            passage.item = format!("{}#{met}", passage.item);
            self.faults.push(ImportFault {
                file: None,
                line,
                page: passage.page,
                kind: ImportFaultKind::DuplicateItem,
            });
        }
        self.passages.push(passage);
    }

    /// Adds a fault.
    pub(super) fn fault(&mut self, fault: ImportFault) {
        self.faults.push(fault);
    }

    /// All of them.
    pub(super) fn finish(self) -> (Vec<Passage>, Vec<ImportFault>) {
        (self.passages, self.faults)
    }
}
