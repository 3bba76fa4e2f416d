//! The captioner with scripted ears: sound whose level spells characters, and a recogniser that mishears what
//! is cut off.

use proptest::prelude::*;
use shoki_core::audio::{Millis, SampleIndex};
use shoki_core::digest::Sha256;
use shoki_core::transcript::{Doubt, Segment, SegmentId, SpeakerId, Token};
use shoki_core::voice::VoiceVector;

use super::*;
use crate::error::SpeechError;
use crate::recognise::transcribe::{Decoding, Heard, Transcribe};

mod pauses;

/// Samples of a character: 160 ms, the last 48 ms of them quiet, as syllables are.
const CHARACTER: usize = 2_560;
const QUIET: usize = 768;
const FIRST: u32 = 0x3042;

/// A sound that spells `text` (hiragana from あ); a full stop is a second of silence, a comma 0.3 s.
fn sound(text: &str) -> Vec<i16> {
    let mut samples = vec![0; 8_000];
    for c in text.chars() {
        match c {
            '。' => samples.extend([0; 16_000]),
            '、' => samples.extend([0; 4_800]),
            c => {
                let level = 2_000 + 50 * i16::try_from(u32::from(c) - FIRST).unwrap();
                let sign = |nth: usize| if nth.is_multiple_of(2) { 1 } else { -1 };
                samples.extend((0..CHARACTER - QUIET).map(|nth| level * sign(nth)));
                samples.extend((0..QUIET).map(|nth| level / 8 * sign(nth)));
            }
        }
    }
    samples
}

/// Reads what [`sound`] spells; a character that is not whole is ん.
struct Speller {
    fails: bool,
}

impl Transcribe for Speller {
    fn fingerprint(&self) -> Sha256 {
        Sha256::of(b"speller")
    }

    fn transcribe(&mut self, samples: &[f32], _: &Decoding<'_>) -> Result<Heard, SpeechError> {
        if std::mem::take(&mut self.fails) {
            return Err(SpeechError::Pcm("as the test wants it"));
        }
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < samples.len() {
            let level = (samples[at].abs() * 32_768.0).round() as u32;
            if level < 2_000 {
                at += 1;
                continue;
            }
            let same = samples[at..]
                .iter()
                .take_while(|&&sample| (sample.abs() * 32_768.0).round() as u32 == level)
                .count();
            let is_whole = same.is_multiple_of(CHARACTER - QUIET);
            let c = if is_whole {
                char::from_u32(FIRST + (level - 2_000) / 50).unwrap()
            } else {
                'ん'
            };
            for _ in 0..(same / (CHARACTER - QUIET)).max(1) {
                let time = |sample: usize| SampleIndex(sample as u64).time();
                tokens.push(Token {
                    text: c.to_string(),
                    start: time(at),
                    end: time(at + same),
                    probability: 0.9,
                });
            }
            at += same;
        }
        Ok(Heard {
            tokens,
            ..Heard::default()
        })
    }
}

/// Hears something wherever it is asked.
struct Inventor;

impl Transcribe for Inventor {
    fn fingerprint(&self) -> Sha256 {
        Sha256::of(b"inventor")
    }

    fn transcribe(&mut self, _: &[f32], _: &Decoding<'_>) -> Result<Heard, SpeechError> {
        let token = |c: char| Token {
            text: c.to_string(),
            start: Millis(0),
            end: Millis(100),
            probability: 0.9,
        };
        let tokens = "ご視聴ありがとうございました".chars().map(token).collect();
        Ok(Heard {
            tokens,
            ..Heard::default()
        })
    }
}

fn captioner(recogniser: Box<dyn Transcribe>) -> Captioner {
    captioner_under(LiveRules::default(), recogniser)
}

fn captioner_under(rules: LiveRules, recogniser: Box<dyn Transcribe>) -> Captioner {
    let activity = |samples: &[f32]| {
        let is_loud = |frame: &[f32]| frame.iter().map(|sample| sample.abs()).sum::<f32>() > 2.0;
        let frames = samples.chunks(512);
        Ok(frames
            .map(|frame| if is_loud(frame) { 0.9 } else { 0.05 })
            .collect())
    };
    // The first loud sample's level is the voice.
    let voice = |samples: &[i16], speech: &[shoki_core::audio::SampleSpan]| {
        let first = samples[speech[0].start.0 as usize + 600].unsigned_abs();
        Ok(Some(VoiceVector::pack(if first < 3_000 {
            &[1.0, 0.0]
        } else {
            &[0.0, 1.0]
        })))
    };
    let hearing = Hearing {
        activity: Box::new(activity),
        recogniser,
        voice: Some(Box::new(voice)),
        prompt: String::new(),
        put_terms: Box::new(|_| Vec::new()),
    };
    Captioner::new(hearing, rules, Voices::new(0.8), SampleIndex(0), SegmentId(1))
}

fn speller() -> Captioner {
    captioner(Box::new(Speller { fails: false }))
}

/// All finals of what was pushed, the recording ended.
fn rest(mut captioner: Captioner) -> Vec<Segment> {
    captioner.end().unwrap();
    let mut finals = Vec::new();
    while let Some(caption) = captioner.step().unwrap() {
        if let Caption::Final { segment, .. } = caption {
            finals.push(segment);
        }
    }
    assert_eq!(captioner.behind(), Millis(0));
    finals
}

fn texts(segments: &[Segment]) -> Vec<String> {
    segments.iter().map(Segment::text).collect()
}

/// Sentences that a person may say; one has no pause in 24 s.
fn meeting() -> Vec<i16> {
    let endless: String = (0..150)
        .map(|nth| char::from_u32(FIRST + nth * 7 % 40).unwrap())
        .collect();
    sound(&format!(
        "かきくけこさ、しすせそたちつて。かき。{endless}。らりるれろらりるれろらりるれろ。"
    ))
}

#[test]
fn what_is_firm_stays_and_what_was_misheard_is_corrected() {
    let samples = sound("かきくけこさしすせそたちつてとなにぬねの。");
    let mut captioner = speller();
    let (mut firm, mut misheard, mut last) = (Vec::new(), false, None);
    for block in samples.chunks(1_600) {
        captioner.push(block).unwrap();
        while let Some(caption) = captioner.step().unwrap() {
            match caption {
                Caption::Partial(partial) => {
                    assert_eq!(partial.segment, SegmentId(1));
                    misheard |= partial.tentative.contains('ん');
                    firm.push(partial.firm);
                }
                Caption::Final { segment, .. } => last = Some(segment),
            }
        }
    }
    let last = last.unwrap();
    assert_eq!(last.text(), "かきくけこさしすせそたちつてとなにぬねの");
    assert_eq!((last.id, last.doubts.as_slice()), (SegmentId(1), [].as_slice()));
    assert!(misheard, "the recogniser never changed its mind");
    assert!(
        firm.is_sorted_by_key(String::len) && firm.last().unwrap().chars().count() >= 8,
        "{firm:?}"
    );
    assert!(firm.iter().all(|firm| last.text().starts_with(firm)), "{firm:?}");
}

#[test]
fn speech_without_a_pause_is_cut_and_every_character_is_heard_but_the_torn_one() {
    let finals = {
        let mut captioner = speller();
        captioner.push(&meeting()).unwrap();
        rest(captioner)
    };
    let said = texts(&finals);
    assert_eq!(said[0], "かきくけこさしすせそたちつて");
    assert_eq!(said[1], "かき");
    assert_eq!(said.last().unwrap(), "らりるれろらりるれろらりるれろ");
    let endless: usize = said[2..said.len() - 1]
        .iter()
        .map(|text| text.chars().count())
        .sum();
    assert!((150..=152).contains(&endless), "{said:?}");
    assert!(finals[2].doubts.contains(&Doubt::Torn));
    assert!(
        finals
            .iter()
            .all(|segment| segment.end.0 - segment.start.0 <= 15_000)
    );
    assert!(finals.is_sorted_by_key(|segment| segment.start));
    let ids: Vec<u64> = finals.iter().map(|segment| segment.id.0).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
}

#[test]
fn who_is_slow_is_behind_and_leaves_out_nothing_but_the_hearings_in_between() {
    let samples = meeting();
    let mut captioner = speller();
    captioner.push(&samples).unwrap();
    assert!(captioner.behind() > Millis(25_000), "{:?}", captioner.behind());
    let first = captioner.step().unwrap().unwrap();
    assert!(matches!(first, Caption::Final { .. }));
    let mut at_once = speller();
    at_once.push(&samples).unwrap();
    assert_eq!(texts(&rest(captioner)), texts(&rest(at_once))[1..]);
}

#[test]
fn hearings_in_between_leave_a_slow_machine_half_of_its_time() {
    let rules = LiveRules::default();
    let after = |took| rules.hear_after(std::time::Duration::from_millis(took));
    assert_eq!([0, 150, 250].map(after), [Millis(600); 3]);
    assert_eq!(after(1_700), Millis(3_400));
}

#[test]
fn where_nobody_speaks_there_is_no_text() {
    let mut silent = captioner(Box::new(Inventor));
    silent.push(&vec![0; 160_000]).unwrap();
    assert_eq!(rest(silent), []);
    // A hum: the detector takes it for speech, but it does not rise and fall.
    let mut hum = captioner(Box::new(Inventor));
    let tone: Vec<i16> = (0..80_000)
        .map(|nth| if nth % 2 == 0 { 2_000 } else { -2_000 })
        .collect();
    let mut partials = Vec::new();
    for block in tone.chunks(1_600) {
        hum.push(block).unwrap();
        if let Some(Caption::Partial(partial)) = hum.step().unwrap() {
            partials.push(partial.firm + &partial.tentative);
        }
    }
    assert!(
        !partials.is_empty() && partials.iter().all(String::is_empty),
        "{partials:?}"
    );
    let finals = rest(hum);
    assert!(finals.iter().all(|segment| segment.text().is_empty()));
    assert!(finals[0].doubts.contains(&Doubt::Unheard) && finals[0].withheld.is_some());
}

#[test]
fn a_recogniser_that_fails_leaves_a_segment_that_says_so() {
    let mut captioner = captioner(Box::new(Speller { fails: true }));
    captioner.push(&sound("かきくけこ。さしすせそ。")).unwrap();
    assert!(captioner.step().is_err());
    let finals = rest(captioner);
    assert_eq!(texts(&finals), ["", "さしすせそ"]);
    assert_eq!(finals[0].doubts, [Doubt::Failed]);
}

#[test]
fn voices_are_numbered_as_they_are_heard() {
    let mut captioner = speller();
    // Levels below 3,000 are one person, above another.
    let other: String = ['め', 'も', 'や', 'ゆ', 'よ', 'ら', 'り', 'る', 'れ', 'ろ', 'わ']
        .iter()
        .collect();
    let one = "かきくけこさしすせそた";
    captioner
        .push(&sound(&format!("{one}。{other}。{one}。")))
        .unwrap();
    let speakers: Vec<_> = rest(captioner)
        .iter()
        .map(|segment| segment.speaker.unwrap())
        .collect();
    assert_eq!(speakers, [SpeakerId(1), SpeakerId(2), SpeakerId(1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However sound comes and however often hearing gets a turn, the finals are the same.
    #[test]
    fn finals_do_not_depend_on_chunks(chunks in prop::collection::vec((1_usize..60_000, 0_usize..4), 1..40)) {
        let samples = meeting();
        let mut whole = speller();
        whole.push(&samples).unwrap();
        let wanted = rest(whole);
        let mut captioner = speller();
        let (mut at, mut finals) = (0, Vec::new());
        for (length, steps) in chunks.into_iter().cycle() {
            if at == samples.len() { break; }
            let end = (at + length).min(samples.len());
            captioner.push(&samples[at..end]).unwrap();
            at = end;
            for _ in 0..steps {
                if let Some(Caption::Final { segment, .. }) = captioner.step().unwrap() {
                    finals.push(segment);
                }
            }
        }
        finals.extend(rest(captioner));
        prop_assert_eq!(finals, wanted);
    }
}
