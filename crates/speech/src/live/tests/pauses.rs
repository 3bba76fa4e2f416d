//! What is heard when nobody speaks for a moment.

use std::sync::{Arc, Mutex};

use super::*;

/// A [`Speller`] that notes how much sound it was given each time.
struct Noting {
    speller: Speller,
    given: Arc<Mutex<Vec<usize>>>,
}

impl Transcribe for Noting {
    fn fingerprint(&self) -> Sha256 {
        self.speller.fingerprint()
    }

    fn transcribe(&mut self, samples: &[f32], decoding: &Decoding<'_>) -> Result<Heard, SpeechError> {
        self.given.lock().unwrap().push(samples.len());
        self.speller.transcribe(samples, decoding)
    }
}

#[test]
fn an_utterance_that_is_about_to_end_is_not_heard_in_between() {
    let given = Arc::default();
    let noting = Noting {
        speller: Speller { fails: false },
        given: Arc::clone(&given),
    };
    let rules = LiveRules {
        hear_every: Millis(700),
        ..LiveRules::default()
    };
    let mut captioner = captioner_under(rules, Box::new(noting));
    // 0.32 s of speech after 0.2 s of margin: 0.7 s are full when the speech has ended.
    for block in sound("かき。").chunks(1_600) {
        captioner.push(block).unwrap();
        while captioner.step().unwrap().is_some() {}
    }
    assert_eq!(given.lock().unwrap().len(), 1);
}

#[test]
fn what_was_said_before_a_pause_is_firm_in_it_and_heard_once() {
    let given = Arc::default();
    let noting = Noting {
        speller: Speller { fails: false },
        given: Arc::clone(&given),
    };
    let mut captioner = captioner(Box::new(noting));
    // 0.8 s of speech: one hearing in between, and two would have to agree.
    let mut captions = Vec::new();
    for block in sound("かきくけこ、さしすせそ。").chunks(1_600) {
        captioner.push(block).unwrap();
        while let Some(caption) = captioner.step().unwrap() {
            captions.push(caption);
        }
    }
    let in_pause = captions.iter().find_map(|caption| match caption {
        Caption::Partial(partial) if partial.firm == "かきくけこ" => Some(partial.end),
        _ => None,
    });
    // It begins 1.3 s and ends 1.6 s after the sound's beginning.
    assert!(in_pause.is_some_and(|end| end <= Millis(1_600)), "{captions:?}");
    assert!(
        matches!(captions.last(), Some(Caption::Final { segment, .. }) if segment.text() == "かきくけこさしすせそ")
    );
    // The final is what was heard in the last pause.
    let mut lengths = given.lock().unwrap().clone();
    let count = lengths.len();
    lengths.dedup();
    assert_eq!(lengths.len(), count);
}

#[test]
fn a_recogniser_that_fails_in_a_pause_is_asked_again_when_the_utterance_ends() {
    let given = Arc::default();
    let noting = Noting {
        speller: Speller { fails: false },
        given: Arc::clone(&given),
    };
    let mut captioner = captioner(Box::new(FailsOnce { noting, at: 1 }));
    let (mut failures, mut finals) = (0, Vec::new());
    for block in sound("かきくけこ、さしすせそ。").chunks(1_600) {
        captioner.push(block).unwrap();
        loop {
            match captioner.step() {
                Ok(None) => break,
                Ok(Some(Caption::Final { segment, .. })) => finals.push(segment),
                Ok(Some(Caption::Partial(_))) => {}
                Err(_) => failures += 1,
            }
        }
    }
    // The pause after the first five characters lasts several steps.
    assert_eq!(failures, 1, "{:?}", given.lock().unwrap());
    assert_eq!(texts(&finals), ["かきくけこさしすせそ"]);
}

/// A [`Noting`] that fails at one hearing, counted from 0.
struct FailsOnce {
    noting: Noting,
    at: usize,
}

impl Transcribe for FailsOnce {
    fn fingerprint(&self) -> Sha256 {
        self.noting.fingerprint()
    }

    fn transcribe(&mut self, samples: &[f32], decoding: &Decoding<'_>) -> Result<Heard, SpeechError> {
        self.noting.speller.fails = self.noting.given.lock().unwrap().len() == self.at;
        self.noting.transcribe(samples, decoding)
    }
}
